"""The schema raw: made where it is missing."""

import re
from pathlib import Path

import psycopg
from psycopg import sql

_DEFINITION = Path(__file__).with_name("schema.sql")
_CREATED = re.compile(
    r"^create (?:table|index|sequence) if not exists\s+(?:raw\.)?(\w+)", re.MULTILINE
)


def ensure_schema(connection: psycopg.Connection) -> bool:
    """Make what is missing of raw; True where something was. Two runs may do so at once.

    A warehouse that has everything is only looked at: even `if not exists` takes locks that
    would wait for a build, and make others wait.
    """
    definition = _DEFINITION.read_text()
    names = _CREATED.findall(definition)
    if not _missing(connection, names):
        return False
    with connection.transaction():
        connection.execute("select pg_advisory_xact_lock(hashtext('raw'))")
        if not _missing(connection, names):
            return False
        connection.execute(sql.SQL(definition))
    return True


def _missing(connection: psycopg.Connection, names: list[str]) -> bool:
    # Not by to_regclass: its cache would not show what another session has just committed.
    query = """
        select from unnest(%s::text[]) as name
        where not exists (
            select from pg_class inner join pg_namespace on pg_namespace.oid = relnamespace
            where nspname = 'raw' and relname = name
        )
    """
    return connection.execute(query, [names]).fetchone() is not None
