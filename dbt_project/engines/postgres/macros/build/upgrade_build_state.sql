{#-
    Upgrades the old form of the state: eleven columns of build.run said how far a build saw, one for each table of raw,
    and the models read them through the views build.current and build.progress. The next build rebuilds every model.
    Until then the old models, and their readers, find what they need in these views; they are dropped by the build
    after which none needs them.
-#}

{#- Statements for within a block of PL/pgSQL that has just found the state missing or old. -#}
{% macro upgrade_build_state() %}
    {%- set old_columns = "string_agg(case when right(attname, 5) = '_upto' then 'documents_upto as ' else '' end || attname, ', ' order by attnum)" -%}
    if to_regclass('build.progress') is not null then
        -- Readers of an old mart block changes to the state until the end of their transaction, and later readers wait
        -- behind this build, but less than a second at a time.
        for attempt in 1..8 loop
            begin
                set local lock_timeout = '500ms';
                lock table build.run, build.model_state, build.current, build.progress in access exclusive mode;
                exit;
            exception when lock_not_available then
                if attempt = 8 then
                    raise exception 'build.run cannot be upgraded while it is being read: end or wait for %, then build again',
                        {{ sessions_that_hold("build.run") }};
                end if;
                perform pg_sleep(0.5);
            end;
        end loop;
        alter table build.run add column documents_upto bigint, add column deferred_build_number bigint;
        execute (
            select 'update build.run set documents_upto = greatest(' || string_agg(attname, ', ') || ')'
            from pg_attribute
            where {{ is_old_bound() }}
        );
        alter table build.run alter column documents_upto set not null;
        alter table build.model_state
        add column documents_upto bigint not null default 0,
        add column gate_closure_minutes numeric;
        alter table build.model_state alter column documents_upto drop default;
        update build.model_state
        set documents_upto = run.documents_upto, gate_closure_minutes = run.gate_closure_minutes
        from build.run
        where run.build_number = model_state.build_number;
        execute (
            select
                'create or replace view build.current as select ' || {{ old_columns }}
                || ' from build.run order by build_number desc limit 1'
            from pg_attribute
            where attrelid = 'build.current'::regclass and attnum > 0
        );
        execute (
            select
                'create or replace view build.progress as select ' || {{ old_columns }}
                || ' from build.model_state'
                || ' inner join (select build_number, as_of_utc from build.run) as run using (build_number)'
            from pg_attribute
            where attrelid = 'build.progress'::regclass and attnum > 0
        );
        execute (
            select 'alter table build.run ' || string_agg('drop column ' || attname, ', ')
            from pg_attribute
            where {{ is_old_bound() }}
        );
    end if;
{% endmacro %}

{#- A condition on pg_attribute: a column that says how far a build saw one table of raw. -#}
{% macro is_old_bound() -%}
    attrelid = 'build.run'::regclass and right(attname, 5) = '_upto' and attname <> 'documents_upto' and not attisdropped
{%- endmacro %}

{% macro drop_old_views() %}
    do $$
    begin
        if to_regclass('build.progress') is not null then
            set local lock_timeout = '500ms';
            drop view build.progress, build.current;
        end if;
    exception when dependent_objects_still_exist or lock_not_available then
        -- Not all models have been built since, or somebody still reads an old one: the next build tries again.
    end
    $$;
    set local lock_timeout to default;
{% endmacro %}
