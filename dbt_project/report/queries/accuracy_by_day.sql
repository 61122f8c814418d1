select
    asset_id,
    delivery_date,
    forecast_kind,
    quarter_hour_count,
    expected_count,
    mae_kw,
    rmse_kw,
    bias_kw,
    nmae,
    skill_score
from forecast_accuracy
where delivery_date >= %(first_date)s and delivery_date <= %(last_date)s
union all
select
    null as asset_id,
    delivery_date,
    forecast_kind,
    quarter_hour_count,
    expected_count,
    mae_kw,
    rmse_kw,
    bias_kw,
    nmae,
    skill_score
from portfolio_forecast_accuracy
where delivery_date >= %(first_date)s and delivery_date <= %(last_date)s;
