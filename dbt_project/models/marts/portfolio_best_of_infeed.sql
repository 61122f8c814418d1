{{ config(unique_key=["delivery_start_utc"], indexes=[{"columns": ["delivery_date"]}]) }}

with infeed as (

    select
        infeed.asset_id,
        infeed.delivery_start_utc,
        infeed.power_kw,
        case when infeed.infeed_source = 'final' then infeed.power_kw end as final_power_kw,
        case when infeed.infeed_source = 'live' then infeed.power_kw end as live_power_kw,
        case when infeed.infeed_source = 'forecast' then infeed.power_kw end as forecast_power_kw
    from {{ ref("best_of_infeed") }} as infeed
    {{ join_affected("infeed") }}

),

sums as (

    select
        infeed.delivery_start_utc,
        {{ sum_by_asset("infeed.power_kw", "members.asset_id") }} as power_kw,
        {{ sum_by_asset("infeed.final_power_kw", "members.asset_id") }} as final_power_kw,
        {{ sum_by_asset("infeed.live_power_kw", "members.asset_id") }} as live_power_kw,
        {{ sum_by_asset("infeed.forecast_power_kw", "members.asset_id") }} as forecast_power_kw,
        count(infeed.final_power_kw) filter (where members.asset_id is not null)::integer as final_asset_count,
        count(infeed.live_power_kw) filter (where members.asset_id is not null)::integer as live_asset_count,
        count(infeed.forecast_power_kw) filter (where members.asset_id is not null)::integer as forecast_asset_count
    from infeed
    {{ join_members(to="infeed") }}
    group by infeed.delivery_start_utc

)

select
    sums.delivery_start_utc,
    sums.delivery_start_utc + interval '15 minutes' as delivery_end_utc,
    {{ local_date("sums.delivery_start_utc", portfolio_timezone()) }} as delivery_date,
    sums.power_kw,
    sums.final_power_kw,
    sums.live_power_kw,
    sums.forecast_power_kw,
    sums.final_asset_count,
    sums.live_asset_count,
    sums.forecast_asset_count,
    totals.expected_asset_count,
    sums.final_asset_count + sums.live_asset_count + sums.forecast_asset_count
    = nullif(totals.expected_asset_count, 0) as is_complete
from sums
{{ join_portfolio_totals(to="sums") }}
