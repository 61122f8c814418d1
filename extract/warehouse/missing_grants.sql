-- What the roles lack, as statements to run in this order; no row: nothing is missing. The roles exist.
--
-- vpp_loader       reads and inserts in raw: nothing there can be changed or deleted by it. It alone locks landing
-- vpp_transformer  reads raw, and owns the models: staging, intermediate, build and the marts in public
-- vpp_developer    reads raw, and builds environments: schemas that it makes itself. What it may read of production, for a
--                  build that defers to it, each build of production grants
-- vpp_reader       reads the marts

with database as (

    select
        oid,
        quote_ident(datname) as name,
        coalesce(datacl, acldefault('d', datdba)) as acl
    from pg_database
    where datname = current_database()

),

-- Grantee 0 is PUBLIC, which is everybody.
database_right as (

    select
        acl.grantee,
        acl.privilege_type as privilege
    from database cross join lateral aclexplode(database.acl) as acl

),

schema_right as (

    select
        nspname as schema_name,
        acl.grantee,
        acl.privilege_type as privilege
    from pg_namespace
    cross join lateral aclexplode(coalesce(nspacl, acldefault('n', nspowner))) as acl

),

relation as (

    select
        pg_class.oid,
        nspname as schema_name,
        relkind,
        relowner,
        format('%%I.%%I', nspname, relname) as name,
        -- The two marts that can be built under other names say themselves whose they are.
        nspname = 'public' and (
            (relname = any(%(built_marts)s::text []) and relname not in ('asset_forecasts', 'portfolio_forecast'))
            or coalesce(obj_description(pg_class.oid, 'pg_class') ~ '\(dbt model vpp_warehouse\.\w+\)', false)
        ) as is_mart
    from pg_class
    inner join pg_namespace on relnamespace = pg_namespace.oid
    where
        nspname in ('raw', 'staging', 'intermediate', 'build', 'public')
        and relkind in ('r', 'v', 'S')
        -- The sequence of an identity column belongs to its table.
        and not exists (
            select from pg_depend
            where
                classid = 'pg_class'::regclass
                and objid = pg_class.oid
                and refclassid = 'pg_class'::regclass
                and deptype = 'i'
        )

),

raw_owner as (

    select
        nspowner as oid,
        quote_ident(pg_get_userbyid(nspowner)) as name
    from pg_namespace
    where nspname = 'raw'

),

setting as (

    select unnest(setconfig) as text
    from pg_db_role_setting
    where
        setrole = 'vpp_reader'::regrole
        and setdatabase in (0, (select oid from database))

)

-- Whoever hands objects over, and grants on them later, has to be a member of their owner.
select
    1 as step,
    format('grant vpp_transformer to %%I', current_user) as statement
where not pg_has_role('vpp_transformer', 'usage')

union all
select 2, format('revoke temporary on database %%s from public', name)
from database
where exists (select from database_right where grantee = 0 and privilege = 'TEMPORARY')

union all
select 2, 'revoke create on schema public from public'
where exists (select from schema_right where schema_name = 'public' and grantee = 0 and privilege = 'CREATE')

-- With these everybody can fill the disk, also who may write into no table. Only a superuser can take them away.
union all
select 2, format('revoke execute on function pg_catalog.%%s from public', pg_proc.oid::regprocedure)
from pg_proc
where
    pronamespace = 'pg_catalog'::regnamespace
    and (proname ~ '^lo(_|read$|write$)' or proname = 'pg_logical_emit_message')
    and exists (
        select from aclexplode(coalesce(proacl, acldefault('f', proowner))) as acl
        where acl.grantee = 0 and acl.privilege_type = 'EXECUTE'
    )
    and exists (select from pg_roles where rolname = current_user and rolsuper)

union all
select 3, format('grant %%s on database %%s to %%s', lower(wanted.privilege), database.name, wanted.role_name)
from database
cross join (
    values
    ('vpp_loader', 'CONNECT'),
    ('vpp_transformer', 'CONNECT'),
    ('vpp_transformer', 'CREATE'),
    ('vpp_transformer', 'TEMPORARY'),
    ('vpp_developer', 'CONNECT'),
    ('vpp_developer', 'CREATE'),
    ('vpp_developer', 'TEMPORARY'),
    ('vpp_reader', 'CONNECT')
) as wanted (role_name, privilege)
where not exists (
    select from database_right
    where grantee = wanted.role_name::regrole and database_right.privilege = wanted.privilege
)

union all
select 3, format('grant %%s on schema %%s to %%s', lower(wanted.privilege), wanted.schema_name, wanted.role_name)
from (
    values
    ('vpp_loader', 'raw', 'USAGE'),
    ('vpp_transformer', 'raw', 'USAGE'),
    ('vpp_transformer', 'public', 'USAGE'),
    ('vpp_transformer', 'public', 'CREATE'),
    ('vpp_developer', 'raw', 'USAGE'),
    ('vpp_developer', 'public', 'USAGE'),
    ('vpp_reader', 'public', 'USAGE')
) as wanted (role_name, schema_name, privilege)
where not exists (
    select from schema_right
    where
        schema_right.schema_name = wanted.schema_name
        and grantee = wanted.role_name::regrole
        and schema_right.privilege = wanted.privilege
)

union all
select 4, format('grant select, insert on %%s to vpp_loader', name)
from relation
where
    schema_name = 'raw' and relkind = 'r'
    and not (has_table_privilege('vpp_loader', oid, 'select') and has_table_privilege('vpp_loader', oid, 'insert'))

union all
select 4, 'grant update on raw.landing_lock to vpp_loader'
where not has_table_privilege('vpp_loader', 'raw.landing_lock', 'update')

union all
select 4, format('grant usage on sequence %%s to vpp_loader', name)
from relation
where
    schema_name = 'raw'
    -- A case, as asking this of a table would be an error.
    and case relkind when 'S' then not has_sequence_privilege('vpp_loader', oid, 'usage') end

union all
select 4, format('grant select on %%s to %%s', name, role_name)
from relation cross join (values ('vpp_transformer'), ('vpp_developer')) as wanted (role_name)
where schema_name = 'raw' and relkind = 'r' and not has_table_privilege(role_name, oid, 'select')

-- Tables that a newer version of this project adds to raw.
union all
select
    5,
    format(
        'alter default privileges for role %%s in schema raw grant %%s on %%s to %%s',
        raw_owner.name, lower(wanted.privilege), case wanted.kind when 'r' then 'tables' else 'sequences' end,
        wanted.role_name
    )
from raw_owner
cross join (
    values
    ('vpp_loader', 'r', 'SELECT'),
    ('vpp_loader', 'r', 'INSERT'),
    ('vpp_loader', 'S', 'USAGE'),
    ('vpp_transformer', 'r', 'SELECT'),
    ('vpp_developer', 'r', 'SELECT')
) as wanted (role_name, kind, privilege)
where not exists (
    select from pg_default_acl cross join lateral aclexplode(defaclacl) as acl
    where
        defaclrole = raw_owner.oid
        and defaclnamespace = 'raw'::regnamespace
        and defaclobjtype = wanted.kind::"char"
        and acl.grantee = wanted.role_name::regrole
        and acl.privilege_type = wanted.privilege
)

-- What somebody else built before the transformer was there.
union all
select 6, format('alter schema %%I owner to vpp_transformer', nspname)
from pg_namespace
where nspname in ('staging', 'intermediate', 'build') and nspowner <> 'vpp_transformer'::regrole

union all
select
    7, format(
        'alter %%s %%s owner to vpp_transformer',
        case relkind when 'r' then 'table' when 'v' then 'view' else 'sequence' end,
        name
    )
from relation
where
    (schema_name in ('staging', 'intermediate', 'build') or is_mart)
    and relowner <> 'vpp_transformer'::regrole

union all
select 8, format('grant select on %%s to vpp_reader', name)
from relation
where is_mart and not has_table_privilege('vpp_reader', oid, 'select')

-- Whatever an administrator has set instead stays.
union all
select 9, format('alter role vpp_reader in database %%s set %%I to %%L', database.name, wanted.name, wanted.value)
from database
cross join (
    values
    ('statement_timeout', '5min'),
    -- A transaction that is left open would keep builds from replacing a view that it has read.
    ('idle_in_transaction_session_timeout', '5min'),
    ('default_transaction_read_only', 'on')
) as wanted (name, value)
where not exists (select from setting where starts_with(text, wanted.name || '='))

order by step, statement
