"""`python -m extract status`: a line per source, on any possible warehouse."""

import io
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from rich.console import Console

from extract.sources.declared import SOURCES
from extract.status import SourceStatus, duration, print_table
from extract.warehouse.schema import ensure_schema
from tests.conftest import ExtractCommand, Outcome
from tests.documents import (
    COMPENSATION_NAME,
    CONTRACTS_NAME,
    FINAL,
    FINAL_NAME,
    FINAL_PRICES_NAME,
    REDISPATCH_NAME,
    TECHNICAL_NAME,
    write_sources,
)
from tests.warehouses import Warehouse

HEADINGS = (
    "source", "age", "every", "newest instant", "newest document", "landed", "quarantine",
    "last run", "state",
)  # fmt: skip


def lines(outcome: Outcome) -> dict[str, dict[str, str]]:
    """What is shown for each source, by heading."""
    [heading, _, *rows] = outcome.out.partition("\n\n")[0].splitlines()
    assert [cell.strip() for cell in heading.split("  ") if cell.strip()] == list(HEADINGS)
    cells = [[cell.strip() for cell in row.split("  ") if cell.strip()] for row in rows]
    # All is well if no state is shown.
    return {row[0]: dict(zip(HEADINGS[1:], [*row[1:], ""], strict=False)) for row in cells}


def next_steps(outcome: Outcome) -> dict[str, str]:
    """What to do next, by source."""
    [title, *steps] = outcome.out.partition("\n\n")[2].splitlines() or [""]
    assert title == ("What to do next" if steps else "")
    return {source: step for source, _, step in (line.strip().partition(": ") for line in steps)}


NOTHING = {
    "age": "never",
    "newest instant": "-",
    "newest document": "-",
    "landed": "0",
    "quarantine": "0",
    "last run": "-",
    "state": "late",
}
NO_CADENCE = {"redispatch", "redispatch-compensation"}


def test_nothing_is_known_where_nothing_was_landed(
    extract: ExtractCommand, warehouse: Warehouse
) -> None:
    for _ in ("before there is raw", "with an empty raw"):
        outcome = extract("status")
        # A scheduler that has run nothing yet is not on time.
        assert (outcome.status, outcome.err) == (5, "")
        shown = lines(outcome)
        assert list(shown) == list(SOURCES)
        for source, row in shown.items():
            late = "" if source in NO_CADENCE else "late, "
            state = f"{late}not configured ({SOURCES[source].variable})"
            assert {**row, "every": ""} == {**NOTHING, "every": "", "state": state}
        assert next_steps(outcome) == {
            source: f"set {SOURCES[source].variable} to its address, "
            f"then run python -m extract {source}"
            for source in SOURCES
            if source not in NO_CADENCE
        }
        assert {source: row["every"] for source, row in shown.items()} == {
            "technical-data": "1 d",
            "asset-contracts": "7 d",
            "forecasts": "15 min",
            "live-infeed": "5 min",
            "final-production": "1 d",
            "redispatch": "-",
            "redispatch-compensation": "-",
            "imbalance-prices": "1 d",
        }
        with warehouse.connect() as connection:
            ensure_schema(connection)


def test_a_warehouse_of_before_the_quarantine(
    extract: ExtractCommand, warehouse: Warehouse
) -> None:
    with warehouse.connect() as connection:
        ensure_schema(connection)
        connection.execute("drop table raw.quarantine, raw.quarantine_release")
        connection.execute("insert into raw.run (started_utc, command) values (now(), '')")
        connection.execute("alter table raw.run drop column asked_sources")
    assert extract("status").status == 5
    # The command only looked.
    assert warehouse.value("select to_regclass('raw.quarantine') is null") is True


def land_forecast(warehouse: Warehouse, version: str = "now", received: str = "now") -> None:
    with warehouse.connect() as connection:
        connection.execute(
            "insert into raw.forecast_version (version_utc, grid_start_utc, received_utc, run_id,"
            " asset_id, source_uri, content_sha256, power_kw)"
            " values (%s, now(), %s, 1, 'A', '', '', '{}')",
            [version, received],
        )


def test_what_has_just_landed_is_in_time(
    extract: ExtractCommand, warehouse: Warehouse, tmp_path: Path
) -> None:
    assert extract("all", **write_sources(tmp_path)).status == 0
    outcome = extract("status")
    assert outcome.status == 5
    for source, row in lines(outcome).items():
        if source == "forecasts":
            # Nor was it configured where the run was, so nobody asked.
            late = {"state": "late, not configured (VPP_API_URL)"}
            assert {**row, "every": ""} == {**NOTHING, "every": "", **late}
            continue
        assert (row["age"], row["last run"]) == ("0 min", "0 min ago"), source
        # Landed from a shell that had the variable: lacking it here is not late.
        assert row["state"] == f"not configured ({SOURCES[source].variable})"
        # Imbalance prices come as estimates and as final prices.
        assert row["landed"] == ("2" if source == "imbalance-prices" else "1"), source
        assert int(row["newest document"]) > 0
    assert list(next_steps(outcome)) == ["forecasts"]
    land_forecast(warehouse)
    outcome = extract("status")
    assert (outcome.status, next_steps(outcome)) == (0, {})
    outcome = extract("status", **write_sources(tmp_path), VPP_API_URL="http://127.0.0.1:9")
    assert lines(outcome)["forecasts"]["last run"] == "-"
    assert {row["state"] for row in lines(outcome).values()} == {""}


def test_the_newest_instant_is_that_of_any_document_that_counts(
    extract: ExtractCommand, warehouse: Warehouse, tmp_path: Path
) -> None:
    assert extract("all", **write_sources(tmp_path)).status == 0
    # A run that catches up asks for the newest version first.
    land_forecast(warehouse, "2025-06-08 12:15Z", "2025-06-08 13:00Z")
    land_forecast(warehouse, "2025-06-08 12:00Z", "2025-06-08 13:01Z")
    shown = lines(extract("status"))
    newest = warehouse.rows(
        "select source, to_char(max(instant_utc) at time zone 'UTC', 'YYYY-MM-DD HH24:MI\"Z\"')"
        " from raw.document group by source"
    )
    assert {(source, row["newest instant"]) for source, row in shown.items()} == set(newest)
    assert shown["forecasts"]["newest instant"] == "2025-06-08 12:15Z"
    first = warehouse.value("select min(document_id) from raw.forecast_version")
    assert extract("retract", str(first), "--why", "test").status == 0
    assert lines(extract("status"))["forecasts"]["newest instant"] == "2025-06-08 12:00Z"


@pytest.mark.parametrize(
    ("minutes", "setting", "step"),
    [
        (None, "", "set VPP_API_URL to its address (or is it set where the schedule runs?), "
            "then run python -m extract forecasts"),
        (None, "http://127.0.0.1:9",
            "no run has asked for it: run python -m extract forecasts, and schedule it"),
        (70.5, "http://127.0.0.1:9",
            "no run has asked for it for 1 h 10 min: run python -m extract forecasts, "
            "and see why the schedule did not"),
        (7.5, "http://127.0.0.1:9",
            "asked 7 min ago and nothing new landed: run python -m extract forecasts; "
            "if it finds nothing new, the source is silent: ask its owner"),
    ],
)  # fmt: skip
def test_what_to_do_about_a_source_that_is_late(
    minutes: float | None, setting: str, step: str,
    extract: ExtractCommand, warehouse: Warehouse,
) -> None:  # fmt: skip
    assert extract("schema").status == 0
    land_forecast(warehouse, received="2025-06-08 13:00Z")
    if minutes is not None:
        with warehouse.connect() as connection:
            connection.execute(
                "insert into raw.run (started_utc, command, asked_sources)"
                " values (now() - make_interval(secs => %s), '', '{forecasts}')",
                [minutes * 60],
            )
    outcome = extract("status", VPP_API_URL=setting)
    assert next_steps(outcome)["forecasts"] == step
    assert outcome.status == 5


def test_quarantine_needs_somebody_too(extract: ExtractCommand, tmp_path: Path) -> None:
    settings = write_sources(tmp_path)
    (tmp_path / "live" / "BAD_20250608.json").write_text("{")
    assert extract("all", **settings).status == 3
    assert next_steps(extract("status", **settings))["live-infeed"] == (
        "1 in quarantine "
        "(why: python -m extract quarantine; after a fix: python -m extract quarantine replay)"
    )


@pytest.mark.parametrize(
    ("width", "left_out"),
    [
        (80, "newest document, landed, every, last run, quarantine"),
        (120, "newest document, landed, every"),
        (160, None),
    ],
)
def test_a_narrow_terminal_is_shown_whole_cells(width: int, left_out: str | None) -> None:
    now = datetime.now(UTC)
    statuses = [SourceStatus(source, is_configured=False) for source in SOURCES]
    written = io.StringIO()
    console = Console(file=written, force_terminal=True, color_system=None, width=width)
    print_table(console, statuses, now)
    [heading, *rows] = written.getvalue().splitlines()
    said = re.fullmatch(r"\(too narrow for: (.*)\)", rows[-1])
    assert (said and said[1]) == left_out
    assert all((word in heading) != (word in (left_out or "")) for word in HEADINGS)
    assert "…" not in written.getvalue()
    for source in SOURCES.values():
        assert f"({source.variable})" in written.getvalue()
    assert all(len(row) <= width for row in rows)


def test_the_newest_document_and_the_last_run_of_each_source(
    extract: ExtractCommand, warehouse: Warehouse
) -> None:
    now = datetime.now(UTC)

    def ago(minutes: float) -> datetime:
        return now - timedelta(minutes=minutes)

    with warehouse.connect() as connection:
        ensure_schema(connection)
        # The last received did not land last.
        for document_id, minutes in ((11, 200.5), (12, 125.5), (13, 3000)):
            connection.execute(
                "insert into raw.forecast_version (document_id, version_utc, grid_start_utc,"
                " received_utc, run_id, asset_id, source_uri, content_sha256, power_kw)"
                " values (%s, %s, %s, %s, 1, 'A', '', '', '{}')",
                [document_id, now, now, ago(minutes)],
            )
        # A year old, but nobody expected another.
        connection.execute(
            "insert into raw.redispatch_flag (document_id, metering_point_id, issued_utc,"
            " delivery_start_utc, delivery_end_utc, is_redispatched, source_uri, content_sha256,"
            " received_utc, run_id) values (14, '', %s, '{}', '{}', '{}', '', '', %s, 1)",
            [now, ago(365 * 1440 + 1)],
        )
        for document_id in (21, 22, 23):
            connection.execute(
                "insert into raw.quarantine"
                " values (%s, 'live-infeed', 'torn', '', 0, '', '', %s, 1)",
                [document_id, now],
            )
        connection.execute("insert into raw.quarantine_release values (24, 22, %s, 1)", [now])
        for asked, minutes in (
            (["forecasts", "live-infeed"], 90.5),
            (["forecasts"], 60.5),
            (["forecasts"], 30.5),
            ([], 1),
        ):
            connection.execute(
                "insert into raw.run (started_utc, command, asked_sources) values (%s, '', %s)",
                [ago(minutes), asked],
            )
    outcome = extract("status")
    assert outcome.status == 5
    shown = lines(outcome)
    assert shown["forecasts"] == {
        "age": "2 h 5 min",
        "every": "15 min",
        "newest instant": f"{now:%Y-%m-%d %H:%MZ}",
        "newest document": "12",
        "landed": "3",
        "quarantine": "0",
        "last run": "30 min ago",
        "state": "late, not configured (VPP_API_URL)",
    }
    assert shown["live-infeed"] == {
        **NOTHING,
        "every": "5 min",
        "quarantine": "2",
        "last run": "1 h 30 min ago",
        "state": "late, not configured (LIVE_INFEED_URL)",
    }
    assert shown["redispatch"]["age"] == "365 d"
    # As in source_status, a retracted document has landed but is never the newest.
    for retracted, age, newest in (
        (12, "3 h 20 min", "11"),
        (11, "2 d 2 h", "13"),
        (13, "never", "-"),
    ):
        assert extract("retract", str(retracted), "--why", "test").status == 0
        row = lines(extract("status"))["forecasts"]
        assert (row["age"], row["newest document"], row["landed"]) == (age, newest, "3")


def test_a_document_from_the_future_is_named_until_it_is_retracted(
    extract: ExtractCommand, warehouse: Warehouse, tmp_path: Path
) -> None:
    settings = write_sources(tmp_path)
    assert extract("all", **settings).status == 0
    land_forecast(warehouse)
    assert (extract("status").status, extract("status").err) == (0, "")
    for folder, name, renamed in (
        ("technical", TECHNICAL_NAME, "technical_data_2099-01-01T125000Z.json"),
        ("contracts", CONTRACTS_NAME, "asset_contracts_20990101_043831.csv"),
        ("dso", FINAL_NAME, "final_production_MP-WND-003_20990101.csv"),
        ("dso", REDISPATCH_NAME, "redispatch_flag_MP-WND-003_20990101_1201.csv"),
        ("dso", COMPENSATION_NAME, "redispatch_compensation_2099-01-01.csv"),
        ("prices", FINAL_PRICES_NAME, "imbalance_price_final_20990101_170800.csv"),
    ):
        (tmp_path / folder / renamed).write_bytes((tmp_path / folder / name).read_bytes())
    # For today, or tomorrow where it is later: no claim.
    today = datetime.now(UTC)
    for day in (today, today + timedelta(hours=14)):
        name = f"final_production_MP-WND-003_{day:%Y%m%d}.csv"
        (tmp_path / "dso" / name).write_text(FINAL)
    assert extract("all", **settings).status == 0
    outcome = extract("status")
    assert outcome.status == 5
    named = outcome.err.splitlines()
    assert [line.split(": ")[1] for line in named] == [
        "technical-data", "asset-contracts", "final-production", "redispatch",
        "redispatch-compensation", "imbalance-prices",
    ]  # fmt: skip
    assert re.fullmatch(
        r"warning: technical-data: document (\d+) says that it was made at 2099-01-01 12:50:00Z, "
        r"which is in the future: file://\S+/technical_data_2099-01-01T125000Z.json "
        r"\(to undo it: python -m extract retract \1 --why ...\)",
        named[0],
    )
    for line in named:
        document_id = line.split()[3]
        assert extract("retract", document_id, "--why", "2099").status == 0
    assert (extract("status").status, extract("status").err) == (0, "")


@pytest.mark.parametrize("is_whole_run", [True, False])
def test_a_receipt_in_the_future_is_named(
    is_whole_run: bool, extract: ExtractCommand, warehouse: Warehouse,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.setattr("extract.future.LATEST_DOCUMENTS", 2)
    assert extract("schema").status == 0

    def receive(count: int, later: str) -> None:
        with warehouse.connect() as connection:
            connection.execute(
                "insert into raw.forecast_version (version_utc, grid_start_utc, received_utc,"
                " run_id, asset_id, source_uri, content_sha256, power_kw)"
                " select now(), now(), now() + %s::interval, 1, 'A', 'there', '', '{}'"
                " from generate_series(1, %s)",
                [later, count],
            )
            if is_whole_run:
                connection.execute(
                    "insert into raw.run (started_utc, command, asked_sources)"
                    " values (now() + %s::interval, '', '{forecasts}')",
                    [later],
                )

    receive(1, "-2 hours")
    receive(1, "4 minutes")
    outcome = extract("status")
    assert outcome.err == ""
    last_run = lines(outcome)["forecasts"]["last run"]
    receive(2, "10 years")
    outcome = extract("status")
    [line] = outcome.err.splitlines()
    assert line.startswith("warning: forecasts: document 3 was received at 20")
    # It says nothing about when the newest came, or when a run last asked.
    assert lines(outcome)["forecasts"]["newest document"] == "2"
    assert lines(outcome)["forecasts"]["last run"] == last_run
    assert "which is in the future, like 1 more: there (" in line
    # A clock jump within a run is visible while the run is one of the last.
    receive(2, "0 minutes")
    assert bool(extract("status").err) == is_whole_run


@pytest.mark.parametrize(
    ("span", "text"),
    [
        (timedelta(seconds=-3), "0 min"),
        (timedelta(seconds=59), "0 min"),
        (timedelta(minutes=7), "7 min"),
        (timedelta(minutes=60), "1 h"),
        (timedelta(hours=2, minutes=5), "2 h 5 min"),
        (timedelta(days=1, minutes=5), "1 d"),
        (timedelta(days=3, hours=4, minutes=5), "3 d 4 h"),
    ],
)
def test_a_duration_is_shown_in_its_two_largest_units(span: timedelta, text: str) -> None:
    assert duration(span) == text
