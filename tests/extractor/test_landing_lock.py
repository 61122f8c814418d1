"""One landing at a time across all of raw, so that document ids become visible in order."""

import re
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psycopg
import pytest

from extract import cli
from extract.console import Reporter
from extract.documents import QuarantinedDocument
from extract.run import Run
from extract.sources.live_infeed import LiveInfeed
from extract.vpp import forecast as forecast_document
from extract.warehouse import landing_lock
from extract.warehouse.held_documents import land_released, quarantine, release
from extract.warehouse.landing import Observation, land_files, land_forecasts, quarantine_files
from extract.warehouse.landing_lock import lock_landing
from extract.warehouse.schema import ensure_schema
from tests.conftest import ExtractCommand
from tests.documents import RECEIVED, VERSION, delivery, forecast, write_sources
from tests.warehouses import Warehouse

ORIGIN: dict[str, Any] = {
    "source_uri": "file:///a",
    "content_sha256": b"a",
    "received_utc": RECEIVED,
}
OBSERVED = Observation("file:///a", "stamp", b"a", RECEIVED)
MEASURED = LiveInfeed(asset_id="A", measured_utc=[VERSION], power_kw=[1.0], quality=[1.0], **ORIGIN)
REFUSED = QuarantinedDocument(
    source="live-infeed", reason="", content=b"", content_bytes=0, **ORIGIN
)
VERSIONS = [forecast_document.decode(delivery(forecast()), "WND-DE-003", VERSION)]

LANDINGS: dict[str, Callable[[psycopg.Connection], object]] = {
    "files": lambda session: land_files(session, 1, [(OBSERVED, [MEASURED])]),
    "forecasts": lambda session: land_forecasts(session, 1, VERSIONS),
    "refused files": lambda session: quarantine_files(session, 1, [(OBSERVED, REFUSED)]),
    "refused answers": lambda session: quarantine(session, 1, [REFUSED]),
    "release": lambda session: release(session, 1, [1]),
    "replay": lambda session: land_released(session, 1, 1, [MEASURED]),
}


def next_document_id(connection: psycopg.Connection) -> int:
    """Take a document id, as everything that lands does."""
    row = connection.execute("select nextval('raw.document_id')").fetchone()
    assert row is not None
    return int(row[0])


@pytest.mark.parametrize("name", LANDINGS)
def test_what_lands_waits_for_what_is_landing(run: Run, warehouse: Warehouse, name: str) -> None:
    done = threading.Event()

    def land() -> None:
        with warehouse.connect() as other, other.transaction():
            LANDINGS[name](other)
            done.set()

    thread = threading.Thread(target=land)
    with run.connection.transaction():
        lock_landing(run.connection)
        # Nothing that commits before this one may have a greater id.
        first = next_document_id(run.connection)
        thread.start()
        assert not done.wait(0.5)
        assert next_document_id(run.connection) == first + 1
    thread.join(20)
    assert done.is_set()


def test_a_retraction_waits_and_is_told_for_whom(
    run: Run,
    extract: ExtractCommand,
    warehouse: Warehouse,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(landing_lock, "PATIENCE_S", 0.3)
    assert extract("live-infeed", **write_sources(tmp_path)).status == 0
    document_id = warehouse.value("select document_id from raw.live_infeed")
    told = threading.Event()
    lines: list[str] = []

    def tell(line: str) -> None:
        lines.append(line)
        told.set()

    for kind in ("line", "waiting"):
        monkeypatch.setattr(Reporter, kind, lambda self, text: tell(text))
    with run.connection.transaction():
        lock_landing(run.connection)
        retraction = threading.Thread(
            target=cli.main, args=(["retract", str(document_id), "--why", "test data"],)
        )
        retraction.start()
        assert told.wait(20)
        assert warehouse.value("select count(*) from raw.retraction") == 0
    retraction.join(20)
    assert warehouse.value("select count(*) from raw.retraction") == 1
    waiting, retracted = lines
    assert re.fullmatch(
        r"waiting to land: .* \(server process \d+, role \w+\) holds raw.landing_lock", waiting
    )
    assert retracted.startswith("retracted")


def test_a_session_keeps_its_own_lock_timeout(warehouse: Warehouse) -> None:
    with warehouse.connect() as connection:
        ensure_schema(connection)
        connection.execute("set lock_timeout = '7s'")
        with connection.transaction():
            lock_landing(connection)
            assert connection.execute("show lock_timeout").fetchone() == ("7s",)
