"""Documents dated in the future, because a clock was wrong at the source or here.

They take precedence over all others until that instant has come.
"""

import psycopg
from psycopg import sql

RECEIVED_AHEAD = "5 minutes"
"""How far a receipt may be ahead of the server's clock: clocks differ a little."""
_MADE_AHEAD = "1 day"
"""Some documents only give the day."""
# Unless a whole run had a clock that was ahead, so many of the last documents are looked at.
LATEST_DOCUMENTS = 10_000


def any_run_from_future(connection: psycopg.Connection) -> bool:
    """Whether a run began in the future, by its own clock."""
    query = "select exists (select from raw.run where started_utc > now() + %s::interval)"
    return connection.execute(query, [RECEIVED_AHEAD]).fetchone() == (True,)


def from_future(connection: psycopg.Connection, source: str, *, everywhere: bool) -> list[str]:
    """A sentence for each way in which documents of this source are ahead of the server's clock.

    Those that were retracted are left out; of receipts only the last are looked at, or those
    `everywhere`.
    """
    latest = sql.SQL(
        "document_id > (select max(document_id) from raw.document where source = {}) - {}"
    ).format(sql.Literal(source), sql.Literal(LATEST_DOCUMENTS))
    received = sql.SQL("true") if everywhere else latest
    sentences = (
        _furthest(connection, source, "received_utc", RECEIVED_AHEAD, received, "was received at"),
        _furthest(
            connection,
            source,
            "made_utc",
            _MADE_AHEAD,
            sql.SQL("true"),
            "says that it was made at",
        ),
    )
    return [sentence for sentence in sentences if sentence]


def _furthest(
    connection: psycopg.Connection,
    source: str,
    column: str,
    margin: str,
    condition: sql.Composable,
    what: str,
) -> str | None:
    """The document that is furthest ahead, in words."""
    row = connection.execute(
        sql.SQL(
            """
            select document_id, source_uri, {column}, count(*) over () - 1
            from raw.document as landed
            where source = {source}
                and {column} > now() + {margin}::interval
                and {condition}
                and not exists (
                    select from raw.retraction
                    where retracted_document_id = landed.document_id
                )
            order by {column} desc, document_id
            limit 1
            """
        ).format(
            column=sql.Identifier(column),
            source=sql.Literal(source),
            margin=sql.Literal(margin),
            condition=condition,
        )
    ).fetchone()
    if row is None:
        return None
    document_id, source_uri, instant, others = row
    more = f", like {others:,} more" if others else ""
    return (
        f"document {document_id} {what} {instant:%Y-%m-%d %H:%M:%SZ}, which is in the future"
        f"{more}: {source_uri} (to undo it: python -m extract retract {document_id} --why ...)"
    )
