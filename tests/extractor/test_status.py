"""`python -m extract status`: a line per source, on any warehouse that there can be."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from extract.load import ALL
from extract.status import duration
from extract.warehouse.schema import ensure_schema
from tests.conftest import ExtractCommand, Outcome, Warehouse
from tests.documents import write_sources

HEADINGS = ("source", "age", "every", "newest document", "landed", "quarantine", "last run")


def lines(outcome: Outcome) -> dict[str, dict[str, str]]:
    """What is shown of each source, by heading."""
    [heading, _, *rows] = [line for line in outcome.out.splitlines() if line.strip()]
    assert [cell.strip() for cell in heading.split("  ") if cell.strip()] == list(HEADINGS)
    cells = [[cell.strip() for cell in row.split("  ") if cell.strip()] for row in rows]
    return {row[0]: dict(zip(HEADINGS[1:], row[1:], strict=True)) for row in cells}


NOTHING = {
    "age": "never, late",
    "newest document": "-",
    "landed": "0",
    "quarantine": "0",
    "last run": "-",
}
NO_RHYTHM = {"redispatch", "redispatch-compensation"}


def test_nothing_is_known_where_nothing_was_landed(
    extract: ExtractCommand, warehouse: Warehouse
) -> None:
    for _ in ("before there is raw", "with an empty raw"):
        outcome = extract("status")
        # A scheduler that has run nothing yet is not in time.
        assert (outcome.status, outcome.err) == (5, "")
        shown = lines(outcome)
        assert list(shown) == list(ALL)
        for source, row in shown.items():
            age = "never" if source in NO_RHYTHM else "never, late"
            assert {**row, "every": ""} == {**NOTHING, "every": "", "age": age}
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
    assert extract("status").status == 5
    # It has only looked.
    assert warehouse.value("select to_regclass('raw.quarantine') is null") is True


def test_what_has_just_landed_is_in_time(
    extract: ExtractCommand, warehouse: Warehouse, tmp_path: Path
) -> None:
    assert extract("all", **write_sources(tmp_path)).status == 0
    outcome = extract("status")
    assert outcome.status == 5
    for source, row in lines(outcome).items():
        if source == "forecasts":
            # Not configured, and so late; the run of all sources would have asked.
            assert {**row, "every": ""} == {**NOTHING, "every": "", "last run": "0 min ago"}
            continue
        assert (row["age"], row["last run"]) == ("0 min", "0 min ago"), source
        # Imbalance prices come as an estimate and as final ones.
        assert row["landed"] == ("2" if source == "imbalance-prices" else "1"), source
        assert int(row["newest document"]) > 0
    with warehouse.connect() as connection:
        connection.execute(
            "insert into raw.forecast_version (version_utc, grid_start_utc, received_utc, run_id,"
            " asset_id, source_uri, content_sha256, power_kw)"
            " values (now(), now(), now(), 1, 'A', '', '', '{}')"
        )
    assert extract("status").status == 0


def test_the_newest_document_and_the_last_run_of_each_source(
    extract: ExtractCommand, warehouse: Warehouse
) -> None:
    now = datetime.now(UTC)

    def ago(minutes: float) -> datetime:
        return now - timedelta(minutes=minutes)

    with warehouse.connect() as connection:
        ensure_schema(connection)
        # The one that was received last did not land last.
        for document_id, minutes in ((11, 200.5), (12, 125.5), (13, 3000)):
            connection.execute(
                "insert into raw.forecast_version (document_id, version_utc, grid_start_utc,"
                " received_utc, run_id, asset_id, source_uri, content_sha256, power_kw)"
                " values (%s, %s, %s, %s, 1, 'A', '', '', '{}')",
                [document_id, now, now, ago(minutes)],
            )
        # A year old, and nobody expected another.
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
        for command, minutes in (
            ("python -m extract all --from 2025-06-08", 90.5),
            ("python -m extract forecasts", 60.5),
            ("python -m extract forecasts --assets live-infeed", 30.5),
            ("python -m extract status", 1),
        ):
            connection.execute(
                "insert into raw.run (started_utc, command) values (%s, %s)",
                [ago(minutes), command],
            )
    outcome = extract("status")
    assert outcome.status == 5
    shown = lines(outcome)
    assert shown["forecasts"] == {
        "age": "2 h 5 min, late",
        "every": "15 min",
        "newest document": "12",
        "landed": "3",
        "quarantine": "0",
        "last run": "30 min ago",
    }
    assert shown["live-infeed"] == {
        **NOTHING,
        "every": "5 min",
        "quarantine": "2",
        "last run": "1 h 30 min ago",
    }
    assert shown["redispatch"]["age"] == "365 d"


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
