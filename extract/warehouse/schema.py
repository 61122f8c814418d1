"""The schema raw: made where it is missing."""

import re
from pathlib import Path

import psycopg
from psycopg import sql

from extract.errors import WarehouseUnavailable

# How long to wait for a session that uses what is to change: others wait behind this one.
PATIENCE_S = 10
DEFINITION = Path(__file__).with_name("schema.sql")
_CREATED = re.compile(
    r"^create (?:(?:table|index|sequence) if not exists|or replace view)\s+(?:raw\.)?(\w+)",
    re.MULTILINE,
)
_ADDED = re.compile(r"^alter table raw\.(\w+)\s+add column if not exists (\w+)", re.MULTILINE)


def ensure_schema(connection: psycopg.Connection) -> bool:
    """Make what is missing of raw; True where something was. Two runs may do so at once.

    A warehouse that has everything is only looked at: even `if not exists` takes locks that
    would wait for a build, and make others wait. Raises WarehouseUnavailable where something is
    missing that this session's user may not make, or cannot make while others use it.
    """
    definition = DEFINITION.read_text()
    names = _CREATED.findall(definition) + list(map(".".join, _ADDED.findall(definition)))
    while missing := _missing(connection, names):
        try:
            with connection.transaction():
                connection.execute(f"set local lock_timeout = '{PATIENCE_S}s'")
                connection.execute(sql.SQL(definition))
                is_ours = is_made_here(connection, missing)
            if is_ours:
                return True
        except psycopg.errors.UniqueViolation:
            # Another run has just made the same.
            continue
        except psycopg.errors.LockNotAvailable as error:
            raise WarehouseUnavailable(
                f"raw.{missing[0]} is missing and cannot be made while another session uses raw: "
                "is a build or a load running? Run this again when it has ended"
            ) from error
        except psycopg.errors.InsufficientPrivilege as error:
            raise WarehouseUnavailable(
                f"raw.{missing[0]} is missing and {connection.info.user} may not make it: run "
                '"python -m extract.warehouse roles" once as the owner of the database'
            ) from error
    return False


def is_made_here(connection: psycopg.Connection, names: list[str]) -> bool:
    """Whether this transaction made one of these; else another run did, since it was looked for."""
    query = """
        select exists (
            select
            from pg_class
            inner join pg_namespace on pg_namespace.oid = relnamespace
            left join pg_attribute on attrelid = pg_class.oid
            where nspname = 'raw'
                and (
                    relname = any(%(names)s)
                    -- A replaced view is written anew, except its columns.
                    and case relkind when 'v' then pg_attribute.xmin else pg_class.xmin end
                    = pg_current_xact_id()::xid
                    or relname || '.' || attname = any(%(names)s)
                    and pg_attribute.xmin = pg_current_xact_id()::xid
                )
        )
    """
    return connection.execute(query, {"names": names}).fetchone() == (True,)


def _missing(connection: psycopg.Connection, names: list[str]) -> list[str]:
    # Not by to_regclass: its cache would not show what another session has just committed.
    query = """
        with relations as (
            select pg_class.oid, relname
            from pg_class inner join pg_namespace on pg_namespace.oid = relnamespace
            where nspname = 'raw'
        )
        select name from unnest(%s::text[]) with ordinality as wanted (name, position)
        where name not in (
            select relname from relations
            union all
            select relname || '.' || attname
            from relations inner join pg_attribute on attrelid = relations.oid
            where not attisdropped
        )
        order by position
    """
    return [name for (name,) in connection.execute(query, [names])]
