{#- Where an environment's builds keep their state, and which schemas cannot be an environment. -#}

{% macro build_schema(environment=target.schema) %}
    {{ return(environment_schema("build", environment)) }}
{% endmacro %}

{#-
    dbt's first query, before it makes a schema: a schema that cannot be an environment is refused here.
-#}
{% macro list_schemas(database) %}
    {% if flags.WHICH == "clone" %}
        {{ exceptions.raise_compiler_error(
            "dbt clone would make views on the other environment, which would block its builds and change with them: build "
            ~ "with --defer, or in full"
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
        {% set reason = "use only lower-case letters, digits and _, with no digit first" %}
    {% elif modules.re.match(reserved, name) %}
        {% set reason = "the project or PostgreSQL reserves that name" %}
    {% elif name | length > longest %}
        {% set reason = "the names of its other schemas would be too long for PostgreSQL: use at most " ~ longest ~ " characters" %}
    {% else %}
        {% set somebodys = somebodys_schema(beside) %}
        {% set reason = somebodys ~ " holds objects that this project did not make" if somebodys else none %}
    {% endif %}
    {% if reason %}
        {{ exceptions.raise_compiler_error("the schema '" ~ name ~ "' cannot be an environment: " ~ reason) }}
    {% endif %}
{% endmacro %}

{#-
    A schema of this environment that holds something although none of our builds made it, or none: its contents would
    be dropped with the environment.
-#}
{% macro somebodys_schema(beside) %}
    {% set names = [target.schema] %}
    {% for name in beside %}
        {% do names.append(environment_schema(name)) %}
    {% endfor %}
    {% set found = run_query(
        "select nspname from pg_namespace where to_regclass('" ~ build_schema() ~ ".run') is null"
        ~ " and nspname in ('" ~ names | join("', '") ~ "')"
        ~ " and (exists (select from pg_class where relnamespace = pg_namespace.oid)"
        ~ " or exists (select from pg_proc where pronamespace = pg_namespace.oid))"
        ~ " order by nspname"
    ) %}
    {{ return(found.rows[0][0] if found.rows | length > 0 else none) }}
{% endmacro %}
