with changes as (

    {{ changes_since(
        "portfolio_forecast",
        "asset_id",
        ["int_forecasts_settled", "int_portfolio_periods"],
    ) }}

)

select distinct
    from_utc,
    to_utc
from changes
