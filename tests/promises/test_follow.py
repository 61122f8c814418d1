"""`python -m extract.follow` builds what plain dbt builds, when there is something to build."""

import json
import signal
import subprocess
import sys
import time
import warnings
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from random import Random

import pytest

from extract import follow as following
from extract.follow import Builder
from extract.forecast_request import ForecastRequest
from extract.settings import Settings
from extract.warehouse import landing_lock
from extract.warehouse.landing_lock import lock_landing
from extract.warehouse.schema import ensure_schema
from tests.arrivals import land, technical_data
from tests.dbt_project import ROOT, copy_of_project, dbt, environment_of
from tests.extract_command import without_sources
from tests.marts import differences, marts
from tests.warehouses import Warehouse, fresh_warehouse
from tests.worlds import World

BUILDS = "select max(build_number) from build.run"


@dataclass
class Follower:
    """A builder in this process, with a project that may change."""

    warehouse: Warehouse
    project: Path
    builder: Builder

    def build(self) -> bool | None:
        with self.warehouse.connect() as connection:
            return self.builder.build(connection)


@pytest.fixture
def follower(warehouse: Warehouse, tmp_path: Path) -> Iterator[Follower]:
    project = copy_of_project(tmp_path / "dbt_project")
    directories = {
        "DBT_PROJECT_DIR": str(project),
        "DBT_PROFILES_DIR": str(ROOT / "profiles"),
        "DBT_TARGET_PATH": str(tmp_path / "target"),
        "DBT_LOG_PATH": str(tmp_path / "logs"),
    }
    with warehouse.connect() as connection:
        ensure_schema(connection)
    with environment_of({**warehouse.environment, **directories}), warnings.catch_warnings():
        # dbt's libraries warn of their own deprecations.
        warnings.simplefilter("ignore")
        yield Follower(warehouse, project, Builder(directories=(project,)))


def test_it_builds_what_plain_dbt_builds(follower: Follower, tmp_path: Path) -> None:
    arrivals = World(5).arrivals
    Random(5).shuffle(arrivals)
    # Forecasts and live infeed also alone: then only the tables of the cycle are built.
    waves = [arrivals[:20], arrivals[20:60], *([one] for one in arrivals[60:66]), arrivals[66:]]
    with fresh_warehouse(follower.warehouse.server) as plain:
        with plain.connect() as connection:
            ensure_schema(connection)
        for wave in waves:
            for warehouse in (follower.warehouse, plain):
                with warehouse.connect() as connection:
                    land(connection, wave)
            assert follower.build() is True
        assert dbt(plain.environment, tmp_path / "plain", "run").success
        # What only a daily build takes up, and the clock, which every document moves.
        follower.builder.taken_up = None
        assert follower.build() is True
        with follower.warehouse.connect() as one, plain.connect() as other:
            assert differences(marts(one), marts(other)) == []


def test_it_builds_nothing_where_nothing_landed(follower: Follower) -> None:
    assert follower.build() is True
    assert follower.build() is None
    assert follower.warehouse.value(BUILDS) == 1
    with follower.warehouse.connect() as connection:
        land(connection, [technical_data(1, 1000.0)])
    assert follower.build() is True
    assert follower.build() is None
    assert follower.warehouse.value(BUILDS) == 2


def test_the_project_is_parsed_again_when_a_file_changes(follower: Follower) -> None:
    with follower.warehouse.connect() as connection:
        land(connection, [technical_data(1, 1000.0)])
    assert follower.build() is True
    assert follower.build() is None
    capacity = "select capacity_kw from assets"
    assert follower.warehouse.value(capacity) == 1000
    assets = follower.project / "models/marts/assets.sql"
    rule = assets.read_text()
    assert "    capacity_kw,\n" in rule
    start, _, end = rule.rpartition("    capacity_kw,\n")
    assets.write_text(f"{start}    capacity_kw * 2 as capacity_kw,\n{end}")
    assert follower.build() is True
    assert follower.warehouse.value(capacity) == 2000
    # A project that cannot be parsed is no reason to stop.
    project = follower.project / "dbt_project.yml"
    text = project.read_text()
    project.write_text(f"{text}nonsense: [\n")
    assert follower.build() is False
    project.write_text(text)
    assert follower.build() is True


def test_it_never_builds_beside_another_build(
    follower: Follower, capfd: pytest.CaptureFixture[str]
) -> None:
    assert follower.build() is True
    with follower.warehouse.connect() as other:
        land(other, [technical_data(1, 1000.0)])
        # Like a running build.
        other.execute("update build.run set finished_utc = null")
        with other.transaction():
            other.execute("select from build.run for update")
            capfd.readouterr()
            assert follower.build() is False
    assert "another build has been running since" in capfd.readouterr().out
    assert follower.build() is True
    assert follower.warehouse.value("select count(*) from assets") == 1


def follow(environment: dict[str, str], *arguments: str) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [sys.executable, "-m", "extract.follow", *arguments],
        cwd=ROOT,
        env={**without_sources(), **environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def technical_data_file(directory: Path, day: int, capacity_kw: float) -> None:
    asset = {
        "asset_id": "A",
        "name": "North",
        "type": "wind",
        "location": {"latitude": 54.0, "longitude": 8.0, "timezone": "Europe/Berlin"},
        "technical_attributes": {"capacity_kw": capacity_kw},
        "status": "operational",
        "owner": {"name": "Somebody"},
    }
    name = f"technical_data_2025-06-{day:02}T125000Z.json"
    (directory / name).write_text(json.dumps({"assets": [asset]}))


def test_the_command_lands_and_builds_until_a_signal_comes(
    warehouse: Warehouse, tmp_path: Path
) -> None:
    sources = tmp_path / "sources"
    sources.mkdir()
    technical_data_file(sources, 1, 1000.0)
    environment = {
        **warehouse.environment,
        "TECHNICAL_DATA_URL": str(sources),
        "DBT_TARGET_PATH": str(tmp_path / "target"),
        "DBT_LOG_PATH": str(tmp_path / "logs"),
    }
    with follow(environment, "--every", "1") as process:
        assert process.stdout is not None
        try:
            assert "every 1 s" in process.stdout.readline()
            assert "1 landed, built in" in process.stdout.readline()
            technical_data_file(sources, 2, 2000.0)
            assert "1 landed, built in" in process.stdout.readline()
            assert warehouse.value("select capacity_kw from assets") == 2000
            time.sleep(2)
            process.send_signal(signal.SIGTERM)
            rest = process.stdout.read().splitlines()
        finally:
            process.kill()
    assert rest == ["stopped; what was landed and built stays"]
    assert process.wait() == 0
    assert warehouse.value(BUILDS) == 2
    assert warehouse.value("select bool_and(finished_utc is not null) from build.run") is True


def test_it_says_whom_a_landing_waits_for(
    warehouse: Warehouse,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(landing_lock, "PATIENCE_S", 0.3)
    technical_data_file(tmp_path, 1, 1000.0)
    settings = Settings({"TECHNICAL_DATA_URL": str(tmp_path)})
    nothing = ForecastRequest(datetime.max, datetime.max)
    with (
        warehouse.connect() as connection,
        warehouse.connect() as other,
        ThreadPoolExecutor() as threads,
    ):
        ensure_schema(connection)
        with other.transaction():
            lock_landing(other)
            landing = threads.submit(following.land, connection, settings, nothing)
            time.sleep(1)
        assert landing.result(20).landed == 1
    [line] = capfd.readouterr().out.splitlines()
    assert line.startswith("waiting to land: ")


def test_without_a_source_there_is_nothing_to_follow(warehouse: Warehouse) -> None:
    with follow(warehouse.environment) as process:
        _, err = process.communicate()
    assert process.returncode == 1
    assert err.startswith("error: no source is configured: set one or more of ")
    assert err.count("\n") == 1
