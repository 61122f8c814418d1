"""The environments that dbt has built in a warehouse: listing them, and dropping one.

An environment is named after the schema of its marts: `public` is production, any other one has its
schemas beside it (dbt_project/macros/environment.sql).
"""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import psycopg
from psycopg import sql
from rich import box
from rich.table import Table

from extract.errors import UsageError, WarehouseUnavailable
from extract.messages import one_line

PRODUCTION = "public"
_BESIDE = ("staging", "intermediate", "build", "dbt_test__audit")
# A running build may show no sign of life for this long.
_PATIENCE_S = 2.0


@dataclass(frozen=True, slots=True)
class Environment:
    """What is known of an environment; None: this role may not see it, or there was no build."""

    name: str
    owner: str
    size_bytes: int
    begun_utc: datetime | None = None
    finished_utc: datetime | None = None


def environments(connection: psycopg.Connection) -> list[Environment]:
    """All environments of the warehouse, production first."""
    rows = connection.execute(
        """
        select
            environment.name,
            environment.owner,
            environment.may_read,
            sum(pg_total_relation_size(relation.oid))::bigint
        from (
            select
                case nspname when 'build' then 'public' else left(nspname, -6) end as name,
                pg_get_userbyid(nspowner)::text as owner,
                has_schema_privilege(pg_namespace.oid, 'usage')
                and has_table_privilege(pg_class.oid, 'select') as may_read
            from pg_class inner join pg_namespace on relnamespace = pg_namespace.oid
            where relname = 'run'
                and nspname ~ '^(.+_)?build$'
                -- What developers make is read here by whoever owns the database: a view, or a
                -- policy on rows, would run their functions with the rights of that one.
                and relkind = 'r'
                and not relrowsecurity
                and array['documents_upto bigint', 'build_number bigint',
                    'started_utc timestamp with time zone',
                    'finished_utc timestamp with time zone'
                ] <@ array(
                    select attname || ' ' || format_type(atttypid, null)
                    from pg_attribute
                    where attrelid = pg_class.oid and attnum > 0 and not attisdropped
                )
        ) as environment
        left join pg_namespace
            on nspname = environment.name
            or (environment.name = 'public' and nspname = any(%(beside)s))
            or nspname in (select environment.name || '_' || part from unnest(%(beside)s) as part)
        left join pg_class as relation
            on relation.relnamespace = pg_namespace.oid and relation.relkind = 'r'
        group by environment.name, environment.owner, environment.may_read
        order by environment.name <> 'public', environment.name
        """,
        {"beside": list(_BESIDE)},
    ).fetchall()
    return [
        Environment(name, owner, size_bytes or 0, *_last_build(connection, name, may_read))
        for name, owner, may_read, size_bytes in rows
    ]


def _last_build(
    connection: psycopg.Connection, name: str, may_read: bool
) -> tuple[datetime | None, datetime | None]:
    """When the last build of an environment began, and when it ended."""
    if not may_read:
        return None, None
    query = sql.SQL(
        "select started_utc, finished_utc from only {} order by build_number desc limit 1"
    )
    return connection.execute(query.format(_runs(name))).fetchone() or (None, None)


def environments_table(found: Sequence[Environment]) -> Table:
    """The environments as a table, one line each."""
    table = Table(box=box.SIMPLE_HEAD, show_edge=False, padding=(0, 1), pad_edge=False)
    table.add_column("environment")
    table.add_column("owner")
    table.add_column("size", justify="right")
    table.add_column("last build")
    for one in found:
        begun = "-" if one.begun_utc is None else f"{one.begun_utc:%Y-%m-%d %H:%M:%SZ}"
        is_open = one.begun_utc is not None and one.finished_utc is None
        table.add_row(
            one.name,
            one.owner,
            f"{one.size_bytes / 1024 / 1024:,.1f} MiB",
            f"{begun}, running or killed" if is_open else begun,
        )
    return table


def drop_environment(connection: psycopg.Connection, name: str) -> None:
    """Drop an environment with everything in it, all at once.

    Raises UsageError for production and for what is no environment; WarehouseUnavailable while a
    build or a reader uses it, where others made something on it, and where this role may not.
    """
    if name == PRODUCTION:
        raise UsageError(f"{name} is production and cannot be dropped")
    if name not in {one.name for one in environments(connection)}:
        raise UsageError(
            f"{name} is not an environment (python -m extract.warehouse environments lists them)"
        )
    schemas = [name, *(f"{name}_{part}" for part in _BESIDE)]
    try:
        with connection.transaction():
            connection.execute(f"set local lock_timeout = '{_PATIENCE_S}s'")
            lock = sql.SQL("lock table {} in access exclusive mode")
            connection.execute(lock.format(_runs(name)))
            _refuse_running(connection, name)
            _refuse_used(connection, name, schemas)
            drop = sql.SQL("drop schema if exists {} cascade")
            connection.execute(drop.format(sql.SQL(", ").join(map(sql.Identifier, schemas))))
    except psycopg.errors.LockNotAvailable as error:
        raise WarehouseUnavailable(
            f"{name}: a build or a reader is using it: try again when it has ended"
        ) from error
    except psycopg.errors.InsufficientPrivilege as error:
        raise WarehouseUnavailable(
            f"{connection.info.user} may not drop {name}: {one_line(error)}"
        ) from error


def _refuse_running(connection: psycopg.Connection, name: str) -> None:
    """Refuse while a build runs that is between two models: it has a session, or soon waits."""
    if _last_build(connection, name, True)[1] is not None:
        return
    until = time.monotonic() + _PATIENCE_S
    sign_of_life = """
        select
            exists (select from pg_locks where relation = %s::regclass and not granted)
            or exists (
                select from pg_stat_activity
                where datname = current_database()
                    and application_name = 'dbt ' || %s
                    and has_table_privilege(usesysid, %s::regclass, 'update')
            ),
            pg_stat_clear_snapshot()
    """
    while time.monotonic() < until:
        runs = _runs(name).as_string()
        [[is_alive, _]] = connection.execute(sign_of_life, [runs, name, runs])
        if is_alive:
            raise WarehouseUnavailable(f"{name}: a build is running there: wait until it has ended")
        time.sleep(0.1)


def _refuse_used(connection: psycopg.Connection, name: str, schemas: Sequence[str]) -> None:
    """Refuse where a view elsewhere reads the environment: it would be dropped with it."""
    row = connection.execute(
        """
        select reading.oid::regclass::text
        from pg_depend
        inner join pg_rewrite on classid = 'pg_rewrite'::regclass and objid = pg_rewrite.oid
        inner join pg_class as reading on ev_class = reading.oid
        inner join pg_class as read on refclassid = 'pg_class'::regclass and refobjid = read.oid
        inner join pg_namespace as theirs on reading.relnamespace = theirs.oid
        inner join pg_namespace as ours on read.relnamespace = ours.oid
        where ours.nspname = any(%(schemas)s)
            and theirs.nspname <> all(%(schemas)s)
        order by 1
        limit 1
        """,
        {"schemas": list(schemas)},
    ).fetchone()
    if row is not None:
        raise WarehouseUnavailable(
            f"{name}: {row[0]} reads it and would be dropped with it: drop that first"
        )


def _runs(name: str) -> sql.Identifier:
    """The table of an environment's builds."""
    return sql.Identifier("build" if name == PRODUCTION else f"{name}_build", "run")
