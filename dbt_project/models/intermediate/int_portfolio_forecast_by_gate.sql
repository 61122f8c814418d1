{{ config(materialized="incremental", unique_key=["delivery_start_utc", "gate"]) }}

with asset_forecasts as (

    select
        asset_forecasts.asset_id,
        asset_forecasts.delivery_start_utc,
        asset_forecasts.latest_version_utc,
        asset_forecasts.latest_power_kw
    from {{ ref("asset_forecasts") }} as asset_forecasts
    {{ join_affected("asset_forecasts") }}

),

newest as (

    select
        asset_forecasts.delivery_start_utc,
        max(asset_forecasts.latest_version_utc) as version_utc,
        {{ sum_by_asset("asset_forecasts.latest_power_kw", "asset_forecasts.asset_id") }} as power_kw,
        count(*)::integer as asset_count
    from asset_forecasts
    {{ join_members(to="asset_forecasts", how="inner") }}
    group by asset_forecasts.delivery_start_utc

),

{% if affected() -%}
    affected_assets as (

        select
            assets.asset_id,
            ranges.from_utc,
            ranges.to_utc
        from (select distinct asset_forecasts.asset_id from asset_forecasts) as assets
        cross join {{ affected() }} as ranges

    ),
{%- endif %}

forecasts as (

    {{ forecast_as_of_gate(
        versions=ref("stg_vpp__forecast_versions"),
        documents=ref("stg_vpp__forecast_documents"),
        gates=ref("market_gates"),
        within="affected_assets" if affected() else none,
        closed_before="(select max(newest.version_utc) from newest)",
    ) }}

),

sums as (

    select
        forecasts.delivery_start_utc,
        forecasts.gate,
        max(forecasts.version_utc) as version_utc,
        {{ sum_by_asset("forecasts.power_kw", "forecasts.asset_id") }} as power_kw,
        count(*)::integer as asset_count
    from forecasts
    {{ join_members(to="forecasts", how="inner") }}
    group by forecasts.delivery_start_utc, forecasts.gate

),

-- A version in the newest sum was made later. At all other gates the newest sum is the forecast.
closed as (

    select
        sums.delivery_start_utc,
        sums.gate,
        sums.version_utc,
        sums.power_kw,
        sums.asset_count
    from sums
    inner join newest on sums.delivery_start_utc = newest.delivery_start_utc
    inner join {{ ref("market_gates") }} as gates on sums.gate = gates.gate
    where newest.version_utc > {{ gate_closes("gates", "sums.delivery_start_utc") }}

)

select
    delivery_start_utc,
    gate,
    version_utc,
    power_kw,
    asset_count
from closed
union all
select
    delivery_start_utc,
    '' as gate,
    version_utc,
    power_kw,
    asset_count
from newest
