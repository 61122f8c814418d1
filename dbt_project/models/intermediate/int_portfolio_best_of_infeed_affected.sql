with changes as (

    {{ changes_since(
        "portfolio_best_of_infeed",
        "asset_id",
        [
            "int_forecasts_settled",
            "live_infeed",
            "dso_final_production",
            "int_redispatched_quarter_hours",
            "int_portfolio_periods",
        ],
    ) }}

)

select distinct
    from_utc,
    to_utc
from changes
