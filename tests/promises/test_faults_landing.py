"""Faults that are really injected into the real programs: nothing is lost, doubled or half-landed.

FAULT_KILLS says how often the extractor is killed, FAULT_FILES how many files a directory holds.
"""

import gzip
import json
import math
import os
import random
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from extract.vpp import client as vpp
from extract.warehouse import embedded
from tests.conftest import (
    SETTINGS,
    Answer,
    ExtractCommand,
    HttpServer,
    PostgresServer,
    Warehouse,
    fresh_warehouse,
    running_http_server,
)
from tests.dbt_project import ROOT
from tests.documents import FINAL, forecast_for, live_infeed, write_sources
from tests.extractor.test_forecasts import asset_and_version, pass_time
from tests.servers import crash

KILLS = int(os.environ.get("FAULT_KILLS", "5"))
FILES = int(os.environ.get("FAULT_FILES", "10000"))
KILLS_PER_WAREHOUSE = 5
DAY = ("--from", "2025-06-08", "--to", "2025-06-09")
# The program as it is, but for its batches: small ones, so that there is much to interrupt.
PROGRAM = """
import sys
from extract import cli, directory_load, forecast_load
directory_load.BATCH_FILES, forecast_load.BATCH_FORECASTS = 5, 15
sys.exit(cli.main(sys.argv[1:]))
"""
# What differs between two runs that end in the same rows.
PASSING = ["document_id", "observation_id", "run_id", "received_utc", "observed_utc", "asked_utc"]

Rows = Counter[tuple[str, str]]


def raw_rows(warehouse: Warehouse) -> Rows:
    """Every row of raw but for ids, runs and instants: table and content, and how often."""
    rows: Rows = Counter()
    with warehouse.connect() as connection:
        connection.execute("begin isolation level repeatable read")
        tables = connection.execute("select tablename from pg_tables where schemaname = 'raw'")
        for (table,) in tables.fetchall():
            if table != "run":
                query = f"select (to_jsonb(t) - %s::text[])::text from raw.{table} as t"
                rows.update((table, row) for (row,) in connection.execute(query, [PASSING]))
    return rows


def check_ledger(warehouse: Warehouse) -> None:
    """Whatever the ledger knows is landed or in quarantine, and the other way round."""
    tables = warehouse.rows(
        "select table_name from information_schema.columns where table_schema = 'raw'"
        " and column_name = 'content_sha256' and table_name <> 'file_observation'"
    )
    kept = " union ".join(
        f"select source_uri, content_sha256 from raw.{table}" for (table,) in tables
    )
    noted = "select source_uri, content_sha256 from raw.file_observation"
    assert warehouse.rows(f"({noted}) except ({kept})") == []
    assert [
        uri
        for uri, _ in warehouse.rows(f"({kept}) except ({noted})")
        if not str(uri).startswith("http:")
    ] == []


def check_no_load_stays(warehouse: Warehouse) -> None:
    """A dead session is gone at once, with its locks and the name that says what it loads."""
    query = (
        "select count(*) from pg_stat_activity"
        " where datname = current_database() and application_name ~ '^extract .* run [0-9]+$'"
    )
    deadline = time.monotonic() + 10
    while warehouse.value(query):
        assert time.monotonic() < deadline
        time.sleep(0.05)


@dataclass(frozen=True)
class World:
    """Sources with good and bad documents, and the rows that one undisturbed run makes of them."""

    settings: dict[str, str]
    rows: Rows

    def start(self, warehouse: Warehouse, *arguments: str) -> "subprocess.Popen[str]":
        """The extractor, in a process of its own, loading everything."""
        inherited = {name: value for name, value in os.environ.items() if name not in SETTINGS}
        return subprocess.Popen(
            [sys.executable, "-c", PROGRAM, "all", *DAY, *arguments],
            cwd=ROOT,
            env={**inherited, **warehouse.environment, **self.settings},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def run(self, warehouse: Warehouse) -> int:
        """Load everything; returns the exit status."""
        process = self.start(warehouse)
        said = process.communicate()
        assert process.returncode in (0, 3), said
        return process.returncode


def patchy_api(target: str) -> Answer:
    """Most versions are there, some are not, one is a page, all take a little while."""
    time.sleep(0.02)
    asset, version = asset_and_version(target)
    if version[11:16] in ("03:15", "17:30"):
        return Answer(404)
    if version[:16] == "2025-06-08T06:00" and asset == "WND-DE-003":
        return Answer(body=b"<html>busy</html>")
    return Answer(body=forecast_for(target))


@pytest.fixture(scope="module")
def world(
    postgres_server: PostgresServer, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[World]:
    """The sources, served for as long as the tests of this module run."""
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
        assert World(settings, Counter()).run(warehouse) == 3
        rows = raw_rows(warehouse)
        tables = Counter(table for table, _ in rows.elements())
        assert tables["forecast_version"] == 187
        assert tables["forecast_absence"] == 5
        assert tables["quarantine"] == 5
        assert tables["live_infeed"] == tables["final_production"] == 41
        yield World(settings, rows)


def kill_at_random(process: "subprocess.Popen[str]", warehouse: Warehouse, seconds: float) -> bool:
    """Kill the process some time after its load began; False where it had ended before."""
    runs = warehouse.value("select coalesce(max(run_id), 0) from raw.run")
    while process.poll() is None:
        if warehouse.value("select coalesce(max(run_id), 0) from raw.run") != runs:
            break
        time.sleep(0.01)
    time.sleep(random.uniform(0, seconds))
    process.kill()
    process.communicate()
    return process.returncode < 0


def test_an_extractor_that_is_killed_leaves_nothing_half_done(
    world: World, postgres_server: PostgresServer, extract: ExtractCommand
) -> None:
    killed = 0
    for _ in range(math.ceil(KILLS / KILLS_PER_WAREHOUSE)):
        with fresh_warehouse(postgres_server) as warehouse:
            assert extract("schema", **warehouse.environment).status == 0
            for _ in range(KILLS_PER_WAREHOUSE):
                killed += kill_at_random(world.start(warehouse), warehouse, 0.5)
                check_no_load_stays(warehouse)
                check_ledger(warehouse)
                assert raw_rows(warehouse) <= world.rows
            world.run(warehouse)
            check_ledger(warehouse)
            assert raw_rows(warehouse) == world.rows
    assert killed >= KILLS // 3


def test_a_database_server_that_is_killed_keeps_what_was_committed(
    world: World, extract: ExtractCommand
) -> None:
    directory = Path(tempfile.mkdtemp(prefix="warehouse-"))
    try:
        address = embedded.start(directory)
        warehouse = Warehouse(PostgresServer(address.environment), address.environment)
        assert extract("schema", **warehouse.environment).status == 0
        for _ in range(2):
            process = world.start(warehouse)
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
            assert committed <= found <= world.rows
            check_ledger(warehouse)
        world.run(warehouse)
        check_ledger(warehouse)
        assert raw_rows(warehouse) == world.rows
    finally:
        embedded.stop(directory)
        shutil.rmtree(directory)


@pytest.mark.parametrize("count", [2, 10])
def test_runs_at_once_end_in_the_rows_of_one(
    count: int, world: World, warehouse: Warehouse
) -> None:
    processes = [world.start(warehouse) for _ in range(count)]
    said = [process.communicate() for process in processes]
    assert {process.returncode for process in processes} <= {0, 3, 4}, said
    assert all("Traceback" not in err for _, err in said)
    assert raw_rows(warehouse) == world.rows
    check_ledger(warehouse)
    check_no_load_stays(warehouse)


def drips(seconds: float) -> Iterator[bytes]:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        yield b" "
        time.sleep(0.05)


def silence(seconds: float) -> Iterator[bytes]:
    time.sleep(seconds)
    yield b" "


def endless() -> Iterator[bytes]:
    for _ in range(100):
        yield b" " * 1024 * 1024


GOOD = "good"
PASSES = "passes"
HELD = "held"
NO_ANSWER = "no answer"


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
        # Every other quarter-hour; between them all is well.
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
    # A run a little later repairs it: what got no answer waits as what was refused does.
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


def in_cell(column: int, value: object) -> Callable[[dict[str, Any]], None]:
    def change(document: dict[str, Any]) -> None:
        document["values"][column][1] = value

    return change


def scaled(factor: float) -> Callable[[dict[str, Any]], None]:
    def change(document: dict[str, Any]) -> None:
        document["values"][:3] = [[n * factor for n in c] for c in document["values"][:3]]

    return change


VALUES: list[tuple[Callable[[dict[str, Any]], object], object]] = [
    # What the second value becomes in raw, or a part of the reason why nothing does.
    (lambda d: None, 2.5),
    (in_cell(3, None), None),
    (in_cell(3, -3), -3.0),
    (scaled(1000), 2.5),
    (scaled(1000.0), 2.5),
    (lambda d: d.update(note="x") or d["column_ids"].append("x") or d["values"].append([1]), 2.5),
    (in_cell(3, math.nan), "NaN is no number"),
    (in_cell(3, math.inf), "Infinity is no number"),
    (in_cell(3, 1e300), "no plausible power"),
    (in_cell(3, "2.5"), "power holds '2.5', no number"),
    (in_cell(3, True), "power holds True, no number"),
    (in_cell(3, [2.5]), "no number"),
    (lambda d: d.update(values=[[], [], [], []]), "holds no quarter-hours"),
    (lambda d: d["values"][3].pop(), "differ in length"),
    (lambda d: d["key"].update(asset_id="B"), "is about 'B', asked for was 'A'"),
    (lambda d: d["values"][2].__setitem__(1, 1749363300 + 86400), "holds the version"),
    (in_cell(0, 1749363300.5), "quarter-hour"),
    (in_cell(0, "2025-06-08T06:15:00Z"), "no instant"),
    (scaled(1e-3), "no plausible instant"),
    (scaled(1e6), "no plausible instant"),
]


VERSIONS = [f"2025-06-08T{n // 4:02}:{n % 4 * 15:02}:00+00:00" for n in range(20)]


def test_values_land_as_the_facts_say_or_are_refused_with_the_reason(
    extract: ExtractCommand, http_server: HttpServer, warehouse: Warehouse
) -> None:
    def answer(target: str) -> Answer:
        _, version = asset_and_version(target)
        document = json.loads(forecast_for(target, count=3))
        VALUES[VERSIONS.index(version)][0](document)
        return Answer(body=json.dumps(document).encode())

    http_server.answer = answer
    arguments = ("forecasts", "--assets", "A", "--from", "2025-06-08", "--to", "2025-06-08T05:00")
    outcome = extract(*arguments, VPP_API_URL=http_server.url)
    assert outcome.status == 3
    query = "select version_utc, array_to_string(power_kw, ' ', 'null') from raw.forecast_version"
    landed: dict[object, object] = dict(warehouse.rows(query))  # type: ignore[arg-type]
    reasons = {
        str(uri).rpartition("version=")[2]: str(reason)
        for uri, reason in warehouse.rows("select source_uri, reason from raw.quarantine")
    }
    assert len(landed) + len(reasons) == len(VALUES)
    for version, (_, expected) in zip(VERSIONS, VALUES, strict=True):
        escaped = version.replace(":", "%3A").replace("+", "%2B")
        if isinstance(expected, str):
            assert expected in reasons[escaped], version
        else:
            values = ["1.5", "null" if expected is None else f"{expected:g}", "3.5"]
            assert landed[datetime.fromisoformat(version)] == " ".join(values), version


def test_odd_files(extract: ExtractCommand, warehouse: Warehouse, tmp_path: Path) -> None:
    good = json.dumps(live_infeed())
    files = {
        "empty_20250608.json": "",
        "half_20250608.json": good[: len(good) // 2],
        "a name with blanks_20250608.json": good,
        "Börde Süd ß_20250608.json": good,
        "duplicate_20250608.json": good,
        "quote'\"%;_20250608.json": good,
    }
    for name, content in files.items():
        (tmp_path / name).write_text(content)
    # Root may read what is closed to all: a link to itself nobody can.
    (tmp_path / "unreadable_20250608.json").symlink_to("unreadable_20250608.json")
    closed = tmp_path / "closed_20250608.json"
    closed.write_text(good)
    closed.chmod(0)
    is_closed = not os.access(closed, os.R_OK)
    outcome = extract("live-infeed", LIVE_INFEED_URL=tmp_path)
    assert outcome.status == 3
    assert outcome.counts("live-infeed")["landed"] == 4 + (not is_closed)
    assert warehouse.rows(
        "select source_uri, split_part(reason, ':', 1) from raw.quarantine order by 1"
    ) == [
        (f"file://{tmp_path}/{name}", "is not JSON")
        for name in ("empty_20250608.json", "half_20250608.json")
    ]
    # A duplicate is another file with the same bytes: a document of its own, as it may change.
    assert warehouse.value("select count(distinct content_sha256) from raw.live_infeed") == 1
    for name in ("empty_20250608.json", "half_20250608.json"):
        (tmp_path / name).write_text(good)
    (tmp_path / "unreadable_20250608.json").unlink()
    (tmp_path / "unreadable_20250608.json").write_text(good)
    closed.chmod(0o600)
    outcome = extract("live-infeed", LIVE_INFEED_URL=tmp_path)
    assert (outcome.status, outcome.err) == (0, "")
    assert warehouse.value("select count(distinct source_uri) from raw.live_infeed") == 8
    assert warehouse.value("select count(*) from raw.live_infeed") == 8


@pytest.mark.parametrize("in_place", [True, False])
def test_a_file_that_is_replaced_all_the_time_is_never_landed_as_a_mixture(
    in_place: bool, extract: ExtractCommand, warehouse: Warehouse, tmp_path: Path
) -> None:
    path = tmp_path / "source" / "A_20250608.json"
    path.parent.mkdir()
    done = threading.Event()
    last = 0

    def replace() -> None:
        nonlocal last
        while not done.is_set():
            last += 1
            document = live_infeed()
            for column in (0, 1, 2):
                document["values"][column] = document["values"][column][:1] * 20_000
            document["values"][1] = [last] * 20_000
            content = json.dumps(document)
            target = path if in_place else tmp_path / "being written"
            with target.open("w") as file:
                for start in range(0, len(content), 65536):
                    file.write(content[start : start + 65536])
                    file.flush()
            if not in_place:
                target.replace(path)

    thread = threading.Thread(target=replace)
    thread.start()
    outcomes = [extract("live-infeed", LIVE_INFEED_URL=path.parent) for _ in range(8)]
    done.set()
    thread.join()
    assert {outcome.status for outcome in outcomes} <= {0, 3}
    assert extract("live-infeed", LIVE_INFEED_URL=path.parent).status == 0
    rows = warehouse.rows(
        "select least, greatest, length from raw.live_infeed cross join lateral ("
        " select min(kw) as least, max(kw) as greatest, count(*) as length"
        " from unnest(power_kw) as kw) as summary order by document_id"
    )
    assert all(least == greatest and length == 20_000 for least, greatest, length in rows)
    assert rows[-1][0] == last
    if not in_place:
        assert warehouse.value("select count(*) from raw.quarantine") == 0


def test_a_directory_of_very_many_files(
    extract: ExtractCommand, warehouse: Warehouse, tmp_path: Path
) -> None:
    good, bad = json.dumps(live_infeed()), "{"
    for number in range(FILES):
        (tmp_path / f"{number}_20250608.json").write_text(bad if number % 100 == 7 else good)
    outcome = extract("live-infeed", LIVE_INFEED_URL=tmp_path)
    assert outcome.status == 3
    refused = outcome.counts("live-infeed")["refused"]
    assert refused == len([number for number in range(FILES) if number % 100 == 7])
    assert outcome.counts("live-infeed")["landed"] == FILES - refused
    begin = time.monotonic()
    outcome = extract("live-infeed", LIVE_INFEED_URL=tmp_path)
    assert time.monotonic() - begin < 10
    assert outcome.counts("live-infeed")["unchanged"] == FILES
    assert warehouse.value("select count(*) from raw.live_infeed") == FILES - refused
    assert warehouse.value("select count(*) from raw.quarantine") == refused
    check_ledger(warehouse)
