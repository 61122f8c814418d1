-- The worst quarter-hours of each day: final production, else live infeed, against the tradeable forecast. What the
-- grid operator redispatched was curtailed, not forecast wrongly.
with ranked as (

    select
        reconciliation.asset_id,
        reconciliation.delivery_start_utc,
        reconciliation.tradeable_power_kw,
        reconciliation.measured_power_kw as produced_power_kw,
        reconciliation.final_power_kw is not null as is_final,
        row_number() over (
            partition by (reconciliation.delivery_start_utc at time zone %(timezone)s::text)::date
            order by
                abs(reconciliation.tradeable_power_kw - reconciliation.measured_power_kw) desc,
                reconciliation.asset_id,
                reconciliation.delivery_start_utc
        ) as place
    from production_reconciliation as reconciliation
    left join redispatch_lost_energy as redispatched using (asset_id, delivery_start_utc)
    where
        reconciliation.delivery_start_utc >= %(from_utc)s
        and reconciliation.delivery_start_utc < %(to_utc)s
        and redispatched.asset_id is null
        and reconciliation.tradeable_power_kw is not null
        and reconciliation.measured_power_kw is not null

)

select
    ranked.asset_id,
    ranked.delivery_start_utc,
    ranked.tradeable_power_kw,
    ranked.produced_power_kw,
    ranked.is_final,
    known.has_finding,
    priced.imbalance_eur
from ranked
inner join lateral (
    select infeed.has_finding
    from best_of_infeed as infeed
    where infeed.asset_id = ranked.asset_id and infeed.delivery_start_utc = ranked.delivery_start_utc
) as known on true
left join lateral (
    select imbalance.imbalance_eur
    from imbalance
    where imbalance.asset_id = ranked.asset_id and imbalance.delivery_start_utc = ranked.delivery_start_utc
) as priced on true
where ranked.place <= %(count)s
order by ranked.place;
