{#- How PostgreSQL handles instants, days and the quarter-hour grid. -#}

{% macro beginning_of_time() -%} '-infinity'::timestamptz {%- endmacro %}

{% macro end_of_time() -%} 'infinity'::timestamptz {%- endmacro %}

{#- The grid instant at or before an instant. The grid is fixed in UTC, as every offset is a multiple of 15 minutes. -#}
{% macro quarter_hour_floor(instant) -%}
    date_bin('15 minutes', {{ instant }}, '2000-01-01 00:00:00+00'::timestamptz)
{%- endmacro %}

{#- The grid instant at or after an instant. -#}
{% macro quarter_hour_ceiling(instant) -%}
    date_bin('15 minutes', {{ instant }} + interval '15 minutes' - interval '1 microsecond', '2000-01-01 00:00:00+00'::timestamptz)
{%- endmacro %}

{#- How many quarter-hours lie between two grid instants. -#}
{% macro quarter_hours_between(start_instant, end_instant) -%}
    (date_part('epoch', {{ end_instant }} - {{ start_instant }}) / 900)::integer
{%- endmacro %}

{#- The exact length of a period in microseconds, a whole number: sums of whole numbers do not depend on their order. -#}
{% macro microseconds_between(start_instant, end_instant) -%}
    round(date_part('epoch', {{ end_instant }} - {{ start_instant }}) * 1000000)
{%- endmacro %}

{#- How many minutes lie between two instants. -#}
{% macro minutes_between(start_instant, end_instant) -%}
    round(extract(epoch from {{ end_instant }} - {{ start_instant }}) * 1000000)::double precision / 60000000
{%- endmacro %}

{#- The calendar day of an instant in a time zone. -#}
{% macro local_date(instant, timezone) -%}
    (({{ instant }}) at time zone {{ timezone }})::date
{%- endmacro %}

{#-
    The instant at which clocks in a time zone show a time on a calendar day. If they go back, there are two; PostgreSQL
    takes the second, and the offset of the day before leads to the first.
-#}
{% macro local_instant(day, time, timezone) -%}
    {%- set local = "((" ~ day ~ ") + (" ~ time ~ ")::time)" -%}
    {%- set earlier = "((" ~ local ~ " - interval '1 day') at time zone " ~ timezone ~ " + interval '24 hours')" -%}
    case
        when {{ earlier }} at time zone {{ timezone }} = {{ local }} then {{ earlier }}
        else {{ local }} at time zone {{ timezone }}
    end
{%- endmacro %}

{#- The instant at which a calendar day begins in a time zone; of two midnights the first. -#}
{% macro local_midnight(day, timezone) -%}
    {{ local_instant("(" ~ day ~ ")::date", "'00:00'", timezone) }}
{%- endmacro %}

{#- The time zones known to the database: a relation with the column `name`. -#}
{% macro known_timezones() -%} pg_catalog.pg_timezone_names {%- endmacro %}

{#- The number of the quarter-hour that starts at a grid instant, counted from 1970; infinities are the farthest. -#}
{% macro quarter_hour_number(grid_instant) -%}
    (least(greatest(date_part('epoch', {{ grid_instant }}), -1e11), 1e11) / 900)::integer
{%- endmacro %}

{#- The number of the first quarter-hour that starts at least a number of minutes after an instant. -#}
{% macro quarter_hour_number_after(instant, minutes) -%}
    ceil((date_part('epoch', {{ instant }}) + {{ minutes }} * 60) / 900)::integer
{%- endmacro %}

{#- The grid instant at which the quarter-hour of a given number starts. -#}
{% macro quarter_hour_start(number) -%}
    to_timestamp(({{ number }}) * 900::double precision)
{%- endmacro %}

{#- The instant at which the UTC day of an instant begins. -#}
{% macro utc_day_start(instant) -%}
    date_trunc('day', {{ instant }}, 'UTC')
{%- endmacro %}

{#- The instant at which the UTC month of an instant begins. -#}
{% macro utc_month_start(instant) -%}
    date_trunc('month', {{ instant }}, 'UTC')
{%- endmacro %}

{#- The instant written in a text; NULL if the text is empty. -#}
{% macro instant_of_text(text) -%}
    nullif({{ text }}, '')::timestamptz
{%- endmacro %}
