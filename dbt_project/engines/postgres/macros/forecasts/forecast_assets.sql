{#-
    The assets that have a forecast version, each with a range of quarter-hours: `within` for forecast_as_of_gate. One
    index lookup per asset, however many versions there are.
-#}
{% macro forecast_assets(from_instant, to_instant) -%}
    with recursive assets as (
        (
            select documents.asset_id
            from {{ ref("stg_vpp__forecast_documents") }} as documents
            order by documents.asset_id
            limit 1
        )
        union all
        select next_asset.asset_id
        from assets
        cross join lateral (
            select documents.asset_id
            from {{ ref("stg_vpp__forecast_documents") }} as documents
            where documents.asset_id > assets.asset_id
            order by documents.asset_id
            limit 1
        ) as next_asset
    )

    select
        assets.asset_id,
        {{ quarter_hour_floor(from_instant) }} as from_utc,
        {{ quarter_hour_ceiling(to_instant) }} as to_utc
    from assets
{%- endmacro %}
