{#-
    A build of the marts, from `on-run-start` to `on-run-end`. What is kept of it: see build_state.sql.

    One build of an environment at a time: a build that finds another one running is refused, and a build that was
    overtaken (because it seemed dead) cannot write any more.
-#}

{% macro begin_build() %}
    {% if execute and flags.WHICH in ("run", "build") %}
        {% if flags.EMPTY or invocation_args_dict.sample %}
            {{ exceptions.raise_compiler_error(
                "--empty and --sample would take rows out of the marts: build without them"
            ) }}
        {% endif %}
        {% if target.schema == "public" and deferred_environment() %}
            {{ exceptions.raise_compiler_error(
                "public is production and defers to nothing: its readers may not read " ~ deferred_environment()
                ~ ". Build with --target dev, or without --defer"
            ) }}
        {% endif %}
        {% set isolation = run_query("show transaction_isolation").rows[0][0] %}
        {% if isolation != "read committed" %}
            {{ exceptions.raise_compiler_error(
                "default_transaction_isolation is " ~ isolation ~ " here, and builds need read committed: alter role "
                ~ target.user ~ " in database " ~ target.dbname ~ " set default_transaction_isolation to 'read committed'"
            ) }}
        {% endif %}
        {% do run_query(make_build_state()) %}
        {% do run_query(register_build()) %}
        {% do warn_of_a_clock_ahead() %}
        {% do log(what_is_new(), info=true) %}
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
            -- Running, or killed? What runs holds its row (hold_build), or soon waits for it, or has a session that is named
            -- after the environment (profiles.yml) and whose role could build.
            perform from {{ build_schema() }}.run where build_number = previous.build_number for update skip locked;
            is_running := not found;
            for attempt in 1..8 loop
                exit when is_running;
                perform pg_sleep(0.25), pg_stat_clear_snapshot();
                is_running := exists (
                    select from pg_locks
                    where locktype = 'transactionid' and transactionid = pg_current_xact_id()::xid and not granted
                ) or exists (
                    select from pg_stat_activity
                    where
                        datname = current_database()
                        and application_name = 'dbt {{ target.schema }}'
                        and pid <> pg_backend_pid()
                        and has_table_privilege(usesysid, '{{ build_schema() }}.run', 'update')
                );
            end loop;
            if is_running then
                raise exception 'another build is running since % (UTC): wait until it has ended',
                    to_char(previous.started_utc at time zone 'UTC', 'YYYY-MM-DD HH24:MI:SS');
            end if;
            -- If it was alive after all, it cannot write from now on.
            update {{ build_schema() }}.run
            set finished_utc = clock_timestamp()
            where build_number = previous.build_number;
        end if;
        -- Documents commit in the order of their ids, so from here on all up to this one can be seen.
        upto := greatest(
            0
            {%- for table in document_tables() %},
                (select max(document_id) from {{ table }})
            {%- endfor %}
        );
        -- The clock goes on from where it stood, unless what moved it there has been retracted since.
        if {{ flags.FULL_REFRESH }} or exists (
            select from raw.retraction
            where
                retraction.document_id > previous.documents_upto
                and retraction.document_id <= upto
                and (
                    {%- for table in document_tables(is_received=true) %}
                        {{ "or " if not loop.first }}exists (
                            select from {{ table }} as received
                            where
                                received.document_id = retraction.retracted_document_id
                                and received.received_utc >= previous.as_of_utc
                        )
                    {%- endfor %}
                )
        ) then
            previous.as_of_utc := null;
            previous.documents_upto := 0;
        end if;
        insert into {{ build_schema() }}.run (
            invocation_id, definitions, gate_closure_minutes, documents_upto, as_of_utc, extracted_utc
        )
        select
            '{{ invocation_id }}',
            '{{ tojson(definitions()) }}',
            {{ var("gate_closure_minutes") }},
            upto,
            greatest(
                previous.as_of_utc
                {%- for table in document_tables(is_received=true) %},
                    (
                        select max(received_utc) from {{ table }}
                        where
                            document_id > coalesce(previous.documents_upto, 0)
                            and document_id <= upto
                            and document_id not in (
                                select retracted_document_id from raw.retraction
                                where retraction.document_id <= upto
                            )
                    )
                {%- endfor %}
            ),
            (select started_utc from raw.run order by run_id desc limit 1);
        {{ register_deferral(environment) if environment }}
    end
    $$;
    commit;
{% endmacro %}

{#- Whether the clock of the build is right nobody can know; that it is ahead of the database's own is wrong. -#}
{% macro warn_of_a_clock_ahead() %}
    {% set ahead = run_query(
        "select to_char(as_of_utc at time zone 'UTC', 'YYYY-MM-DD HH24:MI:SS') from ("
        ~ " select greatest(as_of_utc, extracted_utc) as as_of_utc from " ~ build_schema() ~ ".run"
        ~ " order by build_number desc limit 1"
        ~ ") as build where as_of_utc > clock_timestamp() + interval '5 minutes'"
    ) %}
    {% if ahead.rows | length > 0 %}
        {% do exceptions.warn(
            "the warehouse stands at " ~ ahead.rows[0][0] ~ " (UTC), which is ahead of the database's clock: a document "
            ~ "was received, or the extractor ran, by a wrong clock (python -m extract status names it)"
        ) %}
    {% endif %}
{% endmacro %}

{#- One sentence: what this build has to take up. -#}
{% macro what_is_new() %}
    {% set counts = [] %}
    {% for table in document_tables() %}
        {% do counts.append(
            "(select count(*) from " ~ table ~ " where document_id <= run.documents_upto and document_id > model.documents_upto)"
        ) %}
    {% endfor %}
    {% set row = run_query(
        "select model.count, model.changed_count, " ~ counts | join(" + ") ~ " from (select " ~ of_current_build("documents_upto") ~ " as documents_upto) as run"
        ~ " cross join ("
        ~ "     select"
        ~ "         count(*) as count,"
        ~ "         count(*) filter (where definition is distinct from " ~ of_current_build("definitions") ~ " ->> model) as changed_count,"
        ~ "         coalesce(min(documents_upto), 0) as documents_upto"
        ~ "     from " ~ build_schema() ~ ".model_state"
        ~ "     where " ~ of_current_build("definitions") ~ " ->> model is not null"
        ~ " ) as model"
    ).rows[0] %}
    {% set documents = row[2] ~ " new document" ~ ("s" if row[2] != 1) %}
    {% if deferred_environment() %}
        {% set sentence = "everything that is selected, on what " ~ deferred_environment() ~ " has taken up" %}
    {% elif flags.FULL_REFRESH or row[0] == 0 %}
        {% set sentence = "everything, of " ~ row[2] ~ " documents" if row[0] == 0 else "everything" %}
    {% elif row[1] > 0 %}
        {% set sentence = "a changed rule (" ~ row[1] ~ " model" ~ ("s" if row[1] != 1) ~ ")" ~ (", " ~ documents if row[2] > 0) %}
    {% else %}
        {% set sentence = documents if row[2] > 0 else "nothing new" %}
    {% endif %}
    {{ return("Building " ~ target.schema ~ ": " ~ sentence) }}
{% endmacro %}

{% macro end_build() %}
    {% if execute and flags.WHICH in ("run", "build") %}
        update {{ build_schema() }}.run set finished_utc = clock_timestamp()
        where invocation_id = '{{ invocation_id }}';
        {{ drop_views_of_old() }}
        {# A model that is no more holds nothing up. #}
        delete from {{ build_schema() }}.model_state
        where {{ of_current_build("definitions") }} ->> model is null;
        {# What every model has taken up is not needed any more. #}
        delete from {{ build_schema() }}.change
        where build_number <= (select min(build_number) from {{ build_schema() }}.model_state);
        delete from {{ build_schema() }}.run
        where
            build_number < (select min(build_number) from {{ build_schema() }}.model_state)
            and build_number < (select max(build_number) from {{ build_schema() }}.run);
        {{ drop_old_views() if target.schema == "public" }}
    {% endif %}
{% endmacro %}

{#- Drops the private views of models that are no more, unless something stands on them. -#}
{% macro drop_views_of_old() %}
    do $$
    declare
        relation regclass;
        is_dropped boolean := true;
    begin
        set local lock_timeout = '1s';
        while is_dropped loop
            is_dropped := false;
            for relation in
                select pg_class.oid
                from pg_class
                inner join {{ build_schema() }}.model_state on relname = model
                where
                    relkind = 'v'
                    and relnamespace in (
                        to_regnamespace('{{ environment_schema("staging") }}'),
                        to_regnamespace('{{ environment_schema("intermediate") }}')
                    )
                    and {{ of_current_build("definitions") }} ->> model is null
            loop
                begin
                    execute 'drop view ' || relation;
                    is_dropped := true;
                exception when dependent_objects_still_exist or lock_not_available then
                    -- Whoever stands on it keeps it.
                end;
            end loop;
        end loop;
    end
    $$;
{% endmacro %}
