{#-
    What is recorded of an environment's builds, in its schema `build`:

    build.run          one row per build: how far raw had landed when it began, and the models' definitions. Every
                       model of the build sees exactly these documents, so a document that lands meanwhile is in
                       none of them.
    build.model_state  per model: the last build that it took part in, what that saw, and the definition that the
                       model was built from.
    build.change       what each build changed: which quarter-hours of which asset or metering point.
-#}

{% macro make_build_state() %}
    do $$
    begin
        if exists (
            -- Without its lock, documents may not commit in the order of their ids.
            select from unnest(array['raw.landing_lock', '{{ document_tables() | join("', '") }}']) as wanted (name)
            where to_regclass(wanted.name) is null
        ) then
            raise exception 'the schema raw is missing or incomplete: run "python -m extract schema" first';
        end if;
        -- If everything exists, not even a lock is taken.
        while not exists (
            select from pg_attribute where attrelid = to_regclass('{{ build_schema() }}.model_state') and attname = 'documents_upto'
        ) loop
            begin
                create schema if not exists {{ build_schema() }};
                create table if not exists {{ build_schema() }}.run (
                    build_number bigint generated always as identity primary key,
                    invocation_id text not null,
                    started_utc timestamptz not null default clock_timestamp(),
                    finished_utc timestamptz,
                    documents_upto bigint not null,
                    as_of_utc timestamptz,
                    extracted_utc timestamptz,
                    definitions jsonb,
                    deferred_build_number bigint
                );
                create table if not exists {{ build_schema() }}.change (
                    build_number bigint not null,
                    model text not null,
                    key_name text not null,
                    key text not null,
                    from_utc timestamptz not null,
                    to_utc timestamptz not null
                );
                create index if not exists change_by_model on {{ build_schema() }}.change (model, build_number);
                create table if not exists {{ build_schema() }}.model_state (
                    model text primary key,
                    definition text not null,
                    build_number bigint not null,
                    documents_upto bigint not null
                );
                {{ upgrade_build_state() if target.schema == "public" }}
            exception when unique_violation then
                -- Another first build has just made the same.
            end;
        end loop;
    end
    $$;
    commit;
{% endmacro %}

{#- The tables that hold all documents of raw: what sources sent, and what the extractor notes about it. -#}
{% macro document_tables() %}
    {%- set tables = ["raw.document"] -%}
    {%- for source in graph.sources.values() if source.config.meta.get("is_note") -%}
        {%- do tables.append(source.schema ~ "." ~ source.identifier) -%}
    {%- endfor -%}
    {{ return(tables | sort) }}
{% endmacro %}
