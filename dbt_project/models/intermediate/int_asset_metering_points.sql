{{ config(
    materialized="incremental",
    unique_key=["asset_id", "valid_from_utc"],
    meta={
        "reads": ["asset_contracts"],
        "log_keys": ["asset_id"],
        "log_period": ["valid_from_utc", "valid_to_utc"],
    },
) }}

{{ links_over_time(key="asset_id", value="metering_point_id") }}
