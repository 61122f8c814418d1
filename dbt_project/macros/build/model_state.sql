{#- What the builds know of a model: see begin_build.sql. -#}

{#-
    For each model by its name, text that changes when one of its rules does, wherever it stands: in the model, in a
    macro, in a variable, or in a model that it is computed from. Its own documentation is a part of it too.
-#}
{% macro definitions() %}
    {%- set rules = {} -%}
    {%- set definitions = {} -%}
    {%- for node in graph.nodes.values() if node.resource_type == "model" -%}
        {%- do definitions.update({
            node.name: local_md5(rules_of(node.unique_id, rules) ~ node.description ~ tojson(node.columns, sort_keys=true))
        }) -%}
    {%- endfor -%}
    {{ return(definitions) }}
{% endmacro %}

{#- The rules of a model or macro and of all that it uses. `known` keeps those that were asked for before. -#}
{% macro rules_of(unique_id, known) %}
    {%- if unique_id not in known -%}
        {%- set own_macros = "macro." ~ project_name ~ "." -%}
        {%- if unique_id.startswith(own_macros) -%}
            {%- set used = context[project_name][unique_id.split(".") | last].macro -%}
            {%- set parts = [used.macro_sql] -%}
            {%- set inputs = used.depends_on.macros -%}
        {%- else -%}
            {%- set node = graph.nodes[unique_id] -%}
            {%- set parts = [
                node.checksum.checksum,
                tojson(node.config.get("unique_key")),
                tojson(node.config.get("meta"), sort_keys=true),
                variables(),
            ] -%}
            {%- set inputs = node.depends_on.macros + node.depends_on.nodes -%}
        {%- endif -%}
        {%- for input in inputs | sort if input.startswith(own_macros) or input in graph.nodes -%}
            {%- do parts.append(rules_of(input, known)) -%}
        {%- endfor -%}
        {%- do known.update({unique_id: local_md5(parts | join("|"))}) -%}
    {%- endif -%}
    {{ return(known[unique_id]) }}
{% endmacro %}

{#- The variables of the project as text. -#}
{% macro variables() %}
    {{ return(tojson([
        var("gate_closure_minutes"),
        var("live_max_hold_minutes"),
        var("live_min_coverage"),
        var("live_min_quality"),
        var("portfolio_timezone"),
        var("as_of_utc"),
        var("asset_forecasts_table"),
        var("portfolio_forecast_table"),
        var("sources"),
    ], sort_keys=true)) }}
{% endmacro %}

{#- Whether the relation of a model was built from the definition that the model has in the current build. -#}
{% macro is_built_as_defined(node) %}
    {% set found = run_query(
        "select model_state.model from build.model_state as model_state cross join build.current as current_build"
        ~ " where model_state.model = '" ~ node.name ~ "'"
        ~ " and model_state.definition = current_build.definitions ->> model_state.model"
    ) %}
    {{ return(found.rows | length == 1) }}
{% endmacro %}

{#-
    As dbt's own, and two things more: a table that was built from another definition is computed anew, and what
    `dbt show` shows is the whole model.
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
        and flags.WHICH != "show"
        and is_built_as_defined(model)
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
    select '{{ node.name }}', definitions ->> '{{ node.name }}', build_number from build.current
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
