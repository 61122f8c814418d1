"""A rule that changes is in the marts after the next plain build, wherever the rule stands."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

from extract.warehouse.schema import ensure_schema
from tests.conftest import Warehouse
from tests.dbt_project import ROOT, dbt
from tests.test_retraction_of_master_data import technical_data
from tests.worlds import land

Build = Callable[[], None]

CAPACITY = "select capacity_kw from assets"


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A copy of the dbt project, to be changed."""
    copy = tmp_path / "dbt_project"
    shutil.copytree(ROOT / "dbt_project", copy, ignore=shutil.ignore_patterns("target", "logs"))
    return copy


@pytest.fixture
def build(warehouse: Warehouse, project: Path, tmp_path: Path) -> Build:
    """Builds the mart of one asset with 1,000 kW from the copy whenever it is called."""

    def run() -> None:
        command = ("run", "--project-dir", str(project), "--select", "+assets")
        outcome = dbt(warehouse.environment, tmp_path / "target", *command)
        assert outcome.success, outcome.exception

    with warehouse.connect() as connection:
        ensure_schema(connection)
        land(connection, [technical_data(1, 1000.0)])
    run()
    assert warehouse.value(CAPACITY) == 1000.0
    return run


def change(file: Path, old: str, new: str) -> None:
    text = file.read_text()
    assert old in text
    file.write_text(text.replace(old, new))


def replaced(warehouse: Warehouse, view: str) -> object:
    """What differs when a view was replaced."""
    return warehouse.value(
        f"select xmin::text from pg_rewrite where ev_class = 'staging.{view}'::regclass"
    )


def test_a_rule_in_a_view_reaches_the_tables_after_it(
    warehouse: Warehouse, project: Path, build: Build
) -> None:
    before = replaced(warehouse, "stg_technical_data__files")
    change(
        project / "models/staging/stg_technical_data__assets.sql",
        '"capacity_kw"]) }}::double precision as',
        '"capacity_kw"]) }}::double precision * 2 as',
    )
    build()
    assert warehouse.value(CAPACITY) == 2000.0
    # What does not stand on it is left alone.
    assert replaced(warehouse, "stg_technical_data__files") == before


def test_a_rule_in_a_macro_that_a_macro_uses_reaches_the_tables_after_it(
    warehouse: Warehouse, project: Path, build: Build
) -> None:
    documents = project / "macros/documents.sql"
    change(documents, "{% macro json_text(", "{% macro json_text_of(")
    with documents.open("a") as file:
        file.write(
            "{% macro json_text(document, path) %}{{ json_text_of(document, path) }}{% endmacro %}"
        )
    build()
    assert warehouse.value(CAPACITY) == 1000.0
    change(documents, '{{ path | join(",") }}', '{{ path | join(",") | replace("cap", "nocap") }}')
    build()
    assert warehouse.value(CAPACITY) is None


def test_every_variable_is_a_part_of_the_definitions(project: Path) -> None:
    variables = yaml.safe_load((project / "dbt_project.yml").read_text())["vars"]
    rules = (project / "macros/build/model_state.sql").read_text()
    assert [name for name in variables if f'var("{name}")' not in rules] == []
