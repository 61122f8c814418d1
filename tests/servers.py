"""The PostgreSQL servers of the machine's distribution, run for a test."""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import psutil

from tests.warehouses import PostgresServer

PORT = "5432"


def installed_servers() -> list[Path]:
    """The program directories of the installed PostgreSQL servers, oldest first."""
    found = Path("/usr/lib/postgresql").glob("*/bin/initdb")
    return sorted((program.parent for program in found), key=lambda path: int(path.parent.name))


@contextmanager
def running_server(programs: Path) -> Iterator[PostgresServer]:
    """A server of these programs in its own directory, only on a Unix socket."""
    # PostgreSQL refuses to run as root; the distribution's packages create the user postgres.
    user = "postgres" if os.geteuid() == 0 else None
    directory = Path(tempfile.mkdtemp(prefix="postgres-"))
    try:
        if user:
            shutil.chown(directory, user)
        data = str(directory / "data")

        def command(program: str, *arguments: str) -> None:
            words = [str(programs / program), "-D", data, *arguments]
            subprocess.run(words, check=True, capture_output=True, user=user, cwd=directory)

        command("initdb", "--auth=trust", "--encoding=utf8", "-U", "postgres")
        options = f"-c listen_addresses='' -c unix_socket_directories={directory} -c fsync=off"
        command("pg_ctl", "-w", "-l", str(directory / "log"), "-o", options, "start")
        try:
            yield PostgresServer(
                {
                    "PGHOST": str(directory),
                    "PGPORT": PORT,
                    "PGUSER": "postgres",
                    "PGDATABASE": "postgres",
                }
            )
        finally:
            command("pg_ctl", "-w", "-m", "immediate", "stop")
    finally:
        shutil.rmtree(directory)


def crash(directory: Path) -> None:
    """Kill all processes of this directory's embedded server, as when a machine dies."""
    number = (directory / "postgres" / "postmaster.pid").read_text().splitlines()[0]
    postmaster = psutil.Process(int(number))
    processes = [postmaster, *postmaster.children(recursive=True)]
    for process in processes:
        with suppress(psutil.NoSuchProcess):
            process.kill()
    psutil.wait_procs(processes, timeout=10)
