{#-
    How Spark handles instants, days and the quarter-hour grid. The session's time zone is UTC. Spark has no infinity:
    the ends of time are instants that no document reaches. dbt-spark turns ANSI mode off, so whole numbers overflow
    silently: what is multiplied here is a long.
-#}

{% macro beginning_of_time() -%} timestamp '0001-01-02 00:00:00' {%- endmacro %}

{% macro end_of_time() -%} timestamp '+200000-01-01 00:00:00' {%- endmacro %}

{#- The grid instant at or before an instant. The grid is fixed in UTC, as every offset is a multiple of 15 minutes. -#}
{% macro quarter_hour_floor(instant) -%}
    timestamp_seconds(floor(unix_micros({{ instant }}) / 900000000) * 900)
{%- endmacro %}

{#- The grid instant at or after an instant. -#}
{% macro quarter_hour_ceiling(instant) -%}
    timestamp_seconds(ceil(unix_micros({{ instant }}) / 900000000) * 900)
{%- endmacro %}

{#- How many quarter-hours lie between two grid instants. -#}
{% macro quarter_hours_between(start_instant, end_instant) -%}
    cast((unix_seconds({{ end_instant }}) - unix_seconds({{ start_instant }})) div 900 as int)
{%- endmacro %}

{#- The exact length of a period in microseconds, a whole number: sums of whole numbers do not depend on their order. -#}
{% macro microseconds_between(start_instant, end_instant) -%}
    double(unix_micros({{ end_instant }}) - unix_micros({{ start_instant }}))
{%- endmacro %}

{#- How many minutes lie between two instants. -#}
{% macro minutes_between(start_instant, end_instant) -%}
    (double(unix_micros({{ end_instant }}) - unix_micros({{ start_instant }})) / 60000000)
{%- endmacro %}

{#- The calendar day of an instant in a time zone. -#}
{% macro local_date(instant, timezone) -%}
    cast(from_utc_timestamp({{ instant }}, {{ timezone }}) as date)
{%- endmacro %}

{#- The instant at which clocks in a time zone show a time on a calendar day; of two the first. -#}
{% macro local_instant(day, time, timezone) -%}
    to_utc_timestamp(cast(concat(cast({{ day }} as string), ' ', {{ time }}) as timestamp), {{ timezone }})
{%- endmacro %}

{#- The instant at which a calendar day begins in a time zone; of two midnights the first. -#}
{% macro local_midnight(day, timezone) -%}
    to_utc_timestamp(cast({{ day }} as timestamp), {{ timezone }})
{%- endmacro %}

{#- The time zones known to Spark: a relation with the column `name`. -#}
{% macro known_timezones() -%}
    (
        select explode(
            split(trim(both '[]' from java_method('java.time.ZoneId', 'getAvailableZoneIds')), ', ')
        ) as name
    )
{%- endmacro %}

{#- The number of the quarter-hour that starts at a grid instant, counted from 1970; the ends of time are the farthest. -#}
{% macro quarter_hour_number(grid_instant) -%}
    cast(least(greatest(unix_seconds({{ grid_instant }}), -100000000000), 100000000000) div 900 as int)
{%- endmacro %}

{#- The number of the first quarter-hour that starts at least a number of minutes after an instant. -#}
{% macro quarter_hour_number_after(instant, minutes) -%}
    cast(ceil((unix_micros({{ instant }}) + {{ minutes }} * 60000000L) / 900000000) as int)
{%- endmacro %}

{#- The grid instant at which the quarter-hour of a given number starts. -#}
{% macro quarter_hour_start(number) -%}
    timestamp_seconds(({{ number }}) * 900L)
{%- endmacro %}

{#- The instant at which the UTC day of an instant begins. -#}
{% macro utc_day_start(instant) -%}
    date_trunc('day', {{ instant }})
{%- endmacro %}

{#- The instant at which the UTC month of an instant begins. -#}
{% macro utc_month_start(instant) -%}
    date_trunc('month', {{ instant }})
{%- endmacro %}

{#- The instant written in a text; NULL if the text is empty. Anything that is not an instant would be NULL too. -#}
{% macro instant_of_text(text) -%}
    case
        when {{ text }} <> ''
            then coalesce(cast({{ text }} as timestamp), raise_error(concat('no instant: ', {{ text }})))
    end
{%- endmacro %}
