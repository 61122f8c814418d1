{#-
    Holds the row of this build until the end of the transaction, so that another build finds this one running. Refuses
    to continue if another one has begun since: an overtaken build must not write into the next.
-#}
{% macro hold_build() %}
    {% call statement("hold_build", fetch_result=true) %}
        select build_number
        from {{ build_schema() }}.run
        where invocation_id = '{{ invocation_id }}' and finished_utc is null
        for share
    {% endcall %}
    {% if load_result("hold_build").data | length == 0 %}
        {{ exceptions.raise_compiler_error("another build has started since: this one stops here") }}
    {% endif %}
{% endmacro %}

{#- dbt's own, for data tests and unit tests: they too are part of the build that they run in. -#}
{% macro get_test_sql(main_sql, fail_calc, warn_if, error_if, limit) %}
    {% if flags.WHICH == "build" %}
        {% do hold_build() %}
    {% endif %}
    {{ return(dbt.get_test_sql(main_sql, fail_calc, warn_if, error_if, limit)) }}
{% endmacro %}

{% macro get_unit_test_sql(main_sql, expected_fixture_sql, expected_column_names) %}
    {% if flags.WHICH == "build" %}
        {% do hold_build() %}
    {% endif %}
    {{ return(dbt.get_unit_test_sql(main_sql, expected_fixture_sql, expected_column_names)) }}
{% endmacro %}
