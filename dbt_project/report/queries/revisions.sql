-- How forecasts moved, for one quarter-hour in every few hours: each version of the last three hours before delivery,
-- one an hour before that, and always the two that asset_forecasts names.
select
    revisions.asset_id,
    revisions.delivery_start_utc,
    revisions.lead_minutes,
    revisions.power_kw,
    coalesce(revisions.version_utc = asset_forecasts.tradeable_version_utc, false) as is_tradeable,
    coalesce(revisions.version_utc = asset_forecasts.latest_version_utc, false) as is_latest
from forecast_revisions as revisions
left join asset_forecasts
    on
        revisions.asset_id = asset_forecasts.asset_id
        and revisions.delivery_start_utc = asset_forecasts.delivery_start_utc
        and asset_forecasts.delivery_start_utc >= %(from_utc)s
        and asset_forecasts.delivery_start_utc < %(to_utc)s
where
    revisions.delivery_start_utc >= %(from_utc)s
    and revisions.delivery_start_utc < %(to_utc)s
    -- No version reaches further.
    and revisions.version_utc >= %(from_utc)s - interval '3 days'
    and revisions.version_utc < %(to_utc)s
    and mod(extract(epoch from revisions.delivery_start_utc - %(from_utc)s)::bigint, 3600 * %(step_hours)s) = 0
    and (
        revisions.lead_minutes <= 180
        or mod(revisions.lead_minutes, 60) = 0
        or revisions.version_utc in (asset_forecasts.tradeable_version_utc, asset_forecasts.latest_version_utc)
    )
order by revisions.asset_id, revisions.delivery_start_utc, revisions.lead_minutes desc;
