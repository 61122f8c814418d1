{#- What an imbalance is priced with, and what energy is worth. -#}

{#- The price of the side on which an imbalance is. Exactly balanced counts as long, and is worth 0 either way. -#}
{% macro price_of_side(imbalance_kwh, short_price, long_price) -%}
    case
        when {{ imbalance_kwh }} >= 0 then {{ long_price }}
        when {{ imbalance_kwh }} < 0 then {{ short_price }}
    end
{%- endmacro %}

{#- What energy in kWh is worth at a price per MWh. Nothing is 0, never -0, which a negative price would make of it. -#}
{% macro energy_value_eur(energy_kwh, price_eur_per_mwh) -%}
    {{ energy_kwh }} / 1000 * {{ price_eur_per_mwh }} + 0
{%- endmacro %}
