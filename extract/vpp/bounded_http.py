"""HTTP that has an end: reading stops at a deadline, and bodies at a size.

The timeout of a socket is one for each read: a byte now and then keeps it waiting for ever.
"""

import http.client
import io
import socket
import threading
import time
import zlib
from typing import Any

import requests
from requests.adapters import HTTPAdapter
from urllib3 import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.connection import HTTPConnection, HTTPSConnection

_CHUNK_BYTES = 64 * 1024
_COMPRESSED = ("gzip", "x-gzip", "deflate")
_of_thread = threading.local()


class BrokenBody(Exception):
    """A compressed body is not what it says, or broke off."""


def set_deadline(deadline: float) -> None:
    """From this instant of the monotonic clock on, no read of this thread succeeds."""
    _of_thread.deadline = deadline


def read_body(response: requests.Response, limit: int) -> bytes:
    """The body, decompressed; of a larger one than `limit` just one byte more than that.

    Raises BrokenBody, and what requests and urllib3 raise.
    """
    encoding = response.headers.get("Content-Encoding", "").strip().lower()
    # 32: whichever of gzip and zlib it is.
    inflate = zlib.decompressobj(32 + zlib.MAX_WBITS) if encoding in _COMPRESSED else None
    content = bytearray()
    any_received = False
    for chunk in response.raw.stream(_CHUNK_BYTES, decode_content=False):
        any_received = True
        left = chunk
        while left and len(content) <= limit:
            most = limit + 1 - len(content)
            if inflate is None:
                content += left[:most]
                break
            try:
                content += inflate.decompress(left, most)
            except zlib.error as error:
                raise BrokenBody(f"the compressed body is broken: {error}") from None
            left = inflate.unconsumed_tail
        if len(content) > limit:
            return bytes(content)
    if inflate is not None and any_received and not inflate.eof:
        raise BrokenBody("the compressed body broke off")
    return bytes(content)


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
