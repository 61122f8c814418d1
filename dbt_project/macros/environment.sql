{#-
    An environment is what one schema of a target builds, over the same raw as all others. `public` is production, and
    its schemas are named as written: readers type `asset_forecasts`, not `public_marts.asset_forecasts`. In any other
    environment the marts are in the schema of its name, and each other schema beside it: `dev_jane_staging`.
-#}

{% macro environment_schema(name, environment=target.schema) %}
    {{ return(name if environment == "public" else environment ~ "_" ~ name) }}
{% endmacro %}

{% macro build_schema(environment=target.schema) %}
    {{ return(environment_schema("build", environment)) }}
{% endmacro %}

{% macro generate_schema_name(custom_schema_name, node) %}
    {{ return(target.schema if custom_schema_name is none else environment_schema(custom_schema_name)) }}
{% endmacro %}

{#-
    What dbt asks the database first, before it makes a schema: whatever cannot be built in is refused here.
-#}
{% macro list_schemas(database) %}
    {% if flags.WHICH == "clone" %}
        {{ exceptions.raise_compiler_error(
            "dbt clone would make views on the other environment, which its builds would wait for and change: build with "
            ~ "--defer, or in full"
        ) }}
    {% endif %}
    {% do refuse_environment() %}
    {{ return(dbt.list_schemas(database)) }}
{% endmacro %}

{% macro refuse_environment() %}
    {% set name = target.schema %}
    {% set beside = ["staging", "intermediate", "build", "dbt_test__audit"] %}
    {% set longest = 63 - ("_dbt_test__audit" | length) %}
    {% set reserved = "^(raw|information_schema|pg_.*|(.*_)?(" ~ beside | join("|") ~ "))$" %}
    {% if name == "public" %}
        {% set reason = none %}
    {% elif not modules.re.match("^[a-z_][a-z0-9_]*$", name) %}
        {% set reason = "it may have lower-case letters, digits and _ only, and no digit first" %}
    {% elif modules.re.match(reserved, name) %}
        {% set reason = "that name is taken by the project or by PostgreSQL" %}
    {% elif name | length > longest %}
        {% set reason = "the names beside it would be too long for PostgreSQL: at most " ~ longest ~ " characters" %}
    {% elif is_somebodys(name) %}
        {% set reason = "it holds what this project did not make" %}
    {% endif %}
    {% if reason %}
        {{ exceptions.raise_compiler_error("the schema '" ~ name ~ "' cannot be an environment: " ~ reason) }}
    {% endif %}
{% endmacro %}

{#- Whether something is in a schema that no build of ours has made. -#}
{% macro is_somebodys(schema) %}
    {{ return(
        run_query(
            "select 1 where to_regclass('" ~ build_schema(schema) ~ ".run') is null"
            ~ " and exists (select from pg_class where relnamespace = to_regnamespace('" ~ schema ~ "'))"
        ).rows | length > 0
    ) }}
{% endmacro %}
