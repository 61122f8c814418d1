"""How old the newest document of each source is, according to the mart and dbt's freshness."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from psycopg import sql

from extract.documents import Document, QuarantinedDocument
from extract.sources.declared import SOURCES
from extract.warehouse.schema import ensure_schema
from tests.dbt_project import DbtOutcome, dbt
from tests.warehouses import Warehouse

NOON = datetime(2025, 6, 8, 12, 0, tzinfo=UTC)
COLUMNS = ("source", "newest_received_utc", "age_minutes", "is_late", "document_count")
TABLES = {
    "technical_data",
    "asset_contracts",
    "forecast_version",
    "live_infeed",
    "final_production",
    "redispatch_flag",
    "redispatch_compensation",
    "imbalance_price",
}
WITHOUT_CADENCE = {"redispatch_flag", "redispatch_compensation"}


@pytest.fixture(scope="module")
def target(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("target")


@pytest.fixture
def empty(module_warehouse: Warehouse) -> Iterator[Warehouse]:
    """The module's warehouse, with nothing in raw and no mart."""
    with module_warehouse.connect() as connection:
        for schema in ("build", "intermediate", "staging", "raw", "public"):
            drop = sql.SQL("drop schema if exists {} cascade").format(sql.Identifier(schema))
            connection.execute(drop)
        connection.execute("create schema public")
        ensure_schema(connection)
    yield module_warehouse


def build(warehouse: Warehouse, target: Path, *arguments: str) -> None:
    built = dbt(warehouse.environment, target, "run", "-s", "+source_status", *arguments)
    assert built.success, built.statuses


def receive(warehouse: Warehouse, received_utc: datetime) -> None:
    """Land a forecast version received at this instant."""
    with warehouse.connect() as connection:
        connection.execute(
            "insert into raw.forecast_version (version_utc, grid_start_utc, received_utc, run_id,"
            " asset_id, source_uri, content_sha256, power_kw)"
            " values (%s, %s, %s, 1, 'A', 'https://vpp', '', '{1}')",
            [NOON, NOON, received_utc],
        )


def run_extractor(warehouse: Warehouse, started_utc: datetime) -> None:
    with warehouse.connect() as connection:
        connection.execute(
            "insert into raw.run (started_utc, command) values (%s, '')", [started_utc]
        )


def status(warehouse: Warehouse, columns: str, source: str = "forecasts") -> tuple[object, ...]:
    [row] = warehouse.rows(f"select {columns} from source_status where source = '{source}'")
    return row


def test_every_source_has_a_row_before_anything_arrived(empty: Warehouse, target: Path) -> None:
    build(empty, target)
    assert empty.rows(
        "select source, newest_received_utc, newest_source_uri, age_minutes, is_late,"
        " document_count, quarantined_document_count, never_came"
        " from source_status order by source"
    ) == [
        (source, None, None, None, None, 0, 0, SOURCES[source].cadence is not None)
        for source in sorted(SOURCES)
    ]


def test_a_source_of_which_all_is_retracted_did_come(empty: Warehouse, target: Path) -> None:
    columns = "document_count, is_late, never_came"
    build(empty, target)
    assert status(empty, columns) == (0, None, True)
    receive(empty, NOON)
    build(empty, target)
    assert status(empty, columns) == (1, False, False)
    with empty.connect() as connection:
        connection.execute(
            "insert into raw.retraction (retracted_document_id, reason, received_utc, run_id)"
            " select document_id, 'test data', received_utc, 1 from raw.forecast_version"
        )
    for arguments in ((), ("--full-refresh",)):
        build(empty, target, *arguments)
        assert status(empty, columns) == (1, None, False)


def test_a_warehouse_of_before_is_told_which_source_never_came(
    empty: Warehouse, target: Path
) -> None:
    receive(empty, NOON)
    build(empty, target)
    with empty.connect() as connection:
        connection.execute("create view on_status as select source, is_late from source_status")
        before = connection.execute("select * from source_status order by source").fetchall()
        connection.execute("alter table source_status drop column never_came, drop column sentence")
        connection.execute("update build.model_state set definition = 'of old'")
    build(empty, target)
    assert empty.rows("select * from source_status order by source") == before
    assert empty.value(
        "select attnotnull from pg_attribute"
        " where attrelid = 'source_status'::regclass and attname = 'never_came'"
    )
    assert len(empty.rows("select * from on_status")) == len(SOURCES)


def test_a_source_that_falls_silent_grows_late(empty: Warehouse, target: Path) -> None:
    receive(empty, NOON)
    build(empty, target)
    assert status(empty, "age_minutes, is_late, document_count") == (0, False, 1)
    # The extractor ran and found nothing; no document moves the clock.
    run_extractor(empty, NOON + timedelta(minutes=30))
    build(empty, target)
    assert status(empty, "age_minutes, is_late, document_count") == (30, False, 1)
    run_extractor(empty, NOON + timedelta(minutes=31))
    build(empty, target)
    assert status(empty, "age_minutes, is_late, document_count") == (31, True, 1)
    # A build without an extractor run in between says the same.
    before = status(empty, "xmin::text, age_minutes")
    build(empty, target)
    assert status(empty, "xmin::text, age_minutes") == before
    # What was received earlier and lands now is one more document, but not the newest.
    receive(empty, NOON - timedelta(hours=1))
    build(empty, target)
    assert status(empty, "age_minutes, document_count") == (31, 2)


def test_quarantined_documents_are_counted_until_they_are_landed(
    empty: Warehouse, target: Path
) -> None:
    def quarantine(count: int) -> None:
        with empty.connect() as connection:
            connection.execute(
                "insert into raw.quarantine (source, reason, content, content_bytes, source_uri,"
                " content_sha256, received_utc, run_id)"
                " select 'live-infeed', 'torn', '', 0, 'file:///live', '', %s, 1"
                " from generate_series(1, %s)",
                [NOON, count],
            )

    def release_one() -> None:
        with empty.connect() as connection:
            connection.execute(
                "insert into raw.quarantine_release"
                " (quarantined_document_id, received_utc, run_id)"
                " select min(document_id), %s, 1 from raw.quarantine where document_id not in"
                " (select quarantined_document_id from raw.quarantine_release)",
                [NOON],
            )

    def counted() -> object:
        build(empty, target)
        [count] = status(empty, "quarantined_document_count", "live-infeed")
        rows = empty.rows("select * from source_status order by source")
        build(empty, target, "--full-refresh")
        assert empty.rows("select * from source_status order by source") == rows
        return count

    quarantine(3)
    assert counted() == 3
    release_one()
    assert counted() == 2
    quarantine(1)
    release_one()
    assert counted() == 2
    # Nothing of it was received as a document.
    assert status(empty, "document_count", "live-infeed") == (0,)


@pytest.fixture(scope="module")
def manifest(module_warehouse: Warehouse, target: Path) -> dict[str, Any]:
    assert dbt(module_warehouse.environment, target, "parse", artifacts=True).success
    parsed: dict[str, Any] = json.loads((target / "manifest.json").read_text())
    return parsed


def test_dbt_and_the_extractor_read_the_same_declaration(
    manifest: dict[str, Any], empty: Warehouse, target: Path
) -> None:
    for source in SOURCES.values():
        table = manifest["sources"][f"source.vpp_warehouse.raw.{source.table}"]
        freshness = table["freshness"] or {"warn_after": None, "error_after": None}
        if source.late_after is None:
            assert (source.cadence, freshness["warn_after"]) == (None, None)
            continue
        assert source.cadence is not None
        assert source.cadence < source.late_after
        minutes = int(source.late_after.total_seconds() // 60)
        assert freshness["warn_after"] == {"count": minutes, "period": "minute"}
        assert freshness["error_after"] == {"count": 2 * minutes, "period": "minute"}
        assert table["loaded_at_field"] == "received_utc"
    build(empty, target)
    in_minutes = {
        name: tuple(span and span.total_seconds() / 60 for span in (s.cadence, s.late_after))
        for name, s in SOURCES.items()
    }
    rows = empty.rows("select source, cadence_minutes, late_after_minutes from source_status")
    assert {name: tuple(minutes) for name, *minutes in rows} == in_minutes


def test_every_source_lands_in_the_table_that_is_declared() -> None:
    landed = {
        kind.table for kind in Document.__subclasses__() if kind.table != QuarantinedDocument.table
    }
    assert landed == {source.table for source in SOURCES.values()}


def freshness(warehouse: Warehouse, target: Path) -> tuple[DbtOutcome, dict[str, str]]:
    outcome = dbt(warehouse.environment, target, "source", "freshness")
    statuses = {name: said for name, said in outcome.statuses.items() if name in TABLES}
    return outcome, statuses


def test_freshness_tells_late_from_fresh(empty: Warehouse, target: Path) -> None:
    # Never received is an error in words, not a failure of the command.
    outcome, statuses = freshness(empty, target)
    assert outcome.exception is None
    assert statuses == dict.fromkeys(TABLES - WITHOUT_CADENCE, "error")

    now = datetime.now(UTC)
    for age, said in ((120, "error"), (45, "warn"), (1, "pass")):
        receive(empty, now - timedelta(minutes=age))
        outcome, statuses = freshness(empty, target)
        assert statuses["forecast_version"] == said
        assert not outcome.success
    # Only the end of the table is read: what came before does not make anything newer.
    receive(empty, NOON)
    assert freshness(empty, target)[1]["forecast_version"] == "pass"
