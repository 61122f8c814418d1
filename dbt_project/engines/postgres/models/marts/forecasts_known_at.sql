-- An argument is named <function>.<argument>, which no query says.
-- noqa: disable=RF01,RF03
{{ config(
    materialized="function",
    arguments={"known_at_utc": "timestamptz", "from_utc": "timestamptz", "to_utc": "timestamptz"},
    settings={"plan_cache_mode": "force_custom_plan", "enable_mergejoin": "off", "enable_hashjoin": "off", "jit": "off"},
) }}

{%- set documents = ref("stg_vpp__forecast_documents") -%}
{#- Received by then, and not retracted by then, of what the marts have taken up. -#}
{%- set is_known -%}
    document_id <= {{ build_sees_upto() }}
    and received_utc <= forecasts_known_at.known_at_utc
    and document_id not in (
        select retractions.retracted_document_id
        from {{ ref("stg_extract__retractions") }} as retractions
        where
            retractions.document_id <= {{ build_sees_upto() }}
            and retractions.received_utc <= forecasts_known_at.known_at_utc
    )
{%- endset %}

with assets as (

    {{ forecast_assets("forecasts_known_at.from_utc", "forecasts_known_at.to_utc") }}

),

versions as not materialized (

    {{ newest_per_key(
        documents,
        key=["asset_id", "version_utc"],
        newest_first=["received_utc desc", "content_sha256 desc"],
        columns=["asset_id", "version_utc", "received_utc", "document_id", "grid_start_utc", "grid_end_utc"],
        where=is_known,
    ) }}

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
