{#-
    A function that readers call as they read a mart. The model's SQL is what it returns, and names an argument as
    <function>.<argument>; the columns are those of its YAML. Its `meta`: `arguments`, the types by name; `one_of`,
    the model that lists what an argument may be; `settings`, how PostgreSQL plans it.

    It runs with its owner's rights, so that it may read what its caller may not, and does not use the search path. Only
    roles granted the right may call it. If its signature changes, it is recreated with its owner and its grants.
-#}
{% materialization function, adapter="postgres" %}
    {{ run_hooks(pre_hooks, inside_transaction=False) }}
    {{ run_hooks(pre_hooks, inside_transaction=True) }}

    {%- set is_current = is_unchanged_view(model) -%}
    {% if is_current %}
        {% call noop_statement("main", "UNCHANGED") %}
            {{ sql }}
        {% endcall %}
    {% else %}
        {% call statement("main") %}
            {{ replace_function(this, sql) }}
        {% endcall %}
    {% endif %}

    {{ run_hooks(post_hooks, inside_transaction=True) }}
    {% if not is_current %}
        {% do adapter.commit() %}
    {% endif %}
    {{ run_hooks(post_hooks, inside_transaction=False) }}
    {{ return({"relations": []}) }}
{% endmaterialization %}

{#- Statements. `(dbt model …)` in the comment of a function says that it is the project's own. -#}
{% macro replace_function(relation, sql) %}
    {%- set name = relation.include(database=false) -%}
    {%- set signature -%}
        (
        {%- for argument, data_type in config.get("meta").arguments.items() -%}
            {{ argument }} {{ data_type }}{{ ", " if not loop.last }}
        {%- endfor -%}
        ) returns table (
        {%- for column in model.columns.values() -%}
            {{ column.name }} {{ column.data_type }}{{ ", " if not loop.last }}
        {%- endfor -%}
        )
    {%- endset -%}
    create function pg_temp.wanted_function {{ signature }} language plpgsql as 'begin end';
    create temporary table given_function on commit drop as
    select
        pg_proc.oid,
        pg_proc.proowner::regrole as owner,
        pg_proc.proacl as grants,
        obj_description(pg_proc.oid, 'pg_proc') like '%(dbt model {{ project_name }}.{{ model.name }})%' as is_own,
        (pg_get_function_arguments(pg_proc.oid), pg_get_function_result(pg_proc.oid))
        = (pg_get_function_arguments(wanted.oid), pg_get_function_result(wanted.oid)) as is_same
    from pg_proc
    cross join (select 'pg_temp.wanted_function'::regproc::oid as oid) as wanted
    where pg_proc.pronamespace = '{{ relation.schema }}'::regnamespace and pg_proc.proname = '{{ relation.identifier }}';
    drop function pg_temp.wanted_function;
    do $replace$
    declare
        given record;
    begin
        for given in select * from given_function loop
            if given.is_own is not true then
                raise exception '%: exists, and this project did not make it: drop or rename it, and build again', given.oid::regprocedure;
            end if;
            if not given.is_same then
                execute format('drop function %s', given.oid::regprocedure);
            end if;
        end loop;
    exception when dependent_objects_still_exist then
        raise exception '%: its arguments or columns cannot be changed in place without losing what others built on it: '
            'drop it yourself (drop function % cascade) and build again', given.oid::regprocedure, given.oid::regprocedure;
    end
    $replace$;
    create or replace function {{ name }} {{ signature }}
    language plpgsql stable security definer
    set search_path = pg_catalog, pg_temp
    {%- for setting, value in config.get("meta").get("settings", {}).items() %}
        set {{ setting }} = {{ value }}
    {%- endfor %}
    as $function$
    #variable_conflict use_column
    begin
        {{ refuse_arguments(relation.identifier) }}
        return query
        {#
            PostgreSQL keeps the meaning of a view, but the text of a function: a copy of the database has another name.
        #}
        {{ sql | replace(relation.include(schema=false, identifier=false) ~ ".", "") }}
        -- On its own line, as the model may end in a comment.
        ;
    end
    $function$;
    comment on function {{ name }} is {{ postgres_escape_comment(model.description) }};
    do $grant$
    declare
        given record;
    begin
        if exists (select from given_function where is_same) then
            -- With the same owner and grants.
            return;
        end if;
        revoke all on function {{ name }} from public;
        for given in
            select owner, format(
                'grant execute on function %s to %s%s',
                '{{ name }}',
                case when grantee = 0 then 'public' else grantee::regrole::text end,
                case when is_grantable then ' with grant option' else '' end
            ) as statement
            from given_function
            cross join lateral aclexplode(grants)
            where grantee <> owner
        loop
            execute given.statement;
        end loop;
        if exists (select from given_function) then
            execute format('alter function {{ name }} owner to %s', (select owner from given_function limit 1));
            return;
        end if;
        {% if target.schema == "public" %}
            if to_regrole('vpp_transformer') is not null and pg_has_role('vpp_transformer', 'usage') then
                alter function {{ name }} owner to vpp_transformer;
                grant execute on function {{ name }} to vpp_developer, vpp_reader;
            end if;
        {% endif %}
    end
    $grant$;
    drop table given_function;
{% endmacro %}

{#- Statements of PL/pgSQL: what is wrong with the arguments, in one line. -#}
{% macro refuse_arguments(name) %}
    {%- set arguments = config.get("meta").arguments -%}
    {%- for argument, data_type in arguments.items() %}
        {%- set value = name ~ "." ~ argument %}
        if {{ value }} is null then
            raise exception using errcode = 'invalid_parameter_value', message = '{{ name }}: {{ argument }} is null';
        end if;
        {%- if data_type == "timestamptz" %}
            if {{ value }} not between '0001-01-01 00:00+00' and '9999-12-31 00:00+00' then
                raise exception using errcode = 'invalid_parameter_value',
                    message = format('{{ name }}: {{ argument }} is %s: give an instant in the years 1 to 9999', {{ value }});
            end if;
        {%- endif %}
    {%- endfor %}
    {%- for argument, model_name in config.get("meta").get("one_of", {}).items() %}
        if not exists (select from {{ ref(model_name).include(database=false) }} as known where known.{{ argument }} = {{ name }}.{{ argument }}) then
            raise exception using errcode = 'invalid_parameter_value', message = format(
                '{{ name }}: there is no {{ argument }} "%s": use one of %s',
                {{ name }}.{{ argument }},
                (select string_agg(known.{{ argument }}, ', ') from {{ ref(model_name).include(database=false) }} as known)
            );
        end if;
    {%- endfor %}
    {%- if "from_utc" in arguments and "to_utc" in arguments %}
        if {{ name }}.from_utc > {{ name }}.to_utc then
            raise exception using errcode = 'invalid_parameter_value', message = format(
                '{{ name }}: from_utc (%s) is after to_utc (%s)',
                to_char({{ name }}.from_utc at time zone 'UTC', 'YYYY-MM-DD HH24:MI:SS'),
                to_char({{ name }}.to_utc at time zone 'UTC', 'YYYY-MM-DD HH24:MI:SS')
            );
        end if;
    {%- endif %}
{% endmacro %}
