-- By the hour. Long lead times have few known pairs, often at night: an error of 0 there would mean nothing. So a lead time
-- needs half as many pairs as the asset has at most.
with counted as (

    select
        asset_id,
        lead_minutes,
        quarter_hour_count,
        max(quarter_hour_count) over (partition by asset_id) as most_pairs_count,
        nmae
    from forecast_accuracy_by_lead

)

select
    asset_id,
    lead_minutes / 60 as lead_hours,
    nmae
from counted
where mod(lead_minutes, 60) = 0 and quarter_hour_count >= 0.5 * most_pairs_count
order by asset_id, lead_minutes;
