-- How wrong the portfolio's forecast was at each gate, earliest first, and what it would have cost to stop there.
select
    accuracy.delivery_date,
    gates.label,
    accuracy.quarter_hour_count,
    accuracy.mae_kw,
    accuracy.nmae,
    accuracy.imbalance_eur
from portfolio_accuracy_by_gate as accuracy
inner join market_gates as gates using (gate)
where accuracy.delivery_date between %(first_date)s and %(last_date)s
order by accuracy.delivery_date, gates.closing_order;
