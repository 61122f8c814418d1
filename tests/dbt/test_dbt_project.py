"""What holds for the dbt project as a whole, besides what dbt-bouncer checks (pyproject.toml)."""

import json
from collections.abc import Sequence
from pathlib import Path

import pytest
import yaml
from dbt.jsonschemas import jsonschemas

from tests.dbt_project import ROOT, dbt
from tests.warehouses import Warehouse


def test_yaml_has_no_misspelt_property(
    built_warehouse: Warehouse, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # dbt checks the keys of YAML files only for adapters on a list that lacks PostgreSQL.
    adapters = jsonschemas._JSONSCHEMA_SUPPORTED_ADAPTERS
    monkeypatch.setattr(jsonschemas, "_JSONSCHEMA_SUPPORTED_ADAPTERS", {*adapters, "postgres"})
    arguments = ["parse", "--no-partial-parse", "--show-all-deprecations", "--warn-error"]
    result = dbt(built_warehouse.environment, tmp_path, *arguments)
    assert result.success, result.exception


def test_every_column_of_the_database_is_documented(built_warehouse: Warehouse) -> None:
    with built_warehouse.connect() as connection:
        undocumented = connection.execute(
            "select table_schema || '.' || table_name || '.' || column_name"
            " from information_schema.columns"
            " where table_schema in ('public', 'staging', 'intermediate') and col_description("
            "  format('%I.%I', table_schema, table_name)::regclass, ordinal_position) is null"
        ).fetchall()
    assert undocumented == []


OTHER_VARIABLES = {
    "gate_closure_minutes": 45,
    "live_max_hold_minutes": 60,
    "live_min_coverage": 0,
    "live_min_quality": 0.95,
    "portfolio_timezone": "Pacific/Kiritimati",
    "as_of_utc": "2025-06-09 00:00+00",
    "finding_min_quarter_hours": 1,
    "finding_min_share_of_capacity": 0.5,
    "finding_max_error_ratio": 0.1,
    "finding_max_error_ratio_strict": 0.05,
    "finding_max_witness_ratio": 0.1,
    "finding_max_shift_quarter_hours": 1,
    "finding_min_run_quarter_hours": 3,
    "finding_min_run_share_of_capacity": 0.5,
    "finding_min_night_quarter_hours": 1,
    "finding_capacity_tolerance": 2,
}


def test_the_unit_tests_hold_whatever_the_variables(
    built_warehouse: Warehouse, tmp_path: Path
) -> None:
    # A failing unit test keeps the model, and everything downstream of it, from being built.
    outcome = dbt(
        built_warehouse.environment, tmp_path,
        "test", "--select", "test_type:unit", "--vars", json.dumps(OTHER_VARIABLES),
    )  # fmt: skip
    assert "pass" in outcome.statuses.values()
    assert outcome.success, outcome.statuses


def test_no_variable_is_left_as_it_is() -> None:
    project = yaml.safe_load((ROOT / "dbt_project" / "dbt_project.yml").read_text())
    names = {"asset_forecasts_table", "portfolio_forecast_table"}
    assert OTHER_VARIABLES.keys() == project["vars"].keys() - names
    assert [
        name for name in OTHER_VARIABLES if OTHER_VARIABLES[name] == project["vars"][name]
    ] == []


PERIODS = (
    "(values {}) as period (asset_id, valid_from_utc, valid_to_utc, point)",
    "('{}', '2025-06-0{} 00:00+00'::timestamptz, '2025-06-0{} 00:00+00'::timestamptz, {})",
)


def periods(*rows: tuple[str, int, int], points: Sequence[str] = ("'X'", "'X'")) -> str:
    relation, row = PERIODS
    values = (row.format(*one, point) for one, point in zip(rows, points, strict=False))
    return relation.format(", ".join(values))


def points(*points: str, first_day: int = 2) -> str:
    """Metering points of one asset: the first for two days from the 1st, the second later."""
    relation = periods(("A", 1, 3), ("A", first_day, 4), points=points)
    return f'test_one_at_a_time("{relation}", key="asset_id", value="point")'


EXCLUSIVE = "test_mutually_exclusive_ranges"
UNIQUE = "test_unique_combination_of_columns"
RANGES = 'lower_bound_column="valid_from_utc", upper_bound_column="valid_to_utc"'
COLUMNS = 'combination_of_columns=["n", "s"]'
BY_ASSET = 'partition_by="asset_id"'

# How many failing rows each of our generic tests finds.
CALLS = {
    f"{UNIQUE}(\"(values (1, 'a'), (1, 'b')) as t (n, s)\", {COLUMNS})": 0,
    f"{UNIQUE}(\"(values (1, 'a'), (1, 'a')) as t (n, s)\", {COLUMNS})": 1,
    f"{UNIQUE}(\"(values (1, 'a'), (2, null)) as t (n, s)\", {COLUMNS})": 1,
    "test_expression_is_true('(values (1), (2), (null)) as t (n)', expression='n > 0')": 0,
    "test_expression_is_true('(values (1), (2), (null)) as t (n)', expression='n > 1')": 1,
    f'{EXCLUSIVE}("{periods(("A", 1, 2), ("A", 2, 3))}", {RANGES}, {BY_ASSET})': 0,
    f'{EXCLUSIVE}("{periods(("A", 1, 3), ("A", 2, 3))}", {RANGES}, {BY_ASSET})': 1,
    f'{EXCLUSIVE}("{periods(("A", 2, 2))}", {RANGES}, {BY_ASSET})': 1,
    f'{EXCLUSIVE}("{periods(("A", 1, 3), ("B", 2, 3))}", {RANGES}, {BY_ASSET})': 0,
    f'{EXCLUSIVE}("{periods(("A", 1, 3), ("B", 2, 3))}", {RANGES})': 1,
    points("'X'", "'Y'"): 1,
    points("'Y'", "'X'"): 1,
    points("'X'", "'Y'", first_day=3): 0,
    points("'X'", "'X'"): 0,
    points("'X'", "null"): 0,
}


def test_generic_tests_can_fail(built_warehouse: Warehouse, tmp_path: Path) -> None:
    counts = [f"(select count(*) from ({{{{ {call} }}}}) as failures)" for call in CALLS]
    result = dbt(
        built_warehouse.environment, tmp_path,
        "show", "--inline", f"select unnest(array[{', '.join(counts)}])", "--limit", "99",
    )  # fmt: skip
    assert result.success, result.exception
    assert dict(zip(CALLS, (int(row[0]) for row in result.rows), strict=True)) == CALLS
