"""Landing: documents and ledger go into raw in one transaction, and nothing goes in twice.

Each function takes the lock of all landing for its transaction and looks again at what is there:
two runs at once land every document once, and document ids become visible in their order.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import Enum
from typing import Any

import pendulum
import psycopg
from psycopg import sql

from extract.documents import Document, QuarantinedDocument
from extract.messages import (
    json_without_mail_addresses,
    storable_text,
    without_mail_addresses,
)
from extract.vpp.forecast import Forecast
from extract.warehouse.float_arrays import FloatArrayDumper
from extract.warehouse.landing_lock import lock_landing


@dataclass(frozen=True, slots=True)
class Observation:
    """What was seen at the address of a file: its stamp, and which bytes were there."""

    source_uri: str
    stamp: str
    content_sha256: bytes
    observed_utc: datetime


class AbsenceReason(Enum):
    """Why a version that was asked for is not there, in words that follow a number of versions."""

    MISSING = "that did not exist"
    REFUSED = "whose answer was refused"
    UNANSWERED = "without an answer"


@dataclass(frozen=True, slots=True)
class Absence:
    """A forecast version that was asked for in vain."""

    asset_id: str
    version_utc: datetime
    asked_utc: datetime
    reason: AbsenceReason


def begin_run(connection: psycopg.Connection, command: str) -> int:
    """Note a run of the extractor; returns its id."""
    row = connection.execute(
        "insert into raw.run (started_utc, command) values (%s, %s) returning run_id",
        [_plain(pendulum.now("UTC")), without_mail_addresses(storable_text(command))],
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
        _copy_documents(connection, run_id, documents)
        _copy_observations(connection, run_id, observations)
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
        _copy_observations(
            connection,
            run_id,
            [o for o, _ in files if known.get(o.source_uri) != (o.stamp, o.content_sha256)],
        )
    return added


def quarantine(
    connection: psycopg.Connection, run_id: int, documents: Sequence[QuarantinedDocument]
) -> list[QuarantinedDocument]:
    """Put documents in quarantine; returns those whose bytes were not there yet at the address."""
    if not documents:
        return []
    with connection.transaction():
        lock_landing(connection)
        held = quarantined_bytes(
            connection, [(d.source_uri, d.content_sha256) for d in documents], unreleased=False
        )
        new = {
            (d.source_uri, d.content_sha256): d
            for d in documents
            if (d.source_uri, d.content_sha256) not in held
        }
        _copy_documents(connection, run_id, list(new.values()))
    return list(new.values())


def quarantined_bytes(
    connection: psycopg.Connection, addresses: Sequence[tuple[str, bytes]], *, unreleased: bool
) -> dict[tuple[str, bytes], int]:
    """Which of these addresses and hashes are (or still are) in quarantine: the document's id."""
    rows = connection.execute(
        """
        select held.source_uri, held.content_sha256, held.document_id
        from unnest(%s::text[], %s::bytea[]) as asked (source_uri, content_sha256)
        cross join lateral (
            select quarantine.source_uri, quarantine.content_sha256, quarantine.document_id
            from raw.quarantine
            where quarantine.source_uri = asked.source_uri
                and quarantine.content_sha256 = asked.content_sha256
                and not (%s and exists (
                    select from raw.quarantine_release
                    where quarantined_document_id = quarantine.document_id
                ))
        ) as held
        """,
        [[uri for uri, _ in addresses], [sha256 for _, sha256 in addresses], unreleased],
    )
    return {(uri, sha256): document_id for uri, sha256, document_id in rows}


def held_counts(connection: psycopg.Connection) -> dict[str, int]:
    """How many documents of each source are refused and not landed; sources without any lack."""
    rows = connection.execute(
        """
        select source, count(*) from raw.quarantine
        where not exists (
            select from raw.quarantine_release
            where quarantined_document_id = quarantine.document_id
        )
        group by source
        """
    )
    return dict(rows.fetchall())


def release(connection: psycopg.Connection, run_id: int, document_ids: Sequence[int]) -> list[int]:
    """Note that these documents of the quarantine are landed; returns those that were not before.

    To be called in the transaction that lands them.
    """
    if not document_ids:
        return []
    lock_landing(connection)
    rows = connection.execute(
        """
        insert into raw.quarantine_release (quarantined_document_id, received_utc, run_id)
        select released.document_id, %s, %s
        from unnest(%s::bigint[]) as released (document_id)
        order by released.document_id
        on conflict (quarantined_document_id) do nothing
        returning quarantined_document_id
        """,
        [_plain(pendulum.now("UTC")), run_id, list(document_ids)],
    )
    return [document_id for (document_id,) in rows]


def land_released(
    connection: psycopg.Connection, run_id: int, document_id: int, documents: Sequence[Document]
) -> bool:
    """Land what a document of the quarantine decodes to; False where that was done before.

    The ledger stays as it is: the address may hold other bytes by now.
    """
    with connection.transaction():
        lock_landing(connection)
        if not release(connection, run_id, [document_id]):
            return False
        _copy_documents(connection, run_id, documents)
    return True


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
            [[f.asset_id for f in forecasts], [_plain(f.version_utc) for f in forecasts]],
        )
        known = {(asset_id, version): sha256 for asset_id, version, sha256 in rows}
        new = [f for f in forecasts if known.get((f.asset_id, f.version_utc)) != f.content_sha256]
        _copy_documents(connection, run_id, new)
        held = quarantined_bytes(
            connection, [(f.source_uri, f.content_sha256) for f in forecasts], unreleased=True
        )
        release(connection, run_id, list(held.values()))
    return len(new)


def absences(
    connection: psycopg.Connection, asset_ids: Sequence[str], begin: datetime, end: datetime
) -> list[tuple[Absence, int]]:
    """The versions of these assets in this window that were asked for in vain, whatever followed.

    Of each the last time, and how often it was.
    """
    rows = connection.execute(
        """
        select distinct on (asset_id, version_utc)
            asset_id,
            version_utc,
            asked_utc,
            is_answered,
            is_refused,
            count(*) over (partition by asset_id, version_utc)
        from raw.forecast_absence
        where asset_id = any(%s) and version_utc >= %s and version_utc < %s
        order by asset_id, version_utc, asked_utc desc
        """,
        [list(asset_ids), begin, end],
        # A plan that is kept would be that of a table that was small.
        prepare=False,
    )
    return [
        (Absence(asset_id, version_utc, asked_utc, _reason(is_answered, is_refused)), count)
        for asset_id, version_utc, asked_utc, is_answered, is_refused, count in rows
    ]


def _reason(is_answered: bool, is_refused: bool) -> AbsenceReason:
    if not is_answered:
        return AbsenceReason.UNANSWERED
    return AbsenceReason.REFUSED if is_refused else AbsenceReason.MISSING


def note_absences(connection: psycopg.Connection, run_id: int, in_vain: Sequence[Absence]) -> None:
    """Note versions that were asked for in vain."""
    if not in_vain:
        return
    types = {
        "asset_id": "text",
        "version_utc": "timestamptz",
        "asked_utc": "timestamptz",
        "is_answered": "boolean",
        "is_refused": "boolean",
        "run_id": "bigint",
    }
    _copy(
        connection,
        "forecast_absence",
        types,
        (
            (
                absence.asset_id,
                _plain(absence.version_utc),
                _plain(absence.asked_utc),
                absence.reason is not AbsenceReason.UNANSWERED,
                absence.reason is AbsenceReason.REFUSED,
                run_id,
            )
            for absence in in_vain
        ),
    )


def _copy_observations(
    connection: psycopg.Connection, run_id: int, observations: Sequence[Observation]
) -> None:
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
            (*(_cell(getattr(document, name), kind.types[name]) for name in kind.types), run_id)
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
    return _plain(value) if isinstance(value, datetime) else value


def _plain(instant: datetime) -> datetime:
    """The instant without the arithmetic of pendulum, whose differences are not psycopg's."""
    return datetime.fromtimestamp(instant.timestamp(), UTC)
