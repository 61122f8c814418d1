{{ links_over_time(key="asset_id", value="metering_point_id") }}
