-- When the gates of these quarter-hours close, earliest first.
select
    closings.delivery_start_utc,
    gates.label,
    closings.gate_closes_utc
from portfolio_forecast_by_gate as closings
inner join market_gates as gates using (gate)
where closings.delivery_start_utc = any(%(starts_utc)s::timestamptz[])
order by closings.delivery_start_utc, closings.gate_closes_utc, gates.label;
