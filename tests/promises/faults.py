"""Faults injected while documents land, and what must hold after each."""

import math
import os
import random
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from tests.dbt_project import ROOT
from tests.documents import forecast_for
from tests.extract_command import without_sources
from tests.extractor.asked import asset_and_version
from tests.http_server import Answer
from tests.warehouses import Warehouse

KILLS = int(os.environ.get("FAULT_KILLS", "5"))
FILES = int(os.environ.get("FAULT_FILES", "10000"))
KILLS_PER_WAREHOUSE = 5
DAY = ("--from", "2025-06-08", "--to", "2025-06-09")
# The real program, but with small batches, so that there is much to interrupt.
PROGRAM = """
import sys
from extract import cli, directory_load, forecast_load
directory_load.BATCH_FILES, forecast_load.BATCH_FORECASTS = 5, 15
sys.exit(cli.main(sys.argv[1:]))
"""


# What differs between two runs that produce the same rows.
PASSING = ["document_id", "observation_id", "run_id", "received_utc", "observed_utc", "asked_utc"]
Rows = Counter[tuple[str, str]]


def raw_rows(warehouse: Warehouse) -> Rows:
    """Every row of raw without ids, runs and instants: table and content, and how often."""
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
    """Whatever the ledger knows is landed or in quarantine, and vice versa."""
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
    """A dead session is gone at once, with its locks and its name."""
    query = (
        "select count(*) from pg_stat_activity"
        " where datname = current_database() and application_name ~ '^extract .* run [0-9]+$'"
    )
    deadline = time.monotonic() + 10
    while warehouse.value(query):
        assert time.monotonic() < deadline
        time.sleep(0.05)


@dataclass(frozen=True)
class FaultySources:
    """Sources with good and bad documents, and the rows that an undisturbed run makes of them."""

    settings: dict[str, str]
    rows: Rows

    def start(self, warehouse: Warehouse, *arguments: str) -> "subprocess.Popen[str]":
        """The extractor, in its own process, loading everything."""
        return subprocess.Popen(
            [sys.executable, "-c", PROGRAM, "all", *DAY, *arguments],
            cwd=ROOT,
            env={**without_sources(), **warehouse.environment, **self.settings},
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
    """Most versions exist, some do not, one is an HTML page, and all take a little while."""
    time.sleep(0.02)
    asset, version = asset_and_version(target)
    if version[11:16] in ("03:15", "17:30"):
        return Answer(404)
    if version[:16] == "2025-06-08T06:00" and asset == "WND-DE-003":
        return Answer(body=b"<html>busy</html>")
    return Answer(body=forecast_for(target))


def kill_at_random(process: "subprocess.Popen[str]", warehouse: Warehouse, seconds: float) -> bool:
    """Kill the process some time after its load began; False if it had already ended."""
    runs = warehouse.value("select coalesce(max(run_id), 0) from raw.run")
    while process.poll() is None:
        if warehouse.value("select coalesce(max(run_id), 0) from raw.run") != runs:
            break
        time.sleep(0.01)
    time.sleep(random.uniform(0, seconds))
    process.kill()
    process.communicate()
    return process.returncode < 0


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


def in_cell(column: int, value: object) -> Callable[[dict[str, Any]], None]:
    def change(document: dict[str, Any]) -> None:
        document["values"][column][1] = value

    return change


def scaled(factor: float) -> Callable[[dict[str, Any]], None]:
    def change(document: dict[str, Any]) -> None:
        document["values"][:3] = [[n * factor for n in c] for c in document["values"][:3]]

    return change


VALUES: list[tuple[Callable[[dict[str, Any]], object], object]] = [
    # What the second value becomes in raw, or part of the reason why it does not.
    (lambda d: None, 2.5),
    (in_cell(3, None), None),
    (in_cell(3, -3), -3.0),
    (scaled(1000), 2.5),
    (scaled(1000.0), 2.5),
    (lambda d: d.update(note="x") or d["column_ids"].append("x") or d["values"].append([1]), 2.5),
    (in_cell(3, math.nan), "NaN is not a number"),
    (in_cell(3, math.inf), "Infinity is not a number"),
    (in_cell(3, 1e300), "not a plausible power"),
    (in_cell(3, "2.5"), "power holds '2.5', not a number"),
    (in_cell(3, True), "power holds True, not a number"),
    (in_cell(3, [2.5]), "not a number"),
    (lambda d: d.update(values=[[], [], [], []]), "holds no quarter-hours"),
    (lambda d: d["values"][3].pop(), "differ in length"),
    (lambda d: d["key"].update(asset_id="B"), "is about 'B', but 'A' was asked for"),
    (lambda d: d["values"][2].__setitem__(1, 1749363300 + 86400), "holds version"),
    (in_cell(0, 1749363300.5), "quarter-hour"),
    (in_cell(0, "2025-06-08T06:15:00Z"), "not an instant"),
    (scaled(1e-3), "not a plausible instant"),
    (scaled(1e6), "not a plausible instant"),
]


VERSIONS = [f"2025-06-08T{n // 4:02}:{n % 4 * 15:02}:00+00:00" for n in range(20)]
