"""A real HTTP server that answers as a test says."""

import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass
class Answer:
    """What the stand-in for an API answers to one request."""

    status: int = 200
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)
    claimed_length: int | None = None
    """A Content-Length other than the body's: the body then breaks off."""
    pieces: Iterable[bytes] = ()
    """Pieces that follow the body, one by one; producing them may take time."""


@dataclass
class HttpServer:
    """A real HTTP server; `answer` decides, `requests` holds what was asked, headers included."""

    url: str
    requests: list[tuple[str, dict[str, str]]]
    answer: Callable[[str], Answer]


@contextmanager
def running_http_server() -> Iterator[HttpServer]:
    """The same, while the block lasts."""
    state = HttpServer("", [], lambda target: Answer(404))

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        wbufsize = -1

        def do_GET(self) -> None:
            state.requests.append((self.path, dict(self.headers)))
            answer = state.answer(self.path)
            if answer.status == 0:
                self.close_connection = True
                return
            self.send_response(answer.status)
            for name, value in answer.headers.items():
                self.send_header(name, value)
            length = len(answer.body) if answer.claimed_length is None else answer.claimed_length
            self.send_header("Content-Length", str(length))
            self.end_headers()
            self.wfile.write(answer.body)
            for piece in answer.pieces:
                self.wfile.flush()
                self.wfile.write(piece)
            self.close_connection = answer.claimed_length is not None

        def log_message(self, format: str, *args: object) -> None:
            pass

    class Server(ThreadingHTTPServer):
        daemon_threads = True

        def process_request_thread(self, request: Any, client_address: Any) -> None:
            # A client may give up before the answer is complete.
            with suppress(OSError):
                self.finish_request(request, client_address)
            self.shutdown_request(request)

    with Server(("127.0.0.1", 0), Handler) as server:
        state.url = f"http://127.0.0.1:{server.server_port}"
        thread = threading.Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        yield state
        server.shutdown()
        thread.join()
