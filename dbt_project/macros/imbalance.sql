{#- An imbalance, its price, and the value of energy. -#}

{#- The imbalance of a quarter-hour: what was produced beyond the forecast. -#}
{% macro imbalance_kwh(produced_power_kw, forecast_power_kw) -%}
    ({{ produced_power_kw }} - {{ forecast_power_kw }}) * 0.25
{%- endmacro %}

{#- The price of the side on which an imbalance is. Exactly balanced counts as long, and is worth 0 either way. -#}
{% macro price_of_side(imbalance_kwh, short_price, long_price) -%}
    case
        when {{ imbalance_kwh }} >= 0 then {{ long_price }}
        when {{ imbalance_kwh }} < 0 then {{ short_price }}
    end
{%- endmacro %}

{#-
    The value of energy in kWh at a price per MWh. No energy is worth 0, not the -0 that a negative price would give.
-#}
{% macro energy_value_eur(energy_kwh, price_eur_per_mwh) -%}
    {{ energy_kwh }} / 1000 * {{ price_eur_per_mwh }} + 0
{%- endmacro %}

{#- The value of an imbalance, at the price of its side. -#}
{% macro imbalance_value_eur(imbalance_kwh, short_price, long_price) -%}
    {{ energy_value_eur(imbalance_kwh, "(" ~ price_of_side(imbalance_kwh, short_price, long_price) ~ ")") }}
{%- endmacro %}

{#-
    Sums of imbalances over the rows of a group, in a fixed order. The rows have imbalance_kwh (NULL: no pair) and
    imbalance_eur (NULL: no pair, or no price).
-#}
{% macro imbalance_sums(order_by) -%}
    {{ sum_in_order("imbalance_kwh", [order_by]) }} as imbalance_kwh,
        {{ sum_in_order("abs(imbalance_kwh)", [order_by]) }} as absolute_imbalance_kwh,
        count(imbalance_eur)::integer as priced_quarter_hour_count,
        {{ sum_in_order("imbalance_eur", [order_by]) }} as imbalance_eur
{%- endmacro %}
