"""The quarantine in raw: what is refused goes in, and what is landed after all is released."""

from collections.abc import Sequence

import pendulum
import psycopg

from extract.documents import Document, QuarantinedDocument
from extract.warehouse.copying import copy_documents, plain_instant
from extract.warehouse.landing_lock import lock_landing


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
        copy_documents(connection, run_id, list(new.values()))
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
        [plain_instant(pendulum.now("UTC")), run_id, list(document_ids)],
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
        copy_documents(connection, run_id, documents)
    return True
