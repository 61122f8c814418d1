{#-
    The incremental strategy `differences`: writes the computed rows that differ, and deletes those that are no longer
    among them. The table stays, with everything others made on it, and a reader sees the rows from before or after.
    unique_key is the key of a row. dbt's own materialization, which calls it, computes all rows.
-#}
{% macro get_incremental_differences_sql(arguments) %}
    {%- do refuse_other_types(arguments.target_relation, arguments.temp_relation) -%}
    {{ return(write_differences(
        arguments.target_relation, arguments.temp_relation, arguments.dest_columns | map(attribute="name") | list
    )) }}
{% endmacro %}

{#-
    A table of which a build computes only what is affected: if nothing is, no query of the model runs. All else is
    dbt's own, which looks for changes of columns too; these change with the definition only.
-#}
{% materialization incremental, adapter="postgres" %}
    {% if not is_incremental() %}
        {{ return(dbt.materialization_incremental_default()) }}
    {% endif %}
    {{ run_hooks(pre_hooks, inside_transaction=False) }}
    {{ run_hooks(pre_hooks, inside_transaction=True) }}

    {% if is_anything_affected() %}
        {%- set wanted = make_temp_relation(this) -%}
        {% call statement("main") %}
            create temporary table {{ wanted }} on commit drop as
            {{ sql }}
            -- On its own line, as the model may end in a comment.
            ;
            {{ write_differences(this, wanted, model.found_columns) }}
        {% endcall %}
    {% else %}
        {% call noop_statement("main", "UNCHANGED") %}
            {{ sql }}
        {% endcall %}
    {% endif %}

    {{ run_hooks(post_hooks, inside_transaction=True) }}
    {% do adapter.commit() %}
    {{ run_hooks(post_hooks, inside_transaction=False) }}
    {{ return({"relations": [this]}) }}
{% endmaterialization %}

{#- Statements. `wanted` holds the computed rows; a model that does not restrict itself has computed all. -#}
{% macro write_differences(target, wanted, columns) %}
    {%- set key = key_of(model) -%}
    {%- set is_part = is_incremental() and grain_of(model) and "affected(" in model.raw_code -%}
    {%- set is_equal -%}
        {{ same("target", "wanted", key) }}
        and ({{ qualified("target", columns) }}) is not distinct from ({{ qualified("wanted", columns) }})
    {%- endset -%}
    analyze {{ wanted }};
    {% if not is_incremental() %}
        {{ accept_null(target) }}
    {% endif %}
    {% if is_part %}
        {{ require_affected(wanted) }}
    {% endif %}

    with outdated as (

        select {{ qualified("target", columns) }}
        from {{ target }} as target
        where
            {% if is_part %}{{ is_affected("target") }} and{% endif %}
            not exists (
                select from {{ wanted }} as wanted
                where {{ is_equal }}
            )

    ),

    different as (

        select {{ qualified("wanted", columns) }}
        from {{ wanted }} as wanted
        where
            not exists (
                select from {{ target }} as target
                where {{ is_equal }}
            )

    ),

    recorded as (

        {% if is_part and parents_of(model).affected_by and grain_of(model) == "delivery_start_utc" %}
            {#
                The effects of the affected ranges reach further than these rows; for a table by day, the rows are
                enough.
            #}
            {{ record_changes(model, "affected", [scope_of(model)], ["from_utc", "to_utc"]) }}
        {% else %}
            {{ record_changes(
                model, "(select * from outdated union all select * from different) as changed", columns, period_of(model, columns)
            ) }}
        {% endif %}

    ),

    removed as (

        delete from {{ target }} as target
        using outdated
        where
            {{ same("target", "outdated", key) }}
            {#
                Not through `different`, of which the planner knows nothing: it holds whatever is both outdated and
                wanted.
            #}
            and not exists (select from {{ wanted }} as wanted where {{ same("outdated", "wanted", key) }})

    )

    insert into {{ target }} ({{ columns | join(", ") }})
    select {{ columns | join(", ") }} from different
    {% set others = columns | reject("in", key) | list %}
    {% if others %}
        on conflict ({{ key | join(", ") }}) do update
        set
            {% for column in others %}
                {{ column }} = excluded.{{ column }}{{ "," if not loop.last }}
            {% endfor %};
    {% else %}
        on conflict ({{ key | join(", ") }}) do nothing;
    {% endif %}

    {% if not is_incremental() %}
        {{ require_values(target) }}
    {% endif %}
{% endmacro %}

{#-
    A statement: fails if a model that restricts itself returned rows that are not affected, as it has seen only part of
    what they are computed from.
-#}
{% macro require_affected(wanted) %}
    do $$
    begin
        if exists (select from {{ wanted }} as wanted where not {{ is_affected("wanted") }}) then
            raise exception '{{ model.name }}: has rows of other {{ grain_of(model) }} than what it joins with join_affected: '
                'leave join_affected out to compute all rows';
        end if;
    end
    $$;
{% endmacro %}

{#-
    Refuses a change of columns that cannot be made in place: dropping the table would drop what others built on it. A
    new column has been added by now (on_schema_change).
-#}
{% macro refuse_other_types(relation, wanted) %}
    {%- set types = {} -%}
    {%- for column in adapter.get_columns_in_relation(wanted) -%}
        {%- do types.update({column.name: column.data_type}) -%}
    {%- endfor -%}
    {%- for column in adapter.get_columns_in_relation(relation) if types.get(column.name) != column.data_type -%}
        {%- do refuse_column(relation, column.name, types.get(column.name)) -%}
    {%- endfor -%}
{% endmacro %}

{#- Refuses a table with an undeclared column, before another one is added for it. -#}
{% macro refuse_unknown_columns(relation) %}
    {%- set found = run_query(
        "select attname, pg_has_role(relowner, 'usage'), relowner::regrole::text"
        ~ " from pg_class inner join pg_attribute on attrelid = pg_class.oid"
        ~ " where pg_class.oid = '" ~ relation ~ "'::regclass and attnum > 0 and not attisdropped"
    ) -%}
    {%- do model.update({"found_columns": found.columns[0].values() | list}) -%}
    {%- for row in found.rows -%}
        {%- if not row[1] -%}
            {{ exceptions.raise_compiler_error(
                relation.include(database=false) ~ ": belongs to " ~ row[2] ~ ", and " ~ target.user ~ " is not a member of that role: run "
                ~ '"python -m extract.warehouse roles" as the owner of the database'
            ) }}
        {%- elif model.columns and row[0] not in model.columns -%}
            {%- do refuse_column(relation, row[0], none) -%}
        {%- endif -%}
    {%- endfor -%}
{% endmacro %}

{% macro refuse_column(relation, name, data_type) %}
    {{ exceptions.raise_compiler_error(
        relation.include(database=false) ~ ": its column " ~ name ~ " cannot "
        ~ ("become " ~ data_type if data_type else "go") ~ " in place without losing what others built "
        ~ "on it: drop it yourself (drop table " ~ relation.include(database=false) ~ " cascade) and build again"
    ) }}
{% endmacro %}

{#- Statements: a column that was added to a table accepts NULL until its contract is enforced here. -#}
{% macro require_values(relation) %}
    {%- for column in model.columns.values() -%}
        {%- for constraint in column.constraints if constraint.type == "not_null" -%}
            alter table {{ relation }} alter column {{ column.name }} set not null;
        {%- endfor -%}
    {%- endfor -%}
{% endmacro %}

{#- Statements: a column of which its contract asks no value any more accepts NULL. -#}
{% macro accept_null(relation) %}
    {%- for row in run_query(
        "select attname from pg_attribute where attrelid = '" ~ relation ~ "'::regclass and attnum > 0 and attnotnull"
    ).rows if row[0] in model.columns and row[0] not in key_of(model) -%}
        {%- if "not_null" not in model.columns[row[0]].constraints | map(attribute="type") -%}
            alter table {{ relation }} alter column {{ row[0] }} drop not null;
        {%- endif -%}
    {%- endfor -%}
{% endmacro %}

{% macro qualified(relation, columns) -%}
    {%- for column in columns -%}{{ relation }}.{{ column }}{{ ", " if not loop.last }}{%- endfor -%}
{%- endmacro %}

{% macro same(left, right, key) -%}
    {%- for column in key -%}
        {{ left }}.{{ column }} = {{ right }}.{{ column }}{{ " and " if not loop.last }}
    {%- endfor -%}
{%- endmacro %}
