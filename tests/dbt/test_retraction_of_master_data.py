"""Retracting a file of master data changes the marts even if no other document arrives."""

from pathlib import Path

from extract.warehouse.schema import ensure_schema
from tests.arrivals import land, technical_data
from tests.conftest import ExtractCommand
from tests.dbt_project import dbt
from tests.warehouses import Warehouse


def test_a_retracted_file_counts_as_if_it_had_never_come(
    warehouse: Warehouse, extract: ExtractCommand, tmp_path: Path
) -> None:
    capacity = "select capacity_kw from assets"
    with warehouse.connect() as connection:
        ensure_schema(connection)
        land(connection, [technical_data(1, 1000.0), technical_data(2, 2000.0)])
    select = ("run", "--select", "+assets")
    assert dbt(warehouse.environment, tmp_path, *select).success
    assert warehouse.value(capacity) == 2000.0
    newest = warehouse.value("select max(document_id) from raw.technical_data")
    outcome = extract("retract", str(newest), "--why", "twice its nameplate")
    assert outcome.status == 0, outcome.said
    assert dbt(warehouse.environment, tmp_path, *select).success
    assert warehouse.value(capacity) == 1000.0
