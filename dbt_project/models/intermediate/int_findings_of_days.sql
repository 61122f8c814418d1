{{ config(
    materialized="incremental",
    unique_key=["source", "asset_id", "delivery_date", "finding"],
    indexes=[{"columns": ["delivery_date"]}],
) }}
{#- Each fault's factor, its wording, and the factor that undoes it. -#}
{%- set scales = [
    (4, "four times too large", 0.25),
    (0.25, "a quarter of what it should be (kWh per quarter-hour, not kW)", 4),
    (1000, "1,000 times too large (W, not kW)", 0.001),
    (0.001, "1,000 times too small (MW, not kW)", 1000),
] -%}
{#- If one of the two is a forecast, some faults look like weather. -#}
{%- set faults = [] -%}
{%- set max_shift = var("finding_max_shift_quarter_hours") -%}
{%- for late_by in range(-max_shift, max_shift + 1) if late_by -%}
    {%- do faults.append(["'shifted'", late_by, "1.0", "''", "true" if late_by % 4 == 0 else "false"]) -%}
{%- endfor -%}
{%- for factor, words, undone_by in scales -%}
    {%- set is_no_weather = "true" if factor in [1000, 0.001] else "false" -%}
    {%- do faults.append(["'scaled'", 0, undone_by, "'" ~ words ~ "'", is_no_weather]) -%}
{%- endfor -%}
{%- do faults.append(["'sign_flipped'", 0, "-1.0", "'turned around: consumption for production'", "true"]) -%}

with compared as (

    select
        compared.source,
        compared.asset_id,
        compared.delivery_date,
        compared.capacity_kw,
        compared.first_position,
        compared.last_position,
        compared.power_kw,
        compared.reference,
        compared.reference_power_kw,
        compared.pair_count,
        compared.witness_power_kw,
        compared.source <> 'forecast' and compared.reference <> 'forecast' as is_measured
    from {{ ref("int_compared_days") }} as compared
    {{ join_affected("compared", by="int_findings_of_days_affected", instant="delivery_date") }}
    where compared.reference is not null

),

-- A series' level is its distance from zero.
measured as (

    select
        compared.*,
        {{ mean_distance(
            compared_part("compared", "power_kw"),
            compared_part("compared", "reference_power_kw"),
        ) }} as error_kw,
        {{ mean_distance(
            compared_part("compared", "power_kw"),
            compared_part("compared", "power_kw"),
            0,
        ) }} as level_kw,
        {{ mean_distance(
            compared_part("compared", "reference_power_kw"),
            compared_part("compared", "reference_power_kw"),
            0,
        ) }} as reference_level_kw,
        {{ mean_distance(
            compared_part("compared", "power_kw"),
            compared_part("compared", "witness_power_kw"),
        ) }} as witness_error_kw,
        {{ mean_distance(
            compared_part("compared", "reference_power_kw"),
            compared_part("compared", "witness_power_kw"),
        ) }} as reference_witness_error_kw
    from compared

),

-- A third source, if there is one, shows which of the two is wrong; without one, no forecast is blamed.
differing as (

    select
        source,
        asset_id,
        delivery_date,
        capacity_kw,
        first_position,
        last_position,
        power_kw,
        reference_power_kw,
        is_measured,
        error_kw,
        level_kw,
        reference_level_kw
    from measured
    where
        error_kw >= {{ var("finding_min_share_of_capacity") }} * capacity_kw
        and reference_level_kw >= {{ var("finding_min_share_of_capacity") }} * capacity_kw
        and (
            (witness_power_kw is null and source <> 'forecast')
            or reference_witness_error_kw <= {{ var("finding_max_witness_ratio") }} * witness_error_kw
        )

),

undone as (

    select
        differing.source,
        differing.asset_id,
        differing.delivery_date,
        fault.finding,
        fault.late_by,
        fault.words,
        null as other_asset_id,
        differing.capacity_kw,
        differing.is_measured,
        differing.error_kw,
        differing.reference_level_kw,
        {{ mean_distance(
            compared_part("differing", "power_kw", late_by="fault.late_by"),
            compared_part("differing", "reference_power_kw", late_by="fault.late_by", is_reference=true),
            "fault.undone_by",
        ) }} as undone_error_kw,
        case
            when fault.late_by = 0 then differing.reference_level_kw
            else {{ mean_distance(
                compared_part("differing", "power_kw", late_by="fault.late_by"),
                compared_part("differing", "reference_power_kw", late_by="fault.late_by", is_reference=true),
                0,
            ) }}
        end as compared_level_kw
    from differing
    cross join
        lateral {{ each_row(
            faults,
            columns=["finding", "late_by", "undone_by", "words", "is_no_weather"],
            name="fault",
        ) }}
    -- A forecast that follows the measurements lags by a quarter-hour or two, a front by a few more; fog leaves a
    -- quarter of clear-sky power.
    where
        differing.is_measured
        or fault.is_no_weather

),

-- Two arrays cannot be closer than their levels are: this rules out most pairs.
swapped as (

    select
        differing.source,
        differing.asset_id,
        differing.delivery_date,
        'swapped' as finding,
        0 as late_by,
        '' as words,
        other.asset_id as other_asset_id,
        differing.capacity_kw,
        differing.is_measured,
        differing.error_kw,
        differing.reference_level_kw,
        {{ mean_distance(
            compared_part("other", "power_kw"),
            compared_part("differing", "reference_power_kw"),
        ) }} as undone_error_kw,
        differing.reference_level_kw as compared_level_kw
    from differing
    inner join differing as other
        on
            differing.source = other.source
            and differing.delivery_date = other.delivery_date
            and differing.asset_id <> other.asset_id
            and differing.first_position = other.first_position
            and differing.last_position = other.last_position
            and abs(other.level_kw - differing.reference_level_kw) <= differing.error_kw
            and abs(differing.level_kw - other.reference_level_kw) <= other.error_kw

),

explanations as (

    select * from undone
    union all
    select * from swapped

),

decisive as (

    select
        source,
        asset_id,
        delivery_date,
        finding,
        late_by,
        words,
        other_asset_id,
        error_kw,
        undone_error_kw
    from explanations
    where
        error_kw - undone_error_kw >= {{ var("finding_min_share_of_capacity") }} * capacity_kw
        -- The quarter-hours that a shift leaves out must not be the ones that mattered.
        and compared_level_kw >= {{ var("finding_max_error_ratio") }} * reference_level_kw
        and undone_error_kw <= least(error_kw, compared_level_kw) * case
            when finding = 'shifted' and is_measured then {{ var("finding_max_error_ratio") }}
            else {{ var("finding_max_error_ratio_strict") }}
        end

),

-- Two assets carry each other's series, or neither does.
mutual as (

    select decisive.*
    from decisive
    left join decisive as other
        on
            decisive.source = other.source
            and decisive.delivery_date = other.delivery_date
            and decisive.other_asset_id = other.asset_id
            and decisive.asset_id = other.other_asset_id
    where
        decisive.other_asset_id is null
        or other.asset_id is not null

),

-- A late front is a single event; a wrong clock shows in both halves of the day.
steady as (

    select mutual.*
    from mutual
    inner join differing
        on
            mutual.source = differing.source
            and mutual.asset_id = differing.asset_id
            and mutual.delivery_date = differing.delivery_date
    where
        mutual.finding <> 'shifted'
        or differing.is_measured
        or (
            {%- for half in [1, 2] %}
                {{ mean_distance(
                    compared_part("differing", "power_kw", half=half),
                    compared_part("differing", "reference_power_kw", half=half),
                ) }} >= greatest(
                    {{ var("finding_min_share_of_capacity") }} * differing.capacity_kw,
                    {{ mean_distance(
                        compared_part("differing", "power_kw", "mutual.late_by", half=half),
                        compared_part("differing", "reference_power_kw", "mutual.late_by", is_reference=true, half=half),
                    ) }} / {{ var("finding_max_error_ratio_strict") }}
                )
                {{ "and" if not loop.last }}
            {%- endfor %}
        )

),

best_of_each_kind as (

    {{ newest_per_key(
        "steady",
        key=["source", "asset_id", "delivery_date", "finding"],
        newest_first=["undone_error_kw", "late_by", bytewise("words"), bytewise("other_asset_id")],
        columns=[
            "source",
            "asset_id",
            "delivery_date",
            "finding",
            "late_by",
            "words",
            "other_asset_id",
            "error_kw",
            "undone_error_kw",
        ],
    ) }}

),

ranked as (

    select
        source,
        asset_id,
        delivery_date,
        finding,
        late_by,
        words,
        other_asset_id,
        error_kw,
        undone_error_kw,
        row_number() over best_first as place,
        lead(undone_error_kw) over best_first as rival_error_kw
    from best_of_each_kind
    window best_first as (partition by source, asset_id, delivery_date order by undone_error_kw, finding)

),

-- If two faults explain it nearly equally well, neither is reported.
named as (

    select
        source,
        asset_id,
        delivery_date,
        finding,
        late_by,
        words,
        other_asset_id,
        error_kw,
        undone_error_kw
    from ranked
    where
        place = 1
        and (rival_error_kw is null or undone_error_kw < {{ var("finding_max_error_ratio") }} * rival_error_kw)

)

select
    named.source,
    named.asset_id,
    named.delivery_date,
    named.finding,
    named.other_asset_id,
    compared.pair_count as quarter_hour_count,
    named.error_kw as error_before_kw,
    named.undone_error_kw as error_after_kw,
    compared.reference,
    {{ source_of_day("named") }} || ' looks ' || case named.finding
        when 'shifted'
            then
                'shifted by ' || {{ duration_in_words("abs(named.late_by)") }}
                || case when named.late_by > 0 then ', too late' else ', too early' end
        when 'swapped' then 'swapped with that of ' || named.other_asset_id
        else named.words
    end
    || case
        when compared.witness_power_kw is null
            then ', unless the ' || {{ source_in_words("compared.reference") }} || ' is wrong'
        else ''
    end as detail
from named
inner join compared
    on
        named.source = compared.source
        and named.asset_id = compared.asset_id
        and named.delivery_date = compared.delivery_date
left join named as other
    on
        named.source = other.source
        and named.delivery_date = other.delivery_date
        and named.other_asset_id = other.asset_id
        and named.asset_id = other.other_asset_id
where
    named.finding <> 'swapped'
    or other.asset_id is not null
