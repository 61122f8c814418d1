{{ config(
    materialized="incremental",
    unique_key=["asset_id", "delivery_start_utc"],
    indexes=[
        {"columns": ["delivery_start_utc"]},
        {"columns": ["delivery_date", "asset_id"]},
        {"columns": ["open_version_utc"]},
    ],
) }}

-- The forecast at a gate: of the versions made at least so many minutes before delivery, the newest that holds a value.
with forecasts as (

    {{ forecast_as_of_gate(
        versions=ref("stg_vpp__forecast_versions"),
        documents=ref("stg_vpp__forecast_documents"),
        gates=forecast_gates(),
        within=affected(by="int_forecasts_in_force_affected"),
    ) }}

),

-- Every tradeable forecast was once the latest, so where there is one, there is a latest one too.
forecasts_by_gate as (

    select
        asset_id,
        delivery_start_utc,
        max(version_utc) filter (where gate = 'latest') as latest_version_utc,
        max(power_kw) filter (where gate = 'latest') as latest_power_kw,
        max(version_utc) filter (where gate = 'tradeable') as tradeable_version_utc,
        max(power_kw) filter (where gate = 'tradeable') as tradeable_power_kw
    from forecasts
    group by asset_id, delivery_start_utc

),

assets as (

    select distinct asset_id
    from {{ affected() or ref("stg_vpp__forecast_versions") }}

),

newest as (

    {{ newest_versions(
        "assets",
        versions=ref("stg_vpp__forecast_versions"),
        documents=ref("stg_vpp__forecast_documents"),
    ) }}

),

newest_versions as (

    select
        asset_id,
        version_utc,
        grid_start_utc,
        grid_end_utc,
        power_kw,
        greatest(grid_start_utc, {{ open_from("version_utc", var("gate_closure_minutes")) }}) as open_from_utc
    from newest

),

closed_quarter_hours as (

    select
        forecasts_by_gate.asset_id,
        forecasts_by_gate.delivery_start_utc,
        {{ delivery_date("forecasts_by_gate.delivery_start_utc") }} as delivery_date,
        forecasts_by_gate.latest_version_utc,
        forecasts_by_gate.latest_power_kw,
        forecasts_by_gate.tradeable_version_utc,
        forecasts_by_gate.tradeable_power_kw
    from forecasts_by_gate
    inner join newest_versions on forecasts_by_gate.asset_id = newest_versions.asset_id
    {{ join_timezone(to="forecasts_by_gate") }}
    where
        forecasts_by_gate.latest_version_utc < newest_versions.version_utc
        or forecasts_by_gate.delivery_start_utc < newest_versions.open_from_utc

),

open_days as (

    select
        newest_versions.asset_id,
        open_day.delivery_date,
        {{ timezone_of() }} as timezone,
        newest_versions.version_utc,
        newest_versions.grid_start_utc,
        newest_versions.grid_end_utc,
        newest_versions.power_kw,
        newest_versions.open_from_utc
    from newest_versions
    {{ join_timezone(to="newest_versions") }}
    cross join
        lateral {{ each_day(
            delivery_date("newest_versions.open_from_utc"),
            delivery_date("newest_versions.grid_end_utc - interval '1 microsecond'"),
            "open_day",
        ) }}

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

-- The next version will change all of these, so each day's are one row.
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
