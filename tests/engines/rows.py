"""The rows of a mart as each engine holds them, in comparable values.

Instants are microseconds since 1970 (UTC), dates and bytes are text. PostgreSQL's infinite past is
the instant that stands for it on Spark.
"""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import psycopg
from psycopg import sql

from tests.engines.compared import Row

ROWS_AT_ONCE = 20_000


@dataclass(frozen=True)
class Mart:
    """A mart: its columns in order, with PostgreSQL's types, and its key."""

    name: str
    types: dict[str, str]
    key: tuple[str, ...]


def described(connection: psycopg.Connection, name: str, key: Sequence[str]) -> Mart:
    """The mart of this name, as PostgreSQL has it in `public`."""
    columns = connection.execute(
        """
        select attname, format_type(atttypid, null) from pg_attribute
        where attrelid = to_regclass(%s) and attnum > 0 and not attisdropped
        order by attnum
        """,
        [f"public.{name}"],
    ).fetchall()
    return Mart(name, dict(columns), tuple(key))


_POSTGRES = {
    "timestamp with time zone": (
        "(extract(epoch from case when {0} = '-infinity' then '0001-01-02 00:00+00' else {0} end)"
        " * 1000000)::bigint"
    ),
    "date": "{0}::text",
    "bytea": "encode({0}, 'hex')",
    "jsonb": "{0}::text",
}
_SPARK = {
    "timestamp with time zone": "unix_micros({0})",
    "date": "cast({0} as string)",
    "bytea": "lower(hex({0}))",
}


def postgres_rows(connection: psycopg.Connection, mart: Mart) -> Iterator[Row]:
    """The rows in the order of the key."""
    columns = [
        sql.SQL(_POSTGRES.get(type_, "{0}")).format(sql.Identifier(name))
        for name, type_ in mart.types.items()
    ]
    order = [
        # Spark's default.
        sql.SQL('{} collate "C"' if mart.types[name] == "text" else "{} nulls first").format(
            sql.Identifier(name)
        )
        for name in mart.key
    ]
    query = sql.SQL("select {} from public.{} order by {}").format(
        sql.SQL(", ").join(columns), sql.Identifier(mart.name), sql.SQL(", ").join(order)
    )
    with connection.transaction(), connection.cursor(name="mart") as cursor:
        cursor.itersize = ROWS_AT_ONCE
        for row in cursor.execute(query):
            yield _plain(row, mart)


def spark_rows(session: Any, schema: str, mart: Mart) -> Iterator[Row]:
    """The rows in the order of the key, from a schema of a Spark session."""
    columns = [_SPARK.get(type_, "{0}").format(name) for name, type_ in mart.types.items()]
    query = f"select {', '.join(columns)} from {schema}.{mart.name} order by {', '.join(mart.key)}"
    for row in session.sql(query).toLocalIterator(prefetchPartitions=True):
        yield _plain(tuple(row), mart)


def _written_in_one_way(text: str) -> str:
    """JSON with its keys in order, and numbers in the shortest form of the same value."""
    value = json.loads(text, parse_float=_number, parse_int=_number)
    return json.dumps(value, sort_keys=True)


def _number(text: str) -> str:
    return f"number {Decimal(text).normalize()}"


def _plain(row: tuple[Any, ...], mart: Mart) -> Row:
    """The row with its JSON in one form, as JSON is a value, not a text."""
    if "jsonb" not in mart.types.values():
        return row
    return tuple(
        _written_in_one_way(value) if type_ == "jsonb" and value is not None else value
        for value, type_ in zip(row, mart.types.values(), strict=True)
    )
