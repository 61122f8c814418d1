"""The embedded PostgreSQL: starts when needed, stays up, survives rough handling."""

import os
import shlex
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from extract.errors import WarehouseUnavailable
from extract.warehouse import embedded
from tests.conftest import SETTINGS

CLEAN = {name: value for name, value in os.environ.items() if name not in SETTINGS}


def command(directory: Path, *arguments: str, **settings: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", *arguments],
        env={**CLEAN, "EMBEDDED_WAREHOUSE_DIRECTORY": str(directory), **settings},
        capture_output=True,
        text=True,
        check=False,
    )


def server(directory: Path, *arguments: str, **settings: str) -> subprocess.CompletedProcess[str]:
    return command(directory, "extract.warehouse", *arguments, **settings)


@pytest.fixture
def home() -> Iterator[Path]:
    """A directory that the server's user may enter, unlike those of pytest."""
    with tempfile.TemporaryDirectory(prefix="warehouse-") as name:
        yield Path(name)


@pytest.fixture
def directory(home: Path) -> Iterator[Path]:
    """Where the test's own server lives: a path as awkward as a path can be."""
    directory = home / "Ärger mit 'Pfaden'"
    yield directory
    embedded.stop(directory)


def exports(text: str) -> dict[str, str]:
    words = [word for line in text.splitlines() for word in shlex.split(line) if word != "export"]
    return dict(word.split("=", 1) for word in words)


def test_from_nothing_to_stopped(directory: Path) -> None:
    stopped = server(directory, "stop")
    assert stopped.stdout == f"embedded PostgreSQL: was not running in {directory}\n"
    made = command(directory, "extract", "schema")
    assert (made.returncode, made.stdout, made.stderr) == (0, "schema raw: created\n", "")
    # It stayed up: the next command finds it, with its contents.
    answer = server(directory, "psql", "-Atc", "show timezone; select count(*) from raw.run")
    assert (answer.stdout, answer.stderr) == ("UTC\n0\n", "")
    environment = exports(server(directory, "env").stdout)
    root = Path(embedded.__file__).parents[2]
    assert environment["PGDATABASE"] == "warehouse"
    assert environment["DBT_PROFILES_DIR"] == str(root / "profiles")
    assert environment["DBT_PROJECT_DIR"] == str(root / "dbt_project")
    again = command(directory, "extract", "schema", **environment)
    assert again.stdout == "schema raw: already complete\n"
    assert server(directory, "start").stdout == f"embedded PostgreSQL: running in {directory}\n"
    stopped = server(directory, "stop")
    assert stopped.stdout == f"embedded PostgreSQL: stopped in {directory}\n"
    assert embedded.running(directory) is None
    assert command(directory, "extract", "schema").stdout == "schema raw: already complete\n"


@pytest.fixture
def deep(home: Path) -> Iterator[Path]:
    """A directory whose path is too long for a socket."""
    directory = home / ("x" * 120)
    yield directory
    embedded.stop(directory)


def test_a_path_too_long_for_a_socket(deep: Path) -> None:
    address = embedded.start(deep)
    sockets = Path(address.socket_directory)
    assert len(address.socket_directory) < 100
    with address.connect() as connection:
        assert connection.execute("select 1").fetchone() == (1,)
    assert embedded.start(deep) == address
    assert embedded.stop(deep)
    assert not sockets.exists()
    assert embedded.start(deep) == address


@pytest.mark.parametrize("where", ["directory", "deep"])
def test_no_other_user_of_the_machine_reaches_the_socket(
    where: str, request: pytest.FixtureRequest
) -> None:
    address = embedded.start(request.getfixturevalue(where))
    sockets = Path(address.socket_directory)
    assert stat.S_IMODE(sockets.stat().st_mode) == 0o700
    socket = sockets / f".s.PGSQL.{address.port}"
    assert stat.S_IMODE(socket.stat().st_mode) == 0o700
    if os.geteuid() == 0:
        for reachable in (0o711, 0o700):
            sockets.chmod(reachable)
            said = subprocess.run(
                [embedded.psql_program(), "-c", "copy (select 1) to program 'id'"],
                env={**CLEAN, **address.environment},
                user="nobody",
                capture_output=True,
                text=True,
                check=False,
            )
            assert said.returncode == 2, said
            assert "Permission denied" in said.stderr


def test_a_directory_of_somebody_else_is_no_place_for_the_socket(deep: Path) -> None:
    sockets = Path(embedded.start(deep).socket_directory)
    # As left by an older version of this project.
    sockets.chmod(0o755)
    outcome = command(deep, "extract", "schema")
    assert outcome.returncode == 1
    [line] = outcome.stderr.splitlines()
    assert line.startswith(f"error: {sockets}, which would hold the socket of the embedded")
    assert embedded.stop(deep)
    sockets.mkdir(mode=0o755)
    with pytest.raises(WarehouseUnavailable, match="is not private to it"):
        embedded.start(deep)
    sockets.rmdir()
    sockets.symlink_to(deep)
    with pytest.raises(WarehouseUnavailable, match="is not private to it"):
        embedded.start(deep)
    sockets.unlink()
    if os.geteuid() == 0:
        sockets.mkdir(mode=0o700)
        shutil.chown(sockets, "nobody")
        with pytest.raises(WarehouseUnavailable, match="is not private to it"):
            embedded.start(deep)
        sockets.rmdir()
    embedded.start(deep)


@pytest.mark.skipif(os.geteuid() != 0, reason="only as root does the server run as another user")
def test_folders_on_the_way_are_opened_to_enter_only(directory: Path) -> None:
    directory.parent.chmod(0o700)
    embedded.start(directory)
    assert stat.S_IMODE(directory.parent.stat().st_mode) == 0o711


def test_many_starts_at_once(directory: Path) -> None:
    runs = [
        subprocess.Popen(
            [sys.executable, "-m", "extract", "schema"],
            env={**CLEAN, "EMBEDDED_WAREHOUSE_DIRECTORY": str(directory)},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for _ in range(5)
    ]
    said = sorted(run.communicate() for run in runs)
    assert said == [("schema raw: already complete\n", "")] * 4 + [("schema raw: created\n", "")]


def test_what_a_crash_left_behind_is_no_obstacle(directory: Path) -> None:
    address = embedded.start(directory)
    with address.connect() as connection:
        connection.execute("create table kept (x int)")
    data = directory / "postgres"
    pid_file = data / "postmaster.pid"
    lines = pid_file.read_text().splitlines()
    os.kill(int(lines[0]), signal.SIGKILL)
    # The number now belongs to another process of the same user.
    owner = data.owner() if os.geteuid() == 0 else None
    with subprocess.Popen(["sleep", "600"], user=owner) as other:
        try:
            for file in (pid_file, Path(lines[4]) / f".s.PGSQL.{lines[3]}.lock"):
                file.write_text("\n".join([str(other.pid), *file.read_text().splitlines()[1:]]))
            assert not embedded.stop(directory)
            with embedded.start(directory).connect() as connection:
                connection.execute("select from kept")
            assert other.poll() is None
        finally:
            other.kill()


def test_a_making_that_was_cut_short_begins_anew(directory: Path) -> None:
    data = directory / "postgres"
    data.mkdir(parents=True)
    (data / "PG_VERSION").write_text("18\n")
    with embedded.start(directory).connect() as connection:
        assert connection.execute("select current_database()").fetchone() == ("warehouse",)


def test_a_server_that_does_not_start_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    outcome = command(tmp_path / "file" / "x", "extract", "schema")
    assert outcome.returncode == 1
    [line] = outcome.stderr.splitlines()
    assert line.startswith(f"error: the embedded PostgreSQL in {tmp_path}/file/x does not start: ")


def test_with_pghost_the_embedded_server_is_left_alone(tmp_path: Path) -> None:
    outcome = server(tmp_path / "none", "env", PGHOST="db.example", PGPASSWORD="the-secret")
    assert set(exports(outcome.stdout)) == {"DBT_PROFILES_DIR", "DBT_PROJECT_DIR"}
    assert "the-secret" not in outcome.stdout
    outcome = server(tmp_path / "none", "start", PGHOST="db.example")
    assert outcome.returncode == 0
    assert "PGHOST is set to db.example" in outcome.stdout
    assert not (tmp_path / "none").exists()


def test_the_server_is_not_stopped_with_the_program_that_started_it(directory: Path) -> None:
    process = subprocess.Popen(
        [
            sys.executable,
            "-c",
            "import pathlib, sys, time; from extract.warehouse import embedded;"
            "embedded.start(pathlib.Path(sys.argv[1])); print(1, flush=True); time.sleep(60)",
            str(directory),
        ],
        env=CLEAN,
        stdout=subprocess.PIPE,
        start_new_session=True,
    )
    assert process.stdout is not None
    process.stdout.readline()
    # Like Ctrl-C on a terminal: everything in the foreground gets it.
    os.killpg(process.pid, signal.SIGINT)
    process.communicate()
    time.sleep(0.5)
    assert embedded.running(directory) is not None


def test_wrong_usage(tmp_path: Path) -> None:
    assert server(tmp_path, "dance").returncode == 2
    assert server(tmp_path).returncode == 2
    assert server(tmp_path, "stop", "now").returncode == 2
    assert server(tmp_path, "--help").returncode == 0
