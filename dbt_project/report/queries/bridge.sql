-- What the forecast corrections from one gate to the next brought, over all assets.
select
    bridge.delivery_date,
    coalesce(gates.label, 'left at delivery') as label,
    sum(bridge.energy_kwh) as energy_kwh,
    sum(bridge.eur) as eur
from forecast_error_bridge as bridge
left join market_gates as gates on bridge.step = gates.gate
where bridge.delivery_date between %(first_date)s and %(last_date)s
group by bridge.delivery_date, gates.label, gates.closing_order
order by bridge.delivery_date, gates.closing_order nulls last;
