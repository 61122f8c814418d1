-- The newest version that the marts know: the report makes no use of a wall clock. And how long before delivery the last
-- version is made that the marts let be traded on: the gate closes then, or before the next version.
select
    max(tradeable_version_utc) as newest_version_utc,
    (extract(epoch from min(delivery_start_utc - tradeable_version_utc)) / 60)::integer as last_tradeable_lead_minutes
from asset_forecasts;
