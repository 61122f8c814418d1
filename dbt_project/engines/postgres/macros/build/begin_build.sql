{#-
    A build of the marts, from `on-run-start` to `on-run-end`. What is recorded of it: see build_state.sql.

    An environment has one build at a time: a build that finds another one running is refused, and one that was
    overtaken (because it seemed dead) can no longer write.
-#}

{% macro begin_build() %}
    {% if execute and flags.WHICH in ("run", "build") %}
        {% do refuse_build() %}
        {% do run_query(make_build_state()) %}
        {% do run_query(register_build()) %}
        {% do warn_of_a_clock_ahead() %}
        {% do log(what_is_new(), info=true) %}
    {% endif %}
{% endmacro %}

{#-
    Refuses a harmful build: one without rows, of production on another environment, as of an instant that each session
    would read by its own time zone, or at another isolation level.
-#}
{% macro refuse_build() %}
    {% if flags.EMPTY or invocation_args_dict.sample %}
        {{ exceptions.raise_compiler_error(
            "--empty and --sample would delete rows from the marts: build without them"
        ) }}
    {% endif %}
    {% if target.schema == "public" and deferred_environment() %}
        {{ exceptions.raise_compiler_error(
            "public is production and cannot defer to " ~ deferred_environment() ~ ", which its readers may not be "
            ~ "allowed to read: build with --target dev, or without --defer"
        ) }}
    {% endif %}
    {% set instant = var("as_of_utc") | string %}
    {% if instant and not modules.re.search(":[0-9.:]+ ?(Z|[+-][0-9]{2}(:?[0-9]{2})?)$", instant) %}
        {{ exceptions.raise_compiler_error("as_of_utc is " ~ instant ~ ", without its offset from UTC: end it in Z") }}
    {% endif %}
    {% set isolation = run_query("show transaction_isolation").rows[0][0] %}
    {% if isolation != "read committed" %}
        {{ exceptions.raise_compiler_error(
            "default_transaction_isolation is " ~ isolation ~ ", but builds need read committed: alter role "
            ~ target.user ~ " in database " ~ target.dbname ~ " set default_transaction_isolation to 'read committed'"
        ) }}
    {% endif %}
{% endmacro %}

{% macro register_build() %}
    {%- set environment = deferred_environment() %}
    do $$
    declare
        previous {{ build_schema() }}.run;
        deferred {{ build_schema(environment or target.schema) }}.run;
        is_running boolean;
        upto bigint;
    begin
        lock table {{ build_schema() }}.run in share row exclusive mode;
        select * into previous from {{ build_schema() }}.run order by build_number desc limit 1;
        if previous.build_number is not null and previous.finished_utc is null then
            {{ refuse_while_running() }}
        end if;
        {{ fix_bound() }}
        {{ forget_clock() }}
        insert into {{ build_schema() }}.run (
            invocation_id, definitions, documents_upto, as_of_utc, extracted_utc
        )
        select
            '{{ invocation_id }}',
            '{{ tojson(definitions()) }}',
            upto,
            {{ newest_receipt() }},
            (select started_utc from raw.run order by run_id desc limit 1);
        {{ register_deferral(environment) if environment }}
    end
    $$;
    commit;
{% endmacro %}

{% macro end_build() %}
    {% if execute and flags.WHICH in ("run", "build") %}
        update {{ build_schema() }}.run set finished_utc = clock_timestamp()
        where invocation_id = '{{ invocation_id }}';
        {{ drop_relations_without_model() }}
        {{ record_unchanged_views() }}
        {# A model that no longer exists holds nothing up. #}
        delete from {{ build_schema() }}.model_state
        where {{ of_current_build("definitions") }} ->> model is null;
        {# What every model has taken up is no longer needed. #}
        delete from {{ build_schema() }}.change
        where build_number <= (select min(build_number) from {{ build_schema() }}.model_state);
        delete from {{ build_schema() }}.run
        where
            build_number < (select min(build_number) from {{ build_schema() }}.model_state)
            and build_number < (select max(build_number) from {{ build_schema() }}.run);
        {{ drop_old_views() if target.schema == "public" }}
    {% endif %}
{% endmacro %}

{#- Drops the private relations of models that no longer exist, unless something depends on them. -#}
{% macro drop_relations_without_model() %}
    do $$
    declare
        relation record;
        is_dropped boolean := true;
    begin
        set local lock_timeout = '1s';
        while is_dropped loop
            is_dropped := false;
            for relation in
                select
                    pg_class.oid::regclass as name,
                    case relkind when 'v' then 'view' else 'table' end as kind
                from pg_class
                inner join {{ build_schema() }}.model_state on relname = model
                where
                    relkind in ('v', 'r')
                    and relnamespace in (
                        to_regnamespace('{{ environment_schema("staging") }}'),
                        to_regnamespace('{{ environment_schema("intermediate") }}')
                    )
                    and {{ of_current_build("definitions") }} ->> model is null
            loop
                begin
                    execute format('drop %s %s', relation.kind, relation.name);
                    is_dropped := true;
                exception when dependent_objects_still_exist or lock_not_available then
                    -- Kept while something depends on it.
                end;
            end loop;
        end loop;
    end
    $$;
{% endmacro %}
