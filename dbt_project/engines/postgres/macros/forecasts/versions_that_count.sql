{#-
    For functions: the last received document of each forecast version, among those that count. What counts is what
    asset_forecasts has taken up, whether or not a build is running.
-#}
{% macro versions_that_count(is_counted) -%}
    {{ newest_per_key(
        ref("stg_vpp__forecast_documents"),
        key=["asset_id", "version_utc"],
        newest_first=["received_utc desc", "content_sha256 desc"],
        columns=["asset_id", "version_utc", "received_utc", "document_id", "grid_start_utc", "grid_end_utc"],
        where=is_counted,
    ) }}
{%- endmacro %}

{#- A condition on a document: asset_forecasts has taken it up, and no retraction before an instant (or at all) names it. -#}
{% macro is_taken_up(upto_utc=none) -%}
    {%- set upto = read_upto("int_forecasts_in_force") -%}
    document_id <= {{ upto }}
    {% if upto_utc %}and received_utc <= {{ upto_utc }}{% endif %}
    and document_id not in (
        select retractions.retracted_document_id
        from {{ ref("stg_extract__retractions") }} as retractions
        where
            retractions.document_id <= {{ upto }}
            {% if upto_utc %}and retractions.received_utc <= {{ upto_utc }}{% endif %}
    )
{%- endmacro %}
