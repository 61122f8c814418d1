"""A source that is a directory of files: what is in it, and each file's bytes, through fsspec."""

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import pendulum
from fsspec.core import url_to_fs
from fsspec.implementations.local import LocalFileSystem

from extract.documents import Delivery
from extract.errors import DocumentRefused, SourceUnavailable
from extract.messages import (
    as_written,
    has_plain_authority,
    public_address,
    reason_of,
    storable_text,
)
from extract.sources.local_files import LocalFiles
from extract.workers import within

# The names under which file systems give the instant of the last change, and a hash of the bytes.
MODIFIED = ("mtime", "LastModified", "last_modified", "modified", "updated", "created")
_TAG = ("ETag", "etag", "md5Hash", "md5")
LARGEST_FILE_BYTES = 64 * 1024 * 1024
"""Of a larger file only the beginning is read."""
BEGINNING_BYTES = 16 * 1024 * 1024
_PIECE_BYTES = 1024 * 1024
LISTING_SECONDS = 600
READING_SECONDS = 300
_LATE_IN_A_ROW = 3
# What would pass for the escape of a character that is not UTF-8.
_LIKE_AN_ESCAPE = re.compile(r"\\+(?=ud[89a-f]|[\ud800-\udfff])")


@dataclass(frozen=True, slots=True)
class ListedFile:
    """A file of a directory, as it was when the directory was listed."""

    name: str
    source_uri: str
    path: str
    stamp: str | None
    """Size, modification time, ETag; None if the file system has neither of the last two."""


class Directory:
    """A directory given as a path or as any URL that fsspec opens. Not recursive.

    Links are followed. What is not a file (a pipe, a device) is ignored.
    """

    def __init__(self, url: str) -> None:
        """Raises SourceUnavailable when no client for this kind of URL is installed."""
        self.address = public_address(url)
        if not has_plain_authority(url):
            raise SourceUnavailable(f"{self.address}: percent-encode / ? # in the user or password")
        self._secrets: list[str] = []
        try:
            self._secrets = as_written(urlsplit(url).password)
            self._files, self._path = _open(url)
        except Exception as error:
            # Every kind of file system fails in its own way, and all of them mean this.
            raise SourceUnavailable(f"{self.address}: {self._reason(error)}") from error
        if isinstance(self._files, LocalFiles):
            self.address = _storable_address(f"file://{self._path.rstrip('/')}")
        self._late_in_a_row = 0

    def files(self) -> list[ListedFile]:
        """The files right in the directory, by name. Raises SourceUnavailable."""
        try:
            listed = within(LISTING_SECONDS, self._list)
        except Exception as error:
            raise SourceUnavailable(f"{self.address}: {self._reason(error)}") from error
        return sorted(listed, key=lambda file: file.name)

    def read(self, file: ListedFile) -> tuple[str | None, Delivery]:
        """The stamp and the bytes of a file, the stamp being that of these bytes.

        Of a file larger than LARGEST_FILE_BYTES only the beginning. Raises DocumentRefused when
        the file cannot be read in time, or twice changes meanwhile; and SourceUnavailable when
        three in a row could not be read in time, as it will not be them.
        """
        for _ in range(2):
            try:
                before, delivery, after = within(READING_SECONDS, lambda: self._read(file))
            except FileNotFoundError:
                raise DocumentRefused(file.source_uri, "disappeared before it was read") from None
            except Exception as error:
                is_late = isinstance(error, TimeoutError)
                self._late_in_a_row = self._late_in_a_row + 1 if is_late else 0
                reason = f"cannot be read: {self._reason(error)}"
                if self._late_in_a_row >= _LATE_IN_A_ROW:
                    raise SourceUnavailable(f"{file.source_uri}: {reason}") from error
                raise DocumentRefused(file.source_uri, reason) from error
            self._late_in_a_row = 0
            if before == after:
                return after, delivery
        raise DocumentRefused(file.source_uri, "changed twice while it was being read")

    def _list(self) -> list[ListedFile]:
        self._files.invalidate_cache()
        if not self._files.isdir(self._path):
            missing = not self._files.exists(self._path)
            raise NotADirectoryError("does not exist" if missing else "is not a directory")
        listed = map(self._followed, self._files.ls(self._path, detail=True))
        return [self._listed(info) for info in listed if info["type"] not in ("directory", "other")]

    def _followed(self, info: Mapping[str, Any]) -> Mapping[str, Any]:
        """What a link leads to, on a file system that lists the links themselves."""
        if info["type"] != "link":
            return info
        try:
            return {**self._files.info(info["name"]), "name": info["name"]}
        except Exception:
            # Whoever reads it will learn why.
            return {"name": info["name"], "type": "file"}

    def _listed(self, info: Mapping[str, Any]) -> ListedFile:
        path = str(info["name"])
        name = _storable_address(path.rstrip("/").rpartition("/")[2])
        return ListedFile(name, f"{self.address}/{name}", path, _stamp(info))

    def _read(self, file: ListedFile) -> tuple[str | None, Delivery, str | None]:
        """The stamp before, the bytes, the stamp after."""
        info = self._info(file)
        size = info.get("size") or 0
        # Not more than this, whatever size is stated.
        most = BEGINNING_BYTES if size > LARGEST_FILE_BYTES else LARGEST_FILE_BYTES + 1
        content = bytearray()
        with self._files.open(file.path, "rb") as stream:
            while piece := stream.read(min(_PIECE_BYTES, most - len(content))):
                content += piece
        if max(size, len(content)) > LARGEST_FILE_BYTES:
            size = max(size, len(content))
            del content[BEGINNING_BYTES:]
        else:
            size = len(content)
        received_utc = pendulum.now("UTC")
        after = _stamp(self._info(file))
        delivery = Delivery(file.source_uri, file.name, bytes(content), received_utc, size)
        return _stamp(info), delivery, after

    def _info(self, file: ListedFile) -> Mapping[str, Any]:
        self._files.invalidate_cache()
        info: Mapping[str, Any] = self._files.info(file.path)
        return info

    def _reason(self, error: Exception) -> str:
        return reason_of(error, self._secrets)


def _open(url: str) -> tuple[Any, str]:
    if "://" not in url:
        # A plain path may hold anything, also what fsspec would take for a chain of file systems.
        # Path.absolute would keep "..", and one file would have two addresses.
        return LocalFiles(), os.path.abspath(Path(url).expanduser())  # noqa: PTH100
    files, path = url_to_fs(url, use_listings_cache=False)
    if not isinstance(files, LocalFileSystem):
        return files, path
    is_quoted = not files.exists(path) and files.exists(unquote(path))
    return LocalFiles(), unquote(path) if is_quoted else path


def _storable_address(text: str) -> str:
    """The text as an address that can be printed and stored; of two texts never the same."""
    return storable_text(_LIKE_AN_ESCAPE.sub(lambda found: found[0] * 2, text))


def _stamp(info: Mapping[str, Any]) -> str | None:
    modified = next((info[key] for key in MODIFIED if info.get(key) is not None), None)
    tag = next((info[key] for key in _TAG if info.get(key) is not None), None)
    if modified is None and tag is None:
        return None
    return f"size={info.get('size')} modified={modified} tag={tag}"
