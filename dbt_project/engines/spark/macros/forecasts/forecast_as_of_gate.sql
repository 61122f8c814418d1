{#-
    For every gate, asset and quarter-hour, the forecast of the newest version made by the time the gate closes that
    holds a value for it. The rule is the same as on PostgreSQL; the slices that each version owns are in
    int_versions_in_force, for the gates of forecast_gates and of the market. If a slice has no value, the nearest older
    version with one is the fallback.
-#}
{% macro forecast_as_of_gate(versions, documents, gates, within=none, closed_before=none) %}
{#- A relation is a mapping to Jinja too. -#}
{%- set is_market_gate = gates is string or gates.identifier is defined -%}
with slices as (

    select
        slice.gate,
        in_force.asset_id,
        slice.delivery_number,
        in_force.version_utc,
        slice.power_kw
    from {{ ref("int_versions_in_force") }} as in_force
    cross join lateral inline(in_force.slices) as slice (gate, is_market_gate, delivery_number, power_kw)
    where slice.is_market_gate = {{ is_market_gate | lower }}

),

without_value as (

    select distinct
        asset_id,
        delivery_number,
        version_utc,
        version_utc - interval '1 microsecond' as made_upto_utc
    from slices
    where power_kw is null

),

fallbacks as (

    select
        without_value.asset_id,
        without_value.delivery_number,
        without_value.version_utc,
        fallback.version_utc as fallback_version_utc,
        fallback.power_kw as fallback_power_kw
    from without_value
    inner join (
        {{ newest_versions_with_value("without_value", documents) }}
    ) as fallback
        on
            without_value.asset_id = fallback.asset_id
            and without_value.delivery_number = fallback.delivery_number
            and without_value.made_upto_utc = fallback.made_upto_utc

)

select /*+ broadcast(fallbacks) */
    slices.gate,
    slices.asset_id,
    {{ quarter_hour_start("slices.delivery_number") }} as delivery_start_utc,
    coalesce(fallbacks.fallback_version_utc, slices.version_utc) as version_utc,
    coalesce(slices.power_kw, fallbacks.fallback_power_kw) as power_kw
from slices
left join fallbacks
    on
        slices.power_kw is null
        and slices.asset_id = fallbacks.asset_id
        and slices.delivery_number = fallbacks.delivery_number
        and slices.version_utc = fallbacks.version_utc
where coalesce(slices.power_kw, fallbacks.fallback_power_kw) is not null
{% endmacro %}

{#- The number of the first quarter-hour whose gate has not yet closed when a version is made. -#}
{% macro first_number_at_gate(gate, version) -%}
    {%- set day = "(" ~ local_date(version, portfolio_timezone()) ~ " + " ~ gate ~ ".days_before)" -%}
    case
        when {{ gate }}.minutes_before_delivery is not null
            then {{ quarter_hour_number_after(version, gate ~ ".minutes_before_delivery") }}
        when {{ version }} <= {{ gate_closes_for_day(gate, day) }}
            then {{ quarter_hour_number(local_midnight(day, portfolio_timezone())) }}
        else {{ quarter_hour_number(local_midnight("(" ~ day ~ " + 1)", portfolio_timezone())) }}
    end
{%- endmacro %}
