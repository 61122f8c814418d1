{#-
    What each version says of each quarter-hour that it holds a value for. It starts from quarter-hours, so that a query
    for some of them can use the index of the versions.

    versions, documents: as for forecast_as_of_gate; versions with received_utc too.
    Yields asset_id, delivery_start_utc, version_utc, received_utc, power_kw; never a null value.
-#}
{% macro each_revision(versions, documents) -%}
    {%- set value = element(
        "documents.power_kw",
        "1 + " ~ quarter_hours_between("documents.grid_start_utc", "quarter_hour.delivery_start_utc"),
    ) -%}
    select
        spans.asset_id,
        quarter_hour.delivery_start_utc,
        versions.version_utc,
        versions.received_utc,
        {{ value }} as power_kw
    from (
        select
            asset_id,
            min(grid_start_utc) as from_utc,
            max(grid_end_utc) as to_utc
        from {{ versions }}
        group by asset_id
    ) as spans
    cross join lateral {{ each_quarter_hour("spans.from_utc", "spans.to_utc", "quarter_hour") }}
    inner join {{ versions }} as versions
        on
            spans.asset_id = versions.asset_id
            and quarter_hour.delivery_start_utc >= versions.grid_start_utc
            and quarter_hour.delivery_start_utc < versions.grid_end_utc
    inner join {{ documents }} as documents on versions.document_id = documents.document_id
    where {{ value }} is not null
{%- endmacro %}
