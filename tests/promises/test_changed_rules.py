"""A changed rule is in the marts after the next plain build, wherever the rule is.

And no table is computed from anything that did not take it up.
"""

from collections.abc import Callable
from pathlib import Path

import pytest
from psycopg import sql

from tests.arrivals import land, technical_data
from tests.dbt_project import DbtOutcome, copy_of_project, dbt
from tests.warehouses import Warehouse
from tests.worlds import World

Build = Callable[..., DbtOutcome]

CAPACITY = "select capacity_kw from assets"


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A copy of the dbt project, for tests to change."""
    return copy_of_project(tmp_path / "dbt_project")


@pytest.fixture
def warehouse(built_warehouse: Warehouse) -> Warehouse:
    """All models are built before the rule changes."""
    return built_warehouse


@pytest.fixture
def build(warehouse: Warehouse, project: Path, tmp_path: Path) -> Build:
    """Runs dbt on the copy: the mart `assets` with everything upstream, or what it is given.

    The mart has one asset, with 1,000 kW.
    """

    def run(*arguments: str) -> DbtOutcome:
        command = arguments or ("run", "--select", "+assets")
        return dbt(
            warehouse.environment, tmp_path / "target", *command, "--project-dir", str(project)
        )

    land_capacity(warehouse, 1, 1000.0)
    assert run().success
    assert warehouse.value(CAPACITY) == 1000.0
    return run


def land_capacity(warehouse: Warehouse, day: int, capacity_kw: float) -> None:
    with warehouse.connect() as connection:
        land(connection, [technical_data(day, capacity_kw)])


def change(file: Path, old: str, new: str) -> None:
    text = file.read_text()
    assert old in text
    file.write_text(text.replace(old, new))


def double_the_capacity(project: Path) -> None:
    change(
        project / "models/staging/stg_technical_data__assets.sql",
        "}} as capacity_kw",
        "}} * 2 as capacity_kw",
    )


def replaced(warehouse: Warehouse, view: str) -> object:
    """What differs when a view was replaced."""
    return warehouse.value(
        f"select xmin::text from pg_rewrite where ev_class = 'staging.{view}'::regclass"
    )


def test_a_rule_in_a_view_reaches_the_tables_after_it(
    warehouse: Warehouse, project: Path, build: Build
) -> None:
    before = replaced(warehouse, "stg_technical_data__files")
    double_the_capacity(project)
    assert build().success
    assert warehouse.value(CAPACITY) == 2000.0
    # Whatever does not depend on it is left alone.
    assert replaced(warehouse, "stg_technical_data__files") == before


def test_a_rule_in_a_macro_that_a_macro_uses_reaches_the_tables_after_it(
    warehouse: Warehouse, project: Path, build: Build
) -> None:
    documents = project / "engines/postgres/macros/words/documents.sql"
    change(documents, "{% macro json_text(", "{% macro json_text_of(")
    with documents.open("a") as file:
        file.write(
            "{% macro json_text(document, path) %}{{ json_text_of(document, path) }}{% endmacro %}"
        )
    assert build().success
    assert warehouse.value(CAPACITY) == 1000.0
    change(documents, '{{ path | join(",") }}', '{{ path | join(",") | replace("cap", "nocap") }}')
    assert build().success
    assert warehouse.value(CAPACITY) is None


@pytest.mark.parametrize(
    ("file", "old", "new"),
    [
        # Only the incremental form of a model uses it.
        (
            "engines/postgres/macros/affected.sql",
            "{{ instant }} < {{ bounds[1] }}",
            "{{ instant }}  < {{ bounds[1] }}",
        ),
        # How rows are written.
        ("engines/postgres/macros/build/changes.sql", "where from_utc < to_utc", "where true"),
    ],
)
def test_a_rule_of_incremental_builds_is_a_part_of_the_definitions(
    warehouse: Warehouse, project: Path, build: Build, file: str, old: str, new: str
) -> None:
    definition = (
        "select definitions ->> 'portfolio_forecast' from build.run"
        " order by build_number desc limit 1"
    )
    before = warehouse.value(definition)
    assert build().success
    assert warehouse.value(definition) == before
    change(project / file, old, new)
    assert build().success
    assert warehouse.value(definition) != before


def test_a_column_that_need_not_have_a_value_any_more_accepts_null(
    warehouse: Warehouse, project: Path, build: Build
) -> None:
    with warehouse.connect() as connection:
        # As an older contract asked for.
        connection.execute("alter table assets alter column capacity_kw set not null")
    change(
        project / "models/staging/stg_technical_data__assets.sql",
        "}} as capacity_kw",
        "}} * null as capacity_kw",
    )
    assert build().success
    assert warehouse.rows(CAPACITY) == [(None,)]


def test_a_table_is_not_computed_from_what_has_not_taken_up_a_document(
    warehouse: Warehouse, build: Build, capsys: pytest.CaptureFixture[str]
) -> None:
    alone = ("run", "--select", "assets")
    assert build(*alone).success
    land_capacity(warehouse, 2, 2000.0)
    assert not build(*alone).success
    assert "with --select +assets" in capsys.readouterr().out
    assert warehouse.value(CAPACITY) == 1000.0
    assert build().success
    assert warehouse.value(CAPACITY) == 2000.0


def test_a_table_is_not_computed_from_what_has_not_taken_up_a_rule(
    warehouse: Warehouse, project: Path, build: Build
) -> None:
    double_the_capacity(project)
    assert not build("run", "--select", "assets").success
    assert warehouse.value(CAPACITY) == 1000.0
    assert build().success
    assert warehouse.value(CAPACITY) == 2000.0


def test_a_build_that_failed_is_not_tried_again_on_what_landed_since(
    warehouse: Warehouse, project: Path, build: Build
) -> None:
    history = project / "models/marts/assets_history.sql"
    right = history.read_text()
    land_capacity(warehouse, 2, 2000.0)
    history.write_text(f"{right}\nwhere 1 / 0 = 1")
    assert not build().success
    history.write_text(right)
    land_capacity(warehouse, 3, 3000.0)
    assert not build("retry").success
    assert build().success
    assert warehouse.value(CAPACITY) == 3000.0


@pytest.mark.parametrize("option", ["--empty", "--sample=1 day"])
def test_a_build_of_fewer_rows_is_refused(warehouse: Warehouse, build: Build, option: str) -> None:
    assert not build("run", option, "--select", "+assets").success
    assert warehouse.value(CAPACITY) == 1000.0


def test_a_build_in_another_isolation_is_refused(
    warehouse: Warehouse, build: Build, capfd: pytest.CaptureFixture[str]
) -> None:
    alter = f"alter database {warehouse.environment['PGDATABASE']}"
    builds = "select count(*) from build.run"
    with warehouse.connect() as connection:
        before = connection.execute(builds).fetchone()
        connection.execute(sql.SQL(f"{alter} set default_transaction_isolation to serializable"))
        try:
            assert not build().success
        finally:
            connection.execute(sql.SQL(f"{alter} reset default_transaction_isolation"))
        assert connection.execute(builds).fetchone() == before
    assert (
        "default_transaction_isolation is serializable, but builds need read committed"
        in capfd.readouterr().out
    )


def test_a_model_may_end_in_a_comment(warehouse: Warehouse, build: Build, project: Path) -> None:
    for model in ("marts/assets", "marts/assets_history", "intermediate/int_contract_periods"):
        with (project / f"models/{model}.sql").open("a") as file:
            file.write("\n-- assets: no more of it")
    for model in ("stg_technical_data__files", "stg_crm__contract_exports"):
        with (project / f"models/staging/{model}.sql").open("a") as file:
            file.write("\n-- a view: no more of it")
    assert build().success
    assert warehouse.value(CAPACITY) == 1000.0


def test_a_model_that_is_no_more_holds_nothing_up(warehouse: Warehouse, build: Build) -> None:
    with warehouse.connect() as connection:
        connection.execute(
            "insert into build.model_state"
            " select name, '', 1, 0 from unnest(array['removed', 'removed_table', 'kept']) as name"
        )
        connection.execute("create table intermediate.removed_table (number integer)")
        connection.execute("create view staging.removed as table intermediate.removed_table")
        connection.execute("create table intermediate.kept (number integer)")
        connection.execute("create view mine as table intermediate.kept")
    assert build("run").success
    assert warehouse.value("select count(*) from build.run") == 1
    # Its leftovers are dropped, unless something depends on them.
    assert warehouse.rows(
        "select to_regclass('intermediate.removed_table'), to_regclass('staging.removed'),"
        " to_regclass('intermediate.kept') is not null"
    ) == [(None, None, True)]


def test_closed_and_open_quarter_hours_fit_together_while_the_gate_closure_changes(
    warehouse: Warehouse, build: Build
) -> None:
    forecasts = [one for one in World(1).arrivals if one.table == "forecast_version"]
    with warehouse.connect() as connection:
        land(connection, forecasts)
    assert build("run", "--select", "+asset_forecasts").success
    quarter_hours = "select asset_id, delivery_start_utc from asset_forecasts order by 1, 2"
    before = warehouse.rows(quarter_hours)
    assert before
    later = ("--vars", "{gate_closure_minutes: 45}")
    assert build("run", "--select", "+int_forecasts_in_force", *later).success
    assert warehouse.rows(quarter_hours) == before
    assert build("run", "--select", "+asset_forecasts", *later).success
    assert warehouse.rows(quarter_hours) == before
