-- Four roles with the least rights their work needs. Every statement may be run again. The schema raw must exist.
--
-- vpp_loader       reads raw and inserts into it, but cannot change or delete anything. Only it locks landing
-- vpp_transformer  reads raw, and owns the models: staging, intermediate, build and the marts in public
-- vpp_developer    reads raw, and what the transformer builds; builds environments: schemas of its own
-- vpp_reader       reads the marts

do $$
declare
    name text;
begin
    foreach name in array array['vpp_loader', 'vpp_transformer', 'vpp_developer', 'vpp_reader'] loop
        if to_regrole(name) is null then
            execute format('create role %I login', name);
        elsif exists (select from pg_roles where rolname = name and (rolsuper or rolcreaterole or rolreplication)) then
            raise exception '% exists already and may do what no grant limits (superuser, createrole or replication): '
                'alter or drop it, then run this again', name;
        end if;
    end loop;
    -- A role that hands objects over, and grants on them later, must be a member of their owner.
    if not pg_has_role('vpp_transformer', 'usage') then
        execute format('grant vpp_transformer to %I', current_user);
    end if;
    execute format('revoke temporary on database %I from public', current_database());
    execute format('grant connect on database %I to vpp_loader, vpp_reader', current_database());
    execute format('grant connect, create, temporary on database %I to vpp_transformer, vpp_developer', current_database());
end
$$;

revoke create on schema public from public;
grant usage on schema public to vpp_transformer, vpp_developer, vpp_reader;
grant create on schema public to vpp_transformer;

grant usage on schema raw to vpp_loader, vpp_transformer, vpp_developer;
grant select on all tables in schema raw to vpp_loader, vpp_transformer, vpp_developer;
grant insert on all tables in schema raw to vpp_loader;
grant usage on all sequences in schema raw to vpp_loader;
grant update on raw.landing_lock to vpp_loader;

-- What a newer version of this project adds to raw.
do $$
declare
    owner name := (select pg_get_userbyid(nspowner) from pg_namespace where nspname = 'raw');
begin
    execute format('alter default privileges for role %I in schema raw
        grant select on tables to vpp_loader, vpp_transformer, vpp_developer', owner);
    execute format('alter default privileges for role %I in schema raw grant insert on tables to vpp_loader', owner);
    execute format('alter default privileges for role %I in schema raw grant usage on sequences to vpp_loader', owner);
end
$$;

-- What the transformer builds.
alter default privileges for role vpp_transformer in schema public grant select on tables to vpp_reader;
alter default privileges for role vpp_transformer grant select on tables to vpp_developer;
alter default privileges for role vpp_transformer grant usage on schemas to vpp_developer;

-- What was built, perhaps by another role, before the transformer existed.
do $$
declare
    models text [] := '{}';
    built record;
begin
    if to_regclass('build.model_state') is not null then
        models := array(select model from build.model_state);
    end if;
    for built in
        select nspname from pg_namespace where nspname in ('staging', 'intermediate', 'build')
    loop
        execute format('alter schema %I owner to vpp_transformer', built.nspname);
        execute format('grant usage on schema %I to vpp_developer', built.nspname);
    end loop;
    for built in
        select
            format('%I.%I', nspname, relname) as name,
            case relkind when 'r' then 'table' when 'v' then 'view' else 'sequence' end as kind,
            nspname = 'public' as is_mart,
            relowner = 'vpp_transformer'::regrole as is_owned
        from pg_class
        inner join pg_namespace on relnamespace = pg_namespace.oid
        where
            relkind in ('r', 'v', 'S')
            and (
                nspname in ('staging', 'intermediate', 'build')
                -- The comments of the two marts that can be built under other names identify them.
                or nspname = 'public' and (
                    relname = any(models)
                    or obj_description(pg_class.oid, 'pg_class') ~ '\(dbt model vpp_warehouse\.\w+\)'
                )
            )
            -- The sequence of an identity column belongs to its table.
            and not exists (
                select from pg_depend
                where
                    classid = 'pg_class'::regclass and objid = pg_class.oid
                    and refclassid = 'pg_class'::regclass and deptype = 'i'
            )
    loop
        if not built.is_owned then
            execute format('alter %s %s owner to vpp_transformer', built.kind, built.name);
        end if;
        execute format('grant select on %s to vpp_developer', built.name);
        if built.is_mart then
            execute format('grant select on %s to vpp_reader', built.name);
        end if;
    end loop;
end
$$;

-- The functions among the marts: they read with the rights of their owner, and nobody may call them by default.
do $$
declare
    built record;
begin
    for built in
        select oid::regprocedure as name from pg_proc
        where
            pronamespace = 'public'::regnamespace
            and obj_description(oid, 'pg_proc') ~ '\(dbt model vpp_warehouse\.\w+\)'
    loop
        execute format('alter function %s owner to vpp_transformer', built.name);
        execute format('revoke all on function %s from public', built.name);
        execute format('grant execute on function %s to vpp_developer, vpp_reader', built.name);
    end loop;
end
$$;

-- Settings of the reader's sessions; what an administrator has set instead is kept.
do $$
declare
    wanted record;
begin
    for wanted in
        select setting.name, setting.value
        from (
            values
            ('statement_timeout', '5min'),
            -- A transaction left open would keep builds from replacing a view that it has read.
            ('idle_in_transaction_session_timeout', '5min'),
            ('default_transaction_read_only', 'on')
        ) as setting (name, value)
        where not exists (
            select from pg_db_role_setting cross join lateral unnest(setconfig) as given (text)
            where
                setrole = 'vpp_reader'::regrole
                and setdatabase in (0, (select oid from pg_database where datname = current_database()))
                and starts_with(given.text, setting.name || '=')
        )
    loop
        execute format('alter role vpp_reader in database %I set %I to %L', current_database(), wanted.name, wanted.value);
    end loop;
end
$$;

-- These let everyone fill the disk, even without write access to any table. Only a superuser can revoke them.
do $$
declare
    program regprocedure;
begin
    if (select rolsuper from pg_roles where rolname = current_user) then
        for program in
            select oid from pg_proc
            where
                pronamespace = 'pg_catalog'::regnamespace
                and (proname ~ '^lo(_|read$|write$)' or proname = 'pg_logical_emit_message')
        loop
            execute format('revoke execute on function %s from public', program);
        end loop;
    end if;
end
$$;
