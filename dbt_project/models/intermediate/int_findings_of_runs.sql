{{ config(
    materialized="incremental",
    unique_key=["source", "asset_id", "delivery_date", "finding"],
    indexes=[{"columns": ["delivery_date"]}],
) }}

with compared as (

    select
        compared.source,
        compared.asset_id,
        compared.delivery_date,
        compared.capacity_kw,
        compared.power_kw,
        compared.reference,
        compared.reference_power_kw,
        compared.forecast_power_kw
    from {{ ref("int_compared_days") }} as compared
    {{ join_affected("compared", instant="delivery_date") }}
    where
        compared.source <> 'forecast'
        and compared.reference is not null

),

quarter_hours as (

    select
        compared.source,
        compared.asset_id,
        compared.delivery_date,
        compared.capacity_kw,
        compared.reference,
        quarter_hour.position,
        quarter_hour.power_kw,
        quarter_hour.reference_power_kw,
        quarter_hour.forecast_power_kw
    from compared
    cross join
        lateral {{ each_array_element(
            {
                "power_kw": "compared.power_kw",
                "reference_power_kw": "compared.reference_power_kw",
                "forecast_power_kw": "compared.forecast_power_kw",
            },
            "quarter_hour",
        ) }}

),

steps as (

    select
        quarter_hours.*,
        abs(quarter_hours.power_kw - quarter_hours.reference_power_kw) as error_kw,
        case
            when quarter_hours.reference_power_kw is not null
                then abs(quarter_hours.power_kw - quarter_hours.forecast_power_kw)
        end as witness_error_kw,
        case
            when quarter_hours.power_kw is not null
                then abs(quarter_hours.reference_power_kw - quarter_hours.forecast_power_kw)
        end as reference_witness_error_kw,
        quarter_hours.power_kw - lag(quarter_hours.power_kw) over in_order as step_kw
    from quarter_hours
    window in_order as (
        partition by quarter_hours.source, quarter_hours.asset_id, quarter_hours.delivery_date
        order by quarter_hours.position
    )

),

bends as (

    select
        steps.*,
        coalesce(abs(steps.step_kw) <= 0.000001 * steps.capacity_kw, false) as is_flat,
        coalesce(
            -- Values are rounded to hundredths, and a mean of samples with holes is slightly off the line.
            abs(steps.step_kw - lag(steps.step_kw) over in_order)
            <= 0.021 + case when steps.reference = 'forecast' then 0 else 0.05 * abs(steps.step_kw) end,
            false
        ) as is_straight
    from steps
    window in_order as (partition by steps.source, steps.asset_id, steps.delivery_date order by steps.position)

),

-- A run ends where a quarter-hour does not continue the one before it.
continued as (

    select
        bends.source,
        bends.asset_id,
        bends.delivery_date,
        bends.position,
        bends.capacity_kw,
        bends.reference,
        bends.power_kw,
        bends.reference_power_kw,
        bends.error_kw,
        bends.witness_error_kw,
        bends.reference_witness_error_kw,
        run.finding,
        run.points_before,
        run.goes_on,
        sum(case when run.goes_on then 0 else 1 end) over (
            partition by bends.source, bends.asset_id, bends.delivery_date, run.finding
            order by bends.position
        ) as run_number
    from bends
    cross join
        lateral {{ each_row(
            [
                ["'frozen'", "0", "bends.is_flat"],
                ["'interpolated'", "1", "bends.is_straight and not bends.is_flat"],
            ],
            columns=["finding", "points_before", "goes_on"],
            name="run",
        ) }}

),

runs as (

    select
        source,
        asset_id,
        delivery_date,
        finding,
        run_number,
        capacity_kw,
        reference,
        (count(*) + max(points_before))::integer as quarter_hour_count,
        min(position) as first_position,
        max(position) as last_position,
        max(power_kw) as greatest_power_kw,
        count(error_kw)::integer as error_count,
        {{ sum_in_order("error_kw", ["position"]) }} as error_sum_kw,
        count(witness_error_kw)::integer as witness_count,
        {{ sum_in_order("witness_error_kw", ["position"]) }} as witness_error_sum_kw,
        {{ sum_in_order("reference_witness_error_kw", ["position"]) }} as reference_witness_error_sum_kw,
        max(reference_power_kw) - min(reference_power_kw) as reference_range_kw,
        max(reference_power_kw - power_kw) as reference_above_kw,
        max(power_kw - reference_power_kw) as reference_below_kw
    from continued
    group by source, asset_id, delivery_date, finding, run_number, capacity_kw, reference

),

days as (

    select
        source,
        asset_id,
        delivery_date,
        count(error_kw)::integer as error_count,
        {{ sum_in_order("error_kw", ["position"]) }} as error_sum_kw
    from steps
    group by source, asset_id, delivery_date

),

-- They differ within the run, but not beside it.
apart as (

    select
        runs.source,
        runs.asset_id,
        runs.delivery_date,
        runs.finding,
        runs.run_number,
        runs.quarter_hour_count,
        runs.first_position,
        runs.last_position,
        runs.capacity_kw,
        runs.greatest_power_kw,
        runs.reference,
        runs.reference_above_kw,
        runs.reference_below_kw,
        runs.witness_count,
        runs.witness_error_sum_kw,
        runs.reference_witness_error_sum_kw,
        runs.error_sum_kw / runs.error_count as error_before_kw,
        (days.error_sum_kw - runs.error_sum_kw) / nullif(days.error_count - runs.error_count, 0) as error_after_kw
    from runs
    inner join days
        on
            runs.source = days.source
            and runs.asset_id = days.asset_id
            and runs.delivery_date = days.delivery_date
    where
        runs.quarter_hour_count >= {{ var("finding_min_run_quarter_hours") }}
        and runs.error_count >= {{ var("finding_min_run_quarter_hours") }} / 2
        and runs.reference_range_kw >= {{ var("finding_min_run_share_of_capacity") }} * runs.capacity_kw

),

-- A forecast knows nothing of standstills or limits: as the reference it must lie on both sides, as a witness it must
-- agree with the reference.
with_evidence as (

    select
        source,
        asset_id,
        delivery_date,
        finding,
        run_number,
        quarter_hour_count,
        greatest_power_kw,
        reference,
        error_before_kw,
        error_after_kw,
        first_position,
        last_position,
        reference <> 'forecast' and witness_count < {{ var("finding_min_run_quarter_hours") }} / 2 as is_unwitnessed
    from apart
    where
        error_before_kw >= {{ var("finding_min_run_share_of_capacity") }} * capacity_kw
        and coalesce(error_after_kw, 0) <= {{ var("finding_max_error_ratio") }} * error_before_kw
        and case
            when reference = 'forecast'
                then
                    least(reference_above_kw, reference_below_kw)
                    >= {{ var("finding_min_share_of_capacity") }} * capacity_kw
            else
                witness_count < {{ var("finding_min_run_quarter_hours") }} / 2
                or reference_witness_error_sum_kw <= {{ var("finding_max_witness_ratio") }} * witness_error_sum_kw
        end

),

-- Steps that change a little each time make a bow; an interpolated line is straight.
bows as (

    select
        run.source,
        run.asset_id,
        run.delivery_date,
        run.run_number,
        max(abs(
            quarter_hour.power_kw - first_point.power_kw
            - (last_point.power_kw - first_point.power_kw)
            * (quarter_hour.position - run.first_position) / (run.last_position - run.first_position)
        )) as bow_kw,
        max(abs(last_point.power_kw - first_point.power_kw)) / max(run.last_position - run.first_position) as step_kw
    from with_evidence as run
    inner join steps as first_point
        on
            run.source = first_point.source
            and run.asset_id = first_point.asset_id
            and run.delivery_date = first_point.delivery_date
            and run.first_position = first_point.position
    inner join steps as last_point
        on
            run.source = last_point.source
            and run.asset_id = last_point.asset_id
            and run.delivery_date = last_point.delivery_date
            and run.last_position = last_point.position
    inner join steps as quarter_hour
        on
            run.source = quarter_hour.source
            and run.asset_id = quarter_hour.asset_id
            and run.delivery_date = quarter_hour.delivery_date
            and run.first_position <= quarter_hour.position
            and run.last_position >= quarter_hour.position
    where run.finding = 'interpolated'
    group by run.source, run.asset_id, run.delivery_date, run.run_number

),

straight as (

    select with_evidence.*
    from with_evidence
    left join bows
        on
            with_evidence.finding = 'interpolated'
            and with_evidence.source = bows.source
            and with_evidence.asset_id = bows.asset_id
            and with_evidence.delivery_date = bows.delivery_date
            and with_evidence.run_number = bows.run_number
    where
        with_evidence.finding = 'frozen'
        or bows.bow_kw <= 0.021 + 0.1 * bows.step_kw

),

longest_runs as (

    {{ newest_per_key(
        "straight",
        key=["source", "asset_id", "delivery_date", "finding"],
        newest_first=["quarter_hour_count desc", "run_number"],
        columns=[
            "source",
            "asset_id",
            "delivery_date",
            "finding",
            "quarter_hour_count",
            "greatest_power_kw",
            "reference",
            "error_before_kw",
            "error_after_kw",
            "is_unwitnessed",
        ],
    ) }}

)

select
    source,
    asset_id,
    delivery_date,
    finding,
    quarter_hour_count,
    error_before_kw,
    error_after_kw,
    reference,
    {{ source_of_day() }} || case finding
        when 'frozen' then ' stands at ' || {{ whole_kw("greatest_power_kw") }}
        else ' is a straight line'
    end
    || ' for ' || {{ duration_in_words("quarter_hour_count") }} || ' while the ' || {{ source_in_words("reference") }}
    || ' moves'
    || case when is_unwitnessed then ', unless that is wrong' else '' end as detail
from longest_runs
