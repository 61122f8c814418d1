{#-
    A build on Spark, from `on-run-start` to `on-run-end`: it reads a lake as of its last snapshot and computes everything
    into the schema of its target. A schema `build_YYYYMMDD_HHMMSS` is one build; the names that readers use are switched
    to it when it is complete (switch_readers.sql). Any other schema is an environment of its own, read directly.
-#}

{% macro begin_build() %}
    {% if execute and flags.WHICH in ("run", "build", "test") %}
        {% if target.schema == readers_schema() %}
            {{ exceptions.raise_compiler_error(
                "the schema '" ~ target.schema ~ "' is the one readers read: build into another "
                ~ "(SPARK_SCHEMA=build_YYYYMMDD_HHMMSS), and readers get its marts when all are done"
            ) }}
        {% endif %}
        {% if flags.WHICH != "test" %}
            {% set snapshot = snapshot_of_lake() %}
            {% do refuse_other_columns(snapshot) %}
            {% do make_raw(snapshot) %}
            {% do log(
                "building everything into " ~ target.schema ~ ": the lake is complete up to document "
                ~ snapshot.documents_upto,
                info=true
            ) %}
        {% endif %}
    {% endif %}
{% endmacro %}

{% macro end_build() %}
    {% if execute and flags.WHICH in ("run", "build") %}
        {% do switch_readers() %}
    {% endif %}
{% endmacro %}

{% macro before_model() %}{% endmacro %}

{% macro after_model() %}{% endmacro %}

{#- Where the lake is: any address that Spark can read. -#}
{% macro lake() %}
    {% set lake = env_var("LAKE", "") %}
    {% if not lake %}
        {{ exceptions.raise_compiler_error(
            "LAKE is not set: set it to the address that `python -m extract archive` wrote to, as Spark reads it"
        ) }}
    {% endif %}
    {{ return(lake.rstrip("/")) }}
{% endmacro %}

{#- What the lake says about itself: up to where it is complete, and what its tables hold. -#}
{% macro snapshot_of_lake() %}
    {% set lines = run_query("select value from text.`" ~ lake() ~ "/snapshot.json`").columns[0].values() %}
    {% set snapshot = fromjson(lines | join("\n")) %}
    {% if not snapshot or snapshot.format != 1 %}
        {{ exceptions.raise_compiler_error(
            lake() ~ "/snapshot.json is not a snapshot this version can read: archive into another folder"
        ) }}
    {% endif %}
    {{ return(snapshot) }}
{% endmacro %}

{#- A lake written by another version of the project has other columns than the models read. -#}
{% macro refuse_other_columns(snapshot) %}
    {% for table in graph.sources.values() if not table.config.meta.is_note %}
        {% set archived = snapshot.tables.get(table.name, {}).get("columns", {}) %}
        {% set missing = table.columns | reject("in", archived) | list %}
        {% if missing %}
            {{ exceptions.raise_compiler_error(
                lake() ~ " was archived by another version: its " ~ table.name ~ " lacks " ~ missing | join(", ")
                ~ ". Archive into another folder"
            ) }}
        {% endif %}
    {% endfor %}
{% endmacro %}
