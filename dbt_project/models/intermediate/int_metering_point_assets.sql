{{ config(
    materialized="incremental",
    unique_key=["metering_point_id", "valid_from_utc"],
    meta={
        "reads": ["asset_contracts"],
        "log_keys": ["metering_point_id", "asset_id"],
        "log_period": ["valid_from_utc", "valid_to_utc"],
    },
) }}

{{ links_over_time(key="metering_point_id", value="asset_id") }}
