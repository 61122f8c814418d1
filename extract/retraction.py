"""Retraction on the command line: a landed document that should no longer count."""

import argparse
from typing import Any

import pendulum
import psycopg

from extract.console import Reporter
from extract.errors import UsageError
from extract.messages import one_line, without_mail_addresses
from extract.warehouse.landing import begin_run
from extract.warehouse.landing_lock import lock_landing

COMMAND = "retract"


def add_parser(subparsers: Any) -> None:
    """Add the command to the command line."""
    parser = subparsers.add_parser(
        COMMAND,
        help="take a landed document out of every mart, from the next build on",
        description="Take a landed document out of the marts: from the next build on, they are as "
        "if it had never arrived. The document itself stays in raw.",
    )
    parser.add_argument(
        "document_id", type=int, metavar="DOCUMENT_ID", help="which document (document_id in raw)"
    )
    parser.add_argument(
        "--why", required=True, metavar="TEXT", help="the reason, kept with the retraction"
    )


def run_command(
    options: argparse.Namespace, connection: psycopg.Connection, command: str, reporter: Reporter
) -> int:
    """Retract the document; returns the exit status. Raises UsageError where there is none."""
    document_id, reason = options.document_id, without_mail_addresses(one_line(options.why, 1000))
    if not reason:
        raise UsageError("--why is empty: say why the document should not count")
    what = _landed(connection, document_id)
    if what is None:
        raise UsageError(
            f"no landed document has the id {document_id} "
            "(make psql, then: select document_id, source_uri from raw.document)"
        )
    with connection.transaction():
        lock_landing(connection)
        row = connection.execute(
            """
            select reason, received_utc from raw.retraction
            where retracted_document_id = %s
            """,
            [document_id],
        ).fetchone()
        if row is not None:
            raise UsageError(
                f"document {document_id} was retracted at {row[1]:%Y-%m-%d %H:%M:%SZ}: {row[0]}"
            )
        run_id = begin_run(connection, command)
        connection.execute(
            """
            insert into raw.retraction (retracted_document_id, reason, received_utc, run_id)
            values (%s, %s, %s, %s)
            """,
            [document_id, reason, pendulum.now("UTC"), run_id],
        )
    reporter.line(f"retracted from the next build on: {what}")
    return 0


def _landed(connection: psycopg.Connection, document_id: int) -> str | None:
    """What the document is, in words; None where raw has none with this id."""
    query = """
        select
            source,
            coalesce(asset_id, metering_point_id),
            instant_utc,
            received_utc,
            source_uri
        from raw.document
        where document_id = %s::bigint
    """
    try:
        row = connection.execute(query, [document_id]).fetchone()
    except psycopg.DataError:
        return None
    if row is None:
        return None
    source, about, instant_utc, received_utc, source_uri = row
    of = f" of {about}" if about else ""
    return (
        f"document {document_id}, {source}{of} for {instant_utc:%Y-%m-%d %H:%M:%SZ}, "
        f"received {received_utc:%Y-%m-%d %H:%M:%SZ}: {source_uri}"
    )
