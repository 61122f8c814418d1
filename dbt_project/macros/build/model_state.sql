{#- What the builds know of a model: see begin_build.sql. -#}

{#- Text that changes when the definition of a model, its documentation or a variable of the project does. -#}
{% macro definition_of(node) -%}
    {%- set parts = [
        node.checksum.checksum,
        node.description,
        tojson(node.columns, sort_keys=true),
        tojson(node.config.get("unique_key")),
        tojson(node.config.get("meta"), sort_keys=true),
        var("gate_closure_minutes"),
        var("live_max_hold_minutes"),
        var("live_min_coverage"),
        var("live_min_quality"),
        var("portfolio_timezone"),
        var("as_of_utc"),
        var("asset_forecasts_table"),
        var("portfolio_forecast_table"),
    ] -%}
    {{ return(local_md5(parts | join("|"))) }}
{%- endmacro %}

{#- Whether the relation of a model was built from the definition that the model has now. -#}
{% macro is_built_as_defined(node, definition) %}
    {% set recorded = run_query(
        "select definition from build.model_state where model = '" ~ node.name ~ "'"
    ) %}
    {{ return(recorded.rows | length == 1 and recorded.rows[0][0] == definition) }}
{% endmacro %}

{#-
    As dbt's own, and one thing more: a table that was built from another definition of its model (or with other
    variables) is computed anew. Rules in macros are not part of it: after changing one, build with --full-refresh.
-#}
{% macro is_incremental() %}
    {% if not execute or model.resource_type != "model" or model.config.materialized != "incremental" %}
        {{ return(false) }}
    {% endif %}
    {% set relation = load_cached_relation(this) %}
    {{ return(
        relation is not none
        and relation.type == "table"
        and not should_full_refresh()
        and is_built_as_defined(model, definition_of(model))
    ) }}
{% endmacro %}

{#- Refuses to write unless this is the newest build: one that was overtaken must not write into the next. -#}
{% macro lock_build() %}
    {% call statement("lock_build", fetch_result=true) %}
        select build_number
        from build.run
        where
            build_number = (select max(build_number) from build.run)
            and invocation_id = '{{ invocation_id }}'
        for share
    {% endcall %}
    {% if load_result("lock_build").data | length == 0 %}
        {{ exceptions.raise_compiler_error("another build has begun since: this one stops here") }}
    {% endif %}
{% endmacro %}

{#- Commits with the rows: the model has taken up everything that the current build sees. -#}
{% macro record_model_state(node) %}
    insert into build.model_state (model, definition, build_number)
    select '{{ node.name }}', '{{ definition_of(node) }}', max(build_number) from build.run
    on conflict (model) do update
    set definition = excluded.definition, build_number = excluded.build_number
{% endmacro %}

{#-
    Refuses a change of columns that PostgreSQL cannot make in place: dropping the relation would drop what consumers
    built on it. A view can grow at its end.
-#}
{% macro refuse_other_columns(relation) %}
    {% set existing = adapter.get_columns_in_relation(relation) | map(attribute="name") | list %}
    {% set wanted = model.columns.keys() | list %}
    {% set same = wanted[:existing | length] == existing if relation.type == "view" else (wanted | sort) == (existing | sort) %}
    {% if not same %}
        {{ exceptions.raise_compiler_error(
            relation.include(database=false) ~ ": its columns (" ~ existing | join(", ") ~ ") cannot be changed in place to "
            ~ wanted | join(", ") ~ ", and what others built on it must not be lost: drop it yourself (drop "
            ~ relation.type ~ " " ~ relation.include(database=false) ~ " cascade) and build again"
        ) }}
    {% endif %}
{% endmacro %}
