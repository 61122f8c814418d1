with changes as (

    {{ changes_since(
        "portfolio_forecast_accuracy",
        "asset_id",
        ["int_forecasts_verified", "int_portfolio_periods"],
    ) }}

)

select distinct
    {{ local_date("from_utc", portfolio_timezone()) }}::timestamp at time zone 'UTC' as from_utc,
    ({{ local_date("to_utc - interval '1 microsecond'", portfolio_timezone()) }} + 1)::timestamp
    at time zone 'UTC' as to_utc
from changes
