"""The SQL is in style in both forms a model has: a full build's and an incremental build's.

sqlfluff reads what dbt compiles, which depends on what the warehouse holds: `make lint` sees only
one form.
"""

import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from tests.dbt_project import ROOT, environment_of, remember_parsing
from tests.extract_command import extract
from tests.warehouses import Warehouse

EVERYTHING = ["dbt_project/models", "dbt_project/engines/postgres/models", "dbt_project/tests"]
INCREMENTAL_MODELS = [
    str(path.relative_to(ROOT))
    for path in sorted((ROOT / "dbt_project/models").rglob("*.sql"))
    if "is_incremental()" in path.read_text()
]


def complaints(environment: Mapping[str, str], target: Path, paths: list[str]) -> str:
    """What sqlfluff finds under these paths; empty if nothing."""
    remember_parsing(environment, target)
    with environment_of({**environment, "DBT_TARGET_PATH": str(target)}):
        linted = subprocess.run(
            [Path(sys.executable).with_name("sqlfluff"), "lint", *paths],
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=False,
        )
    return "" if linted.returncode == 0 else linted.stdout + linted.stderr


def test_full_builds_are_in_style(warehouse: Warehouse, tmp_path: Path) -> None:
    extract(warehouse.environment, "schema")
    assert complaints(warehouse.environment, tmp_path, EVERYTHING) == ""


def test_incremental_builds_are_in_style(built_warehouse: Warehouse, tmp_path: Path) -> None:
    assert complaints(built_warehouse.environment, tmp_path, INCREMENTAL_MODELS) == ""
