"""A source that is a directory of files: what is in it, and each file's bytes, through fsspec."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import fsspec
import pendulum
from fsspec.core import url_to_fs
from fsspec.implementations.local import LocalFileSystem

from extract.documents import Delivery
from extract.errors import DocumentRefused, SourceUnavailable
from extract.messages import one_line, public_address, storable_text, without_credentials

# The names under which file systems give the instant of the last change, and a hash of the bytes.
_MODIFIED = ("mtime", "LastModified", "last_modified", "modified", "updated", "created")
_TAG = ("ETag", "etag", "md5Hash", "md5")
LARGEST_FILE_BYTES = 64 * 1024 * 1024
"""Of a larger file only the beginning is read."""
_BEGINNING_BYTES = 16 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class ListedFile:
    """A file of a directory, as it was when the directory was listed."""

    name: str
    source_uri: str
    path: str
    stamp: str | None
    """Size, modification time, ETag; None where the file system tells neither of the last two."""


class Directory:
    """A directory given as a path or as any URL that fsspec opens. Not recursive."""

    def __init__(self, url: str) -> None:
        """Raises SourceUnavailable when no client for this kind of URL is installed."""
        self.address = public_address(url)
        try:
            self._files, self._path = _open(url)
        except Exception as error:
            # Every kind of file system fails in its own way, and all of them mean this.
            raise SourceUnavailable(f"{self.address}: {_reason(error)}") from error
        if isinstance(self._files, LocalFileSystem):
            self.address = storable_text(f"file://{self._path.rstrip('/')}")

    def files(self) -> list[ListedFile]:
        """The files right in the directory, by name. Raises SourceUnavailable."""
        try:
            self._files.invalidate_cache()
            if not self._files.isdir(self._path):
                missing = not self._files.exists(self._path)
                raise NotADirectoryError("does not exist" if missing else "is not a directory")
            listed = self._files.ls(self._path, detail=True)
        except Exception as error:
            raise SourceUnavailable(f"{self.address}: {_reason(error)}") from error
        files = [self._listed(info) for info in listed if _is_file(info)]
        return sorted(files, key=lambda file: file.name)

    def read(self, file: ListedFile) -> tuple[str | None, Delivery]:
        """The stamp and the bytes of a file, the stamp being that of these bytes.

        Of a file larger than LARGEST_FILE_BYTES only the beginning. Raises DocumentRefused when
        the file cannot be read, or twice changes meanwhile.
        """
        for _ in range(2):
            try:
                info = self._info(file)
                before, size = _stamp(info), info.get("size")
                if size is not None and size > LARGEST_FILE_BYTES:
                    content = self._files.cat_file(file.path, start=0, end=_BEGINNING_BYTES)
                else:
                    content, size = self._files.cat_file(file.path), None
                received_utc = pendulum.now("UTC")
                after = _stamp(self._info(file))
            except FileNotFoundError:
                raise DocumentRefused(file.source_uri, "disappeared before it was read") from None
            except Exception as error:
                raise DocumentRefused(
                    file.source_uri, f"cannot be read: {_reason(error)}"
                ) from error
            if before == after:
                delivery = Delivery(
                    file.source_uri, file.name, content, received_utc, size or len(content)
                )
                return after, delivery
        raise DocumentRefused(file.source_uri, "changed while it was being read, twice")

    def _info(self, file: ListedFile) -> Mapping[str, Any]:
        self._files.invalidate_cache()
        info: Mapping[str, Any] = self._files.info(file.path)
        return info

    def _listed(self, info: Mapping[str, Any]) -> ListedFile:
        path = str(info["name"])
        # A name that is not UTF-8 still gets an address that can be printed and stored.
        name = storable_text(path.rstrip("/").rpartition("/")[2])
        return ListedFile(name, f"{self.address}/{name}", path, _stamp(info))


def _open(url: str) -> tuple[Any, str]:
    if "://" not in url:
        # A plain path may hold anything, also what fsspec would take for a chain of file systems.
        # Path.absolute would keep "..", and one file would have two addresses.
        return fsspec.filesystem("file"), os.path.abspath(Path(url).expanduser())  # noqa: PTH100
    files, path = url_to_fs(url, use_listings_cache=False)
    if (
        isinstance(files, LocalFileSystem)
        and not files.exists(path)
        and files.exists(unquote(path))
    ):
        return files, unquote(path)
    return files, path


def _is_file(info: Mapping[str, Any]) -> bool:
    # A pipe or a socket would never end; a link that leads nowhere is reported when it is read.
    kind = info["type"]
    return kind != "directory" and (kind != "other" or bool(info.get("islink")))


def _stamp(info: Mapping[str, Any]) -> str | None:
    modified = next((info[key] for key in _MODIFIED if info.get(key) is not None), None)
    tag = next((info[key] for key in _TAG if info.get(key) is not None), None)
    if modified is None and tag is None:
        return None
    return f"size={info.get('size')} modified={modified} tag={tag}"


def _reason(error: Exception) -> str:
    text = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
    return without_credentials(one_line(text or type(error).__name__))
