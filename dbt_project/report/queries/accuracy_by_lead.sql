select
    asset_id,
    lead_minutes,
    quarter_hour_count,
    mae_kw,
    rmse_kw,
    nmae
from forecast_accuracy_by_lead
order by asset_id, lead_minutes;
