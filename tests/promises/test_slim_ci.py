"""Only what differs on a branch is built, on top of production as it is: `--defer --state`.

The result is what a full build of the branch makes of the documents that production has seen.
"""

import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from random import Random

import pytest

from extract.warehouse.schema import ensure_schema
from tests.arrivals import Arrival, land
from tests.dbt_project import DbtOutcome, copy_of_project, dbt, dbt_command
from tests.marts import Marts, differences, marts
from tests.warehouses import PostgresServer, Warehouse, fresh_warehouse
from tests.watched_server import Barrier, WatchedServer, watched_server
from tests.worlds import World

BUILD_SECONDS = 300
# Marts that follow from what the branch changes: a table's prices, and the view of what is open.
FOLLOWING = ("asset_forecasts", "imbalance", "portfolio_imbalance", "data_coverage")


@dataclass(frozen=True)
class House:
    """A warehouse, its production, and a branch built beside it."""

    warehouse: Warehouse
    watched: WatchedServer
    targets: Path
    branch: Path
    arrivals: list[Arrival]

    def land(self, count: int) -> None:
        with self.warehouse.connect() as connection:
            assert land(connection, [self.arrivals.pop() for _ in range(count)]) == count

    def production(self, *arguments: str) -> None:
        target = self.targets / "public"
        built = dbt(self._environment, target, "run", *arguments, artifacts=True)
        assert built.success, (built.statuses, built.exception)

    def start_production(self) -> "subprocess.Popen[str]":
        """Build production in another process."""
        target = self.targets / "public_command"
        # Reading the whole project is slow, and has already been done.
        shutil.copytree(self.targets / "public", target, dirs_exist_ok=True)
        return dbt_command(self._environment, target, "run")

    def whole(self) -> None:
        """Build all of the branch, without deferring."""
        built = self.branch_dbt("whole", "run")
        assert built.success, (built.statuses, built.exception)

    def slim(self) -> DbtOutcome:
        """Build what the branch changes, deferring to production as it was when the house began."""
        chosen = ("--select", "state:modified+", "--exclude-resource-type", "unit_test")
        return self.branch_dbt("ci", "build", *chosen, "--defer", "--state", self.state)

    def branch_dbt(self, schema: str, *command: str, artifacts: bool = False) -> DbtOutcome:
        """Run dbt on the branch, in an environment of this name."""
        words = (*command, "--target", "dev", "--project-dir", str(self.branch))
        environment = {**self._environment, "DBT_SCHEMA": schema}
        return dbt(environment, self.targets / schema, *words, artifacts=artifacts)

    @property
    def state(self) -> str:
        """The folder of the manifest that production was first built from."""
        return str(self.targets / "state")

    @property
    def _environment(self) -> dict[str, str]:
        return {**self.warehouse.environment, "PGHOST": self.watched.environment["PGHOST"]}

    def marts(self, environment: str, *names: str) -> Marts:
        with self.warehouse.connect() as connection:
            return marts(connection, environment, names or FOLLOWING)


@pytest.fixture(scope="module")
def house(
    postgres_server: PostgresServer, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[House]:
    """Production has built what landed, and so has the branch; more has landed since."""
    directory = tmp_path_factory.mktemp("slim_ci")
    branch = copy_of_project(directory / "branch")
    prices = branch / "models/intermediate/int_imbalance_prices.sql"
    rule = prices.read_text()
    start, _, end = rule.rpartition("    short_price_eur_per_mwh,\n")
    prices.write_text(f"{start}    short_price_eur_per_mwh * 2 as short_price_eur_per_mwh,\n{end}")
    forecasts = branch / "models/marts/asset_forecasts.sql"
    forecasts.write_text(f"{forecasts.read_text()}where asset_id <> 'A'\n")
    arrivals = World(3).arrivals
    Random(3).shuffle(arrivals)
    with fresh_warehouse(postgres_server) as warehouse, watched_server(postgres_server) as watched:
        with warehouse.connect() as connection:
            ensure_schema(connection)
        house = House(warehouse, watched, directory, branch, arrivals)
        house.land(len(arrivals) // 2)
        house.production()
        (directory / "state").mkdir()
        shutil.copy(directory / "public" / "manifest.json", directory / "state")
        house.whole()
        house.land(20)
        yield house


def test_a_slim_build_equals_a_whole_one_where_production_stands(house: House) -> None:
    before = house.marts("public")
    built = house.slim()
    assert built.success, (built.statuses, built.exception)
    assert {"int_imbalance_prices", "asset_forecasts", *FOLLOWING} <= set(built.statuses)
    assert not {"assets", "live_infeed", "int_forecasts_in_force"} & set(built.statuses)
    assert differences(house.marts("ci"), house.marts("whole")) == []
    assert [mart for mart in FOLLOWING if house.marts("ci")[mart] == before[mart]] == []
    assert differences(house.marts("public"), before) == []
    # What stays in production is not built here.
    relations = "select relname from pg_class where relnamespace = 'ci'::regnamespace"
    assert ("assets",) not in house.warehouse.rows(relations)


def test_a_clone_is_refused_before_anything_is_made(house: House) -> None:
    schemas = "select nspname from pg_namespace order by nspname"
    before = house.warehouse.rows(schemas)
    refused = house.branch_dbt("ci", "clone", "--state", house.state)
    assert not refused.success
    [line] = [line for line in str(refused.exception).splitlines() if "dbt clone" in line]
    assert "--defer" in line
    assert house.warehouse.rows(schemas) == before


def test_production_defers_to_nobody(house: House, capfd: pytest.CaptureFixture[str]) -> None:
    # The project as read for another environment.
    compiled = house.branch_dbt("whole", "compile", "--select", "assets", artifacts=True)
    assert compiled.success, compiled.exception
    view = "select pg_get_viewdef('public.imbalance'::regclass)"
    before = house.warehouse.value(view)
    state = str(house.targets / "whole")
    with pytest.raises(AssertionError):
        house.production("--select", "imbalance", "--defer", "--favor-state", "--state", state)
    assert "is production and cannot defer to" in capfd.readouterr().out
    assert house.warehouse.value(view) == before


def test_a_slim_build_is_refused_while_production_builds(
    house: House, capfd: pytest.CaptureFixture[str]
) -> None:
    builds = "select count(*) from ci_build.run"
    before = house.warehouse.value(builds)
    barrier = Barrier("live_infeed")
    with house.watched.watched_by(barrier), house.start_production() as process:
        assert barrier.reached.wait(BUILD_SECONDS)
        capfd.readouterr()
        refused = house.slim()
        said = capfd.readouterr().out
        barrier.open()
        process.communicate(timeout=BUILD_SECONDS)
    assert process.returncode == 0
    assert not refused.success
    assert "public, which this build defers to" in said
    assert house.warehouse.value(builds) == before


def test_a_slim_build_stops_where_production_begins_to_build(
    house: House, capfd: pytest.CaptureFixture[str]
) -> None:
    before = house.marts("ci", "portfolio_imbalance")
    house.land(20)
    statuses: list[int] = []

    def build_production(node: str, statement: str) -> None:
        if node == "portfolio_imbalance" and not statuses:
            statuses.append(-1)
            with house.start_production() as process:
                process.communicate(timeout=BUILD_SECONDS)
            statuses[0] = process.returncode

    capfd.readouterr()
    with house.watched.watched_by(build_production):
        stopped = house.slim()
    assert statuses == [0]
    assert stopped.statuses["portfolio_imbalance"] == "error"
    assert "public, which this build defers to" in capfd.readouterr().out
    assert house.marts("ci", "portfolio_imbalance") == before


def test_a_slim_build_takes_nothing_that_production_has_left_behind(
    house: House, capfd: pytest.CaptureFixture[str]
) -> None:
    house.land(20)
    house.production("--select", "+assets")
    capfd.readouterr()
    assert not house.slim().success
    assert "--favor-state" in capfd.readouterr().out
    house.production()
    built = house.slim()
    assert built.success, (built.statuses, built.exception)
    house.whole()
    assert differences(house.marts("ci"), house.marts("whole")) == []


def test_a_whole_build_of_the_environment_leaves_nothing_of_it_in_production(house: House) -> None:
    reading_production = """
        select distinct reading.oid::regclass::text
        from pg_depend
        inner join pg_rewrite on classid = 'pg_rewrite'::regclass and objid = pg_rewrite.oid
        inner join pg_class as reading on ev_class = reading.oid
        inner join pg_class as read on refobjid = read.oid
        where reading.relnamespace::regnamespace::text ~ '^ci'
            and read.relnamespace::regnamespace::text in ('public', 'staging', 'intermediate')
    """
    assert house.warehouse.rows(reading_production)
    built = house.branch_dbt("ci", "run")
    assert built.success, (built.statuses, built.exception)
    assert house.warehouse.rows(reading_production) == []
    assert differences(house.marts("ci"), house.marts("whole")) == []
