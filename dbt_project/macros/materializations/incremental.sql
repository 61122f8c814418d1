{#-
    A table that is kept: created once and then only changed, row by row, in one transaction. What consumers built on
    it stays, and a reader sees the old rows or the new rows. Also --full-refresh computes every row and writes only
    those that differ.

    unique_key    the columns that identify a row
    indexes       as in dbt's own tables
    and in meta:
    affected_by   the model (a view) that says which rows the documents since the last build can change: the column
                  `scope` and a half-open range from_utc, to_utc. The model's SQL computes just these rows when
                  is_incremental(), from the table `affected`; existing rows in the ranges that it does not compute are
                  deleted. Without it, all rows are computed.
    scope         the key column of the ranges; none: they hold for all keys
    range_column  the column that the ranges are about
    reads         streams of raw: without new documents in any of them, and without a retraction, nothing is computed
    log_keys      key columns under which the changes are recorded for the models downstream: the affected ranges or,
                  for a model without affected_by, the periods (log_period) of the rows that differ
-#}
{% materialization incremental, adapter="postgres" %}
    {%- set existing = load_cached_relation(this) -%}
    {%- set target = this.incorporate(type="table") -%}
    {%- set is_changing = is_incremental() -%}
    {{ run_hooks(pre_hooks, inside_transaction=False) }}
    {{ run_hooks(pre_hooks, inside_transaction=True) }}
    {% do hold_build() %}
    {% do refuse_models_left_behind() %}

    {% if existing is none %}
        {% do create_kept_table(target, sql) %}
    {% elif existing.type != "table" %}
        {{ exceptions.raise_compiler_error(
            existing.include(database=false) ~ ": is a " ~ existing.type ~ " where a table is to be; drop it yourself "
            ~ "(drop " ~ existing.type ~ " " ~ existing.include(database=false) ~ " cascade) and build again"
        ) }}
    {% else %}
        {% do refuse_other_columns(existing) %}
        {% if not is_changing %}
            {% if config.get("contract").enforced %}
                {{ get_assert_columns_equivalent(sql) }}
            {% endif %}
            {% do persist_docs(target, model) %}
        {% endif %}
    {% endif %}

    {% if is_changing and not has_new_documents(model, config.meta_get("reads")) %}
        {% call noop_statement("main", "NOTHING NEW") %}
            {{ sql }}
        {% endcall %}
    {% else %}
        {% call statement("main") %}
            {{ write_differences(target, sql, is_changing) }}
        {% endcall %}
    {% endif %}
    {% do refuse_moved_deferral() %}
    {% do run_query(record_model_state(model)) %}

    {{ run_hooks(post_hooks, inside_transaction=True) }}
    {{ adapter.commit() }}
    {{ run_hooks(post_hooks, inside_transaction=False) }}
    {{ return({"relations": [target]}) }}
{% endmaterialization %}

{% macro create_kept_table(relation, sql) %}
    {% if config.get("contract").enforced %}
        {{ get_assert_columns_equivalent(sql) }}
        {% do run_query("create table " ~ relation ~ " " ~ get_table_columns_and_constraints()) %}
    {% else %}
        {% do run_query(
            "create table " ~ relation ~ " as select * from (" ~ sql ~ "\n) as model_rows where false"
        ) %}
        {% do run_query(
            "alter table " ~ relation ~ " add primary key (" ~ config.require("unique_key") | join(", ") ~ ")"
        ) %}
    {% endif %}
    {% do create_indexes(relation) %}
    {% do persist_docs(relation, model) %}
{% endmacro %}

{% macro affected_relation() -%}
    {%- set nodes = graph.nodes.values() | selectattr("name", "equalto", config.meta_get("affected_by")) | list -%}
    {{ nodes[0].relation_name }}
{%- endmacro %}

{% macro has_new_documents(node, streams) %}
    {% if not streams %}
        {{ return(true) }}
    {% endif %}
    {% set conditions = [] %}
    {# A retraction may be of any stream. #}
    {% for stream in streams + ["retraction"] %}
        {% do conditions.append(
            "exists (select from raw." ~ stream
            ~ " where document_id > " ~ read_upto(node.name) ~ " and document_id <= " ~ build_sees_upto() ~ ")"
        ) %}
    {% endfor %}
    {{ return(run_query("select 1 where " ~ conditions | join(" or ")).rows | length > 0) }}
{% endmacro %}

{% macro write_differences(target, sql, is_changing) %}
    {%- set key = config.require("unique_key") -%}
    {%- set columns = model.columns.keys() | list -%}
    {%- set scope = config.meta_get("scope") -%}
    {%- set range_column = config.meta_get("range_column", "delivery_start_utc") -%}
    {%- set is_affected = is_changing and config.meta_get("affected_by") is not none -%}

    -- The planner cannot know how few values a slice of an array has; compiling for what it fears costs seconds.
    set local jit = off;
    set local work_mem = '64MB';
    set local hash_mem_multiplier = 4;

    {% if is_affected %}
        create temporary table affected on commit drop as
        select
            {% if scope %}{{ scope }},{% endif %}
            lower(affected_range) as from_utc,
            upper(affected_range) as to_utc
        from (
            select
                {% if scope %}{{ scope }},{% endif %}
                unnest(range_agg(tstzrange(from_utc, to_utc))) as affected_range
            from {{ affected_relation() }}
            where from_utc < to_utc
            {% if scope %}group by {{ scope }}{% endif %}
        ) as merged;
        analyze affected;
    {% endif %}

    create temporary table wanted on commit drop as
    {{ sql }}
    -- On a line of its own: the model may end in a comment.
    ;
    analyze wanted;

    {% for log_key in config.meta_get("log_keys", []) %}
        insert into {{ build_schema() }}.change (build_number, model, key_name, key, from_utc, to_utc)
        select
            (select max(build_number) from {{ build_schema() }}.run),
            '{{ model.name }}',
            '{{ log_key }}',
            changed.*
        from ({{ changed_ranges(target, log_key, columns, is_affected) }}) as changed;
    {% endfor %}

    delete from {{ target }} as target
    where
        {% if is_affected %}
            exists (
                select from affected
                where
                    {{ range_column }} >= affected.from_utc
                    and {{ range_column }} < affected.to_utc
                    {% if scope %}and target.{{ scope }} = affected.{{ scope }}{% endif %}
            )
            and
        {% endif %}
        not exists (select from wanted where {{ same("target", "wanted", key) }});

    insert into {{ target }} ({{ columns | join(", ") }})
    select {{ columns | join(", ") }}
    from wanted
    where not exists (
        select from {{ target }} as target
        where
            {{ same("target", "wanted", key) }}
            and ({{ qualified("target", columns) }}) is not distinct from ({{ qualified("wanted", columns) }})
    )
    {% set others = columns | reject("in", key) | list %}
    {% if others %}
        on conflict ({{ key | join(", ") }}) do update
        set
            {% for column in others %}
                {{ column }} = excluded.{{ column }}{{ "," if not loop.last }}
            {% endfor %};
    {% else %}
        on conflict do nothing;
    {% endif %}
{% endmacro %}

{#- What is recorded for the models downstream: columns key, from_utc, to_utc. -#}
{% macro changed_ranges(target, log_key, columns, is_affected) %}
    {%- if config.meta_get("log_period") -%}
        {%- set period = config.meta_get("log_period") -%}
        select
            {{ log_key }},
            {{ period[0] }},
            coalesce({{ period[1] }}, {{ end_of_time() }})
        from (
            (select {{ columns | join(", ") }} from {{ target }} except select {{ columns | join(", ") }} from wanted)
            union all
            (select {{ columns | join(", ") }} from wanted except select {{ columns | join(", ") }} from {{ target }})
        ) as different
    {%- elif is_affected -%}
        select {{ log_key }}, from_utc, to_utc from affected
    {%- else -%}
        select {{ log_key }}, {{ beginning_of_time() }}, {{ end_of_time() }} from wanted
        union
        select {{ log_key }}, {{ beginning_of_time() }}, {{ end_of_time() }} from {{ target }}
    {%- endif -%}
{% endmacro %}

{% macro qualified(relation, columns) -%}
    {%- for column in columns -%}{{ relation }}.{{ column }}{{ ", " if not loop.last }}{%- endfor -%}
{%- endmacro %}

{% macro same(left, right, key) -%}
    {%- for column in key -%}
        {{ left }}.{{ column }} = {{ right }}.{{ column }}{{ " and " if not loop.last }}
    {%- endfor -%}
{%- endmacro %}
