{{ config(materialized="view", alias=var("asset_forecasts_table")) }}

-- Not materialized: a question about one asset or day reaches the indexes.
with in_force as not materialized (

    select
        asset_id,
        delivery_start_utc,
        delivery_date,
        latest_version_utc,
        latest_power_kw,
        tradeable_version_utc,
        tradeable_power_kw,
        open_version_utc,
        open_power_kw
    from {{ ref("int_forecasts_in_force") }}

),

open_quarter_hours as not materialized (

    select
        in_force.asset_id,
        in_force.delivery_start_utc + (quarter_hour.position - 1) * interval '15 minutes' as delivery_start_utc,
        in_force.delivery_date,
        in_force.open_version_utc as version_utc,
        quarter_hour.power_kw
    from in_force
    cross join lateral {{ each_array_element({"power_kw": "in_force.open_power_kw"}, "quarter_hour") }}
    where
        in_force.open_version_utc is not null
        and quarter_hour.power_kw is not null

)

select
    asset_id,
    delivery_start_utc,
    delivery_start_utc + interval '15 minutes' as delivery_end_utc,
    delivery_date,
    latest_version_utc,
    latest_power_kw,
    tradeable_version_utc,
    tradeable_power_kw
from in_force
where latest_version_utc is not null
union all
select
    asset_id,
    delivery_start_utc,
    delivery_start_utc + interval '15 minutes' as delivery_end_utc,
    delivery_date,
    version_utc as latest_version_utc,
    power_kw as latest_power_kw,
    version_utc as tradeable_version_utc,
    power_kw as tradeable_power_kw
from open_quarter_hours
