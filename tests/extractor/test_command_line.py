"""The command line: it explains itself, and wrong input gets one line and the right status."""

import re
from pathlib import Path

import pytest
from psycopg import sql

from extract import cli
from extract.sources.declared import OTHER_COMMANDS, SOURCES
from tests.conftest import ExtractCommand
from tests.documents import forecast_for, write_sources
from tests.extractor.asked import HOUR
from tests.http_server import Answer, HttpServer
from tests.warehouses import Warehouse

NOTHING_CONFIGURED = (
    "no source is configured, so nothing was done: python -m extract --help lists the variables, "
    "make run lands a demo"
)


def subcommands() -> list[str]:
    return [*SOURCES, *OTHER_COMMANDS]


def test_help_names_everything(extract: ExtractCommand) -> None:
    outcome = extract("--help")
    assert outcome.status == 0
    variables = (source.variable for source in SOURCES.values())
    named = ("VPP_API_TOKEN", "PGHOST", "examples:", "--asset_forecasts_table", "the build fails")
    for word in (*subcommands(), *variables, *named):
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
        (("all", "--from", "yesterday"), "'yesterday' is not an ISO 8601 date or instant"),
        (("all", "--from", "0001-01-01T00:00+14:00"), "is not an ISO 8601 date or instant"),
        (("all", "--assets", ""), "'' is not an asset id"),
        (("all", "--assets", "A", "B\udcfc"), "is not an asset id"),
        (("all", "--concurrency", "0"), "'0' is not a number from 1 to 256"),
        (("all", "--concurrency", "x"), "'x' is not a number from 1 to 256"),
        (("all", "--from", "2025-06-09", "--to", "2025-06-08"), "is not before --to"),
        (("all", "--from", "2025-06-09", "--to", "2025-06-09"), "is not before --to"),
        (("forecasts", "--from", "2999-01-01"), "is not before --to"),
        (("forecasts", "--asset_forecasts_table", "1x"), "'1x' is not a table name"),
        (("forecasts", "--asset_forecasts_table", "a b"), "is not a table name"),
        (("forecasts", "--asset_forecasts_table", "a;drop table x"), "is not a table name"),
        (("forecasts", "--asset_forecasts_table", "Forecasts"), "is not a table name"),
        (("forecasts", "--asset_forecasts_table", "a\n"), "is not a table name"),
        (("forecasts", "--asset_forecasts_table", ""), "is not a table name"),
        (("forecasts", "--portfolio_forecast_table", "x" * 64), "is not a table name"),
        (("forecasts", "--portfolio_forecast_table", "live_infeed"), "another mart"),
        (("forecasts", "--portfolio_forecast_table", "asset_forecasts"), "another mart"),
        (
            ("forecasts", "--portfolio_forecast_table", "x", "--asset_forecasts_table", "x"),
            "both marts would have the same name: x",
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
        "error: --asset_forecasts_table: public.mine exists, and this project did not make it\n"
    )
    assert warehouse.value("select to_regnamespace('raw')::text") is None


def test_nothing_configured_is_no_error(extract: ExtractCommand) -> None:
    outcome = extract("all")
    assert outcome.status == 0
    assert outcome.out.splitlines() == [
        *(f"{name}: skipped, {source.variable} is not set" for name, source in SOURCES.items()),
        NOTHING_CONFIGURED,
    ]


@pytest.mark.parametrize("name", SOURCES)
def test_a_source_that_is_not_configured_is_skipped(name: str, extract: ExtractCommand) -> None:
    outcome = extract(name, **{SOURCES[name].variable: " "})
    assert (outcome.status, outcome.err) == (0, "")
    assert outcome.out.splitlines() == [
        f"{name}: skipped, {SOURCES[name].variable} is not set",
        NOTHING_CONFIGURED,
    ]


def test_a_missing_directory_does_not_stop_the_others(
    extract: ExtractCommand, warehouse: Warehouse, tmp_path: Path
) -> None:
    settings = write_sources(tmp_path) | {"TECHNICAL_DATA_URL": str(tmp_path / "missing")}
    (tmp_path / "live" / "BAD_20250608.json").write_text("{")
    outcome = extract("all", **settings)
    assert outcome.status == 1  # and not 3: the worse of the two
    assert outcome.err.splitlines() == [
        f"error: technical-data: file://{tmp_path}/missing: does not exist "
        "(check TECHNICAL_DATA_URL)",
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
    assert "final_production_X_20250610.csv: has no column for a metering point" in line
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
