{{ config(
    materialized="incremental",
    unique_key=["asset_id", "delivery_start_utc"],
    indexes=[{"columns": ["delivery_start_utc"]}],
) }}

with forecasts as (

    {{ forecast_as_of_gate(
        versions=ref("stg_vpp__forecast_versions"),
        documents=ref("stg_vpp__forecast_documents"),
        gates={"latest": 0, "tradeable": var("gate_closure_minutes")},
        within=affected(by=ref("int_forecasts_closed_affected")),
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
        newest.version_utc
    from assets
    cross join lateral (
        select documents.version_utc
        from {{ ref("stg_vpp__forecast_documents") }} as documents
        where
            {{ is_in_build() }}
            and documents.asset_id = assets.asset_id
        order by documents.version_utc desc
        limit 1
    ) as newest

)

select
    latest.asset_id,
    latest.delivery_start_utc,
    {{ delivery_date("latest.delivery_start_utc") }}
        as delivery_date,
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
    or latest.delivery_start_utc < {{ open_from("newest_versions.version_utc", var("gate_closure_minutes")) }}
