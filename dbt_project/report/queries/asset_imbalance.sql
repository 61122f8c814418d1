select
    asset_id,
    delivery_start_utc,
    imbalance_kwh,
    imbalance_eur
from imbalance
where delivery_start_utc >= %(from_utc)s and delivery_start_utc < %(to_utc)s;
