{#-
    A build that defers (dbt's --defer and --state) takes what it does not build from another environment, as it is. So
    it uses the bound of that environment's last build, and computes all its tables in full. It is refused while the
    other environment builds, and stops if a build begins there.
-#}

{#- The environment that this build defers to, or none. -#}
{% macro deferred_environment() %}
    {% if invocation_args_dict.defer %}
        {#- The marts are in the schema that an environment is named after. -#}
        {% for node in graph.nodes.values() if node.defer_relation and node.config.schema is none %}
            {% if node.defer_relation.schema != target.schema %}
                {{ return(node.defer_relation.schema) }}
            {% endif %}
        {% endfor %}
    {% endif %}
    {{ return(none) }}
{% endmacro %}

{#- The models that this build takes from the other environment, decided as dbt does: a list of names. -#}
{% macro deferred_models() %}
    {% set models = [] %}
    {% for node in graph.nodes.values() if node.defer_relation and node.unique_id not in selected_resources %}
        {% if invocation_args_dict.favor_state or adapter.get_relation(node.database, node.schema, node.alias) is none %}
            {% do models.append(node.alias) %}
        {% endif %}
    {% endfor %}
    {{ return(models) }}
{% endmacro %}

{#- Statements within a block of PL/pgSQL that has just registered this build. -#}
{% macro register_deferral(environment) %}
    select * into deferred from {{ build_schema(environment) }}.run order by build_number desc limit 1;
    if deferred.finished_utc is null then
        raise exception '{{ environment }}, which this build defers to, has no finished build: the one started at % (UTC) is running or was killed',
            to_char(deferred.started_utc at time zone 'UTC', 'YYYY-MM-DD HH24:MI:SS');
    end if;
    update {{ build_schema() }}.run
    set
        documents_upto = deferred.documents_upto,
        as_of_utc = deferred.as_of_utc,
        extracted_utc = deferred.extracted_utc,
        deferred_build_number = deferred.build_number
    where invocation_id = '{{ invocation_id }}';
    -- What is taken from there keeps its state in this build.
    delete from {{ build_schema() }}.model_state
    where model = any(array['{{ deferred_models() | join("', '") }}']);
    insert into {{ build_schema() }}.model_state (model, definition, build_number, documents_upto)
    select model, md5(definition || '{{ environment }}'), run.build_number, state.documents_upto
    from {{ build_schema(environment) }}.model_state as state
    inner join {{ build_schema() }}.run as run on run.invocation_id = '{{ invocation_id }}'
    where model = any(array['{{ deferred_models() | join("', '") }}']);
{% endmacro %}

{#- After a model was computed: refuses it if the other environment has begun another build meanwhile. -#}
{% macro refuse_moved_deferral() %}
    {% set environment = deferred_environment() %}
    {% if environment %}
        {% set moved = run_query(
            "select 1 where " ~ of_current_build("deferred_build_number")
            ~ " <> (select max(build_number) from " ~ build_schema(environment) ~ ".run)"
        ) %}
        {% if moved.rows | length > 0 %}
            {{ exceptions.raise_compiler_error(
                environment ~ ", which this build defers to, has started another build: build again when that one has ended"
            ) }}
        {% endif %}
    {% endif %}
{% endmacro %}
