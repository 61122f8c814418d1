-- What the forecast corrections from one gate to the next brought, over all assets.
select
    bridge.delivery_date,
    coalesce(gates.label, 'left at delivery') as label,
    sum(bridge.energy_kwh) as energy_kwh,
    sum(bridge.eur) as eur
from forecast_error_bridge as bridge
left join market_gates as gates on bridge.step = gates.gate
where bridge.delivery_date between %(first_date)s and %(last_date)s
group by bridge.delivery_date, gates.label, gates.days_before, gates.local_time, gates.minutes_before_delivery
order by
    bridge.delivery_date,
    gates.label is null,
    gates.days_before desc nulls last,
    gates.local_time,
    gates.minutes_before_delivery desc;
