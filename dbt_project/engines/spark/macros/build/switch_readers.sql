{#-
    The names that readers use are views in their own schema, on the marts of one build. They are switched when all
    marts of a newer build exist and no test has failed; the previous build stays, as somebody may be reading it, and
    older ones are dropped.
-#}

{% macro readers_schema() %}
    {{ return(env_var("SPARK_READERS_SCHEMA", "public")) }}
{% endmacro %}

{% macro switch_readers() %}
    {% if not modules.re.match("^build_[0-9]{8}_[0-9]{6}$", target.schema) %}
        {{ return(none) }}
    {% endif %}
    {% set marts = graph.nodes.values() | selectattr("resource_type", "equalto", "model")
        | selectattr("access", "equalto", "public") | list %}
    {% set built = results | selectattr("status", "equalto", "success") | map(attribute="node.unique_id") | list %}
    {% set failed = results | selectattr("status", "in", ["error", "fail", "runtime error", "skipped"]) | list %}
    {% set left_out = marts | rejectattr("unique_id", "in", built) | list %}
    {% if failed or left_out %}
        {% do log(
            "readers keep reading the previous build: " ~ target.schema ~ " is incomplete", info=true
        ) %}
        {{ return(none) }}
    {% endif %}
    {% do run_query("create schema if not exists " ~ readers_schema()) %}
    {% set shown = shown_build() %}
    {% if shown and shown > target.schema %}
        {% do log("readers already read a newer build: " ~ shown, info=true) %}
        {{ return(none) }}
    {% endif %}
    {% for mart in marts %}
        {% do run_query(
            "create or replace view " ~ readers_schema() ~ "." ~ mart.alias ~ " as select * from "
            ~ mart.schema ~ "." ~ mart.alias
        ) %}
    {% endfor %}
    {% do run_query("alter schema " ~ readers_schema() ~ " set dbproperties ('shown_build' = '" ~ target.schema ~ "')") %}
    {% do log("readers of " ~ readers_schema() ~ " now read " ~ target.schema, info=true) %}
    {% do drop_builds_before(shown) %}
{% endmacro %}

{#- The build that readers see; none before the first. -#}
{% macro shown_build() %}
    {% for row in run_query("describe schema extended " ~ readers_schema()).rows if row[0] == "Properties" %}
        {% set found = modules.re.search("shown_build,\s*(build_[0-9]{8}_[0-9]{6})", row[1]) %}
        {% if found %}
            {{ return(found.group(1)) }}
        {% endif %}
    {% endfor %}
    {{ return(none) }}
{% endmacro %}

{% macro drop_builds_before(shown) %}
    {% for row in (run_query("show schemas like 'build_*'").rows if shown else []) %}
        {% set stamp = modules.re.match("^build_[0-9]{8}_[0-9]{6}", row[0]) %}
        {% if stamp and stamp.group(0) < shown %}
            {% do run_query("drop schema if exists " ~ row[0] ~ " cascade") %}
        {% endif %}
    {% endfor %}
{% endmacro %}
