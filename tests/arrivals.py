"""What one delivery brings, and how it is landed."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import groupby

import pendulum
import psycopg
from psycopg import sql

from extract.documents import Document
from extract.sources.technical_data import TechnicalData
from extract.vpp.forecast import Forecast
from extract.warehouse.landing import Observation, begin_run, land_files, land_forecasts

# In Berlin the next day begins two hours later, and is the day the clocks go back.
EPOCH = datetime(2025, 10, 25, 20, 0, tzinfo=UTC)
QUARTER_HOUR = timedelta(minutes=15)
MIDNIGHT = datetime(2025, 10, 26, tzinfo=UTC)


@dataclass(frozen=True)
class Arrival:
    """What one delivery brings: the documents of a file, or a forecast version."""

    documents: tuple[Document, ...]

    @property
    def table(self) -> str:
        return self.documents[0].table

    @property
    def received_utc(self) -> datetime:
        return self.documents[0].received_utc

    @property
    def address(self) -> object:
        """What it shares with those it may replace."""
        first = self.documents[0]
        if isinstance(first, Forecast):
            return first.asset_id, first.version_utc
        return first.source_uri

    def __str__(self) -> str:
        """The documents on one line, instants in hours from EPOCH."""
        shown = []
        for document in self.documents:
            values = {name: getattr(document, name) for name in document.types}
            values["content_sha256"] = document.content_sha256.hex()[:4]
            shown.append(" ".join(f"{name}={_shown(value)}" for name, value in values.items()))
        return f"{self.table}: {' | '.join(shown)}"


def _shown(value: object) -> str:
    if isinstance(value, datetime):
        return f"{(value.timestamp() - EPOCH.timestamp()) / 3600:+.4g}h"
    if isinstance(value, list | tuple):
        return f"[{' '.join('-' if one is None else _shown(one) for one in value)}]"
    return str(value)


def technical_data(day: int, capacity_kw: float) -> Arrival:
    """A file of technical data with the single asset A, made this many days after EPOCH."""
    created = EPOCH + timedelta(days=day)
    document = TechnicalData(
        created_utc=created,
        assets=[
            {
                "asset_id": "A",
                "location": {"timezone": "Europe/Berlin"},
                "technical_attributes": {"capacity_kw": capacity_kw},
                "status": "operational",
            }
        ],
        source_uri=f"file:///technical/{day}",
        content_sha256=bytes([day]),
        received_utc=pendulum.instance(created),
    )
    return Arrival((document,))


def land(connection: psycopg.Connection, arrivals: Iterable[Arrival]) -> int:
    """Land these in order, through the extractor's own functions; returns how many were new."""
    run_id = begin_run(connection, "test")
    # The ages of sources are as of the newest document, not of the day a test runs.
    connection.execute("update raw.run set started_utc = %s where run_id = %s", [EPOCH, run_id])
    landed = 0
    for table, group in groupby(arrivals, key=lambda arrival: arrival.table):
        if table == Forecast.table:
            documents = [one for arrival in group for one in arrival.documents]
            forecasts = [one for one in documents if isinstance(one, Forecast)]
            landed += land_forecasts(connection, run_id, forecasts)
            continue
        files = []
        for arrival in group:
            first = arrival.documents[0]
            sha256_hex = first.content_sha256.hex()
            observation = Observation(
                first.source_uri, sha256_hex, first.content_sha256, first.received_utc
            )
            files.append((observation, arrival.documents))
        landed += land_files(connection, run_id, files)
    return landed


@dataclass(frozen=True)
class Retraction:
    """A document of an arrival that no longer counts."""

    document: Document
    received_utc: datetime = EPOCH

    def land(self, connection: psycopg.Connection) -> None:
        """Note the retraction in raw."""
        point = getattr(self.document, "metering_point_id", None)
        landed = connection.execute(
            sql.SQL(
                "select document_id from raw.{} as landed"
                " where source_uri = %s and content_sha256 = %s"
                " and coalesce(to_jsonb(landed) ->> 'metering_point_id' = %s, true)"
            ).format(sql.Identifier(self.document.table)),
            [self.document.source_uri, self.document.content_sha256, point],
        ).fetchall()
        [(document_id,)] = landed
        connection.execute(
            "insert into raw.retraction (retracted_document_id, reason, received_utc, run_id)"
            " values (%s, 'nonsense', %s, 1)",
            [document_id, self.received_utc],
        )
