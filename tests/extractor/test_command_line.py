"""The command line: it explains itself, and wrong input gets one line and the right status."""

import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from psycopg import sql

from extract import cli
from extract.sources.declared import SOURCES
from tests.conftest import Answer, ExtractCommand, HttpServer, Warehouse
from tests.documents import LIVE_NAME, forecast_for, write_sources

HOUR = ("--from", "2025-06-08T06:00", "--to", "2025-06-08T07:00")


def subcommands() -> list[str]:
    return [*SOURCES, "all", "quarantine", "retract", "schema", "status"]


def test_help_names_everything(extract: ExtractCommand) -> None:
    outcome = extract("--help")
    assert outcome.status == 0
    variables = (source.variable for source in SOURCES.values())
    for word in (*subcommands(), *variables, "VPP_API_TOKEN", "PGHOST", "examples:"):
        assert word in outcome.out
    for status in ("0 ", "1 ", "2 ", "3 ", "4 ", "5 ", "130 "):
        assert re.search(rf"^  {status} ", outcome.out, re.MULTILINE)


@pytest.mark.parametrize("name", subcommands())
def test_every_subcommand_and_option_is_documented(name: str, extract: ExtractCommand) -> None:
    outcome = extract(name, "--help")
    assert outcome.status == 0
    parser = cli.build_parser({})
    [subparsers] = [action for action in parser._actions if action.choices is not None]
    assert isinstance(subparsers.choices, dict)
    assert set(subparsers.choices) == set(subcommands())
    for action in subparsers.choices[name]._actions:
        for verb in action.choices or ():
            assert verb in outcome.out
        assert action.help or action.choices, action
        assert (action.option_strings or [str(action.metavar)])[-1] in outcome.out
    assert subparsers.choices[name].description


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        ((), "required: COMMAND"),
        (("weather",), "invalid choice: 'weather'"),
        (("redispatch", "--from", "2025-06-08"), "unrecognized arguments"),
        (("all", "--from", "yesterday"), "'yesterday' is no ISO 8601 date or instant"),
        (("all", "--from", "0001-01-01T00:00+14:00"), "is no ISO 8601 date or instant"),
        (("all", "--assets", ""), "'' is no asset id"),
        (("all", "--assets", "A", "B\udcfc"), "is no asset id"),
        (("all", "--concurrency", "0"), "'0' is no number from 1 to 256"),
        (("all", "--concurrency", "x"), "'x' is no number from 1 to 256"),
        (("all", "--from", "2025-06-09", "--to", "2025-06-08"), "is not before --to"),
        (("all", "--from", "2025-06-09", "--to", "2025-06-09"), "is not before --to"),
        (("forecasts", "--from", "2999-01-01"), "is not before --to"),
        (("forecasts", "--asset_forecasts_table", "1x"), "'1x' is no table name"),
        (("forecasts", "--asset_forecasts_table", "a b"), "is no table name"),
        (("forecasts", "--asset_forecasts_table", "a;drop table x"), "is no table name"),
        (("forecasts", "--asset_forecasts_table", "Forecasts"), "is no table name"),
        (("forecasts", "--asset_forecasts_table", "a\n"), "is no table name"),
        (("forecasts", "--asset_forecasts_table", ""), "is no table name"),
        (("forecasts", "--portfolio_forecast_table", "x" * 64), "is no table name"),
        (("forecasts", "--portfolio_forecast_table", "live_infeed"), "another mart"),
        (("forecasts", "--portfolio_forecast_table", "asset_forecasts"), "another mart"),
        (
            ("forecasts", "--portfolio_forecast_table", "x", "--asset_forecasts_table", "x"),
            "one name for two marts: x",
        ),
    ],
)
def test_wrong_usage_is_one_line(
    arguments: tuple[str, ...], reason: str, extract: ExtractCommand, warehouse: Warehouse
) -> None:
    outcome = extract(*arguments, VPP_API_URL="http://127.0.0.1:9")
    assert outcome.status == 2
    assert outcome.out == ""
    [line] = outcome.err.splitlines()
    assert line.startswith("error: ")
    assert reason in line
    # Nothing was done before it was refused.
    assert warehouse.value("select to_regnamespace('raw')::text") is None


@pytest.mark.parametrize(
    "statement",
    [
        "create table public.mine (x int)",
        "create view public.mine as select 1 as x",
        "create sequence public.mine",
        "create table public.mine (x int);"
        " comment on table public.mine is '(dbt model vpp_warehouse.portfolio_forecast)'",
        "create table public.mine (x int);"
        " comment on table public.mine is '(dbt model vpp_warehouse.asset_forecasts_old)'",
    ],
)
def test_a_name_that_belongs_to_somebody_else_is_refused(
    statement: str, extract: ExtractCommand, warehouse: Warehouse
) -> None:
    with warehouse.connect() as connection:
        connection.execute(sql.SQL(statement))
    outcome = extract("forecasts", "--asset_forecasts_table", "mine")
    assert outcome.status == 2
    assert outcome.err == (
        "error: --asset_forecasts_table: public.mine belongs to an object "
        "this project did not make\n"
    )
    assert warehouse.value("select to_regnamespace('raw')::text") is None


def test_nothing_configured_is_no_error(extract: ExtractCommand) -> None:
    outcome = extract("all")
    assert outcome.status == 0
    assert outcome.out.splitlines() == [
        f"{name}: skipped, {source.variable} is not set" for name, source in SOURCES.items()
    ]


@pytest.mark.parametrize("name", SOURCES)
def test_a_source_that_is_not_configured_is_skipped(name: str, extract: ExtractCommand) -> None:
    outcome = extract(name, **{SOURCES[name].variable: " "})
    assert (outcome.status, outcome.err) == (0, "")
    assert outcome.out == f"{name}: skipped, {SOURCES[name].variable} is not set\n"


def test_a_missing_directory_does_not_stop_the_others(
    extract: ExtractCommand, warehouse: Warehouse, tmp_path: Path
) -> None:
    settings = write_sources(tmp_path) | {"TECHNICAL_DATA_URL": str(tmp_path / "missing")}
    (tmp_path / "live" / "BAD_20250608.json").write_text("{")
    outcome = extract("all", **settings)
    assert outcome.status == 1  # and not 3: the worse of the two
    assert outcome.err.splitlines() == [
        f"error: technical-data: file://{tmp_path}/missing: does not exist",
        f"refused: file://{tmp_path}/live/BAD_20250608.json: is not JSON: Expecting property name "
        "enclosed in double quotes: line 1 column 2 (char 1)",
    ]
    assert warehouse.value("select count(*) from raw.asset_contracts") == 1
    assert warehouse.value("select count(*) from raw.live_infeed") == 1


def test_a_malformed_file_is_status_3_and_the_good_ones_land(
    extract: ExtractCommand, warehouse: Warehouse, tmp_path: Path
) -> None:
    settings = write_sources(tmp_path)
    (tmp_path / "dso" / "final_production_X_20250610.csv").write_text("delivery_start__utc_\n")
    outcome = extract("final-production", **settings)
    assert outcome.status == 3
    [line] = outcome.err.splitlines()
    assert "final_production_X_20250610.csv: holds no column of a metering point" in line
    assert warehouse.value("select count(*) from raw.final_production") == 1
    assert outcome.counts("final-production")["refused"] == 1


def test_a_second_run_lands_nothing(
    extract: ExtractCommand, warehouse: Warehouse, http_server: HttpServer, tmp_path: Path
) -> None:
    http_server.answer = lambda target: Answer(body=forecast_for(target))
    settings = write_sources(tmp_path) | {"VPP_API_URL": http_server.url}
    assert extract("all", *HOUR, **settings).status == 0
    [(before,)] = warehouse.rows("select last_value from raw.document_id")
    http_server.requests.clear()
    outcome = extract("all", *HOUR, **settings)
    assert outcome.status == 0
    assert all(outcome.counts(name)["landed"] == 0 for name in SOURCES)
    assert all(outcome.counts(name)["unchanged"] > 0 for name in SOURCES)
    assert http_server.requests == []
    assert warehouse.rows("select last_value from raw.document_id") == [(before,)]


def test_every_raw_table_is_there_after_the_first_run_of_anything(
    extract: ExtractCommand, warehouse: Warehouse
) -> None:
    assert extract("redispatch").status == 0
    schema = (Path(cli.__file__).parent / "warehouse" / "schema.sql").read_text()
    for table in re.findall(r"create table if not exists (raw\.\w+)", schema):
        assert warehouse.value(f"select count(*) from {table}") in (0, 1)


def test_schema_makes_raw_once(extract: ExtractCommand) -> None:
    assert extract("schema").out == "schema raw: made\n"
    assert extract("schema").out == "schema raw: is there\n"


def test_schema_mends_what_is_missing(extract: ExtractCommand, warehouse: Warehouse) -> None:
    extract("schema")
    with warehouse.connect() as connection:
        connection.execute("drop index raw.live_infeed_by_asset")
    assert extract("schema").out == "schema raw: made\n"
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
    assert said == ["schema raw: is there\n"] * 9 + ["schema raw: made\n"]


def test_an_unreachable_warehouse_is_one_line(extract: ExtractCommand) -> None:
    outcome = extract("all", PGHOST="127.0.0.1", PGPORT="9")
    assert outcome.status == 1
    [line] = outcome.err.splitlines()
    assert line.startswith("error: the warehouse cannot be reached: ")


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


def test_a_password_of_the_warehouse_is_not_printed(extract: ExtractCommand) -> None:
    outcome = extract("all", PGHOST="127.0.0.1", PGPORT="9", PGPASSWORD="the-secret")
    assert "the-secret" not in outcome.said


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
    assert said == "error: interrupted; what was landed stays\n"
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
    monkeypatch.setattr("extract.console._PLAIN_SECONDS", 0)
    http_server.answer = lambda target: Answer(body=forecast_for(target))
    outcome = extract("forecasts", "--assets", "A", *HOUR, VPP_API_URL=http_server.url)
    assert "forecasts: 3 of 4" in outcome.out


def test_the_run_is_noted_with_its_command(extract: ExtractCommand, warehouse: Warehouse) -> None:
    extract("forecasts", *HOUR)
    assert warehouse.rows("select run_id, command from raw.run") == [
        (1, f"python -m extract forecasts {' '.join(HOUR)}")
    ]
