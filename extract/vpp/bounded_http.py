"""HTTP that has an end: reading stops at a deadline, and bodies at a size.

The timeout of a socket is one for each read: a byte now and then keeps it waiting for ever.
"""

import http.client
import io
import socket
import threading
import time
from typing import Any

import requests
from requests.adapters import HTTPAdapter
from urllib3 import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import InvalidHeader
from urllib3.util import Retry

_CHUNK_BYTES = 64 * 1024
_of_thread = threading.local()


def set_deadline(deadline: float) -> None:
    """From this instant of the monotonic clock on, no read of this thread succeeds."""
    _of_thread.deadline = deadline


def read_body(response: requests.Response, limit: int) -> bytes:
    """The body, decompressed; of a larger one than `limit` just one byte more than that.

    Raises what requests and urllib3 raise.
    """
    content = bytearray()
    while len(content) <= limit and (piece := response.raw.read(_CHUNK_BYTES, decode_content=True)):
        content += piece
    return bytes(content[: limit + 1])


class TimedAdapter(HTTPAdapter):
    """An adapter of requests whose connections keep the deadline of the thread that reads."""

    def init_poolmanager(self, *arguments: Any, **options: Any) -> None:
        super().init_poolmanager(*arguments, **options)
        self.poolmanager.pool_classes_by_scheme = _POOLS

    def proxy_manager_for(self, *arguments: Any, **options: Any) -> Any:
        manager = super().proxy_manager_for(*arguments, **options)
        manager.pool_classes_by_scheme = _POOLS
        return manager


class _Reader(io.RawIOBase):
    def __init__(self, connection: socket.socket) -> None:
        self._socket = connection
        self._longest_wait = connection.gettimeout()
        self._raw = connection.makefile("rb", buffering=0)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:
        left = _of_thread.deadline - time.monotonic()
        if left <= 0:
            raise TimeoutError("the deadline has passed")
        waits = [left] if self._longest_wait is None else [left, self._longest_wait]
        self._socket.settimeout(min(waits))
        return self._raw.readinto(buffer)

    def close(self) -> None:
        self._raw.close()
        super().close()


class _Response(http.client.HTTPResponse):
    def __init__(self, sock: socket.socket, *arguments: Any, **options: Any) -> None:
        super().__init__(sock, *arguments, **options)
        self.fp.close()
        self.fp = io.BufferedReader(_Reader(sock))


class _Connection(HTTPConnection):
    response_class = _Response


class _SecureConnection(HTTPSConnection):
    response_class = _Response


class _Pool(HTTPConnectionPool):
    ConnectionCls = _Connection


class _SecurePool(HTTPSConnectionPool):
    ConnectionCls = _SecureConnection


_POOLS = {"http": _Pool, "https": _SecurePool}


def retry_after_seconds(response: requests.Response) -> float:
    """How long the server asks to wait, in seconds; 0 where it says nothing that can be read."""
    try:
        return Retry().parse_retry_after(response.headers.get("Retry-After", "0"))
    except (InvalidHeader, OverflowError):
        return 0
