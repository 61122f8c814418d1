"""A reader who stays in a transaction holds up no build and no other reader for ever."""

import threading
import time
from pathlib import Path

import pytest

from tests.dbt_project import DbtOutcome, copy_of_project, dbt
from tests.warehouses import Warehouse

VIEW = "best_of_infeed"
READ = f"select count(*) from {VIEW}"
# How long the build waits at a time, and what a busy machine adds.
LONGEST_WAIT_S = 5


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A copy of the dbt project, for tests to change."""
    return copy_of_project(tmp_path / "dbt_project")


def build(warehouse: Warehouse, project: Path, *arguments: str) -> DbtOutcome:
    command = ("run", "--select", VIEW, "--project-dir", str(project), *arguments)
    return dbt(warehouse.environment, project.parent / "target", *command)


def test_a_view_that_is_the_same_is_not_replaced(built_warehouse: Warehouse, project: Path) -> None:
    definition = f"select xmin::text from pg_rewrite where ev_class = '{VIEW}'::regclass"
    before = built_warehouse.value(definition)
    with built_warehouse.connect() as reader, reader.transaction():
        reader.execute(READ)
        assert build(built_warehouse, project, "--full-refresh").success
    assert built_warehouse.value(definition) == before


def test_a_view_that_is_read_is_replaced_as_soon_as_it_can_be(
    built_warehouse: Warehouse, project: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    model = project / f"models/marts/{VIEW}.sql"
    changed = model.read_text().replace("then 'final'", "then 'settled'")
    assert changed != model.read_text()
    model.write_text(changed)
    waits: list[float] = []
    has_ended = threading.Event()

    def read_on() -> None:
        with built_warehouse.connect() as connection:
            while not has_ended.is_set():
                began = time.monotonic()
                connection.execute(READ)
                waits.append(time.monotonic() - began)
                time.sleep(0.02)

    others = threading.Thread(target=read_on)
    with built_warehouse.connect() as reader, reader.transaction():
        reader.execute("set application_name to 'a dashboard'")
        reader.execute(READ)
        others.start()
        try:
            refused = build(built_warehouse, project)
        finally:
            has_ended.set()
            others.join()
        process = reader.info.backend_pid
    assert refused.statuses[VIEW] == "error"
    said = capfd.readouterr().out
    assert f"{VIEW} cannot be replaced while it is being read" in said
    assert f"a dashboard (server process {process}, role " in said
    # The build waited for it, and others read meanwhile.
    assert 0.5 < max(waits) < LONGEST_WAIT_S
    assert len(waits) > 10
    assert build(built_warehouse, project).success
    assert "'settled'" in str(built_warehouse.value(f"select pg_get_viewdef('{VIEW}'::regclass)"))
