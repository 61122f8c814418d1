{{ config(materialized="view", alias=var("asset_forecasts_table")) }}

with closed as (

    select
        asset_id,
        delivery_start_utc,
        delivery_date,
        latest_version_utc,
        latest_power_kw,
        tradeable_version_utc,
        tradeable_power_kw
    from {{ ref("int_forecasts_closed") }}

),

newest as (

    select
        asset_id,
        version_utc,
        grid_start_utc,
        open_from_utc,
        power_kw
    from {{ ref("int_forecasts_newest") }}

),

open_quarter_hours as (

    select
        newest.asset_id,
        newest.grid_start_utc + (place.position - 1) * interval '15 minutes' as delivery_start_utc,
        newest.version_utc,
        newest.power_kw[place.position] as power_kw
    from newest
    cross join
        lateral generate_series(
            greatest(1, 1 + {{ quarter_hours_between("newest.grid_start_utc", "newest.open_from_utc") }}),
            cardinality(newest.power_kw)
        ) as place (position)
    where newest.power_kw[place.position] is not null

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
from closed
union all
select
    open_quarter_hours.asset_id,
    open_quarter_hours.delivery_start_utc,
    open_quarter_hours.delivery_start_utc + interval '15 minutes' as delivery_end_utc,
    {{ delivery_date("open_quarter_hours.delivery_start_utc") }} as delivery_date,
    open_quarter_hours.version_utc as latest_version_utc,
    open_quarter_hours.power_kw as latest_power_kw,
    open_quarter_hours.version_utc as tradeable_version_utc,
    open_quarter_hours.power_kw as tradeable_power_kw
from open_quarter_hours
{{ join_timezone(to="open_quarter_hours") }}
