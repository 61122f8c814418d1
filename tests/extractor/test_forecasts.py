"""The load of forecasts: what is requested, what is landed, and what happens without answers."""

import os
import subprocess
import sys
import threading
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from extract.forecast_request import QUARTER_HOUR, ForecastRequest, count_versions, first_version
from extract.simulator.plan import SimulationPlan
from extract.simulator.server import ForecastServer
from extract.warehouse.landing import land_forecasts
from extract.warehouse.schema import ensure_schema
from extract.workers import answers
from tests.benchmark.data import new_versions
from tests.conftest import ExtractCommand, Outcome
from tests.documents import VERSION, forecast_for, write_sources
from tests.extractor.asked import (
    DAY,
    HOUR,
    Load,
    asked,
    asset_and_version,
)
from tests.http_server import Answer, HttpServer
from tests.warehouses import Warehouse


def test_a_version_is_one_row_with_all_its_values(
    fetch: Load, http_server: HttpServer, warehouse: Warehouse
) -> None:
    outcome = fetch("--assets", "A", "B", *HOUR)
    assert outcome.status == 0, outcome.said
    assert outcome.err == ""
    assert outcome.counts("forecasts") == {
        "found": 8, "landed": 8, "unchanged": 0, "ignored": 0, "refused": 0,
    }  # fmt: skip
    rows = warehouse.rows(
        "select asset_id, version_utc::text, grid_start_utc = version_utc, cardinality(power_kw),"
        " power_kw[1:2], source_uri, received_utc between started_utc and now(),"
        " octet_length(content_sha256)"
        " from raw.forecast_version natural join raw.run order by asset_id, version_utc"
    )
    assert len(rows) == 8
    address = f"{http_server.url}/forecasts?asset_id=A&version=2025-06-08T06%3A00%3A00%2B00%3A00"
    assert rows[0] == ("A", "2025-06-08 06:00:00+00", True, 193, [1.5, 2.5], address, True, 32)


def test_the_window_is_half_open_and_on_the_grid(fetch: Load, http_server: HttpServer) -> None:
    fetch("--assets", "A", "--from", "2025-06-08T08:05+02:00", "--to", "2025-06-08T06:45Z")
    assert asked(http_server) == [
        ("A", "2025-06-08T06:15:00+00:00"),
        ("A", "2025-06-08T06:30:00+00:00"),
    ]


def test_without_bounds_it_is_the_last_48_hours(fetch: Load, http_server: HttpServer) -> None:
    begin = datetime.now(UTC)
    assert fetch("--assets", "A").status == 0
    versions = [datetime.fromisoformat(version) for _, version in asked(http_server)]
    assert len(versions) == 192
    assert begin - timedelta(hours=48) <= versions[0]
    assert begin - timedelta(minutes=15) <= versions[-1] <= datetime.now(UTC)


@pytest.mark.parametrize(
    ("begin", "end", "count"),
    [
        ("06:00", "06:00:01", 1),
        ("06:00:01", "06:15", 0),
        ("06:00", "07:00", 4),
        ("05:59", "06:31", 3),
    ],
)
def test_versions_are_counted_as_they_are_asked(begin: str, end: str, count: int) -> None:
    day = "2025-06-08T"
    request = ForecastRequest(
        datetime.fromisoformat(f"{day}{begin}+00:00"), datetime.fromisoformat(f"{day}{end}+00:00")
    )
    assert count_versions(request) == count
    assert first_version(request.begin).minute % 15 == 0


def test_landed_versions_are_not_asked_for_again(
    fetch: Load, http_server: HttpServer, warehouse: Warehouse
) -> None:
    fetch("--assets", "A", *HOUR)
    outcome = fetch("--assets", "A", *HOUR)
    assert http_server.requests == []
    assert outcome.status == 0
    assert outcome.counts("forecasts")["unchanged"] == 4
    assert warehouse.value("select count(*) from raw.forecast_version") == 4


def test_the_gap_of_an_outage_is_filled(fetch: Load, http_server: HttpServer) -> None:
    fetch("--assets", "A", "--from", "2025-06-08T06:00", "--to", "2025-06-08T06:30")
    fetch("--assets", "A", "--from", "2025-06-08T07:00", "--to", "2025-06-08T07:30")
    fetch("--assets", "A", "B", "--from", "2025-06-08T06:00", "--to", "2025-06-08T07:30")
    assert [version[11:16] for asset, version in asked(http_server) if asset == "A"] == [
        "06:30",
        "06:45",
    ]
    assert len([asset for asset, _ in asked(http_server) if asset == "B"]) == 6


def test_refetch_asks_again_and_lands_only_what_differs(
    fetch: Load, http_server: HttpServer, warehouse: Warehouse
) -> None:
    fetch("--assets", "A", *HOUR)
    outcome = fetch("--assets", "A", *HOUR, "--refetch")
    assert len(http_server.requests) == 4
    assert outcome.counts("forecasts")["unchanged"] == 4
    rerun = "2025-06-08T06:15:00+00:00"

    def with_a_rerun(target: str) -> Answer:
        power = 9.0 if asset_and_version(target)[1] == rerun else 1.5
        return Answer(body=forecast_for(target, power=power))

    http_server.answer = with_a_rerun
    outcome = fetch("--assets", "A", *HOUR, "--refetch")
    assert outcome.counts("forecasts") == {
        "found": 4, "landed": 1, "unchanged": 3, "ignored": 0, "refused": 0,
    }  # fmt: skip
    query = "select power_kw[1] from raw.forecast_version where version_utc = '2025-06-08 06:15Z'"
    assert warehouse.rows(f"{query} order by received_utc") == [(1.5,), (9.0,)]
    # And back: the answer before last is new again.
    http_server.answer = lambda target: Answer(body=forecast_for(target))
    assert fetch("--assets", "A", *HOUR, "--refetch").counts("forecasts")["landed"] == 1


def test_assets_are_those_that_landed_documents_name(
    extract: ExtractCommand, http_server: HttpServer, tmp_path: Path
) -> None:
    http_server.answer = lambda target: Answer(body=forecast_for(target))
    outcome = extract("all", *HOUR, VPP_API_URL=http_server.url, **write_sources(tmp_path))
    assert outcome.status == 0, outcome.said
    assert {asset for asset, _ in asked(http_server)} == {"WND-DE-003", "SOL-DE-001"}


def test_without_any_asset_there_is_nothing_to_ask(fetch: Load) -> None:
    outcome = fetch(*HOUR)
    assert outcome.status == 1
    assert outcome.err == (
        "error: forecasts: no asset is known: run python -m extract technical-data "
        "(or asset-contracts) first, or give --assets\n"
    )


def test_concurrency_is_what_was_asked_for(fetch: Load, http_server: HttpServer) -> None:
    lock = threading.Lock()
    under_way = most = 0

    def counting(target: str) -> Answer:
        nonlocal under_way, most
        with lock:
            under_way += 1
            most = max(most, under_way)
        time.sleep(0.02)
        with lock:
            under_way -= 1
        return Answer(body=forecast_for(target))

    http_server.answer = counting
    assert fetch("--assets", "A", *DAY, "--concurrency", "5").status == 0
    assert most == 5


def test_questions_are_taken_only_as_answers_are_used() -> None:
    taken = iter(range(10_000))
    answered = answers(lambda number: number, taken, concurrency=2)
    next(answered)
    assert next(taken) < 100
    answered.close()


def test_all_questions_are_answered_once() -> None:
    for concurrency in (1, 3):
        assert list(answers(lambda n: -n, range(100), concurrency)) == list(range(0, -100, -1))
    assert list(answers(lambda n: n, [], 2)) == []


def test_answers_come_as_they_come_in_and_a_pause_is_told() -> None:
    pauses: list[int] = []

    def slowly(number: int) -> int:
        time.sleep(2.5 if number == 0 else 0)
        return number

    come_in = list(answers(slowly, range(10), 5, lambda: pauses.append(1)))
    assert come_in[-1] == 0
    assert sorted(come_in) == list(range(10))
    assert pauses == [1]


def test_bad_versions_here_and_there_are_no_outage(
    fetch: Load, http_server: HttpServer, warehouse: Warehouse
) -> None:
    def fails_on_the_hour(target: str) -> Answer:
        if asset_and_version(target)[1][14:16] == "00":
            return Answer(500)
        return Answer(body=forecast_for(target))

    http_server.answer = fails_on_the_hour
    window = ("--from", "2025-06-08T00:00", "--to", "2025-06-08T09:00")
    outcome = fetch("--assets", "A", *window, "--concurrency", "9")
    assert outcome.status == 3, outcome.err
    assert outcome.counts("forecasts")["refused"] == 9
    assert warehouse.value("select count(*) from raw.forecast_version") == 27


def test_two_runs_at_once_land_every_version_once(
    warehouse: Warehouse, http_server: HttpServer, tmp_path: Path
) -> None:
    http_server.answer = lambda target: Answer(body=forecast_for(target))
    command = [sys.executable, "-m", "extract", "forecasts", "--wait", "--assets", "A", "B", *DAY]
    environment = {**os.environ, **warehouse.environment, "VPP_API_URL": http_server.url}
    runs = [
        subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True)
        for _ in range(3)
    ]
    said = [run.communicate()[0] for run in runs]
    assert [run.returncode for run in runs] == [0, 0, 0]
    assert warehouse.value("select count(*) from raw.forecast_version") == 192
    counts = [Outcome(0, text, "").counts("forecasts") for text in said]
    assert sum(count["landed"] for count in counts) == 192
    assert all(count["found"] == 192 for count in counts)


def test_the_simulator_loads_whole(extract: ExtractCommand, warehouse: Warehouse) -> None:
    plan = SimulationPlan(versions_complete=True, day_count=1)
    assets = [asset.asset_id for asset in plan.assets]
    with ForecastServer(plan) as server:
        window = ("--from", "2025-06-07", "--to", "2025-06-08")
        outcome = extract("forecasts", "--assets", *assets, *window, VPP_API_URL=server.url)
        assert outcome.status == 0, outcome.said
        outcome = extract("forecasts", "--assets", *assets, *window, VPP_API_URL=server.url)
    assert outcome.counts("forecasts")["unchanged"] == 480
    assert warehouse.rows(
        "select count(*), min(cardinality(power_kw)), max(cardinality(power_kw)),"
        " bool_and(array_position(power_kw, null) is null) from raw.forecast_version"
    ) == [(480, 193, 193, True)]


def test_what_is_landed_is_looked_up_by_index_however_long_the_session(
    warehouse: Warehouse,
) -> None:
    assets = [f"A{number:03}" for number in range(20)]
    with warehouse.connect() as connection:
        ensure_schema(connection)

        def land(batches: int) -> None:
            for number in range(batches):
                versions = new_versions(assets, VERSION + number * QUARTER_HOUR)
                assert land_forecasts(connection, 1, versions) == len(assets)

        # psycopg prepares repeated statements; the plan, made for an empty table, would be kept.
        land(10)
        connection.execute("truncate raw.forecast_version")
        connection.execute("vacuum analyze raw.forecast_version")
        land(10)
        connection.execute("select pg_stat_force_next_flush()")
        [(read,)] = connection.execute(
            "select seq_tup_read from pg_stat_user_tables where relname = 'forecast_version'"
        )
    assert read == 0
