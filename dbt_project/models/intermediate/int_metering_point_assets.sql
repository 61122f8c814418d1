{{ links_over_time(key="metering_point_id", value="asset_id") }}
