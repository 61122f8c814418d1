"""Landing: documents and ledger go into raw in one transaction, and nothing goes in twice.

Each function takes the advisory lock of its table for its transaction and looks again at what is
there: two runs at once land every document once, and document ids become visible in their order.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import pendulum
import psycopg
from psycopg import sql

from extract.documents import Document, Forecast


@dataclass(frozen=True, slots=True)
class Observation:
    """What was seen at the address of a file: its stamp, and which bytes were there."""

    source_uri: str
    stamp: str
    content_sha256: bytes
    observed_utc: datetime


def begin_run(connection: psycopg.Connection, command: str) -> int:
    """Note a run of the extractor; returns its id."""
    row = connection.execute(
        "insert into raw.run (started_utc, command) values (%s, %s) returning run_id",
        [_plain(pendulum.now("UTC")), command],
    ).fetchone()
    assert row is not None
    return int(row[0])


def newest_observations(
    connection: psycopg.Connection, source_uris: Sequence[str]
) -> dict[str, tuple[str, bytes]]:
    """Stamp and hash of the newest observation of each of these addresses that has one."""
    rows = connection.execute(
        """
        select address.source_uri, newest.stamp, newest.content_sha256
        from unnest(%s::text[]) as address (source_uri)
        cross join lateral (
            select stamp, content_sha256
            from raw.file_observation as observation
            where observation.source_uri = address.source_uri
            order by observation_id desc
            limit 1
        ) as newest
        """,
        [list(source_uris)],
    )
    return {uri: (stamp, sha256) for uri, stamp, sha256 in rows}


def land_files(
    connection: psycopg.Connection,
    run_id: int,
    table: str,
    files: Sequence[tuple[Observation, Sequence[Document]]],
) -> int:
    """Land files of one table; returns how many of them were new.

    A file whose bytes are those of its newest observation brings no document, only its new stamp.
    """
    landed = 0
    with connection.transaction():
        _lock(connection, table)
        known = newest_observations(
            connection, [observation.source_uri for observation, _ in files]
        )
        documents: list[Document] = []
        observations: list[Observation] = []
        for observation, decoded in files:
            stamp, sha256 = known.get(observation.source_uri, (None, None))
            if sha256 != observation.content_sha256:
                documents.extend(decoded)
                landed += 1
            elif stamp == observation.stamp:
                continue
            observations.append(observation)
        _copy_documents(connection, run_id, documents)
        _copy(
            connection,
            "file_observation",
            {
                "source_uri": "text",
                "stamp": "text",
                "content_sha256": "bytea",
                "observed_utc": "timestamptz",
                "run_id": "bigint",
            },
            (
                (o.source_uri, o.stamp, o.content_sha256, _plain(o.observed_utc), run_id)
                for o in observations
            ),
        )
    return landed


def land_forecasts(
    connection: psycopg.Connection, run_id: int, forecasts: Sequence[Forecast]
) -> int:
    """Land forecast versions; returns how many were new.

    A version whose newest document (received last) has the same bytes brings nothing new.
    """
    with connection.transaction():
        _lock(connection, Forecast.table)
        rows = connection.execute(
            """
            select asked.asset_id, asked.version_utc, newest.content_sha256
            from unnest(%s::text[], %s::timestamptz[]) as asked (asset_id, version_utc)
            cross join lateral (
                select content_sha256
                from raw.forecast_version as landed
                where landed.asset_id = asked.asset_id and landed.version_utc = asked.version_utc
                order by received_utc desc, content_sha256 desc
                limit 1
            ) as newest
            """,
            [[f.asset_id for f in forecasts], [_plain(f.version_utc) for f in forecasts]],
        )
        known = {(asset_id, version): sha256 for asset_id, version, sha256 in rows}
        new = [f for f in forecasts if known.get((f.asset_id, f.version_utc)) != f.content_sha256]
        _copy_documents(connection, run_id, new)
    return len(new)


def _lock(connection: psycopg.Connection, table: str) -> None:
    # What is repeated is planned once: a plan made while the table was small would be kept as it
    # grows, and read it whole for every document that is looked up.
    connection.execute(
        "select pg_advisory_xact_lock(hashtext(%s)), set_config('enable_seqscan', 'off', true)",
        [f"raw.{table}"],
    )


def _copy_documents(
    connection: psycopg.Connection, run_id: int, documents: Sequence[Document]
) -> None:
    if not documents:
        return
    # A batch is of one table, so all its documents are of one class.
    kind = type(documents[0])
    _copy(
        connection,
        kind.table,
        {**kind.types, "run_id": "bigint"},
        (
            (*(_cell(getattr(document, name)) for name in kind.types), run_id)
            for document in documents
        ),
    )


def _copy(
    connection: psycopg.Connection,
    table: str,
    types: dict[str, str],
    rows: Iterable[tuple[Any, ...]],
) -> None:
    statement = sql.SQL("copy raw.{} ({}) from stdin (format binary)").format(
        sql.Identifier(table), sql.SQL(", ").join(map(sql.Identifier, types))
    )
    with connection.cursor() as cursor, cursor.copy(statement) as copy:
        copy.set_types(list(types.values()))
        for row in rows:
            copy.write_row(row)


def _cell(value: Any) -> Any:
    """The value as psycopg writes it; the types of the columns do the rest."""
    if isinstance(value, tuple):
        return list(value)
    return _plain(value) if isinstance(value, datetime) else value


def _plain(instant: datetime) -> datetime:
    """The instant without the arithmetic of pendulum, whose differences are not psycopg's."""
    return datetime.fromtimestamp(instant.timestamp(), UTC)
