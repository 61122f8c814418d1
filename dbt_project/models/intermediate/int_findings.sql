with of_days as (

    select
        source,
        asset_id,
        delivery_date,
        finding,
        other_asset_id,
        quarter_hour_count,
        error_before_kw,
        error_after_kw,
        reference,
        detail
    from {{ ref("int_findings_of_days") }}

),

of_runs as (

    select
        runs.source,
        runs.asset_id,
        runs.delivery_date,
        runs.finding,
        null as other_asset_id,
        runs.quarter_hour_count,
        runs.error_before_kw,
        runs.error_after_kw,
        runs.reference,
        runs.detail
    from {{ ref("int_findings_of_runs") }} as runs
    left join of_days
        on
            runs.source = of_days.source
            and runs.asset_id = of_days.asset_id
            and runs.delivery_date = of_days.delivery_date
    where of_days.source is null

),

explained as (

    select
        source,
        asset_id,
        delivery_date
    from of_days
    union
    select
        source,
        asset_id,
        delivery_date
    from of_runs

),

-- A fault of the whole day explains its impossible values.
of_plants as (

    select
        plants.source,
        plants.asset_id,
        plants.delivery_date,
        plants.finding,
        null as other_asset_id,
        plants.quarter_hour_count,
        plants.error_before_kw,
        {{ double("null") }} as error_after_kw,
        plants.reference,
        plants.detail
    from {{ ref("int_findings_of_plants") }} as plants
    left join explained
        on
            plants.source = explained.source
            and plants.asset_id = explained.asset_id
            and plants.delivery_date = explained.delivery_date
    where explained.source is null

)

select
    source,
    asset_id,
    delivery_date,
    finding,
    other_asset_id,
    quarter_hour_count,
    error_before_kw,
    error_after_kw,
    reference,
    detail
from of_days
union all
select
    source,
    asset_id,
    delivery_date,
    finding,
    other_asset_id,
    quarter_hour_count,
    error_before_kw,
    error_after_kw,
    reference,
    detail
from of_runs
union all
select
    source,
    asset_id,
    delivery_date,
    finding,
    other_asset_id,
    quarter_hour_count,
    error_before_kw,
    error_after_kw,
    reference,
    detail
from of_plants
