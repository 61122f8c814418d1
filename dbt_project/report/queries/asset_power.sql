select
    asset_id,
    delivery_start_utc,
    latest_power_kw,
    tradeable_power_kw,
    live_power_kw,
    final_power_kw
from production_reconciliation
where delivery_start_utc >= %(from_utc)s and delivery_start_utc < %(to_utc)s;
