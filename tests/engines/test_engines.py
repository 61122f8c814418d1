"""PostgreSQL and Spark make the same marts of the same documents, value by value.

Needs Java and the environment .venv-spark: `make test-spark`. HOSTILE_WORLDS says how many worlds
are compared besides the demo; with one, the demo is left out.
"""

import os
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from extract.warehouse.schema import ensure_schema
from tests.conftest import Demo
from tests.dbt_project import dbt
from tests.engines.hostile_world import land_hostile_world
from tests.engines.on_spark import run_on_spark
from tests.extract_command import extract
from tests.marts import KEYS, marts
from tests.warehouses import PostgresServer, Warehouse, fresh_warehouse

WORLDS = int(os.environ.get("HOSTILE_WORLDS", "1"))
# In these every mart has rows; HOSTILE_WORLDS asks for more.
SEEDS = (2, 5, 8, *range(9, 99))[:WORLDS]
# A gate off the grid; the demo has the usual one.
VARIABLES = ("--vars", "{gate_closure_minutes: 65}")
# Compares what readers see now, and builds nothing.
COMPARE = """
from extract.console import Reporter
from extract.settings import Settings
from extract.warehouse.connection import connect
from tests.engines.__main__ import NotEqual, compare
with connect(Settings.from_environment()) as connection:
    try:
        compare(connection, Reporter())
    except NotEqual as error:
        print(error)
"""


@dataclass(frozen=True)
class Engines:
    """A warehouse on PostgreSQL with its marts built, and the lake and Spark beside it."""

    warehouse: Warehouse
    folder: Path

    def archive(self) -> None:
        archived = extract(self.warehouse.environment, "archive", str(self.folder / "lake"))
        assert archived.returncode == 0, archived.stderr

    def run(self, schema: str, *command: str) -> subprocess.CompletedProcess[str]:
        """A command in the environment that has Spark."""
        lake = self.folder / "lake"
        environment = {**self.warehouse.environment, "SPARK_FOLDER": str(self.folder / "spark")}
        return run_on_spark(self.folder / "spark", lake, schema, environment, *command)

    def compared(self) -> str:
        return self.run("build_1", "python", "-c", COMPARE).stdout


@pytest.fixture(scope="module", params=SEEDS, ids=lambda seed: f"world-{seed}")
def engines(
    request: pytest.FixtureRequest,
    postgres_server: PostgresServer,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Engines]:
    """A hostile world, built on PostgreSQL and archived."""
    folder = tmp_path_factory.mktemp("engines")
    with fresh_warehouse(postgres_server) as warehouse:
        with warehouse.connect() as connection:
            ensure_schema(connection)
            land_hostile_world(connection, request.param)
        built = dbt(warehouse.environment, folder / "postgres", "run", *VARIABLES)
        assert built.success, built.statuses
        engines = Engines(warehouse, folder)
        engines.archive()
        yield engines


def test_a_hostile_world_gives_the_same_marts(engines: Engines) -> None:
    with engines.warehouse.connect() as connection:
        # Two empty marts would always be equal.
        assert [mart for mart, rows in marts(connection).items() if not rows] == []
    every = engines.run("", "python", "-m", "tests.engines", *VARIABLES)
    assert f"{len(KEYS)} marts equal" in every.stdout, every.stdout + every.stderr
    assert every.returncode == 0


def test_readers_read_on_while_a_build_is_not_whole(engines: Engines) -> None:
    part = engines.run(
        "build_29991231_000000", "dbt", "run", "--target", "spark", "--select", "int_clock"
    )
    assert (
        "readers keep reading the previous build: build_29991231_000000 is incomplete"
        in part.stdout
    )
    assert f"{len(KEYS)} marts equal" in engines.compared()


def test_the_comparison_fails_for_one_bit_and_for_one_row(engines: Engines) -> None:
    with engines.warehouse.connect() as connection:
        changed = connection.execute(
            """
            update live_infeed set power_kw = power_kw * (1 + 2.3e-16)
            where (asset_id, delivery_start_utc) = (
                select asset_id, delivery_start_utc from live_infeed where power_kw > 0 limit 1
            )
            """
        )
        deleted = connection.execute("delete from source_status where source = 'live-infeed'")
        assert (changed.rowcount, deleted.rowcount) == (1, 1)
    said = engines.compared()
    assert "live_infeed: differs" in said
    assert "power_kw is " in said
    assert "source_status: differs" in said
    assert "source live-infeed: only Spark has this row" in said
    assert f"2 of {len(KEYS)} marts differ" in said


def test_half_a_file_is_one_line(engines: Engines) -> None:
    [file] = sorted((engines.folder / "lake" / "technical_data").rglob("*.parquet"))[:1]
    content = file.read_bytes()
    file.write_bytes(content[: len(content) // 2])
    refused = engines.run("", "python", "-m", "tests.engines")
    file.write_bytes(content)
    [line] = refused.stderr.splitlines()
    assert f"{file.name} cannot be read: " in line


def test_marts_at_other_documents_are_not_compared(engines: Engines) -> None:
    with engines.warehouse.connect() as connection:
        connection.execute("update build.run set documents_upto = documents_upto - 1")
    refused = engines.run("", "python", "-m", "tests.engines")
    assert refused.returncode == 1
    [line] = refused.stderr.splitlines()
    assert "build there once more" in line


@pytest.mark.skipif(WORLDS == 1, reason="the demo is compared by `make test-spark` in full")
def test_the_demo_gives_the_same_marts(shared_demo: Demo, tmp_path: Path) -> None:
    engines = Engines(shared_demo.warehouse, tmp_path)
    engines.archive()
    every = engines.run("", "python", "-m", "tests.engines")
    assert f"{len(KEYS)} marts equal" in every.stdout, every.stdout + every.stderr
