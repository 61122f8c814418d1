-- How forecasts moved, for one quarter-hour in every few hours: each version of the last three hours before delivery,
-- and one an hour before that.
select
    asset_id,
    delivery_start_utc,
    lead_minutes,
    power_kw
from forecast_revisions
where
    delivery_start_utc >= %(from_utc)s
    and delivery_start_utc < %(to_utc)s
    -- No version reaches further.
    and version_utc >= %(from_utc)s - interval '3 days'
    and version_utc < %(to_utc)s
    and mod(extract(epoch from delivery_start_utc - %(from_utc)s)::bigint, 3600 * %(step_hours)s) = 0
    and (lead_minutes <= 180 or mod(lead_minutes, 60) = 0)
order by asset_id, delivery_start_utc, lead_minutes desc;
