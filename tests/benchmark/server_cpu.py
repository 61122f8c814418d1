"""CPU seconds of a PostgreSQL server on this machine: all its processes, including ended ones."""

import psutil

from tests.warehouses import PostgresServer


class ServerCpu:
    """A meter of the CPU time that a server has used; it never decreases."""

    def __init__(self, server: PostgresServer) -> None:
        with server.connect("postgres") as connection:
            [(backend,)] = connection.execute("select pg_backend_pid()").fetchall()
            postmaster = psutil.Process(backend).parent()
        if postmaster is None:
            raise RuntimeError("the server does not run on this machine")
        self._postmaster = postmaster

    def seconds(self) -> float:
        """What the server has used since it started."""
        while True:
            children = self._postmaster.children()
            try:
                living = [process.cpu_times() for process in children]
            except psutil.NoSuchProcess:
                continue
            ended = self._postmaster.cpu_times()
            # The time of a process that ended meanwhile would count twice or not at all.
            if self._postmaster.children() == children:
                own = ended.user + ended.system + ended.children_user + ended.children_system
                return float(own + sum(times.user + times.system for times in living))
