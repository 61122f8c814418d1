"""What a server answers to the client of the forecast API."""

import socket
import threading
from collections.abc import Callable
from contextlib import suppress

from tests.documents import forecast_for
from tests.http_server import Answer

Ask = Callable[[], object]


def answers_in_turn(*answers: Answer) -> Callable[[str], Answer]:
    """A server that gives these answers one after the other, and then forecasts."""
    left = list(answers)
    return lambda target: left.pop(0) if left else Answer(body=forecast_for(target))


def raw_server(conversation: Callable[[socket.socket], None]) -> tuple[str, socket.socket]:
    """A server that says what the test wants, byte by byte; returns its URL and socket."""
    listener = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            with connection, suppress(OSError):
                connection.recv(65536)
                conversation(connection)

    threading.Thread(target=serve, daemon=True).start()
    return f"http://127.0.0.1:{listener.getsockname()[1]}", listener


HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
