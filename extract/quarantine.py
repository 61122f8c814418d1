"""The quarantine on the command line: list it, show a document, decode it again."""

import argparse
import sys
from collections.abc import Sequence
from datetime import datetime
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pendulum
import psycopg
from psycopg.rows import class_row

from extract.console import Reporter
from extract.documents import Delivery, Document, QuarantinedDocument
from extract.errors import DocumentRefused, UsageError
from extract.messages import visible
from extract.refusals import LARGEST_KEPT_BYTES, kept_whole
from extract.run import Run
from extract.sources.declared import FORECASTS, SOURCES
from extract.vpp import forecast
from extract.warehouse.held_documents import land_released
from extract.warehouse.landing import begin_run

COMMAND = "quarantine"


def add_parser(subparsers: Any) -> None:
    """Add the command to the command line."""
    parser = subparsers.add_parser(
        COMMAND,
        help="refused documents: list them, show one, decode them again",
        description="List the documents that were refused and have not landed: id, time of "
        "receipt, source, address, reason.",
    )
    parser.add_argument("--all", action="store_true", help="include those that have landed since")
    verbs = parser.add_subparsers(dest="verb", metavar="[show | replay]", title="commands")
    show = verbs.add_parser(
        "show",
        help="show a document: what is known of it, and its bytes",
        description="Show all that is known of a quarantined document, and its bytes. Characters "
        "that could control the terminal are escaped.",
    )
    show.add_argument("document_id", type=int, metavar="ID", help="which document")
    show.add_argument("--bytes", action="store_true", help="only the bytes, exactly as kept")
    replay = verbs.add_parser(
        "replay",
        help="decode again, and land what decodes now",
        description="Decode quarantined documents again. What decodes now is landed with its "
        "original time of receipt; the rest stays (exit status 3).",
    )
    replay.add_argument(
        "document_ids",
        nargs="*",
        type=int,
        metavar="ID",
        help="which documents (default: all that have not landed)",
    )


def run_command(
    options: argparse.Namespace, connection: psycopg.Connection, command: str, reporter: Reporter
) -> int:
    """List, show or replay; returns the exit status. Raises UsageError for an unknown id."""
    if options.verb == "show":
        _show(connection, options.document_id, options.bytes, reporter)
        return 0
    if options.verb == "replay":
        wanted = options.document_ids or _ids(connection)
        for document_id in wanted:
            _check_known(connection, document_id)
        run = Run(connection, begin_run(connection, command), reporter)
        return 0 if replay(run, wanted) else 3
    _list(connection, options.all, reporter)
    return 0


def replay(run: Run, document_ids: Sequence[int]) -> bool:
    """Land what decodes today, with its original receipt and hash; True if all of it did."""
    stay = 0
    for document_id in document_ids:
        document = _document(run.connection, document_id)
        what = f"{document_id}  {document.source}  {document.source_uri}"
        try:
            decoded = decode(document)
        except DocumentRefused as refusal:
            stay += 1
            run.reporter.refused(f"{what}: {refusal.reason}")
            continue
        landed = land_released(run.connection, run.run_id, document_id, decoded)
        run.reporter.line(f"{what}: {'landed' if landed else 'had landed before'}")
    run.reporter.line(
        f"landed, now or before: {len(document_ids) - stay:,}; still in quarantine: {stay:,}"
    )
    return not stay


def decode(document: QuarantinedDocument) -> Sequence[Document]:
    """What today's decoder makes of the document. Raises DocumentRefused."""
    address = document.source_uri
    if not kept_whole(document):
        kept = (
            f"only its first {LARGEST_KEPT_BYTES // (1024 * 1024)} MiB were kept"
            if document.content
            else "its bytes might hold personal data and were not kept"
        )
        raise DocumentRefused(address, f"{kept}: have the source send it again")
    delivery = Delivery(
        address,
        address.rpartition("/")[2],
        document.content,
        pendulum.instance(document.received_utc),
        content_sha256=document.content_sha256,
    )
    if document.source == FORECASTS:
        asked = {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}
        version_utc = datetime.fromisoformat(asked["version"])
        return [forecast.decode(delivery, asked["asset_id"], version_utc)]
    source = SOURCES.get(document.source)
    if source is None or source.files is None:
        raise DocumentRefused(address, f"there is no source {document.source}")
    return source.files.decode(delivery)


def _ids(connection: psycopg.Connection) -> list[int]:
    rows = connection.execute(
        """
        select document_id from raw.quarantine
        where not exists (
            select from raw.quarantine_release
            where quarantined_document_id = quarantine.document_id
        )
        order by document_id
        """
    )
    return [document_id for (document_id,) in rows]


def _check_known(connection: psycopg.Connection, document_id: int) -> None:
    query = "select from raw.quarantine where document_id = %s::bigint"
    try:
        row = connection.execute(query, [document_id]).fetchone()
    except psycopg.DataError:
        row = None
    if row is None:
        raise UsageError(
            f"no document {document_id} was ever in quarantine "
            f"(python -m extract {COMMAND} --all lists those that were)"
        )


def _document(connection: psycopg.Connection, document_id: int) -> QuarantinedDocument:
    with connection.cursor(row_factory=class_row(QuarantinedDocument)) as cursor:
        document = cursor.execute(
            """
            select source, reason, content, content_bytes, source_uri, content_sha256, received_utc
            from raw.quarantine
            where document_id = %s
            """,
            [document_id],
        ).fetchone()
    assert document is not None
    return document


def _list(connection: psycopg.Connection, with_released: bool, reporter: Reporter) -> None:
    rows = connection.execute(
        """
        select
            quarantine.document_id, quarantine.received_utc, quarantine.source,
            quarantine.source_uri, quarantine.reason, quarantine_release.received_utc
        from raw.quarantine
        left join raw.quarantine_release
            on quarantine_release.quarantined_document_id = quarantine.document_id
        where quarantine_release.document_id is null or %s
        order by quarantine.document_id
        """,
        [with_released],
    ).fetchall()
    for document_id, received_utc, source, source_uri, reason, landed_utc in rows:
        landed = f" (landed {landed_utc:%Y-%m-%d %H:%M:%SZ})" if landed_utc else ""
        when = f"{received_utc:%Y-%m-%d %H:%M:%SZ}"
        reporter.line(f"{document_id}  {when}  {source}  {source_uri}: {reason}{landed}")
    if not rows:
        reporter.line("nothing is in quarantine")


def _show(
    connection: psycopg.Connection, document_id: int, only_bytes: bool, reporter: Reporter
) -> None:
    _check_known(connection, document_id)
    document = _document(connection, document_id)
    if only_bytes:
        sys.stdout.buffer.write(document.content)
        sys.stdout.buffer.flush()
        return
    released = connection.execute(
        """
        select received_utc, run_id from raw.quarantine_release
        where quarantined_document_id = %s
        """,
        [document_id],
    ).fetchone()
    kept = len(document.content)
    for name, value in {
        "document": document_id,
        "source": document.source,
        "address": document.source_uri,
        "reason": document.reason,
        "received": f"{document.received_utc:%Y-%m-%d %H:%M:%S.%fZ}",
        "sha256 as received": document.content_sha256.hex(),
        "bytes received": f"{document.content_bytes:,}",
        "bytes kept": f"{kept:,}",
        "landed": f"{released[0]:%Y-%m-%d %H:%M:%SZ} by run {released[1]}" if released else "no",
    }.items():
        reporter.line(f"{name}: {value}")
    reporter.line("")
    text = document.content.decode("utf-8", "backslashreplace")
    sys.stdout.write(visible(text, keep="\n\t") + "\n")
