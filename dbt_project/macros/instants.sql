{#- Instants, time zones and delivery days, for any engine. -#}

{#- The portfolio's own time zone, as an SQL literal. -#}
{% macro portfolio_timezone() -%} '{{ var("portfolio_timezone") }}' {%- endmacro %}

{#- The time zone of an asset; if unknown, the portfolio's. -#}
{% macro timezone_of(asset_timezone="asset_timezones.timezone") -%}
    coalesce({{ asset_timezone }}, {{ portfolio_timezone() }})
{%- endmacro %}

{#- The delivery day of an instant: the calendar day where the asset is. -#}
{% macro delivery_date(instant, asset_timezone="asset_timezones.timezone") -%}
    {{ local_date(instant, timezone_of(asset_timezone)) }}
{%- endmacro %}

{#-
    The first quarter-hour from which an asset's newest version gives both the latest and the tradeable forecast. These
    quarter-hours are open: the next version will change them all.
-#}
{% macro open_from(newest_version, gate_closure_minutes) -%}
    {{ quarter_hour_ceiling(newest_version ~ " + " ~ gate_closure_minutes ~ " * interval '1 minute'") }}
{%- endmacro %}
