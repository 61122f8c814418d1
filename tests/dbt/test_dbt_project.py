"""What holds for the dbt project as a whole: its YAML, its conventions, its own generic tests."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from dbt.jsonschemas import jsonschemas

from extract.warehouse.schema import ensure_schema
from tests.conftest import Demo, Warehouse
from tests.dbt_project import dbt
from tests.worlds import KEYS

MART_GRAINS = ("Asset", "Metering point", "Quarter-hour", "Source", "Delivery day")
MARTS = set(KEYS)


@pytest.fixture(scope="module")
def manifest(
    module_warehouse: Warehouse, tmp_path_factory: pytest.TempPathFactory
) -> dict[str, Any]:
    target = tmp_path_factory.mktemp("manifest")
    with module_warehouse.connect() as connection:
        ensure_schema(connection)
    assert dbt(module_warehouse.environment, target, "parse").success
    parsed: dict[str, Any] = json.loads((target / "manifest.json").read_text())
    return parsed


def models(manifest: dict[str, Any]) -> Iterator[dict[str, Any]]:
    return (node for node in manifest["nodes"].values() if node["resource_type"] == "model")


def test_yaml_has_no_misspelt_property(
    module_warehouse: Warehouse, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # dbt checks the keys of YAML files only for adapters on its list, and PostgreSQL is not on it.
    adapters = jsonschemas._JSONSCHEMA_SUPPORTED_ADAPTERS
    monkeypatch.setattr(jsonschemas, "_JSONSCHEMA_SUPPORTED_ADAPTERS", {*adapters, "postgres"})
    arguments = ["parse", "--no-partial-parse", "--show-all-deprecations", "--warn-error"]
    result = dbt(module_warehouse.environment, tmp_path, *arguments)
    assert result.success, result.exception


def test_every_model_and_column_is_described(manifest: dict[str, Any]) -> None:
    undescribed = [
        name
        for node in [*models(manifest), *manifest["sources"].values()]
        for name, described in [
            (node["name"], node["description"]),
            *(
                (f"{node['name']}.{key}", one["description"])
                for key, one in node["columns"].items()
            ),
        ]
        if not described.strip()
    ]
    assert undescribed == []


def test_every_model_says_what_a_row_is(manifest: dict[str, Any]) -> None:
    for node in models(manifest):
        first = node["description"].strip()
        grain = "One row" if node["config"]["schema"] else MART_GRAINS
        assert first.startswith(grain), node["name"]


def test_every_model_has_a_key_test(manifest: dict[str, Any]) -> None:
    tested = {
        node["attached_node"]
        for node in manifest["nodes"].values()
        if node["resource_type"] == "test" and node["test_metadata"]["name"] == "key"
    }
    without = {node["name"] for node in models(manifest) if node["unique_id"] not in tested}
    # Always one row; and ranges that may overlap.
    assert without == {"int_clock"} | {name for name in without if name.endswith("_affected")} | {
        "int_final_production_affected_assets",
        "int_final_production_affected_metering_points",
    }


def test_marts_are_contracts_with_keys(manifest: dict[str, Any]) -> None:
    marts = [node for node in models(manifest) if not node["config"]["schema"]]
    assert {node["name"] for node in marts} == MARTS
    for node in marts:
        assert node["config"]["contract"]["enforced"], node["name"]
        # A view has its key tested instead.
        kinds = [one["type"] for one in node["constraints"]]
        is_view = node["config"]["materialized"] == "view"
        assert kinds == ([] if is_view else ["primary_key"]), node["name"]


def test_every_column_of_the_database_is_documented(
    module_warehouse: Warehouse, tmp_path: Path
) -> None:
    assert dbt(module_warehouse.environment, tmp_path, "run").success
    with module_warehouse.connect() as connection:
        undocumented = connection.execute(
            "select table_schema || '.' || table_name || '.' || column_name"
            " from information_schema.columns"
            " where table_schema in ('public', 'staging', 'intermediate') and col_description("
            "  format('%I.%I', table_schema, table_name)::regclass, ordinal_position) is null"
        ).fetchall()
    assert undocumented == []


@pytest.mark.parametrize(
    "variables",
    [
        {"gate_closure_minutes": 0, "live_max_hold_minutes": 1, "live_min_coverage": 1,
         "live_min_quality": 0.95, "portfolio_timezone": "Pacific/Kiritimati",
         "as_of_utc": "2025-06-09 00:00+00"},
        {"gate_closure_minutes": 45, "live_max_hold_minutes": 60, "live_min_coverage": 0,
         "live_min_quality": 0, "portfolio_timezone": "America/New_York"},
    ],
    ids=["the smallest", "the largest"],
)  # fmt: skip
def test_the_unit_tests_hold_whatever_the_variables(
    shared_demo: Demo, tmp_path: Path, variables: dict[str, Any]
) -> None:
    # One that fails keeps the model, and all that is downstream of it, from being built.
    outcome = dbt(
        shared_demo.warehouse.environment, tmp_path,
        "test", "--select", "test_type:unit", "--vars", json.dumps(variables),
    )  # fmt: skip
    assert "pass" in outcome.statuses.values()
    assert outcome.success, outcome.statuses


PERIODS = (
    "(values {}) as period (asset_id, valid_from_utc, valid_to_utc)",
    "('{}', '2025-06-0{} 00:00+00'::timestamptz, '2025-06-0{} 00:00+00'::timestamptz)",
)


def periods(*rows: tuple[str, int, int]) -> str:
    relation, row = PERIODS
    return relation.format(", ".join(row.format(*values) for values in rows))


@pytest.mark.parametrize(
    ("call", "failures"),
    [
        ("test_key(\"(values (1, 'a'), (1, 'b')) as t (n, s)\", columns=['n', 's'])", 0),
        ("test_key(\"(values (1, 'a'), (1, 'a')) as t (n, s)\", columns=['n', 's'])", 1),
        ("test_key(\"(values (1, 'a'), (2, null)) as t (n, s)\", columns=['n', 's'])", 1),
        ("test_holds('(values (1), (2), (null)) as t (n)', expression='n > 0')", 0),
        ("test_holds('(values (1), (2), (null)) as t (n)', expression='n > 1')", 1),
        (f'test_periods_do_not_overlap("{periods(("A", 1, 2), ("A", 2, 3))}", key="asset_id")', 0),
        (f'test_periods_do_not_overlap("{periods(("A", 1, 3), ("A", 2, 3))}", key="asset_id")', 1),
        (f'test_periods_do_not_overlap("{periods(("A", 2, 2))}", key="asset_id")', 1),
        (f'test_periods_do_not_overlap("{periods(("A", 1, 3), ("B", 2, 3))}", key="asset_id")', 0),
        (f'test_periods_do_not_overlap("{periods(("A", 1, 3), ("B", 2, 3))}")', 1),
    ],
)
def test_generic_tests_can_fail(
    module_warehouse: Warehouse, tmp_path: Path, call: str, failures: int
) -> None:
    result = dbt(module_warehouse.environment, tmp_path, "show", "--inline", f"{{{{ {call} }}}}")
    assert result.success, result.exception
    assert len(result.rows) == failures
