{#- The gates at which a forecast is asked for, and how many minutes before delivery a version must be made to count. -#}
{% macro forecast_gates() %}
    {{ return({"latest": 0, "tradeable": var("gate_closure_minutes")}) }}
{% endmacro %}
