"""Landing: documents and ledger go into raw in one transaction, and nothing goes in twice.

Each function takes the lock of all landing for its transaction and looks again at what is there:
two runs at once land every document once, and document ids become visible in their order.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import pendulum
import psycopg

from extract.documents import Document, QuarantinedDocument
from extract.messages import (
    storable_text,
    without_mail_addresses,
)
from extract.vpp.forecast import Forecast
from extract.warehouse.copying import copy_documents, copy_rows, plain_instant
from extract.warehouse.held_documents import quarantine, quarantined_bytes, release
from extract.warehouse.landing_lock import lock_landing


@dataclass(frozen=True, slots=True)
class Observation:
    """What was seen at the address of a file: its stamp, and which bytes were there."""

    source_uri: str
    stamp: str
    content_sha256: bytes
    observed_utc: datetime


def begin_run(
    connection: psycopg.Connection, command: str, asked_sources: Sequence[str] = ()
) -> int:
    """Note a run of the extractor, and the sources it will ask; returns its id."""
    row = connection.execute(
        "insert into raw.run (started_utc, command, asked_sources) values (%s, %s, %s)"
        " returning run_id",
        [
            plain_instant(pendulum.now("UTC")),
            without_mail_addresses(storable_text(command)),
            list(asked_sources),
        ],
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
    files: Sequence[tuple[Observation, Sequence[Document]]],
) -> int:
    """Land files of one source; returns how many of them were new.

    A file whose bytes are those of its newest observation brings no document, only its new stamp,
    unless these bytes are still in quarantine: then they are landed and released.
    """
    landed = 0
    with connection.transaction():
        lock_landing(connection)
        known = newest_observations(
            connection, [observation.source_uri for observation, _ in files]
        )
        held = quarantined_bytes(
            connection, [(o.source_uri, o.content_sha256) for o, _ in files], unreleased=True
        )
        documents: list[Document] = []
        observations: list[Observation] = []
        for observation, decoded in files:
            stamp, sha256 = known.get(observation.source_uri, (None, None))
            if (
                sha256 != observation.content_sha256
                or (observation.source_uri, observation.content_sha256) in held
            ):
                documents.extend(decoded)
                landed += 1
            elif stamp == observation.stamp:
                continue
            observations.append(observation)
        copy_documents(connection, run_id, documents)
        copy_observations(connection, run_id, observations)
        release(connection, run_id, list(held.values()))
    return landed


def quarantine_files(
    connection: psycopg.Connection,
    run_id: int,
    files: Sequence[tuple[Observation, QuarantinedDocument]],
) -> list[QuarantinedDocument]:
    """Put refused files of one source in quarantine; returns those that were not there yet.

    They are in the ledger like all files, so that they are not read again until they change.
    """
    if not files:
        return []
    with connection.transaction():
        lock_landing(connection)
        known = newest_observations(connection, [o.source_uri for o, _ in files])
        # What is refused today and was landed under an older rule stays landed.
        news = [
            (observation, document)
            for observation, document in files
            if known.get(observation.source_uri, ("", b""))[1] != observation.content_sha256
        ]
        added = quarantine(connection, run_id, [document for _, document in news])
        copy_observations(
            connection,
            run_id,
            [o for o, _ in files if known.get(o.source_uri) != (o.stamp, o.content_sha256)],
        )
    return added


def land_forecasts(
    connection: psycopg.Connection, run_id: int, forecasts: Sequence[Forecast]
) -> int:
    """Land forecast versions; returns how many were new.

    A version whose newest document (received last) has the same bytes brings nothing new.
    """
    with connection.transaction():
        lock_landing(connection)
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
            [[f.asset_id for f in forecasts], [plain_instant(f.version_utc) for f in forecasts]],
        )
        known = {(asset_id, version): sha256 for asset_id, version, sha256 in rows}
        new = [f for f in forecasts if known.get((f.asset_id, f.version_utc)) != f.content_sha256]
        copy_documents(connection, run_id, new)
        held = quarantined_bytes(
            connection, [(f.source_uri, f.content_sha256) for f in forecasts], unreleased=True
        )
        release(connection, run_id, list(held.values()))
    return len(new)


def copy_observations(
    connection: psycopg.Connection, run_id: int, observations: Sequence[Observation]
) -> None:
    copy_rows(
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
            (o.source_uri, o.stamp, o.content_sha256, plain_instant(o.observed_utc), run_id)
            for o in observations
        ),
    )
