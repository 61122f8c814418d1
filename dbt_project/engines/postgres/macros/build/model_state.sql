{#- What the builds record of a model: see build_state.sql. -#}

{#-
    For each model, by the name of its relation, text that changes when one of its rules does: in the model (comments
    included), in a macro, in a variable, or in a model that it is computed from. Its own descriptions count too.
-#}
{% macro definitions() %}
    {%- set rules = {} -%}
    {%- set definitions = {} -%}
    {%- set environment = deferred_environment() -%}
    {%- for node in graph.nodes.values() if node.resource_type == "model" -%}
        {%- do refuse_parents(node) -%}
        {%- set definition = local_md5(
            rules_of(node.unique_id, rules) ~ node.description ~ tojson(node.columns, sort_keys=true)
        ) -%}
        {#- What is built on another environment must not pass for a build of this one later. -#}
        {%- do definitions.update({
            node.alias: local_md5(definition ~ environment) if environment else definition
        }) -%}
    {%- endfor -%}
    {{ return(definitions) }}
{% endmacro %}

{#- The rules of a model or macro and of everything it uses. `known` keeps those already computed. -#}
{% macro rules_of(unique_id, known) %}
    {%- if unique_id not in known -%}
        {%- set own_macros = "macro." ~ project_name ~ "." -%}
        {%- if unique_id.startswith(own_macros) -%}
            {%- set used = context[project_name][unique_id.split(".") | last].macro -%}
            {%- set parts = [used.macro_sql, settings_of(used.macro_sql)] -%}
            {%- set inputs = used.depends_on.macros -%}
        {%- else -%}
            {%- set node = graph.nodes[unique_id] -%}
            {%- set parts = [
                node.checksum.checksum,
                settings_of(node.raw_code),
                tojson(node.config.get("unique_key")),
                tojson(node.config.meta) if node.config.materialized == "function",
                tojson(declared_sources()) if "declared_sources(" in node.raw_code,
            ] -%}
            {%- set keeping = {
                "incremental": "write_differences",
                "view": "materialization_view_postgres",
                "function": "materialization_function_postgres",
            } -%}
            {%- set inputs = node.depends_on.nodes + [
                own_macros ~ keeping.get(node.config.materialized, "before_model"),
                own_macros ~ "before_model",
            ] -%}
            {#- dbt itself knows only the macros that a full build calls. -#}
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

{#- The variables that some code reads, from dbt or the environment, and their values: text. -#}
{% macro settings_of(code) %}
    {%- set settings = [] -%}
    {%- for kind, name in modules.re.findall("(env_var|var)\\(\\s*[\"'](\\w+)", code) -%}
        {%- do settings.append([name, env_var(name, "") if kind == "env_var" else var(name, none)]) -%}
    {%- endfor -%}
    {{ return(tojson(settings)) }}
{% endmacro %}

{#-
    Whether a model's table was built from the definition that the model has in the current build, and no table that it
    is computed from was rebuilt since: then nothing records what differs. Never in a build that defers: its parents may
    now be elsewhere, and what changed there is not known here.
-#}
{% macro is_built_as_defined(node) %}
    {% if deferred_environment() %}
        {{ return(false) }}
    {% endif %}
    {% set parents = parents_of(node).tables | map(attribute="alias") | list %}
    {% set found = run_query(
        "select model from " ~ build_schema() ~ ".model_state where model = '" ~ node.alias ~ "'"
        ~ " and definition = " ~ of_current_build("definitions") ~ " ->> model"
        ~ " and not exists ("
        ~ "     select from " ~ build_schema() ~ ".change"
        ~ "     where change.model = any(array['" ~ parents | join("', '") ~ "'])"
        ~ "     and key_name = '*' and from_utc = " ~ beginning_of_time()
        ~ "     and change.build_number > model_state.build_number"
        ~ " )"
    ) %}
    {{ return(found.rows | length == 1) }}
{% endmacro %}

{#-
    Whether a model is a view or function that already exists with its current definition: then there is nothing to do
    and nothing to record. All are queried at once, as in most builds all are unchanged.
-#}
{% macro is_unchanged_view(node) %}
    {%- set is_there = load_cached_relation(this) is not none -%}
    {% if node.config.materialized not in ["view", "function"] or flags.FULL_REFRESH or deferred_environment() or not is_there %}
        {{ return(false) }}
    {% endif %}
    {% if graph.get("models_as_defined", {}).get("invocation_id") != invocation_id %}
        {% set functions = [] %}
        {% for other in graph.nodes.values() if other.resource_type == "model" and other.config.materialized == "function" %}
            {% do functions.append(other.alias) %}
        {% endfor %}
        {#- A function's comment says whether it is ours. -#}
        {% set found = run_query(
            "select model from " ~ build_schema() ~ ".model_state where definition = " ~ of_current_build("definitions") ~ " ->> model"
            ~ " and (model <> all(array['" ~ functions | join("', '") ~ "']) or exists ("
            ~ "select from pg_proc where proname = model and pronamespace = to_regnamespace('" ~ target.schema ~ "')"
            ~ " and obj_description(oid, 'pg_proc') like '%(dbt model " ~ project_name ~ ".' || model || ')%'))"
        ) %}
        {% do graph.update({"models_as_defined": {"invocation_id": invocation_id, "models": found.columns[0].values() | list}}) %}
    {% endif %}
    {{ return(node.alias in graph.models_as_defined.models) }}
{% endmacro %}

{#-
    As dbt's own, with additions: a table built from another definition, or from a table that was rebuilt, is computed
    in full, as with --full-refresh, which never drops a table. `dbt show` shows the whole model.
-#}
{% macro is_incremental() %}
    {% if not execute or model.resource_type != "model" or model.config.materialized != "incremental" %}
        {{ return(false) }}
    {% endif %}
    {% if "is_found_incremental" in model %}
        {{ return(model.is_found_incremental) }}
    {% endif %}
    {% set relation = load_cached_relation(this) %}
    {% set is_incremental = (
        relation is not none
        and relation.type == "table"
        and not flags.FULL_REFRESH
        and flags.WHICH != "show"
        and is_built_as_defined(model)
    ) %}
    {# Kept, as a model asks for it many times. #}
    {% do model.update({"is_found_incremental": is_incremental}) %}
    {{ return(is_incremental) }}
{% endmacro %}

{#-
    Refuses to compute a table from models that have not taken up what the build sees, or a changed rule: it would count
    as up to date, and no later build would compute what is missing. This happens if only some of the models are built,
    or if a failed build is retried after more has landed.
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
        {% do names.append(graph.nodes[unique_id].alias) %}
        {% if graph.nodes[unique_id].config.materialized == "incremental" %}
            {% do tables.append(graph.nodes[unique_id].alias) %}
        {% endif %}
    {% endfor %}
    {% set left_behind = run_query(
        "select wanted.model"
        ~ " from unnest(array['" ~ names | join("', '") ~ "']) as wanted (model)"
        ~ " left join " ~ build_schema() ~ ".model_state on wanted.model = model_state.model"
        ~ " where model_state.definition is distinct from " ~ of_current_build("definitions") ~ " ->> wanted.model"
        ~ " or ("
        ~ "     wanted.model = any(array['" ~ tables | join("', '") ~ "'])"
        ~ "     and model_state.documents_upto is distinct from " ~ build_sees_upto()
        ~ " )"
        ~ " order by wanted.model"
    ) %}
    {% set count = left_behind.rows | length %}
    {% if count > 0 %}
        {{ exceptions.raise_compiler_error(
            model.name ~ ": " ~ left_behind.columns[0].values()[:3] | join(", ")
            ~ (" and " ~ (count - 3) ~ " more" if count > 3 else "")
            ~ ", which it is computed from, lack a landed document or a changed rule: build them too, "
            ~ (
                "or take them from a whole build of " ~ deferred_environment() ~ " with --favor-state"
                if deferred_environment()
                else "with --select +" ~ model.name ~ " or without a selection"
            )
        ) }}
    {% endif %}
{% endmacro %}

{#- Commits with the rows: the model has taken up everything that the current build sees. -#}
{% macro record_model_state(node) %}
    insert into {{ build_schema() }}.model_state (model, definition, build_number, documents_upto)
    select '{{ node.alias }}', definitions ->> '{{ node.alias }}', build_number, documents_upto
    from {{ build_schema() }}.run
    order by build_number desc
    limit 1
    on conflict (model) do update
    set
        definition = excluded.definition,
        build_number = excluded.build_number,
        documents_upto = excluded.documents_upto
{% endmacro %}

{#- A statement: a view or function holds no rows, so one that is as defined has taken up whatever there is. -#}
{% macro record_unchanged_views() %}
    {%- set views = [] -%}
    {%- for node in graph.nodes.values() if node.resource_type == "model" and node.config.materialized in ["view", "function"] -%}
        {%- do views.append(node.alias) -%}
    {%- endfor -%}
    update {{ build_schema() }}.model_state
    set build_number = run.build_number, documents_upto = run.documents_upto
    from {{ build_schema() }}.run
    where
        run.invocation_id = '{{ invocation_id }}'
        and model = any(array['{{ views | join("', '") }}'])
        and definition = run.definitions ->> model;
{% endmacro %}
