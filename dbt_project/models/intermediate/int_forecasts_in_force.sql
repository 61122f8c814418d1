{{ config(
    materialized="incremental",
    unique_key=["asset_id", "delivery_start_utc"],
    indexes=[
        {"columns": ["delivery_start_utc"]},
        {"columns": ["delivery_date", "asset_id"]},
        {"columns": ["open_version_utc"]},
    ],
) }}

with forecasts as (

    {{ forecast_as_of_gate(
        versions=ref("stg_vpp__forecast_versions"),
        documents=ref("stg_vpp__forecast_documents"),
        gates={"latest": 0, "tradeable": var("gate_closure_minutes")},
        within=affected(by=ref("int_forecasts_in_force_affected")),
    ) }}

),

latest as (

    select
        asset_id,
        delivery_start_utc,
        version_utc,
        power_kw
    from forecasts
    where gate = 'latest'

),

tradeable as (

    select
        asset_id,
        delivery_start_utc,
        version_utc,
        power_kw
    from forecasts
    where gate = 'tradeable'

),

assets as (

    select distinct asset_id
    from {{ affected() or ref("stg_vpp__forecast_versions") }}

),

newest_versions as (

    select
        assets.asset_id,
        newest.version_utc,
        newest.grid_start_utc,
        newest.grid_end_utc,
        newest.power_kw,
        greatest(
            newest.grid_start_utc,
            {{ open_from("newest.version_utc", var("gate_closure_minutes")) }}
        ) as open_from_utc
    from assets
    cross join lateral (
        select
            documents.version_utc,
            documents.grid_start_utc,
            documents.grid_end_utc,
            documents.power_kw
        from {{ ref("stg_vpp__forecast_documents") }} as documents
        where
            {{ is_in_build() }}
            and documents.asset_id = assets.asset_id
        order by documents.version_utc desc, documents.received_utc desc, documents.content_sha256 desc
        limit 1
    ) as newest

),

closed_quarter_hours as (

    select
        latest.asset_id,
        latest.delivery_start_utc,
        {{ delivery_date("latest.delivery_start_utc") }} as delivery_date,
        latest.version_utc as latest_version_utc,
        latest.power_kw as latest_power_kw,
        tradeable.version_utc as tradeable_version_utc,
        tradeable.power_kw as tradeable_power_kw
    from latest
    inner join newest_versions on latest.asset_id = newest_versions.asset_id
    -- Whatever could be traded on was also the latest at some time: no tradeable forecast is without a latest one.
    left join tradeable
        on
            latest.asset_id = tradeable.asset_id
            and latest.delivery_start_utc = tradeable.delivery_start_utc
    {{ join_timezone(to="latest") }}
    where
        latest.version_utc < newest_versions.version_utc
        or latest.delivery_start_utc < newest_versions.open_from_utc

),

open_days as (

    select
        newest_versions.asset_id,
        {{ delivery_date("newest_versions.open_from_utc") }} + later.day_count as delivery_date,
        {{ timezone_of() }} as timezone,
        newest_versions.version_utc,
        newest_versions.grid_start_utc,
        newest_versions.grid_end_utc,
        newest_versions.power_kw,
        newest_versions.open_from_utc
    from newest_versions
    {{ join_timezone(to="newest_versions") }}
    cross join lateral generate_series(
        0,
        {{ delivery_date("newest_versions.grid_end_utc - interval '1 microsecond'") }}
        - {{ delivery_date("newest_versions.open_from_utc") }}
    ) as later (day_count)

),

open_parts as (

    select
        asset_id,
        delivery_date,
        version_utc,
        grid_start_utc,
        power_kw,
        greatest(open_from_utc, {{ local_midnight("delivery_date", "timezone") }}) as delivery_start_utc,
        least(grid_end_utc, {{ local_midnight("delivery_date + 1", "timezone") }}) as to_utc
    from open_days

),

-- The next version will change all of these: of each day they are one row.
open_quarter_hours as (

    select
        asset_id,
        delivery_start_utc,
        delivery_date,
        to_utc,
        version_utc as open_version_utc,
        {{ array_slice(
            "power_kw",
            "1 + " ~ quarter_hours_between("grid_start_utc", "delivery_start_utc"),
            quarter_hours_between("grid_start_utc", "to_utc"),
        ) }} as open_power_kw
    from open_parts
    where
        delivery_start_utc < to_utc
        and {{ is_affected("open_parts") }}

)

select
    coalesce(closed_quarter_hours.asset_id, open_quarter_hours.asset_id) as asset_id,
    coalesce(closed_quarter_hours.delivery_start_utc, open_quarter_hours.delivery_start_utc) as delivery_start_utc,
    coalesce(closed_quarter_hours.delivery_date, open_quarter_hours.delivery_date) as delivery_date,
    coalesce(
        open_quarter_hours.to_utc,
        closed_quarter_hours.delivery_start_utc + interval '15 minutes'
    ) as to_utc,
    closed_quarter_hours.latest_version_utc,
    closed_quarter_hours.latest_power_kw,
    closed_quarter_hours.tradeable_version_utc,
    closed_quarter_hours.tradeable_power_kw,
    open_quarter_hours.open_version_utc,
    open_quarter_hours.open_power_kw
from closed_quarter_hours
full join open_quarter_hours
    on
        closed_quarter_hours.asset_id = open_quarter_hours.asset_id
        and closed_quarter_hours.delivery_start_utc = open_quarter_hours.delivery_start_utc
