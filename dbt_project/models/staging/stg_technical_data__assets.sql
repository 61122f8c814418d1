with files as (

    select
        created_utc,
        assets
    from {{ ref("stg_technical_data__files") }}

),

listed as (

    select
        files.created_utc,
        asset.element as asset,
        asset.position,
        {{ json_text("asset.element", ["asset_id"]) }} as asset_id
    from files
    cross join lateral {{ each_json_element("files.assets", "asset") }}

),

last_mention as (

    {{ newest_per_key(
        "listed",
        key=["created_utc", "asset_id"],
        newest_first=["position desc"],
        columns=["created_utc", "asset_id", "asset"],
    ) }}

)

select
    created_utc,
    asset_id,
    {{ json_text("asset", ["name"]) }} as asset_name,
    {{ json_text("asset", ["type"]) }} as technology,
    {{ double(json_text("asset", ["technical_attributes", "capacity_kw"])) }} as capacity_kw,
    {{ double(json_text("asset", ["location", "latitude"])) }} as latitude,
    {{ double(json_text("asset", ["location", "longitude"])) }} as longitude,
    {{ json_text("asset", ["location", "timezone"]) }} as timezone,
    {{ json_text("asset", ["status"]) }} as status,
    {{ json_text("asset", ["technical_attributes", "commissioning_date"]) }}::date as commissioning_date,
    {{ json_text("asset", ["owner", "name"]) }} as owner_name,
    {{ json_object_without("asset", "technical_attributes", ["capacity_kw", "commissioning_date"]) }}
        as technical_attributes
from last_mention
