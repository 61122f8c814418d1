select
    delivery_start_utc,
    imbalance_kwh,
    imbalance_eur,
    price_eur_per_mwh,
    price_status
from portfolio_imbalance
where delivery_start_utc >= %(from_utc)s and delivery_start_utc < %(to_utc)s;
