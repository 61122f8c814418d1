"""The forecast API of the VPP over HTTP.

One thread with an event loop serves all connections: where a request is answered in a tenth of a
millisecond, a thread for each connection spends its time on waiting for the others.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import json
import socket
import threading
from http import HTTPStatus
from types import TracebackType
from typing import Any, Self
from urllib.parse import parse_qs, urlsplit

from extract.simulator.forecasts import forecast_response
from extract.simulator.plan import SimulationPlan

_HOST = "127.0.0.1"
_LONGEST_HEAD_BYTES = 65_536


class ForecastServer:
    """Serves the forecasts of a plan on this machine while the context lasts.

    `GET {url}/forecasts?asset_id=...&version=...`; connections are kept alive. Port 0 takes one
    that is free. Raises OSError where the port cannot be had.
    """

    def __init__(self, plan: SimulationPlan, port: int = 0) -> None:
        self._plan = plan
        self._socket = socket.create_server((_HOST, port), backlog=256)
        self.url = f"http://{_HOST}:{self._socket.getsockname()[1]}"
        self._loop = asyncio.new_event_loop()
        self._connections: set[_Connection] = set()
        self._thread = threading.Thread(target=self._serve, name="forecast server", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        exception_type: type[BaseException] | None,
        exception: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()

    def _serve(self) -> None:
        listening = self._loop.create_server(
            lambda: _Connection(self._plan, self._connections), sock=self._socket
        )
        server = self._loop.run_until_complete(listening)
        self._loop.run_forever()
        # Connections that clients keep open end too: nobody answers the next request.
        server.close()
        for connection in list(self._connections):
            connection.abort()
        self._loop.run_until_complete(asyncio.sleep(0))
        self._loop.close()


class _Connection(asyncio.Protocol):
    """One connection: answers each request in the order of arrival."""

    def __init__(self, plan: SimulationPlan, connections: set[_Connection]) -> None:
        self._plan = plan
        self._connections = connections
        self._transport: asyncio.Transport | None = None
        self._received = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._connections.add(self)

    def connection_lost(self, exc: Exception | None) -> None:
        self._connections.discard(self)

    def abort(self) -> None:
        """End the connection at once."""
        if self._transport is not None:
            self._transport.abort()

    def data_received(self, data: bytes) -> None:
        assert self._transport is not None
        self._received += data
        while b"\r\n\r\n" in self._received and not self._transport.is_closing():
            head, self._received = self._received.split(b"\r\n\r\n", 1)
            content, keep_alive = http_response(self._plan, head)
            self._transport.write(content)
            if not keep_alive:
                self._transport.close()
        if len(self._received) > _LONGEST_HEAD_BYTES:
            self._transport.close()


def http_response(plan: SimulationPlan, head: bytes) -> tuple[bytes, bool]:
    """The whole answer to the head of a request, and whether the connection stays open."""
    request_line, *headers = head.decode("latin-1").split("\r\n")
    method, _, rest = request_line.partition(" ")
    target, _, protocol = rest.partition(" ")
    closing = any(header.lower().replace(" ", "") == "connection:close" for header in headers)
    keep_alive = method == "GET" and protocol == "HTTP/1.1" and not closing
    if method == "GET":
        status, body = answer(plan, target)
    else:
        # The body that may follow is not read, so the connection cannot go on.
        status, body = HTTPStatus.METHOD_NOT_ALLOWED, {"error": f"only GET is served: {method}"}
    content = json.dumps(body).encode()
    connection = "keep-alive" if keep_alive else "close"
    lines = (
        f"HTTP/1.1 {status.value} {status.phrase}\r\n"
        "Content-Type: application/json\r\n"
        f"Content-Length: {len(content)}\r\n"
        f"Connection: {connection}\r\n\r\n"
    )
    return lines.encode("latin-1") + content, keep_alive


def answer(plan: SimulationPlan, target: str) -> tuple[HTTPStatus, dict[str, Any]]:
    """Status and JSON body for the target of a request, such as /forecasts?asset_id=..."""
    parts = urlsplit(target)
    if parts.path != "/forecasts":
        return HTTPStatus.NOT_FOUND, {"error": f"no such path: {parts.path}"}
    try:
        parameters = parse_qs(parts.query)
        asset_id = _single(parameters, "asset_id")
        version = _instant(_single(parameters, "version"))
    except ValueError as error:
        return HTTPStatus.BAD_REQUEST, {"error": str(error)}
    response = forecast_response(plan, asset_id, version)
    if response is not None:
        return HTTPStatus.OK, response
    if asset_id not in plan.assets_by_id:
        return HTTPStatus.NOT_FOUND, {"error": f"unknown asset: {asset_id}"}
    return HTTPStatus.NOT_FOUND, {"error": f"{asset_id} has no version {version.isoformat()}"}


def _single(parameters: dict[str, list[str]], name: str) -> str:
    values = parameters.get(name, [])
    if len(values) != 1:
        raise ValueError(f"parameter {name} must be given once")
    return values[0]


def _instant(text: str) -> dt.datetime:
    # The plus of an offset arrives as a space where it was not escaped.
    escaped = text.replace(" ", "+")
    try:
        instant = dt.datetime.fromisoformat(escaped)
    except ValueError:
        raise ValueError(f"version is no ISO 8601 instant: {text}") from None
    if instant.utcoffset() is None:
        raise ValueError(f"version has no time zone: {text}")
    return instant
