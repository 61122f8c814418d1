select
    asset_id,
    delivery_start_utc
from redispatch_lost_energy
where delivery_start_utc >= %(from_utc)s and delivery_start_utc < %(to_utc)s;
