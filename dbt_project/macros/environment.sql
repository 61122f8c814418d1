{#-
    An environment is what one schema of a target builds, over the same raw as all others. `public` is production, and
    its schemas are named as written: readers type `asset_forecasts`, not `public_marts.asset_forecasts`. In any other
    environment the marts are in the schema of its name, with the other schemas beside it: `dev_jane_staging`.
-#}

{% macro environment_schema(name, environment=target.schema) %}
    {{ return(name if environment == "public" else environment ~ "_" ~ name) }}
{% endmacro %}

{% macro generate_schema_name(custom_schema_name, node) %}
    {{ return(target.schema if custom_schema_name is none else environment_schema(custom_schema_name)) }}
{% endmacro %}
