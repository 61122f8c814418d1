{#-
    The newest version of each asset of the relation `assets`, and what it holds.

    versions, documents: as for forecast_as_of_gate; documents with received_utc and content_sha256 too.
    Yields asset_id, version_utc, grid_start_utc, grid_end_utc, power_kw.
-#}
{% macro newest_versions(assets, versions, documents) -%}
    select
        assets.asset_id,
        newest.version_utc,
        newest.grid_start_utc,
        newest.grid_end_utc,
        newest.power_kw
    from {{ assets }} as assets
    -- One index lookup for each asset.
    cross join lateral (
        select
            documents.version_utc,
            documents.grid_start_utc,
            documents.grid_end_utc,
            documents.power_kw
        from {{ documents }} as documents
        where
            {{ is_in_build() }}
            and documents.asset_id = assets.asset_id
        order by documents.version_utc desc, documents.received_utc desc, documents.content_sha256 desc
        limit 1
    ) as newest
{%- endmacro %}
