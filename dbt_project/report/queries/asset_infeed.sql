select
    asset_id,
    delivery_start_utc,
    power_kw as infeed_power_kw,
    infeed_source,
    is_redispatched
from best_of_infeed
where delivery_start_utc >= %(from_utc)s and delivery_start_utc < %(to_utc)s;
