"""Real faults in the real programs: nothing is lost, doubled or half-landed.

FAULT_KILLS says how often the extractor is killed, FAULT_FILES how many files a directory holds.
"""

import gzip
import json
import math
import random
import shutil
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from extract.vpp import client as vpp
from extract.warehouse import embedded
from tests.conftest import ExtractCommand
from tests.documents import FINAL, forecast_for, live_infeed, write_sources
from tests.extractor.asked import asset_and_version, pass_time
from tests.http_server import Answer, HttpServer, running_http_server
from tests.promises.faults import (
    GOOD,
    HELD,
    KILLS,
    KILLS_PER_WAREHOUSE,
    NO_ANSWER,
    PASSES,
    FaultySources,
    check_ledger,
    check_no_load_stays,
    drips,
    endless,
    kill_at_random,
    patchy_api,
    raw_rows,
    silence,
)
from tests.servers import crash
from tests.warehouses import PostgresServer, Warehouse, fresh_warehouse


@pytest.fixture(scope="module")
def faulty(
    postgres_server: PostgresServer, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[FaultySources]:
    """The sources, served while the tests of this module run."""
    directory = tmp_path_factory.mktemp("sources")
    settings = write_sources(directory)
    for number in range(40):
        document = json.dumps(live_infeed(f"ASSET-{number:02}"))
        (directory / "live" / f"A{number:02}_20250608.json").write_text(document)
        name = f"final_production_MP-{number:02}_20250609.csv"
        (directory / "dso" / name).write_text(FINAL.replace("MP-WND-003", f"MP-{number:02}"))
    for number in range(4):
        (directory / "live" / f"B{number}_20250608.json").write_text("{" * (number + 1))
    with running_http_server() as server, fresh_warehouse(postgres_server) as warehouse:
        server.answer = patchy_api
        settings["VPP_API_URL"] = server.url
        assert FaultySources(settings, Counter()).run(warehouse) == 3
        rows = raw_rows(warehouse)
        tables = Counter(table for table, _ in rows.elements())
        assert tables["forecast_version"] == 187
        assert tables["forecast_absence"] == 5
        assert tables["quarantine"] == 5
        assert tables["live_infeed"] == tables["final_production"] == 41
        yield FaultySources(settings, rows)


def test_an_extractor_that_is_killed_leaves_nothing_half_done(
    faulty: FaultySources, postgres_server: PostgresServer, extract: ExtractCommand
) -> None:
    killed = 0
    for _ in range(math.ceil(KILLS / KILLS_PER_WAREHOUSE)):
        with fresh_warehouse(postgres_server) as warehouse:
            assert extract("schema", **warehouse.environment).status == 0
            for _ in range(KILLS_PER_WAREHOUSE):
                killed += kill_at_random(faulty.start(warehouse), warehouse, 0.5)
                check_no_load_stays(warehouse)
                check_ledger(warehouse)
                assert raw_rows(warehouse) <= faulty.rows
            faulty.run(warehouse)
            check_ledger(warehouse)
            assert raw_rows(warehouse) == faulty.rows
    assert killed >= KILLS // 3


def test_a_database_server_that_is_killed_keeps_what_was_committed(
    faulty: FaultySources, extract: ExtractCommand
) -> None:
    directory = Path(tempfile.mkdtemp(prefix="warehouse-"))
    try:
        address = embedded.start(directory)
        warehouse = Warehouse(PostgresServer(address.environment), address.environment)
        assert extract("schema", **warehouse.environment).status == 0
        for _ in range(2):
            process = faulty.start(warehouse)
            time.sleep(random.uniform(0.5, 2.5))
            committed = raw_rows(warehouse)
            crash(directory)
            _, said = process.communicate()
            if process.returncode not in (0, 3):
                assert process.returncode == 1
                errors = [line for line in said.splitlines() if line.startswith("error: ")]
                assert errors, said
                assert "Traceback" not in said
            assert embedded.start(directory) == address
            found = raw_rows(warehouse)
            assert committed <= found <= faulty.rows
            check_ledger(warehouse)
        faulty.run(warehouse)
        check_ledger(warehouse)
        assert raw_rows(warehouse) == faulty.rows
    finally:
        embedded.stop(directory)
        shutil.rmtree(directory)


@pytest.mark.parametrize("count", [2, 10])
def test_runs_at_once_end_in_the_rows_of_one(
    count: int, faulty: FaultySources, warehouse: Warehouse
) -> None:
    processes = [faulty.start(warehouse) for _ in range(count)]
    said = [process.communicate() for process in processes]
    assert {process.returncode for process in processes} <= {0, 3, 4}, said
    assert all("Traceback" not in err for _, err in said)
    assert raw_rows(warehouse) == faulty.rows
    check_ledger(warehouse)
    check_no_load_stays(warehouse)


def test_faults_of_the_api(
    extract: ExtractCommand, http_server: HttpServer, warehouse: Warehouse,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.setattr(vpp, "READ_SECONDS", 0.5)
    monkeypatch.setattr(vpp, "DOCUMENT_SECONDS", 4)
    bomb = gzip.compress(b" " * 100 * 1024 * 1024)
    faults: list[tuple[str, Callable[[str], Answer]]] = [
        (PASSES, lambda _: Answer(429, headers={"Retry-After": "1"})),
        (PASSES, lambda _: Answer(429)),
        (PASSES, lambda _: Answer(500)),
        (PASSES, lambda _: Answer(0)),
        (PASSES, lambda _: Answer(body=b'{"key"', claimed_length=5000)),
        (NO_ANSWER, lambda _: Answer(500, b"out of order")),
        (NO_ANSWER, lambda _: Answer(429, headers={"Retry-After": "3600"})),
        (NO_ANSWER, lambda _: next(Answer(404) for _ in silence(1))),
        (NO_ANSWER, lambda _: Answer(claimed_length=9, pieces=silence(1))),
        (NO_ANSWER, lambda _: Answer(claimed_length=5000, pieces=drips(5))),
        (NO_ANSWER, lambda _: Answer(302, headers={"Location": "http://localhost:9/"})),
        (HELD, lambda target: Answer(body=forecast_for(target)[:-9])),
        (HELD, lambda _: Answer(body=b"<html>maintenance</html>")),
        (HELD, lambda _: Answer(body=bomb, headers={"Content-Encoding": "gzip"})),
        (HELD, lambda _: Answer(claimed_length=100 * 1024 * 1024, pieces=endless())),
    ]
    of_version: dict[str, tuple[str, Callable[[str], Answer]]] = {}
    for number, fault in enumerate(faults):
        # Every other quarter-hour; in between, all is well.
        clock = f"2025-06-08T{number // 2:02}:{30 * (number % 2):02}"
        of_version[clock] = fault
    asked: Counter[str] = Counter()

    def answer(target: str) -> Answer:
        version = asset_and_version(target)[1][:16]
        asked[version] += 1
        kind, fault = of_version.get(version, (GOOD, None))
        if fault is None or (kind == PASSES and asked[version] > 2):
            return Answer(body=forecast_for(target))
        return fault(target)

    http_server.answer = answer
    arguments = ("forecasts", "--assets", "A", "--from", "2025-06-08", "--to", "2025-06-08T08:00")
    begin = time.monotonic()
    outcome = extract(*arguments, VPP_API_URL=http_server.url)
    assert time.monotonic() - begin < 20
    kinds = Counter(kind for kind, _ in faults)
    assert outcome.status == 3, outcome.said
    assert outcome.counts("forecasts")["landed"] == 32 - kinds[HELD] - kinds[NO_ANSWER]
    assert len(outcome.err.splitlines()) == kinds[HELD] + kinds[NO_ANSWER]
    sizes = warehouse.rows(
        "select octet_length(content), content_bytes > octet_length(content) from raw.quarantine"
        " where reason = 'is larger than 16 MiB'"
    )
    assert sizes == [(16 * 1024 * 1024, True)] * 2
    assert warehouse.value("select count(*) from raw.quarantine") == kinds[HELD]
    # A run a little later repairs it: unanswered versions wait like refused ones.
    of_version.clear()
    outcome = extract(*arguments, VPP_API_URL=http_server.url)
    assert outcome.status == 0
    assert outcome.counts("forecasts")["landed"] == 0
    pass_time(warehouse, 15)
    outcome = extract(*arguments, VPP_API_URL=http_server.url)
    assert outcome.counts("forecasts")["landed"] == kinds[HELD] + kinds[NO_ANSWER]
    assert warehouse.rows(
        "select count(*), count(distinct version_utc), min(power_kw[193]), max(power_kw[193])"
        " from raw.forecast_version"
    ) == [(32, 32, 193.5, 193.5)]
