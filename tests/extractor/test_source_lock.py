"""One load of a source at a time, and what a second one does."""

import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from extract.console import Reporter
from extract.errors import SourceBusy
from extract.run import Run
from extract.warehouse.landing import begin_run
from extract.warehouse.source_lock import loading, wait_for_loads
from tests.conftest import ExtractCommand, Outcome
from tests.documents import forecast_for, write_sources
from tests.extractor.asked import HOUR
from tests.http_server import Answer, HttpServer
from tests.warehouses import Warehouse

LOADING = (
    "select count(*) from pg_stat_activity"
    " where datname = current_database() and application_name ~ '^extract .* run [0-9]+$'"
)


@pytest.fixture
def other(run: Run, warehouse: Warehouse) -> Iterator[Run]:
    """A second run, in its own session."""
    with warehouse.connect() as connection:
        yield Run(connection, begin_run(connection, "other"), Reporter())


def test_a_second_run_of_the_same_source_is_told_who_holds_it(
    run: Run, extract: ExtractCommand, warehouse: Warehouse, tmp_path: Path
) -> None:
    settings = write_sources(tmp_path)
    with loading(run, "live-infeed", wait=False):
        outcome = extract("all", **settings)
    assert outcome.status == 4
    [line] = outcome.err.splitlines()
    assert re.fullmatch(
        r"busy: live-infeed: run 1, started \d{4}-\d\d-\d\d \d\d:\d\d:\d\dZ, is loading it "
        r"\(server process \d+, from the server's own machine\); --wait waits for it",
        line,
    )
    # The others continue, and the next run does what this one left out.
    assert warehouse.value("select count(*) from raw.live_infeed") == 0
    assert warehouse.value("select count(*) from raw.redispatch_flag") == 1
    outcome = extract("all", **settings)
    assert (outcome.status, outcome.err) == (0, "")
    assert warehouse.value("select count(*) from raw.live_infeed") == 1


def test_a_refused_document_and_a_missing_source_weigh_more_than_a_busy_one(
    run: Run, extract: ExtractCommand, tmp_path: Path
) -> None:
    settings = write_sources(tmp_path)
    (tmp_path / "dso" / "final_production_X_20250610.csv").write_text("x")
    with loading(run, "live-infeed", wait=False):
        assert extract("all", **settings).status == 3
        (tmp_path / "technical").rename(tmp_path / "gone")
        assert extract("all", **settings).status == 1


def test_wait_waits(
    run: Run, extract: ExtractCommand, warehouse: Warehouse, tmp_path: Path
) -> None:
    settings = write_sources(tmp_path)
    outcomes: list[Outcome] = []
    with loading(run, "live-infeed", wait=False):
        thread = threading.Thread(
            target=lambda: outcomes.append(extract("live-infeed", "--wait", **settings))
        )
        thread.start()
        time.sleep(1.5)
        assert outcomes == []
    thread.join(20)
    assert outcomes[0].status == 0
    assert "live-infeed: waiting: run 1, started " in outcomes[0].out
    assert warehouse.value("select count(*) from raw.live_infeed") == 1


def test_sources_do_not_hinder_each_other_and_no_lock_stays(
    run: Run, other: Run, warehouse: Warehouse
) -> None:
    with loading(run, "live-infeed", wait=False), loading(other, "forecasts", wait=False):
        assert warehouse.value(LOADING) == 2
        with pytest.raises(SourceBusy), loading(other, "live-infeed", wait=False):
            pass
    assert warehouse.value(LOADING) == 0
    with pytest.raises(ValueError, match="in the block"), loading(run, "x", wait=False):
        raise ValueError("in the block")
    with loading(other, "x", wait=False):
        pass


def test_forecasts_wait_for_those_who_land_the_assets(
    run: Run, other: Run, capfd: pytest.CaptureFixture[str]
) -> None:
    done = threading.Event()

    def wait() -> None:
        wait_for_loads(other, "forecasts", ("technical-data", "asset-contracts"))
        done.set()

    with loading(run, "asset-contracts", wait=False):
        thread = threading.Thread(target=wait)
        thread.start()
        assert not done.wait(1)
    thread.join(20)
    assert done.is_set()
    assert "forecasts: waiting for asset-contracts: run 1, " in capfd.readouterr().out


def test_a_load_of_forecasts_asks_for_the_assets_that_another_run_is_landing(
    run: Run, extract: ExtractCommand, http_server: HttpServer, tmp_path: Path
) -> None:
    http_server.answer = lambda target: Answer(body=forecast_for(target))
    settings = write_sources(tmp_path)
    extract("asset-contracts", ASSET_CONTRACTS_URL=settings["ASSET_CONTRACTS_URL"])
    outcomes: list[Outcome] = []
    with loading(run, "technical-data", wait=False):
        thread = threading.Thread(
            target=lambda: outcomes.append(extract("forecasts", *HOUR, VPP_API_URL=http_server.url))
        )
        thread.start()
        time.sleep(1)
        run.connection.execute(
            "insert into raw.technical_data (created_utc, assets, source_uri, content_sha256,"
            """ received_utc, run_id) values (now(), '[{"asset_id": "NEW"}]', '', '', now(), 1)"""
        )
        assert http_server.requests == []
    thread.join(20)
    assert outcomes[0].counts("forecasts")["landed"] == 12
    assert any("asset_id=NEW" in target for target, _ in http_server.requests)


def test_the_lock_of_a_run_that_is_killed_is_free(
    warehouse: Warehouse, http_server: HttpServer, extract: ExtractCommand
) -> None:
    extract("schema")

    def slowly(target: str) -> Answer:
        time.sleep(30)
        return Answer(404)

    http_server.answer = slowly
    process = subprocess.Popen(
        [sys.executable, "-m", "extract", "forecasts", "--assets", "A", *HOUR],
        env={**os.environ, **warehouse.environment, "VPP_API_URL": http_server.url},
    )
    while not http_server.requests:
        time.sleep(0.05)
    arguments = ("forecasts", "--assets", "A", *HOUR)
    busy = extract(*arguments, VPP_API_URL=http_server.url)
    assert busy.status == 4
    assert "busy: forecasts: run 1, " in busy.err
    assert (
        warehouse.value(
            "select application_name from pg_stat_activity where application_name like 'extract%'"
        )
        == "extract forecasts run 1"
    )
    process.send_signal(signal.SIGKILL)
    process.wait()
    http_server.answer = lambda target: Answer(body=forecast_for(target))
    deadline = time.monotonic() + 10
    while (outcome := extract(*arguments, VPP_API_URL=http_server.url)).status == 4:
        assert time.monotonic() < deadline
    assert outcome.counts("forecasts")["landed"] == 4
    assert warehouse.value(LOADING) == 0
