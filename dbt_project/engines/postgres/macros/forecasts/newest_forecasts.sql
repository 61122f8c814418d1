{#-
    For each asset and quarter-hour asked for, the newest value from a version made at or before an instant.

    asked: a relation with asset_id, delivery_start_utc and the instant `made_upto`.
    versions, documents: as for forecast_as_of_gate.
    Yields asset_id, delivery_start_utc, version_utc, power_kw; never a null value.
-#}
{% macro newest_forecasts(asked, made_upto, versions, documents) -%}
    select
        asked.asset_id,
        asked.delivery_start_utc,
        newest.version_utc,
        newest.power_kw
    from {{ asked }} as asked
    cross join lateral (
        {{ newest_version_with_value(
            versions=versions,
            documents=documents,
            asset_id="asked.asset_id",
            made="<= asked." ~ made_upto,
            delivery_start="asked.delivery_start_utc",
        ) }}
    ) as newest
{%- endmacro %}
