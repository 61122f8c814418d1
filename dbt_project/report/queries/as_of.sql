-- The newest version that can be traded on: the report uses no wall clock.
select max(tradeable_version_utc) as newest_version_utc
from asset_forecasts;
