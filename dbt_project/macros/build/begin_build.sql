{#-
    A build of the marts, from `on-run-start` to `on-run-end`. Its state is in the schema `build`:

    build.run          one row per build: how far each stream of raw had landed when it began. Every model of the
                       build sees exactly these documents, so a document that lands meanwhile is in all of them or none.
                       And what the models are in the build: their definitions, and the gate closure.
    build.model_state  per model: the last build that it took part in, and the definition it was built from.
    build.change       what each build changed: which quarter-hours of which asset or metering point.

    One build at a time: a build that finds another one running is refused, and a build that was overtaken (because it
    seemed dead) cannot write any more.
-#}

{% macro streams() %}
    {{ return([
        "technical_data",
        "asset_contracts",
        "forecast_version",
        "live_infeed",
        "final_production",
        "redispatch_flag",
        "retraction",
        "quarantine",
        "quarantine_release",
        "redispatch_compensation",
        "imbalance_price",
    ]) }}
{% endmacro %}

{% macro begin_build() %}
    {% if execute and flags.WHICH in ("run", "build") %}
        {% if flags.EMPTY or flags.SAMPLE %}
            {{ exceptions.raise_compiler_error(
                "--empty and --sample would take rows out of the marts: build without them"
            ) }}
        {% endif %}
        {% do run_query(build_schema()) %}
        {{ return(register_build()) }}
    {% endif %}
{% endmacro %}

{% macro build_schema() %}
    do $$
    begin
        if exists (
            select from unnest(array['{{ streams() | join("', '") }}']) as wanted (name)
            where to_regclass('raw.' || wanted.name) is null
        ) then
            raise exception 'the schema raw is not there yet, or not whole: run "python -m extract schema" first';
        end if;
        -- Also where a newer version of this project reads more streams than the one that made the tables.
        if exists (
            select from unnest(array['{{ streams() | join("_upto', '") }}_upto', 'extracted_utc', 'definitions', 'gate_closure_minutes']) as wanted (name)
            where not exists (
                select from pg_attribute where attrelid = to_regclass('build.current') and attname = wanted.name
            )
        ) then
            -- Two builds that both come first: one waits, and then finds everything.
            perform pg_advisory_xact_lock(hashtext('build'));
            create schema if not exists build;
            create table if not exists build.run (
                build_number bigint generated always as identity primary key,
                invocation_id text not null,
                started_utc timestamptz not null default clock_timestamp(),
                finished_utc timestamptz,
                as_of_utc timestamptz
            );
            {% for stream in streams() %}
                alter table build.run add column if not exists {{ stream }}_upto bigint not null default 0;
            {% endfor %}
            alter table build.run add column if not exists extracted_utc timestamptz;
            alter table build.run add column if not exists definitions jsonb;
            alter table build.run add column if not exists gate_closure_minutes numeric;
            create table if not exists build.model_state (
                model text primary key,
                definition text not null,
                build_number bigint not null
            );
            create table if not exists build.change (
                build_number bigint not null,
                model text not null,
                key_name text not null,
                key text not null,
                from_utc timestamptz not null,
                to_utc timestamptz not null
            );
            create index if not exists change_by_model on build.change (model, build_number);
            -- In the order in which the columns were added: a view that is replaced can only grow at its end.
            execute (
                select
                    'create or replace view build.progress as select model_state.model, model_state.build_number, '
                    || string_agg('run.' || attname, ', ' order by attnum)
                    || ' from build.model_state inner join build.run on model_state.build_number = run.build_number'
                from pg_attribute
                where
                    attrelid = 'build.run'::regclass
                    and (attname in ('as_of_utc', 'gate_closure_minutes') or attname like '%\_upto')
                    and not attisdropped
            );
            create or replace view build.current as
            select * from build.run order by build_number desc limit 1;
        end if;
    end
    $$;
    commit;
{% endmacro %}

{% macro register_build() %}
    do $$
    declare
        previous build.run;
    begin
        lock table build.run in share row exclusive mode;
        select * into previous from build.run order by build_number desc limit 1;
        if previous.build_number is not null and previous.finished_utc is null then
            -- Running, or killed? dbt is never without a connection for long.
            for attempt in 1..8 loop
                perform pg_stat_clear_snapshot();
                if exists (
                    select from pg_stat_activity
                    where
                        datname = current_database()
                        and application_name = '{{ build_application_name() }}'
                        and pid <> pg_backend_pid()
                ) then
                    raise exception 'another build is running since % (UTC): wait until it has ended',
                        to_char(previous.started_utc at time zone 'UTC', 'YYYY-MM-DD HH24:MI:SS');
                end if;
                perform pg_sleep(0.25);
            end loop;
        end if;
        insert into build.run (
            invocation_id, definitions, gate_closure_minutes, as_of_utc, extracted_utc{% for stream in streams() %}, {{ stream }}_upto{% endfor %}
        )
        select
            '{{ invocation_id }}',
            '{{ tojson(definitions()) }}',
            {{ var("gate_closure_minutes") }},
            greatest(
                previous.as_of_utc
                {%- for stream in streams() %},
                    (select max(received_utc) from raw.{{ stream }}
                     where document_id > coalesce(previous.{{ stream }}_upto, 0))
                {%- endfor %}
            ),
            (select started_utc from raw.run order by run_id desc limit 1)
            {%- for stream in streams() %},
                (select coalesce(max(document_id), 0) from raw.{{ stream }})
            {%- endfor %};
    end
    $$;
{% endmacro %}

{% macro build_application_name() -%} dbt {%- endmacro %}

{% macro end_build() %}
    {% if execute and flags.WHICH in ("run", "build") %}
        update build.run set finished_utc = clock_timestamp()
        where invocation_id = '{{ invocation_id }}';
        {# A model that is no more holds nothing up. #}
        delete from build.model_state
        where (select current_build.definitions ->> model_state.model from build.current as current_build) is null;
        {# What every model has taken up is not needed any more. #}
        delete from build.change
        where build_number <= (select min(build_number) from build.model_state);
        delete from build.run
        where
            build_number < (select min(build_number) from build.model_state)
            and build_number < (select max(build_number) from build.run);
    {% endif %}
{% endmacro %}
