-- How the forecasts of the given quarter-hours moved: each version of the last three hours before delivery, one per
-- hour before that, and always the two that asset_forecasts names.
select
    asked.asset_id,
    asked.delivery_start_utc,
    revisions.lead_minutes,
    revisions.power_kw,
    revisions.version_utc = asset_forecasts.tradeable_version_utc as is_tradeable,
    revisions.version_utc = asset_forecasts.latest_version_utc as is_latest
from unnest(%(asset_ids)s::text[], %(starts_utc)s::timestamptz[]) as asked (asset_id, delivery_start_utc)
inner join asset_forecasts using (asset_id, delivery_start_utc)
cross join lateral (
    select
        forecast_revisions.version_utc,
        forecast_revisions.lead_minutes,
        forecast_revisions.power_kw
    from forecast_revisions
    where
        forecast_revisions.asset_id = asked.asset_id
        and forecast_revisions.delivery_start_utc = asked.delivery_start_utc
        and forecast_revisions.power_kw is not null
) as revisions
where
    revisions.lead_minutes <= 180
    or mod(revisions.lead_minutes, 60) = 0
    or revisions.version_utc in (asset_forecasts.tradeable_version_utc, asset_forecasts.latest_version_utc)
order by asked.asset_id, asked.delivery_start_utc, revisions.lead_minutes desc;
