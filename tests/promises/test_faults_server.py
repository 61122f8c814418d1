"""The database server dies in the middle of builds, or its disk is full, and it is started again.

Each of its processes is killed by a signal that cannot be handled, as when a machine dies. Readers
see rows from before or after the build; the next build and run end as undisturbed ones do.
(test_faults_landing.py kills it in the middle of loads.)
"""

import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from random import Random

import psycopg
import pytest

from extract.warehouse import embedded
from extract.warehouse.schema import ensure_schema
from tests.arrivals import land
from tests.dbt_project import dbt, dbt_command
from tests.documents import forecast_for
from tests.extract_command import extract
from tests.http_server import Answer, HttpServer
from tests.marts import KEYS, differences, marts, torn
from tests.servers import crash
from tests.warehouses import PostgresServer, Warehouse
from tests.worlds import World

DISK_BYTES = 192 * 1024 * 1024
FORECASTS = ("--from", "2025-06-08", "--to", "2025-06-10", "--assets", "A", "B", "C", "D", "E")
BUILD_SECONDS = 90


class MortalServer:
    """The test's own server, which can be killed."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory

    def start(self) -> Warehouse:
        """Start it unless it is running; returns its warehouse."""
        address = embedded.start(self._directory)
        server = PostgresServer({**address.environment, "PGDATABASE": "postgres"})
        return Warehouse(server, address.environment)

    def kill(self) -> None:
        crash(self._directory)

    def stop(self) -> None:
        embedded.stop(self._directory)


@pytest.fixture
def mortal_server() -> Iterator[MortalServer]:
    directory = Path(tempfile.mkdtemp(prefix="warehouse-"))
    server = MortalServer(directory)
    yield server
    server.stop()
    shutil.rmtree(directory)


def documents(warehouse: Warehouse) -> list[tuple[object, ...]]:
    """Which forecasts are in raw."""
    return warehouse.rows(
        "select asset_id, version_utc, content_sha256, count(*) from raw.forecast_version"
        " group by 1, 2, 3 order by 1, 2, 3"
    )


def wait_until(condition: Callable[[], bool], process: subprocess.Popen[str]) -> None:
    """Wait until a condition holds, while the process runs."""
    while process.poll() is None and not condition():
        time.sleep(0.02)


def test_a_build_survives_the_death_of_the_server(
    mortal_server: MortalServer, warehouse: Warehouse, tmp_path: Path
) -> None:
    arrivals = sorted(World(11).arrivals, key=lambda one: one.received_utc)
    first, rest = arrivals[: len(arrivals) // 2], arrivals[len(arrivals) // 2 :]
    mortal = mortal_server.start()
    with mortal.connect() as connection:
        ensure_schema(connection)
        land(connection, first)
    assert dbt(mortal.environment, tmp_path / "mortal", "run").success
    with mortal.connect() as connection:
        before = marts(connection)
        land(connection, rest)
    with warehouse.connect() as connection:
        ensure_schema(connection)
        land(connection, arrivals)
        assert dbt(warehouse.environment, tmp_path / "whole", "run").success
        after = marts(connection)

    random = Random(7)
    interrupted = 0
    for refresh in ((), ("--full-refresh",), ()):
        mortal = mortal_server.start()
        with dbt_command(mortal.environment, tmp_path / "mortal", "run", *refresh) as process:
            wait_until(lambda mortal=mortal: is_building(mortal), process)  # type: ignore[misc]
            time.sleep(random.uniform(0, 2.5))
            mortal_server.kill()
            said, _ = process.communicate(timeout=BUILD_SECONDS)
        interrupted += process.returncode != 0
        assert "Traceback" not in said
        with mortal_server.start().connect() as connection:
            assert torn(marts(connection), before, after) == []
    assert interrupted
    mortal = mortal_server.start()
    assert dbt(mortal.environment, tmp_path / "mortal", "run").success
    with mortal.connect() as connection:
        assert differences(marts(connection), after) == []
        assert set(KEYS) == set(after)


def is_building(warehouse: Warehouse) -> bool:
    """Whether a build has begun and not ended."""
    try:
        newest = "select finished_utc is null from build.run order by build_number desc limit 1"
        return warehouse.value(newest) is True
    except psycopg.OperationalError:
        return False


@pytest.fixture
def small_disk() -> Iterator[Path]:
    """A separate file system with room for a server and little more."""
    directory = Path(tempfile.mkdtemp(prefix="disk-"))
    mount = ["mount", "-t", "tmpfs", "-o", f"size={DISK_BYTES}", "tmpfs", str(directory)]
    if os.geteuid() != 0 or subprocess.run(mount, check=False, capture_output=True).returncode:
        directory.rmdir()
        pytest.skip("a small file system can only be mounted by root")
    # The server runs as another user, who needs access.
    directory.chmod(0o755)
    try:
        yield directory
    finally:
        subprocess.run(["umount", "--lazy", str(directory)], check=True)
        directory.rmdir()


def test_a_load_into_a_full_disk_ends_cleanly_and_goes_on_when_there_is_room(
    small_disk: Path, warehouse: Warehouse, http_server: HttpServer
) -> None:
    http_server.answer = lambda target: Answer(body=forecast_for(target))
    sources = {"VPP_API_URL": http_server.url}
    undisturbed = extract({**warehouse.environment, **sources}, "forecasts", *FORECASTS)
    assert undisturbed.returncode == 0, undisturbed.stderr
    server = MortalServer(small_disk / "warehouse")
    try:
        mortal = server.start()
        with mortal.connect() as connection:
            ensure_schema(connection)
            connection.execute("checkpoint")
        # Leave room for only the first batches.
        ballast = small_disk / "ballast"
        free = shutil.disk_usage(small_disk).free
        ballast.write_bytes(bytes(free - 1024 * 1024))
        full = extract({**mortal.environment, **sources}, "forecasts", *FORECASTS)
        assert full.returncode == 1, full.stdout
        assert len(full.stderr.splitlines()) == 1, full.stderr
        assert full.stderr.startswith("error: "), full.stderr
        ballast.unlink()
        mortal = server.start()
        assert set(documents(mortal)) < set(documents(warehouse))
        rerun = extract({**mortal.environment, **sources}, "forecasts", *FORECASTS)
        assert rerun.returncode == 0, rerun.stderr
        assert documents(mortal) == documents(warehouse)
    finally:
        server.stop()
