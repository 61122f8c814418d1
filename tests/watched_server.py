"""A PostgreSQL server behind our own socket: tests see each of dbt's statements before it does.

So a test can land a document, start another build, or lose the connection at an exact point of a
build, without knowing how its models are built.
"""

import re
import select
import shutil
import socket
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from tests.warehouses import PostgresServer

_NODE = re.compile(rb'"node_id": "[a-z_]+\.[a-z_]+\.([A-Za-z0-9_.-]+)"')


_BARRIER_SECONDS = 300


class ConnectionLost(Exception):
    """Raised by a watcher: the statement never reaches the server, and the connection ends."""


Watcher = Callable[[str, str], None]
"""Called with the name of dbt's node (empty: none yet) and the statement it sends."""


class Barrier:
    """Holds a build when a node sends a statement with a word, until it is opened or cut off."""

    def __init__(self, node: str, word: str = "") -> None:
        self.reached = threading.Event()
        self._node, self._word = node, word
        self._ended = threading.Event()
        self._is_cut = False

    def __call__(self, node: str, statement: str) -> None:
        if node == self._node and self._word in statement.lower() and not self.reached.is_set():
            self.reached.set()
            assert self._ended.wait(_BARRIER_SECONDS)
            if self._is_cut:
                raise ConnectionLost

    def open(self) -> None:
        self._ended.set()

    def cut(self) -> None:
        self._is_cut = True
        self._ended.set()


class WatchedServer:
    """The server's socket as clients see it: `environment` leads through the watcher."""

    def __init__(self, server: PostgresServer, directory: Path) -> None:
        port = server.environment["PGPORT"]
        self._upstream = f"{server.environment['PGHOST']}/.s.PGSQL.{port}"
        self._watcher: Watcher | None = None
        self._failures: list[Exception] = []
        self.environment = server.environment | {"PGHOST": str(directory)}
        self._listener = socket.socket(socket.AF_UNIX)
        self._listener.bind(str(directory / f".s.PGSQL.{port}"))
        self._listener.listen(64)
        threading.Thread(target=self._accept, daemon=True).start()

    @contextmanager
    def watched_by(self, watcher: Watcher) -> Iterator[None]:
        """Show every statement to `watcher` while the block lasts; its errors are raised here."""
        self._watcher = watcher
        try:
            yield
        finally:
            self._watcher = None
        failures, self._failures = self._failures, []
        if failures:
            raise failures[0]

    def close(self) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._relay, args=(client,), daemon=True).start()

    def _relay(self, client: socket.socket) -> None:
        """Relay what both sides say, until one of them or the watcher ends it."""
        node = b""
        with client, socket.socket(socket.AF_UNIX) as server, suppress(ConnectionLost, OSError):
            server.connect(self._upstream)
            while True:
                for source in select.select((client, server), (), ())[0]:
                    if not (received := source.recv(1 << 20)):
                        return
                    # A client waits for each answer, so what it sends begins a message.
                    if source is client and received[:1] == b"Q":
                        named = _NODE.search(received)
                        node = named[1] if named else node
                        self._show(node.decode(), received[5:-1].decode(errors="replace"))
                    (server if source is client else client).sendall(received)

    def _show(self, node: str, statement: str) -> None:
        watcher = self._watcher
        try:
            if watcher:
                watcher(node, statement)
        except ConnectionLost:
            raise
        except Exception as error:
            self._failures.append(error)
            raise ConnectionLost from error


@contextmanager
def watched_server(server: PostgresServer) -> Iterator[WatchedServer]:
    """A watched way to this server, in a directory with a short name: socket paths are limited."""
    directory = Path(tempfile.mkdtemp(prefix="watched-"))
    watched = WatchedServer(server, directory)
    try:
        yield watched
    finally:
        watched.close()
        shutil.rmtree(directory)
