{{ config(materialized="incremental", unique_key=["asset_id"]) }}

with periods as (

    select
        asset_id,
        technology,
        capacity_kw,
        valid_from_utc
    from {{ ref("assets_history") }}

)

{{ newest_per_key(
    "periods",
    key=["asset_id"],
    newest_first=["valid_from_utc desc"],
    columns=["asset_id", "technology", "capacity_kw"],
) }}
