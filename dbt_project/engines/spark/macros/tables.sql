{#- A kept table is computed in full, by dbt's own `table`. -#}
{% materialization incremental, adapter="spark", supported_languages=["sql"] %}
    {{ return(materialization_table_spark()) }}
{% endmaterialization %}
