-- An argument is named <function>.<argument>, though no query has that alias.
-- noqa: disable=RF01,RF03
{{ config(
    materialized="function",
    meta={
        "arguments": {"known_at_utc": "timestamptz", "from_utc": "timestamptz", "to_utc": "timestamptz"},
        "settings": {"plan_cache_mode": "force_custom_plan", "enable_mergejoin": "off", "enable_hashjoin": "off", "jit": "off"},
    },
) }}

{%- set documents = ref("stg_vpp__forecast_documents") -%}
{%- set is_known = is_taken_up("forecasts_known_at.known_at_utc") %}

with assets as (

    {{ forecast_assets("forecasts_known_at.from_utc", "forecasts_known_at.to_utc") }}

),

versions as not materialized (

    {{ versions_that_count(is_known) }}

),

forecasts as (

    {{ forecast_as_of_gate(
        versions="versions",
        documents=documents,
        gates={"delivery": 0},
        within="assets",
        is_counted=is_known,
    ) }}

)

select
    forecasts.asset_id,
    forecasts.delivery_start_utc,
    forecasts.version_utc,
    documents.received_utc,
    forecasts.power_kw
from forecasts
inner join {{ documents }} as documents on forecasts.document_id = documents.document_id
where
    forecasts.delivery_start_utc >= forecasts_known_at.from_utc
    and forecasts.delivery_start_utc < forecasts_known_at.to_utc
