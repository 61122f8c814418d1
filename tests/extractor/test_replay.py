"""Documents of the quarantine that are decoded again."""

import hashlib
import os
import threading
from pathlib import Path

import pytest

from extract import quarantine
from extract.console import Reporter
from extract.documents import Delivery
from extract.errors import DocumentRefused
from extract.run import Run
from tests.conftest import ExtractCommand
from tests.documents import (
    LIVE_NAME,
    forecast_for,
)
from tests.extractor.asked import HOUR
from tests.extractor.held import LoadLive, Strict, write
from tests.http_server import Answer, HttpServer
from tests.warehouses import Warehouse


def test_replay_lands_as_if_it_had_come_then_and_once(
    load_live: LoadLive, extract: ExtractCommand, strict: Strict, warehouse: Warehouse,
    tmp_path: Path,
) -> None:  # fmt: skip
    content = write(tmp_path / LIVE_NAME, 5000)
    strict(True)
    assert load_live().status == 3
    assert extract("quarantine", "replay").status == 3
    assert warehouse.value("select count(*) from raw.live_infeed") == 0
    strict(False)
    outcome = extract("quarantine", "replay")
    assert outcome.status == 0, outcome.said
    assert "landed, now or before: 1; still in quarantine: 0" in outcome.out
    assert warehouse.rows(
        "select landed.power_kw[1], landed.content_sha256, landed.source_uri = held.source_uri,"
        " landed.received_utc = held.received_utc, landed.run_id > held.run_id,"
        " release.run_id = landed.run_id"
        " from raw.live_infeed as landed, raw.quarantine as held"
        " inner join raw.quarantine_release as release"
        " on release.quarantined_document_id = held.document_id"
    ) == [(5000.0, hashlib.sha256(content).digest(), True, True, True, True)]
    [document_id] = [int(line.split()[0]) for line in outcome.out.splitlines()[:1]]
    again = extract("quarantine", "replay", str(document_id), str(document_id))
    assert again.status == 0
    assert "had landed before" in again.out
    assert extract("quarantine", "replay").status == 0
    # Neither does the file, which is still there and unchanged.
    assert load_live().counts("live-infeed")["unchanged"] == 1
    os.utime(tmp_path / LIVE_NAME, (1, 1))
    assert load_live().counts("live-infeed")["unchanged"] == 1
    assert warehouse.value("select count(*) from raw.live_infeed") == 1


def test_an_old_document_that_is_replayed_does_not_pass_for_the_newest(
    load_live: LoadLive, extract: ExtractCommand, strict: Strict, warehouse: Warehouse,
    tmp_path: Path,
) -> None:  # fmt: skip
    strict(True)
    write(tmp_path / LIVE_NAME, 5000)
    load_live()
    write(tmp_path / LIVE_NAME, 5)
    load_live()
    strict(False)
    assert extract("quarantine", "replay").status == 0
    assert warehouse.rows("select power_kw[1] from raw.live_infeed order by received_utc") == [
        (5000.0,),
        (5.0,),
    ]
    assert warehouse.rows("select power_kw[1] from raw.live_infeed order by document_id") == [
        (5.0,),
        (5000.0,),
    ]
    # And the ledger still knows what exists.
    assert load_live().counts("live-infeed")["unchanged"] == 1
    os.utime(tmp_path / LIVE_NAME, (1, 1))
    assert load_live().counts("live-infeed")["unchanged"] == 1


def test_a_file_that_is_read_again_after_a_fix_lands_and_is_released(
    load_live: LoadLive, extract: ExtractCommand, strict: Strict, warehouse: Warehouse,
    tmp_path: Path,
) -> None:  # fmt: skip
    write(tmp_path / LIVE_NAME, 5000)
    strict(True)
    load_live()
    strict(False)
    os.utime(tmp_path / LIVE_NAME, (1, 1))
    assert load_live().counts("live-infeed")["landed"] == 1
    assert extract("quarantine").out == "nothing is in quarantine\n"
    assert extract("quarantine", "replay").status == 0
    assert warehouse.value("select count(*) from raw.live_infeed") == 1


def test_a_forecast_is_replayed_for_the_version_that_was_asked_for(
    extract: ExtractCommand, http_server: HttpServer, warehouse: Warehouse,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    http_server.answer = lambda target: Answer(body=forecast_for(target))

    def refuse(received: Delivery, *_: object) -> None:
        raise DocumentRefused(received.source_uri, "is beyond the rule of this test")

    with monkeypatch.context() as patch:
        patch.setattr("extract.vpp.forecast.decode", refuse)
        arguments = ("forecasts", "--assets", "A&ü", *HOUR)
        outcome = extract(*arguments, VPP_API_URL=http_server.url)
        assert outcome.counts("forecasts")["refused"] == 4
    assert extract("quarantine", "replay").status == 0
    assert warehouse.rows(
        "select asset_id, min(version_utc)::text, count(*), count(distinct version_utc)"
        " from raw.forecast_version group by 1"
    ) == [("A&ü", "2025-06-08 06:00:00+00", 4, 4)]
    http_server.requests.clear()
    assert extract(*arguments, VPP_API_URL=http_server.url).counts("forecasts")["unchanged"] == 4
    assert http_server.requests == []


def test_two_replays_at_once_land_once(
    load_live: LoadLive, strict: Strict, warehouse: Warehouse, tmp_path: Path
) -> None:
    for number in range(20):
        write(tmp_path / f"A{number}_20250608.json", 5000)
    strict(True)
    load_live()
    strict(False)
    ids = [row[0] for row in warehouse.rows("select document_id from raw.quarantine")]

    def one() -> None:
        with warehouse.connect() as connection:
            quarantine.replay(Run(connection, 1, Reporter()), ids)  # type: ignore[arg-type]

    threads = [threading.Thread(target=one) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert warehouse.value("select count(*) from raw.live_infeed") == 20
    assert warehouse.value("select count(*) from raw.quarantine_release") == 20
