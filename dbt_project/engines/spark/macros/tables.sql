{#- A kept table is computed in full: dbt's own `table` does that. -#}
{% materialization incremental, adapter="spark", supported_languages=["sql"] %}
    {{ return(materialization_table_spark()) }}
{% endmaterialization %}
