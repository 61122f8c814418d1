"""What of raw goes into a lake: every relation of documents that were received, and their rows."""

from collections.abc import Generator, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import psycopg
from psycopg import sql

from extract.errors import WarehouseUnavailable
from extract.lake.layout import Range

Row = tuple[bytes | None, ...]
"""The UTC day of receipt as text, then each column as PostgreSQL's binary COPY writes it."""

_LARGEST_ID = 2**63 - 1
_RELATIONS = """
    select
        relname,
        relkind in ('v', 'm'),
        array_agg(attname::text order by attnum),
        array_agg(format_type(atttypid, atttypmod) order by attnum)
    from pg_class
    inner join pg_attribute on attrelid = pg_class.oid and attnum > 0 and not attisdropped
    where relnamespace = to_regnamespace('raw') and relkind in ('r', 'p', 'v', 'm')
    group by pg_class.oid
    having array['document_id', 'received_utc'] <@ array_agg(attname::text)
    order by relname collate "C"
"""
# Of several days, in the order of the days, as files are written one day after another.
_ROWS = """
    copy (
        select {day}, {columns}
        from raw.{relation}
        where document_id between {first} and {last} and {condition}
        order by {day}, document_id
    ) to stdout (format binary)
"""
_OUTSIDE = """
    select count(*), min(document_id), max(document_id)
    from raw.{relation}
    where
        document_id <= {upto}
        and {day_of_receipt} = {day}
        and not exists (
            select from unnest({firsts}::bigint[], {lasts}::bigint[]) as file (first_id, last_id)
            where document_id between first_id and last_id
        )
"""
_DAY = sql.SQL("(received_utc at time zone 'UTC')::date::text")
# jsonb goes over the wire in a form of its own.
_CASTS = {"jsonb": "text", "jsonb[]": "text[]"}


@dataclass(frozen=True, slots=True)
class Relation:
    """A table or view of raw with its columns and their PostgreSQL types, in their order."""

    name: str
    is_view: bool
    columns: Mapping[str, str]


@contextmanager
def one_view_of_raw(connection: psycopg.Connection) -> Iterator[None]:
    """See raw as it is now for as long as the block lasts, and change nothing."""
    with connection.transaction():
        connection.execute("set transaction isolation level repeatable read, read only")
        yield


def archived_relations(connection: psycopg.Connection) -> list[Relation]:
    """The relations of raw that have document_id and received_utc, by name.

    Raises WarehouseUnavailable where there is none at all.
    """
    relations = [
        Relation(name, is_view, dict(zip(names, types, strict=True)))
        for name, is_view, names, types in connection.execute(_RELATIONS)
    ]
    if not relations:
        raise WarehouseUnavailable('the schema raw is missing: run "python -m extract schema" once')
    return relations


def newest_run_utc(connection: psycopg.Connection) -> str | None:
    """When the newest run of the extractor began, as ISO 8601 with a Z; None before the first."""
    row = connection.execute(
        "select started_utc from raw.run order by run_id desc limit 1"
    ).fetchone()
    return f"{row[0]:%Y-%m-%dT%H:%M:%S.%fZ}" if row else None


def documents_beyond(
    connection: psycopg.Connection,
    relations: Sequence[Relation],
    upto: int,
    newest: int = _LARGEST_ID,
) -> Range | None:
    """The first and the last document id after this one, up to the newest; None: there is none."""
    each = sql.SQL(" union all ").join(
        sql.SQL(
            "select min(document_id) as first, max(document_id) as last"
            " from raw.{} where document_id > {} and document_id <= {}"
        ).format(sql.Identifier(relation.name), upto, newest)
        for relation in relations
    )
    query = sql.SQL("select min(first), max(last) from ({}) as relation").format(each)
    [(first, last)] = connection.execute(query)
    return None if first is None else Range(first, last)


def documents_upto(
    connection: psycopg.Connection, relations: Sequence[Relation], upto: int
) -> dict[str, int]:
    """How many documents each relation holds up to this id."""
    counts = {}
    for relation in relations:
        query = sql.SQL("select count(*) from raw.{} where document_id <= {}").format(
            sql.Identifier(relation.name), upto
        )
        [(counts[relation.name],)] = connection.execute(query)
    return counts


def documents_by_day(
    connection: psycopg.Connection, relation: Relation, upto: int
) -> dict[str, int]:
    """How many documents up to this id a relation has of each UTC day of receipt."""
    query = sql.SQL(
        "select {day}, count(*) from raw.{relation}"
        " where document_id <= {upto} group by 1 order by 1"
    ).format(day=_DAY, relation=sql.Identifier(relation.name), upto=upto)
    return dict(connection.execute(query).fetchall())


def documents_outside(
    connection: psycopg.Connection,
    relation: Relation,
    day: str,
    upto: int,
    ranges: Sequence[Range],
) -> tuple[int, Range] | None:
    """How many documents of a day, up to this id, are in none of these ranges; the first and last.

    None: all are in one.
    """
    query = sql.SQL(_OUTSIDE).format(
        relation=sql.Identifier(relation.name),
        day_of_receipt=_DAY,
        day=day,
        upto=upto,
        firsts=[documents.first for documents in ranges],
        lasts=[documents.last for documents in ranges],
    )
    [(count, first, last)] = connection.execute(query)
    return (count, Range(first, last)) if count else None


def rows(
    connection: psycopg.Connection, relation: Relation, documents: Range, day: str | None = None
) -> Generator[Row, None, None]:
    """The rows of these documents, by day of receipt and document id; or those of one day only.

    Until it is at its end or closed, the connection can do nothing else.
    """
    columns = (
        sql.SQL("{}::" + _CASTS[type_] if type_ in _CASTS else "{}").format(sql.Identifier(column))
        for column, type_ in relation.columns.items()
    )
    statement = sql.SQL(_ROWS).format(
        day=_DAY,
        columns=sql.SQL(", ").join(columns),
        relation=sql.Identifier(relation.name),
        first=documents.first,
        last=documents.last,
        condition=sql.SQL("true") if day is None else sql.SQL("{} = {}").format(_DAY, day),
    )
    with connection.cursor() as cursor, cursor.copy(statement) as copy:
        yield from copy.rows()
