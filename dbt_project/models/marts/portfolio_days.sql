{{ config(materialized="view") }}
{%- set in_order = ["delivery_start_utc"] %}
{%- set day_length = quarter_hours_between(
    local_midnight("delivery_date", portfolio_timezone()),
    local_midnight("delivery_date + 1", portfolio_timezone()),
) %}

with forecasts as (

    select
        delivery_start_utc,
        tradeable_power_kw,
        tradeable_energy_mwh,
        tradeable_asset_count,
        expected_capacity_kw,
        tradeable_capacity_kw,
        is_complete
    from {{ ref("portfolio_forecast") }}

),

-- It has every quarter-hour that any source knows.
infeed as (

    select
        delivery_start_utc,
        delivery_date,
        expected_asset_count,
        final_power_kw,
        case
            when final_power_kw is not null or live_power_kw is not null
                then coalesce(final_power_kw, 0) + coalesce(live_power_kw, 0)
        end as measured_power_kw
    from {{ ref("portfolio_best_of_infeed") }}

),

settled as (

    select
        delivery_start_utc,
        reconciled_asset_count,
        -- Once at least half of the assets are: one of many is not enough.
        reconciled_asset_count > 0 and 2 * reconciled_asset_count >= expected_asset_count as is_quarter_hour_settled,
        tradeable_power_kw,
        final_power_kw,
        imbalance_kwh,
        imbalance_eur,
        redispatched_imbalance_kwh,
        redispatched_imbalance_eur
    from {{ ref("portfolio_imbalance") }}

),

provisional as (

    select
        delivery_start_utc,
        compared_asset_count,
        tradeable_power_kw,
        measured_power_kw,
        imbalance_kwh,
        imbalance_eur,
        redispatched_imbalance_kwh,
        redispatched_imbalance_eur
    from {{ ref("portfolio_provisional_imbalance") }}

),

accuracy as (

    select
        delivery_date,
        mae_kw
    from {{ ref("portfolio_forecast_accuracy") }}
    where forecast_kind = 'tradeable'

),

measured_assets as (

    select distinct
        asset_id,
        delivery_date
    from {{ ref("int_received_counts") }}
    where
        source in ('final_production', 'live')
        and received_in_portfolio_count > 0

),

members as (

    select
        asset_id,
        valid_from_utc,
        valid_to_utc
    from {{ ref("int_portfolio_periods") }}

),

-- Each mart has a quarter-hour once, so they are joined before they are summed: a query for some days can use the
-- indexes of all.
quarter_hours as (

    select
        infeed.delivery_start_utc,
        infeed.delivery_date,
        infeed.expected_asset_count,
        forecasts.tradeable_power_kw,
        max(forecasts.tradeable_power_kw) over (partition by infeed.delivery_date) as peak_power_kw,
        forecasts.tradeable_energy_mwh,
        forecasts.tradeable_asset_count,
        forecasts.tradeable_asset_count > 0 as is_forecast,
        forecasts.is_complete,
        forecasts.expected_capacity_kw,
        forecasts.tradeable_capacity_kw,
        infeed.measured_power_kw,
        infeed.final_power_kw,
        settled.reconciled_asset_count,
        settled.is_quarter_hour_settled,
        settled.tradeable_power_kw as settled_forecast_power_kw,
        settled.final_power_kw as settled_produced_power_kw,
        settled.imbalance_kwh,
        settled.imbalance_eur,
        settled.redispatched_imbalance_kwh,
        settled.redispatched_imbalance_eur,
        provisional.compared_asset_count as provisional_asset_count,
        provisional.tradeable_power_kw as provisional_forecast_power_kw,
        provisional.measured_power_kw as provisional_produced_power_kw,
        provisional.imbalance_kwh as provisional_imbalance_kwh,
        provisional.imbalance_eur as provisional_imbalance_eur,
        provisional.redispatched_imbalance_kwh as provisional_redispatched_kwh,
        provisional.redispatched_imbalance_eur as provisional_redispatched_eur
    from infeed
    left join forecasts on infeed.delivery_start_utc = forecasts.delivery_start_utc
    left join settled on infeed.delivery_start_utc = settled.delivery_start_utc
    left join provisional on infeed.delivery_start_utc = provisional.delivery_start_utc

),

sums as (

    select
        delivery_date,
        {{ day_length }} as quarter_hour_count,
        count(*) filter (where is_forecast)::integer as forecast_quarter_hour_count,
        count(*) filter (where is_complete)::integer as complete_quarter_hour_count,
        {{ sum_in_order("tradeable_energy_mwh", in_order) }} as forecast_energy_mwh,
        max(peak_power_kw) as peak_power_kw,
        min(delivery_start_utc) filter (where tradeable_power_kw = peak_power_kw) as peak_start_utc,
        max(expected_asset_count) as expected_asset_count,
        min(tradeable_asset_count) filter (where is_forecast) as forecast_asset_count,
        max(expected_capacity_kw) as expected_capacity_kw,
        {{ sum_in_order("tradeable_capacity_kw", in_order) }} as tradeable_capacity_kw,
        {{ sum_in_order("expected_capacity_kw", in_order) }} as summed_capacity_kw,
        {{ sum_in_order("measured_power_kw", in_order) }} as measured_power_kw,
        count(measured_power_kw)::integer as measured_quarter_hour_count,
        {{ sum_in_order("final_power_kw", in_order) }} as final_power_kw,
        count(*) filter (where reconciled_asset_count > 0)::integer as reconciled_quarter_hour_count,
        coalesce(max(reconciled_asset_count), 0) as reconciled_asset_count,
        -- Four fifths of the day: files hold UTC days, so the newest lacks an hour or two.
        5 * count(*) filter (where is_quarter_hour_settled) >= 4 * {{ day_length }} as is_settled,
        {{ sum_in_order("settled_forecast_power_kw", in_order) }} as settled_forecast_power_kw,
        {{ sum_in_order("settled_produced_power_kw", in_order) }} as settled_produced_power_kw,
        {{ sum_in_order("imbalance_kwh", in_order) }} as imbalance_kwh,
        {{ sum_in_order("imbalance_eur", in_order) }} as imbalance_eur,
        {{ sum_in_order("redispatched_imbalance_kwh", in_order) }} as redispatched_imbalance_kwh,
        {{ sum_in_order("redispatched_imbalance_eur", in_order) }} as redispatched_imbalance_eur,
        count(imbalance_eur)::integer as priced_quarter_hour_count,
        count(*) filter (where provisional_asset_count > 0)::integer as provisional_quarter_hour_count,
        coalesce(max(provisional_asset_count), 0) as provisional_asset_count,
        {{ sum_in_order("provisional_forecast_power_kw", in_order) }} as provisional_forecast_power_kw,
        {{ sum_in_order("provisional_produced_power_kw", in_order) }} as provisional_produced_power_kw,
        {{ sum_in_order("provisional_imbalance_kwh", in_order) }} as provisional_imbalance_kwh,
        {{ sum_in_order("provisional_imbalance_eur", in_order) }} as provisional_imbalance_eur,
        {{ sum_in_order("provisional_redispatched_kwh", in_order) }} as provisional_redispatched_kwh,
        {{ sum_in_order("provisional_redispatched_eur", in_order) }} as provisional_redispatched_eur,
        count(provisional_imbalance_eur)::integer as provisional_priced_quarter_hour_count
    from quarter_hours
    group by delivery_date

),

measured_days as (

    select
        delivery_date,
        {{ local_midnight("delivery_date", portfolio_timezone()) }} as from_utc,
        {{ local_midnight("delivery_date + 1", portfolio_timezone()) }} as to_utc
    from measured_assets
    group by delivery_date

),

-- For each day with measurements: the assets that belong to the portfolio in any of its quarter-hours.
unmeasured as (

    select
        measured_days.delivery_date,
        count(distinct case when measured_assets.asset_id is null then members.asset_id end)::integer as asset_count
    from measured_days
    inner join members
        on
            {{ quarter_hour_ceiling("greatest(members.valid_from_utc, measured_days.from_utc)") }}
            < least(members.valid_to_utc, measured_days.to_utc)
    left join measured_assets
        on
            members.asset_id = measured_assets.asset_id
            and measured_days.delivery_date = measured_assets.delivery_date
    group by measured_days.delivery_date

)

select
    sums.delivery_date,
    sums.quarter_hour_count,
    sums.forecast_quarter_hour_count,
    sums.complete_quarter_hour_count,
    sums.forecast_quarter_hour_count = sums.quarter_hour_count as is_forecast,
    sums.forecast_energy_mwh,
    sums.peak_power_kw,
    sums.peak_start_utc,
    sums.expected_asset_count,
    sums.forecast_asset_count,
    sums.expected_capacity_kw,
    sums.tradeable_capacity_kw / nullif(sums.summed_capacity_kw, 0) as forecast_capacity_ratio,
    sums.measured_power_kw * 0.25 / 1000 as measured_energy_mwh,
    sums.measured_quarter_hour_count,
    sums.final_power_kw * 0.25 / 1000 as final_energy_mwh,
    sums.reconciled_quarter_hour_count,
    sums.reconciled_asset_count,
    sums.is_settled,
    sums.settled_forecast_power_kw * 0.25 / 1000 as reconciled_forecast_energy_mwh,
    sums.settled_produced_power_kw * 0.25 / 1000 as reconciled_final_energy_mwh,
    accuracy.mae_kw,
    sums.imbalance_kwh / 1000 as imbalance_mwh,
    sums.imbalance_eur,
    sums.redispatched_imbalance_kwh / 1000 as redispatched_imbalance_mwh,
    sums.redispatched_imbalance_eur,
    (sums.imbalance_kwh - sums.redispatched_imbalance_kwh) / 1000 as other_imbalance_mwh,
    sums.imbalance_eur - sums.redispatched_imbalance_eur as other_imbalance_eur,
    sums.priced_quarter_hour_count,
    sums.provisional_quarter_hour_count,
    sums.provisional_asset_count,
    sums.provisional_forecast_power_kw * 0.25 / 1000 as provisional_forecast_energy_mwh,
    sums.provisional_produced_power_kw * 0.25 / 1000 as provisional_measured_energy_mwh,
    sums.provisional_imbalance_kwh / 1000 as provisional_imbalance_mwh,
    sums.provisional_imbalance_eur,
    sums.provisional_redispatched_kwh / 1000 as provisional_redispatched_imbalance_mwh,
    sums.provisional_redispatched_eur as provisional_redispatched_imbalance_eur,
    sums.provisional_priced_quarter_hour_count,
    unmeasured.asset_count as unmeasured_asset_count,
    -- What a day is judged by: what is settled, else what is known so far.
    case when sums.is_settled then 'settled' when sums.provisional_quarter_hour_count > 0 then 'provisional' end
        as settlement_status,
    case when sums.is_settled then sums.reconciled_quarter_hour_count else sums.provisional_quarter_hour_count end
        as compared_quarter_hour_count,
    case
        when sums.is_settled then sums.settled_forecast_power_kw
        else sums.provisional_forecast_power_kw
    end * 0.25 / 1000 as compared_forecast_energy_mwh,
    case
        when sums.is_settled then sums.settled_produced_power_kw
        else sums.provisional_produced_power_kw
    end * 0.25 / 1000 as compared_produced_energy_mwh,
    case when sums.is_settled then sums.imbalance_kwh else sums.provisional_imbalance_kwh end / 1000
        as compared_imbalance_mwh,
    case when sums.is_settled then sums.imbalance_eur else sums.provisional_imbalance_eur end as compared_imbalance_eur,
    case when sums.is_settled then sums.redispatched_imbalance_kwh else sums.provisional_redispatched_kwh end / 1000
        as compared_redispatched_imbalance_mwh,
    case when sums.is_settled then sums.redispatched_imbalance_eur else sums.provisional_redispatched_eur end
        as compared_redispatched_imbalance_eur,
    case
        when sums.is_settled then sums.imbalance_kwh - sums.redispatched_imbalance_kwh
        else sums.provisional_imbalance_kwh - sums.provisional_redispatched_kwh
    end / 1000 as compared_other_imbalance_mwh,
    case
        when sums.is_settled then sums.imbalance_eur - sums.redispatched_imbalance_eur
        else sums.provisional_imbalance_eur - sums.provisional_redispatched_eur
    end as compared_other_imbalance_eur,
    case when sums.is_settled then sums.priced_quarter_hour_count else sums.provisional_priced_quarter_hour_count end
        as compared_priced_quarter_hour_count
from sums
left join accuracy on sums.delivery_date = accuracy.delivery_date
left join unmeasured on sums.delivery_date = unmeasured.delivery_date
