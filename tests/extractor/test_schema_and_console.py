"""The command line on a warehouse that lacks something, and what it shows while it works."""

import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from extract import cli
from tests.conftest import ExtractCommand
from tests.documents import LIVE_NAME, forecast_for, write_sources
from tests.extractor.asked import HOUR
from tests.http_server import Answer, HttpServer
from tests.warehouses import Warehouse


def test_every_raw_table_is_there_after_the_first_run_of_anything(
    extract: ExtractCommand, warehouse: Warehouse
) -> None:
    assert extract("redispatch").status == 0
    schema = (Path(cli.__file__).parent / "warehouse" / "schema.sql").read_text()
    for table in re.findall(r"create table if not exists (raw\.\w+)", schema):
        assert warehouse.value(f"select count(*) from {table}") in (0, 1)


def test_schema_makes_raw_once(extract: ExtractCommand) -> None:
    assert extract("schema").out == "schema raw: created\n"
    assert extract("schema").out == "schema raw: already complete\n"


def test_schema_mends_what_is_missing(extract: ExtractCommand, warehouse: Warehouse) -> None:
    extract("schema")
    with warehouse.connect() as connection:
        connection.execute("drop index raw.live_infeed_by_asset")
    assert extract("schema").out == "schema raw: created\n"
    assert warehouse.value("select to_regclass('raw.live_infeed_by_asset')::text")


def test_a_run_does_not_wait_for_whoever_reads_raw(
    extract: ExtractCommand, warehouse: Warehouse
) -> None:
    extract("schema")
    with warehouse.connect() as reader:
        reader.execute("begin")
        reader.execute("select count(*) from raw.forecast_version")
        begin = time.monotonic()
        assert extract("schema").status == 0
        assert time.monotonic() - begin < 5
        reader.execute("rollback")


def test_ten_runs_at_once_make_the_schema_once(warehouse: Warehouse) -> None:
    command = [sys.executable, "-m", "extract", "schema"]
    environment = {**os.environ, **warehouse.environment}
    runs = [
        subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True)
        for _ in range(10)
    ]
    said = sorted(run.communicate()[0] for run in runs)
    assert said == ["schema raw: already complete\n"] * 9 + ["schema raw: created\n"]


def test_an_unreachable_warehouse_is_one_line(extract: ExtractCommand) -> None:
    outcome = extract("all", PGHOST="127.0.0.1", PGPORT="9")
    assert outcome.status == 1
    [line] = outcome.err.splitlines()
    assert line.startswith("error: the warehouse cannot be reached: ")
    assert line.endswith(
        " (check PGHOST, PGPORT, PGUSER and PGDATABASE; unset PGHOST for the embedded one)"
    )


def test_any_name_can_be_printed_anywhere(warehouse: Warehouse, tmp_path: Path) -> None:
    directory = Path(os.fsdecode(os.fsencode(tmp_path) + b"/\xfc"))
    directory.mkdir()
    (directory / "Süd\u4e2d_20250608.json").write_text("{")
    (directory / os.fsdecode(b"\xff_20250608.json")).write_text("{")
    outcome = subprocess.run(
        [sys.executable, "-m", "extract", "live-infeed"],
        env={
            **os.environ,
            **warehouse.environment,
            "LIVE_INFEED_URL": str(directory),
            "PYTHONIOENCODING": "ascii",
        },
        capture_output=True,
        text=True,
        check=False,
    )
    assert outcome.returncode == 3
    lines = outcome.stderr.splitlines()
    assert len(lines) == 2
    assert "S\\xfcd\\u4e2d_20250608.json: is not JSON" in lines[0]
    assert "Traceback" not in outcome.stderr + outcome.stdout


def test_a_server_that_is_too_old_is_refused(
    extract: ExtractCommand, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("extract.warehouse.connection.OLDEST_SERVER", 99)
    outcome = extract("all")
    assert outcome.status == 1
    assert re.fullmatch(
        r"error: the warehouse is PostgreSQL \d+; 99 or newer is needed\n", outcome.err
    )


def test_a_warehouse_that_goes_away_is_one_line(
    extract: ExtractCommand, warehouse: Warehouse, http_server: HttpServer
) -> None:
    def pulls_the_plug(target: str) -> Answer:
        with warehouse.server.connect("postgres") as connection:
            connection.execute(
                "select pg_terminate_backend(pid) from pg_stat_activity where datname = %s",
                [warehouse.environment["PGDATABASE"]],
            )
        return Answer(body=forecast_for(target))

    http_server.answer = pulls_the_plug
    outcome = extract("forecasts", "--assets", "A", *HOUR, VPP_API_URL=http_server.url)
    assert outcome.status == 1
    [line] = outcome.err.splitlines()
    assert line.startswith("error: the warehouse: ")


def test_an_interrupt_is_one_line_and_at_once(
    warehouse: Warehouse, http_server: HttpServer
) -> None:
    def slowly(target: str) -> Answer:
        time.sleep(20)
        return Answer(404)

    http_server.answer = slowly
    environment = {**os.environ, **warehouse.environment, "VPP_API_URL": http_server.url}
    process = subprocess.Popen(
        [sys.executable, "-m", "extract", "forecasts", "--assets", "A", *HOUR],
        env=environment,
        stderr=subprocess.PIPE,
        text=True,
    )
    while not http_server.requests:
        time.sleep(0.05)
    begin = time.monotonic()
    process.send_signal(signal.SIGINT)
    _, said = process.communicate(timeout=15)
    assert process.returncode == 130
    assert said == "error: interrupted; what had landed stays\n"
    assert time.monotonic() - begin < 5


def test_a_progress_bar_only_on_a_terminal(
    extract: ExtractCommand, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = write_sources(tmp_path)
    plain = extract("live-infeed", **settings).out
    assert "\x1b" not in plain
    assert "live-infeed: done" in plain
    monkeypatch.setenv("FORCE_COLOR", "1")
    (tmp_path / "live" / f"X{LIVE_NAME}").write_bytes((tmp_path / "live" / LIVE_NAME).read_bytes())
    assert "\x1b" in extract("live-infeed", **settings).out


def test_long_work_says_how_far_it_is(
    extract: ExtractCommand, http_server: HttpServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("extract.console.PLAIN_SECONDS", 0)
    http_server.answer = lambda target: Answer(body=forecast_for(target))
    outcome = extract("forecasts", "--assets", "A", *HOUR, VPP_API_URL=http_server.url)
    assert "forecasts: 3 of 4" in outcome.out


def test_a_run_is_noted_with_its_command_and_the_sources_it_asks(
    extract: ExtractCommand, warehouse: Warehouse, tmp_path: Path
) -> None:
    extract("forecasts", *HOUR)
    extract("all", DSO_URL=tmp_path)
    assert warehouse.rows("select run_id, command, asked_sources from raw.run") == [
        (1, f"python -m extract forecasts {' '.join(HOUR)}", []),
        (2, "python -m extract all", ["final-production", "redispatch", "redispatch-compensation"]),
    ]
