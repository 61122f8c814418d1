{#- On Spark every build computes everything: nothing is restricted to what arrived. -#}

{% macro is_incremental() %}
    {{ return(false) }}
{% endmacro %}

{% macro affected(by=none) %}
    {{ return(none) }}
{% endmacro %}

{% macro join_affected(relation, by=none, scope=none, instant=none, delivery_date=none, before=none, more=[]) %}{% endmacro %}

{% macro is_affected(relation) -%} true {%- endmacro %}

{% macro is_between_affected(instant, before=none) -%} true {%- endmacro %}
