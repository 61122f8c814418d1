{#- When market gates close, from the rows of the model market_gates. Their days are the portfolio's. -#}

{#- The instant at which a gate closes for a quarter-hour. -#}
{% macro gate_closes(gate, delivery_start) -%}
    case
        when {{ gate }}.minutes_before_delivery is not null
            then {{ delivery_start }} - {{ gate }}.minutes_before_delivery * interval '1 minute'
        else {{ gate_closes_for_day(gate, local_date(delivery_start, portfolio_timezone())) }}
    end
{%- endmacro %}

{#- The instant at which a gate with a closing time closes for a delivery day. -#}
{% macro gate_closes_for_day(gate, delivery_date) -%}
    {{ local_instant(delivery_date ~ " - " ~ gate ~ ".days_before", gate ~ ".local_time", portfolio_timezone()) }}
{%- endmacro %}

{#- The first quarter-hour of a delivery day that a gate covers. -#}
{% macro first_delivery_of_gate(gate, delivery_date) -%}
    {{ local_instant(delivery_date, "coalesce(" ~ gate ~ ".first_delivery_time, '00:00')", portfolio_timezone()) }}
{%- endmacro %}

{#- A condition: a gate covers a quarter-hour, not only another part of its day. -#}
{% macro is_gate_for(gate, delivery_start) -%}
    (
        {{ gate }}.first_delivery_time is null
        or {{ delivery_start }} >= {{ first_delivery_of_gate(gate, local_date(delivery_start, portfolio_timezone())) }}
    )
{%- endmacro %}
