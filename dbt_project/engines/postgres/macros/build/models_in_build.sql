{#- What comes before and after the statements of every model, in one transaction with them. -#}

{#- A hook: refuses what must not be built, and determines which part of a table is affected. -#}
{% macro before_model() %}
    {% if execute and model.resource_type == "model" and not is_unchanged_view(model) %}
        {% do hold_build() %}
        {% do refuse_configuration() %}
        {% if model.config.materialized == "incremental" %}
            {% do refuse_models_left_behind() %}
            {% if load_cached_relation(this) is not none %}
                {% do refuse_unknown_columns(this) %}
                {% if not is_incremental() %}
                    {% do refuse_other_key(this) %}
                {% endif %}
            {% endif %}
            -- The planner cannot know how few values an array slice has, and JIT compilation for its estimate costs
            -- seconds.
            set local jit = off;
            set local work_mem = '64MB';
            set local hash_mem_multiplier = 4;
            {% if is_incremental() and is_anything_affected() %}
                {{ make_affected(model) }}
            {% endif %}
        {% endif %}
    {% endif %}
{% endmacro %}

{#- A hook: records, in the transaction of the rows, what the model has taken up. -#}
{% macro after_model() %}
    {% if execute and model.resource_type == "model" and not is_unchanged_view(model) %}
        {% do refuse_moved_deferral() %}
        {% if model.config.materialized != "function" and load_cached_relation(this) is none %}
            {% if model.config.materialized == "incremental" %}
                {% if key_in_database(this) %}
                    {% do refuse_other_key(this) %}
                {% else %}
                    alter table {{ this }} add primary key ({{ key_of(model) | join(", ") }});
                {% endif %}
                {{ record_made_anew(model) }};
            {% endif %}
            {% if target.schema == "public" %}
                {{ hand_over(this) }}
            {% endif %}
        {% endif %}
        {% if model.config.materialized == "incremental" and not is_incremental() %}
            {{ keep_indexes(this) }}
        {% endif %}
        {{ record_model_state(model) }}
    {% endif %}
{% endmacro %}

{#-
    Statements: a production relation built by somebody else is handed to the transformer, if there is one, with the
    same readers as what the transformer builds itself (extract/warehouse/roles.sql).
-#}
{% macro hand_over(relation) %}
    do $$
    begin
        if
            current_user <> 'vpp_transformer'
            and exists (select from pg_roles where rolname = 'vpp_transformer' and pg_has_role(oid, 'usage'))
        then
            -- For a view too: PostgreSQL calls both a table here.
            alter table {{ relation }} owner to vpp_transformer;
            grant select on {{ relation }} to vpp_developer{{ ", vpp_reader" if relation.schema == target.schema }};
        end if;
    end
    $$;
{% endmacro %}

{#- Refuses a model that builds could not keep track of: for what it reads, or for what it is. -#}
{% macro refuse_parents(node) %}
    {% if node.config.materialized not in ["incremental", "view", "function"] %}
        {{ exceptions.raise_compiler_error(
            node.name ~ ": cannot be materialized as " ~ node.config.materialized ~ ": use view, function or incremental, which dbt never "
            ~ "drops along with what others built on them"
        ) }}
    {% endif %}
    {% if node.config.materialized == "incremental" and node.depends_on.nodes | select("in", graph.sources) | list %}
        {{ exceptions.raise_compiler_error(
            node.name ~ ": reads a source: read a staging model instead, which says what its documents are about and which of them count"
        ) }}
    {% endif %}
    {% for input in node.depends_on.nodes if input.split(".")[0] not in ["model", "source"] %}
        {{ exceptions.raise_compiler_error(
            node.name ~ ": reads the " ~ input.split(".")[0] ~ " " ~ input.split(".")[2] ~ ", and builds cannot tell when that "
            ~ "changes: make it a model"
        ) }}
    {% endfor %}
{% endmacro %}

{#- The key of a table: a list of columns. -#}
{% macro key_in_database(relation) %}
    {{ return(run_query(
        "select attname from pg_constraint inner join pg_attribute on attrelid = conrelid and attnum = any(conkey)"
        ~ " where conrelid = '" ~ relation ~ "'::regclass and contype = 'p'"
    ).columns[0].values() | list) }}
{% endmacro %}

{#- Refuses a table whose key is not the unique_key: rows would overwrite each other. -#}
{% macro refuse_other_key(relation) %}
    {% set existing = key_in_database(relation) %}
    {% if existing | sort != key_of(model) | sort %}
        {{ exceptions.raise_compiler_error(
            relation.include(database=false) ~ ": its primary key is " ~ existing | join(", ") ~ ", but its unique_key is "
            ~ key_of(model) | join(", ") ~ ": make them the same, or drop it yourself (drop table "
            ~ relation.include(database=false) ~ " cascade) and build again"
        ) }}
    {% endif %}
{% endmacro %}

{#- Refuses what dbt would do to a relation that others have built on. -#}
{% macro refuse_configuration() %}
    {% set existing = load_cached_relation(this) %}
    {% set wanted = {"incremental": "table", "view": "view", "function": "function"}.get(model.config.materialized) %}
    {% if existing is not none and existing.type != wanted %}
        {{ exceptions.raise_compiler_error(
            existing.include(database=false) ~ ": is a " ~ existing.type ~ " and should be a " ~ wanted ~ ": drop it yourself "
            ~ "(drop " ~ existing.type ~ " " ~ existing.include(database=false) ~ " cascade) and build again"
        ) }}
    {% elif wanted == "table" and not key_of(model) %}
        {{ exceptions.raise_compiler_error(model.name ~ ": an incremental model needs a unique_key, the columns of its primary key") }}
    {% elif wanted == "table" and model.config.on_schema_change != "append_new_columns" %}
        {{ exceptions.raise_compiler_error(
            model.name ~ ": on_schema_change is " ~ model.config.on_schema_change ~ ", but only append_new_columns works here"
        ) }}
    {% elif model.config.grants %}
        {{ exceptions.raise_compiler_error(
            model.name ~ ": dbt's grants would revoke what others have granted: grant it yourself, which lasts"
        ) }}
    {% endif %}
{% endmacro %}
