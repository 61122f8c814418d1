{{ config(materialized="view") }}

-- Edit the rows: what depends on them is recomputed.
with gates as (

    -- If no gate had a value, the column would have no type.
    select
        gate,
        label,
        {{ double("minutes_before_delivery") }} as minutes_before_delivery,
        days_before::integer as days_before,
        local_time,
        first_delivery_time
    from
        {{ each_row(
            [
                ["'day_ahead'", "'Day-ahead auction'", "null", "1", "'12:00'", "null"],
                ["'intraday_auction_1'", "'Intraday auction 1'", "null", "1", "'15:00'", "null"],
                ["'intraday_auction_2'", "'Intraday auction 2'", "null", "1", "'22:00'", "null"],
                ["'intraday_auction_3'", "'Intraday auction 3'", "null", "0", "'10:00'", "'12:00'"],
                ["'hour_ahead'", "'An hour ahead'", "60", "null", "null", "null"],
                ["'half_hour_ahead'", "'Half an hour ahead'", "30", "null", "null", "null"],
                ["'tradeable'", "'Gate closure'", var("gate_closure_minutes"), "null", "null", "null"],
                ["'latest'", "'Delivery'", "0", "null", "null", "null"],
            ],
            columns=["gate", "label", "minutes_before_delivery", "days_before", "local_time", "first_delivery_time"],
            name="gate",
        ) }}

)

select
    gate,
    label,
    minutes_before_delivery,
    days_before,
    local_time,
    first_delivery_time,
    row_number() over (
        order by days_before desc nulls last, local_time, minutes_before_delivery desc, {{ bytewise("gate") }}
    )::integer as closing_order
from gates
