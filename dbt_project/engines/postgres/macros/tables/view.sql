{#-
    A view that is replaced in place. dbt's own is dropped on every run with everything that depends on it: consumers'
    views and grants would be gone. A view whose definition did not change is left alone.
-#}
{% materialization view, adapter="postgres" %}
    {%- set existing = load_cached_relation(this) -%}
    {%- set target = this.incorporate(type="view") -%}
    {{ run_hooks(pre_hooks, inside_transaction=False) }}
    {{ run_hooks(pre_hooks, inside_transaction=True) }}

    {%- set is_current = is_unchanged_view(model) -%}
    {# What readers see is checked on every build; what only builds see, when it changes. #}
    {% if existing is not none and model.columns and (config.get("contract").enforced or not is_current) %}
        {% do refuse_other_columns_of_view(existing) %}
    {% endif %}

    {% if is_current %}
        {% call noop_statement("main", "UNCHANGED") %}
            {{ sql }}
        {% endcall %}
    {% else %}
        {% if config.get("contract").enforced %}
            {{ get_assert_columns_equivalent(sql) }}
        {% endif %}
        {% call statement("main") %}
            {{ replace_view(target, sql) }}
        {% endcall %}
        {% do persist_docs(target, model) %}
    {% endif %}

    {{ run_hooks(post_hooks, inside_transaction=True) }}
    {% if not is_current %}
        {{ adapter.commit() }}
    {% endif %}
    {{ run_hooks(post_hooks, inside_transaction=False) }}
    {{ return({"relations": [target]}) }}
{% endmaterialization %}

{#-
    A reader keeps a view from being replaced until the end of its transaction, and later readers wait behind the build.
    So an unchanged view is left alone, and to replace a changed one the build waits only briefly at a time.
-#}
{% macro replace_view(relation, sql) %}
    create temporary view wanted_view as
    {{ sql }}
    -- On its own line, as the model may end in a comment.
    ;
    do $replace$
    declare
        wanted constant text := pg_get_viewdef('pg_temp.wanted_view'::regclass);
        given_lock_timeout constant text := current_setting('lock_timeout');
    begin
        drop view pg_temp.wanted_view;
        if pg_get_viewdef(to_regclass('{{ relation }}')) = wanted then
            return;
        end if;
        for attempt in 1..5 loop
            begin
                set local lock_timeout = '1s';
                execute 'create or replace view {{ relation }} as ' || wanted;
                perform set_config('lock_timeout', given_lock_timeout, true);
                return;
            exception when lock_not_available then
                -- Let the readers waiting behind this build go first.
                perform pg_sleep(0.5);
            end;
        end loop;
        raise exception '{{ relation.schema }}.{{ relation.identifier }} cannot be replaced while it is being read: end or wait for %, then build again',
            {{ sessions_that_hold(relation) }};
    end
    $replace$;
{% endmacro %}

{#- The sessions that keep a relation from being changed, in words: an expression. -#}
{% macro sessions_that_hold(relation) -%}
    (
        select coalesce(
            string_agg(
                format('%s (server process %s, role %s)', coalesce(nullif(application_name, ''), 'a session'), pid, usename),
                ', '
            ),
            'a session that has just ended'
        )
        from pg_locks inner join pg_stat_activity using (pid)
        where relation = '{{ relation }}'::regclass and granted and pid <> pg_backend_pid()
    )
{%- endmacro %}

{#- A view can grow at its end; any other change would drop what others built on it. -#}
{% macro refuse_other_columns_of_view(relation) %}
    {% set existing = adapter.get_columns_in_relation(relation) | map(attribute="name") | list %}
    {% set wanted = model.columns.keys() | list %}
    {% if wanted[:existing | length] != existing %}
        {{ exceptions.raise_compiler_error(
            relation.include(database=false) ~ ": its columns (" ~ existing | join(", ") ~ ") cannot be changed in place to "
            ~ wanted | join(", ") ~ " without losing what others built on it: drop it yourself (drop view "
            ~ relation.include(database=false) ~ " cascade) and build again"
        ) }}
    {% endif %}
{% endmacro %}
