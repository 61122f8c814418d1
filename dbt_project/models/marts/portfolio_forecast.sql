{{ config(
    alias=var("portfolio_forecast_table"),
    unique_key=["delivery_start_utc"],
    indexes=[{"columns": ["delivery_date"]}],
) }}

with asset_forecasts as (

    select
        asset_forecasts.asset_id,
        asset_forecasts.delivery_start_utc,
        asset_forecasts.latest_power_kw,
        asset_forecasts.tradeable_power_kw
    from {{ ref("asset_forecasts") }} as asset_forecasts
    {{ join_affected("asset_forecasts") }}

),

sums as (

    select
        asset_forecasts.delivery_start_utc,
        {{ sum_by_asset("asset_forecasts.latest_power_kw", "members.asset_id") }} as latest_power_kw,
        {{ sum_by_asset("asset_forecasts.tradeable_power_kw", "members.asset_id") }} as tradeable_power_kw,
        count(asset_forecasts.latest_power_kw) filter (where members.asset_id is not null)::integer
            as latest_asset_count,
        count(asset_forecasts.tradeable_power_kw) filter (where members.asset_id is not null)::integer
            as tradeable_asset_count,
        {{ sum_by_asset(
            "case when asset_forecasts.tradeable_power_kw is not null then members.capacity_kw end",
            "members.asset_id",
        ) }} as tradeable_capacity_kw
    from asset_forecasts
    {{ join_members(to="asset_forecasts") }}
    group by asset_forecasts.delivery_start_utc

)

select
    sums.delivery_start_utc,
    sums.delivery_start_utc + interval '15 minutes' as delivery_end_utc,
    {{ local_date("sums.delivery_start_utc", portfolio_timezone()) }} as delivery_date,
    sums.latest_power_kw,
    sums.tradeable_power_kw,
    sums.tradeable_power_kw * 0.25 / 1000 as tradeable_energy_mwh,
    totals.expected_asset_count,
    sums.latest_asset_count,
    sums.tradeable_asset_count,
    totals.expected_capacity_kw,
    sums.tradeable_capacity_kw,
    sums.tradeable_asset_count = nullif(totals.expected_asset_count, 0) as is_complete
from sums
{{ join_portfolio_totals(to="sums") }}
