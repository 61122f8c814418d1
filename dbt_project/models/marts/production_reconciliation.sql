{{ config(materialized="view") }}

with power_by_source as (

    select
        asset_id,
        delivery_start_utc,
        delivery_date,
        latest_power_kw,
        tradeable_power_kw,
        live_power_kw,
        final_power_kw
    from {{ ref("int_power_by_source") }}
    where not is_only_open

),

open_quarter_hours as (

    {{ open_quarter_hours(ref("int_power_by_source")) }}

),

-- The few of them that have a row of their own too.
open_and_known as (

    select
        asset_id,
        delivery_start_utc
    from {{ ref("int_power_by_source") }}
    where
        open_version_utc is not null
        and not is_only_open

),

known as (

    select
        asset_id,
        delivery_start_utc,
        delivery_date,
        latest_power_kw,
        tradeable_power_kw,
        live_power_kw,
        final_power_kw
    from power_by_source
    union all
    select
        asset_id,
        delivery_start_utc,
        delivery_date,
        power_kw as latest_power_kw,
        power_kw as tradeable_power_kw,
        null as live_power_kw,
        null as final_power_kw
    from open_quarter_hours
    where
        not exists (
            select open_and_known.asset_id from open_and_known
            where
                open_and_known.asset_id = open_quarter_hours.asset_id
                and open_and_known.delivery_start_utc = open_quarter_hours.delivery_start_utc
        )

)

select
    asset_id,
    delivery_start_utc,
    delivery_date,
    latest_power_kw,
    tradeable_power_kw,
    live_power_kw,
    final_power_kw,
    latest_power_kw - final_power_kw as latest_error_kw,
    tradeable_power_kw - final_power_kw as tradeable_error_kw,
    live_power_kw - final_power_kw as live_error_kw,
    case
        when tradeable_power_kw is not null and final_power_kw is not null then 'reconciled'
        when tradeable_power_kw is not null then 'missing_final'
        when final_power_kw is not null then 'missing_forecast'
        else 'missing_both'
    end as status,
    coalesce(final_power_kw, live_power_kw) as measured_power_kw
from known
