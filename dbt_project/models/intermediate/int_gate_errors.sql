with forecasts as (

    select
        asset_id,
        delivery_start_utc,
        power_kw
    from {{ ref("int_forecasts_at_gates") }}

),

-- In the order of the elements.
gates as (

    select
        gate,
        row_number() over (order by {{ bytewise("gate") }}) as element_number
    from {{ ref("market_gates") }}

),

verified as (

    select
        asset_id,
        delivery_start_utc,
        delivery_date,
        final_power_kw,
        capacity_kw,
        is_redispatched
    from {{ ref("int_forecasts_verified") }}

),

prices as (

    select
        delivery_start_utc,
        short_price_eur_per_mwh,
        long_price_eur_per_mwh
    from {{ ref("int_imbalance_prices") }}

),

-- Nobody could have forecast what a curtailed plant produced: it is left out and counted.
errors as (

    select
        verified.asset_id,
        verified.delivery_start_utc,
        verified.delivery_date,
        gates.gate,
        case when not verified.is_redispatched then forecast.power_kw - verified.final_power_kw end as error_kw,
        case
            when not verified.is_redispatched
                then {{ imbalance_kwh("verified.final_power_kw", "forecast.power_kw") }}
        end as imbalance_kwh,
        case when not verified.is_redispatched and forecast.power_kw is not null then verified.capacity_kw end
            as capacity_kw,
        verified.is_redispatched and forecast.power_kw is not null as is_left_out
    from forecasts
    inner join verified
        on
            forecasts.asset_id = verified.asset_id
            and forecasts.delivery_start_utc = verified.delivery_start_utc
    cross join lateral {{ each_array_element({"power_kw": "forecasts.power_kw"}, "forecast") }}
    inner join gates on forecast.position = gates.element_number

)

select
    errors.asset_id,
    errors.delivery_start_utc,
    errors.delivery_date,
    errors.gate,
    errors.error_kw,
    errors.capacity_kw,
    errors.is_left_out,
    errors.imbalance_kwh,
    prices.short_price_eur_per_mwh,
    prices.long_price_eur_per_mwh,
    {{ imbalance_value_eur(
        "errors.imbalance_kwh",
        "prices.short_price_eur_per_mwh",
        "prices.long_price_eur_per_mwh",
    ) }} as imbalance_eur
from errors
left join prices on errors.delivery_start_utc = prices.delivery_start_utc
