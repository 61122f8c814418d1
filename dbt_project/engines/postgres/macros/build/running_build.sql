{#-
    Whether the previous build is still running: statements within a PL/pgSQL block that has locked build.run. If it is,
    this one is refused; if it was killed, it is marked as ended.
-#}
{% macro refuse_while_running() %}
    -- Running, or killed? A running build holds its row (hold_build), or soon waits for it, or has a session named
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
        raise exception 'another build has been running since % (UTC): wait until it has ended',
            to_char(previous.started_utc at time zone 'UTC', 'YYYY-MM-DD HH24:MI:SS');
    end if;
    -- If it is alive after all, it cannot write from now on.
    update {{ build_schema() }}.run
    set finished_utc = clock_timestamp()
    where build_number = previous.build_number;
{% endmacro %}
