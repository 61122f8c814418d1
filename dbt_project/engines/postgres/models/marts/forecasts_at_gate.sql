-- An argument is named <function>.<argument>, though no query has that alias.
-- noqa: disable=RF01,RF03
{{ config(
    materialized="function",
    meta={
        "arguments": {"gate": "text", "from_utc": "timestamptz", "to_utc": "timestamptz"},
        "one_of": {"gate": "market_gates"},
        "settings": {"plan_cache_mode": "force_custom_plan", "enable_mergejoin": "off", "enable_hashjoin": "off", "jit": "off"},
    },
) }}

{%- set is_counted = is_taken_up() %}

with gates as (

    select
        gate,
        minutes_before_delivery,
        days_before,
        local_time,
        first_delivery_time
    from {{ ref("market_gates") }}
    where gate = forecasts_at_gate.gate

),

assets as (

    {{ forecast_assets("forecasts_at_gate.from_utc", "forecasts_at_gate.to_utc") }}

),

versions as not materialized (

    {{ versions_that_count(is_counted) }}

),

forecasts as (

    {{ forecast_as_of_gate(
        versions="versions",
        documents=ref("stg_vpp__forecast_documents"),
        gates="gates",
        within="assets",
        is_counted=is_counted,
    ) }}

)

select
    asset_id,
    delivery_start_utc,
    version_utc,
    power_kw
from forecasts
where
    delivery_start_utc >= forecasts_at_gate.from_utc
    and delivery_start_utc < forecasts_at_gate.to_utc
