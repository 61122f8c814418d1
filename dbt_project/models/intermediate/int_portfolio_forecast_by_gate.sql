{{ config(
    materialized="incremental",
    unique_key=["delivery_start_utc", "gate"],
    indexes=[{"columns": ["delivery_date"]}],
) }}

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
        {{ sum_by_asset("forecasts.power_kw", "forecasts.asset_id") }} as power_kw,
        count(*)::integer as asset_count
    from forecasts
    {{ join_members(to="forecasts", how="inner") }}
    group by forecasts.delivery_start_utc, forecasts.gate

),

at_gates as (

    select
        newest.delivery_start_utc,
        gates.gate,
        {{ gate_closes("gates", "newest.delivery_start_utc") }} as gate_closes_utc,
        newest.version_utc,
        newest.power_kw,
        newest.asset_count
    from newest
    inner join {{ ref("market_gates") }} as gates on {{ is_gate_for("gates", "newest.delivery_start_utc") }}

),

-- A version in the newest sum was made later. At all other gates the newest sum is the forecast.
closed as (

    select
        at_gates.delivery_start_utc,
        at_gates.gate,
        at_gates.gate_closes_utc,
        sums.power_kw,
        coalesce(sums.asset_count, 0) as asset_count
    from at_gates
    left join sums
        on
            at_gates.delivery_start_utc = sums.delivery_start_utc
            and at_gates.gate = sums.gate
    where at_gates.version_utc > at_gates.gate_closes_utc

),

open_quarter_hours as (

    select
        delivery_start_utc,
        max(power_kw) as power_kw,
        max(asset_count) as asset_count,
        {{ array_in_order("gate", bytewise("gate")) }} as open_gates,
        {{ array_in_order("gate_closes_utc", bytewise("gate")) }} as open_gate_closes_utc
    from at_gates
    where version_utc <= gate_closes_utc
    group by delivery_start_utc

)

select
    delivery_start_utc,
    {{ local_date("delivery_start_utc", portfolio_timezone()) }} as delivery_date,
    gate,
    gate_closes_utc,
    power_kw,
    asset_count,
    null as open_gates,
    null as open_gate_closes_utc
from closed
union all
select
    delivery_start_utc,
    {{ local_date("delivery_start_utc", portfolio_timezone()) }} as delivery_date,
    '' as gate,
    null as gate_closes_utc,
    power_kw,
    asset_count,
    open_gates,
    open_gate_closes_utc
from open_quarter_hours
