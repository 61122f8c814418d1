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
            {%- set inputs = node.depends_on.nodes + [own_macros ~ "materialization_" ~ node.config.materialized ~ "_postgres"] -%}
            {#- dbt itself knows only the macros of the form that a full build has. -#}
            {%- for name in context[project_name] if name ~ "(" in node.raw_code -%}
                {%- do inputs.append(own_macros ~ name) -%}
            {%- endfor -%}
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

{#-
    Whether the relation of a model was built from the definition that the model has in the current build. A warehouse
    that an older version of this project built may have no definitions yet: hence the detour by JSON.
-#}
{% macro is_built_as_defined(node) %}
    {% set found = run_query(
        "select model_state.model from build.model_state as model_state cross join build.current as current_build"
        ~ " where model_state.model = '" ~ node.name ~ "'"
        ~ " and model_state.definition = to_jsonb(current_build) -> 'definitions' ->> model_state.model"
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

{#-
    Refuses to compute a table from models that have not taken up what the build sees, or a changed rule: it would be
    taken for up to date, and no later build would compute what is missing. So it is where only a part of the models is
    built, or a build that failed is tried again after more has landed.
-#}
{% macro refuse_models_left_behind() %}
    {% set before = [model.unique_id] %}
    {# The list grows while it is read. #}
    {% for unique_id in before %}
        {% for input in graph.nodes[unique_id].depends_on.nodes if input in graph.nodes and input not in before %}
            {% do before.append(input) %}
        {% endfor %}
    {% endfor %}
    {% set names = [] %}
    {% set tables = [] %}
    {% for unique_id in before[1:] %}
        {% do names.append(graph.nodes[unique_id].name) %}
        {% if graph.nodes[unique_id].config.materialized == "incremental" %}
            {% do tables.append(graph.nodes[unique_id].name) %}
        {% endif %}
    {% endfor %}
    {% set left_behind = run_query(
        "select wanted.model"
        ~ " from unnest(array['" ~ names | join("', '") ~ "']) as wanted (model)"
        ~ " cross join build.current as current_build"
        ~ " left join build.model_state as model_state on wanted.model = model_state.model"
        ~ " left join build.progress as progress on wanted.model = progress.model"
        ~ " where model_state.definition is distinct from current_build.definitions ->> wanted.model"
        ~ " or ("
        ~ "     wanted.model = any(array['" ~ tables | join("', '") ~ "'])"
        ~ "     and (" ~ qualified_streams("progress") ~ ") is distinct from (" ~ qualified_streams("current_build") ~ ")"
        ~ " )"
        ~ " order by wanted.model"
    ) %}
    {% set count = left_behind.rows | length %}
    {% if count > 0 %}
        {{ exceptions.raise_compiler_error(
            model.name ~ ": " ~ left_behind.columns[0].values()[:3] | join(", ")
            ~ (" and " ~ (count - 3) ~ " more" if count > 3 else "")
            ~ ", which it is computed from, did not take up a document that landed or a rule that changed: build them too, "
            ~ "with --select +" ~ model.name ~ " or without a selection"
        ) }}
    {% endif %}
{% endmacro %}

{% macro qualified_streams(relation) -%}
    {%- for stream in streams() -%}{{ relation }}.{{ stream }}_upto{{ ", " if not loop.last }}{%- endfor -%}
{%- endmacro %}

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
