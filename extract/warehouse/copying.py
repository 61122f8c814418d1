"""Rows into raw by COPY, in binary form."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Any

import psycopg
from psycopg import sql

from extract.documents import Document
from extract.messages import (
    json_without_mail_addresses,
)
from extract.warehouse.float_arrays import FloatArrayDumper


def copy_documents(
    connection: psycopg.Connection, run_id: int, documents: Sequence[Document]
) -> None:
    """Copy documents of one table into it."""
    if not documents:
        return
    # A batch is of one table, so all its documents are of one class.
    kind = type(documents[0])
    copy_rows(
        connection,
        kind.table,
        {**kind.types, "run_id": "bigint"},
        (
            (*(_cell(getattr(document, name), kind.types[name]) for name in kind.types), run_id)
            for document in documents
        ),
    )


def copy_rows(
    connection: psycopg.Connection,
    table: str,
    types: dict[str, str],
    rows: Iterable[tuple[Any, ...]],
) -> None:
    """Copy rows into a table of raw; `types` are its columns with their PostgreSQL types."""
    statement = sql.SQL("copy raw.{} ({}) from stdin (format binary)").format(
        sql.Identifier(table), sql.SQL(", ").join(map(sql.Identifier, types))
    )
    with connection.cursor() as cursor:
        cursor.adapters.register_dumper(None, FloatArrayDumper)
        with cursor.copy(statement) as copy:
            copy.set_types(list(types.values()))
            for row in rows:
                copy.write_row(row)


def _cell(value: Any, type_: str) -> Any:
    """The value as psycopg writes it; the types of the columns do the rest.

    What is kept as it came may hold mail addresses, and loses them here.
    """
    if type_ == "jsonb":
        return json_without_mail_addresses(value)
    return plain_instant(value) if isinstance(value, datetime) else value


def plain_instant(instant: datetime) -> datetime:
    """The instant without the arithmetic of pendulum, whose differences are not psycopg's."""
    return datetime.fromtimestamp(instant.timestamp(), UTC)
