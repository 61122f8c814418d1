-- The newest version that the marts know: the report makes no use of a wall clock.
select max(tradeable_version_utc) as newest_version_utc from asset_forecasts;
