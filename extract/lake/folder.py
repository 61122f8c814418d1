"""The folder of a lake, wherever fsspec reaches: a file appears in it whole or not at all."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from fsspec.core import url_to_fs
from fsspec.implementations.local import LocalFileSystem

from extract.errors import LakeUnusable
from extract.messages import as_written, has_plain_authority, public_address, reason_of

_TEMPORARY = ("_", ".part")


class Folder:
    """A folder given as a path or as any URL that fsspec opens. It need not exist yet.

    Files go by their names below it, with `/` between folders. Whatever the file system cannot do
    is a LakeUnusable that names the address.
    """

    def __init__(self, url: str) -> None:
        """Raises LakeUnusable when no client for this kind of URL is installed."""
        self.address = public_address(url)
        if not has_plain_authority(url):
            raise LakeUnusable(f"{self.address}: percent-encode / ? # in the user or password")
        self._secrets: list[str] = []
        with self._failing(""):
            self._secrets = as_written(urlsplit(url).password)
            self._files, self._root = _open(url)
        if isinstance(self._files, LocalFileSystem):
            self.address = f"file://{self._root}"

    @property
    def identity(self) -> str:
        """The same text for the same folder, however it was written."""
        return str(self._files.unstrip_protocol(self._root))

    def files(self) -> list[str]:
        """The names of all files in the folder and the folders in it, sorted."""
        with self._failing(""):
            self._files.invalidate_cache()
            if self._files.isfile(self._root):
                raise NotADirectoryError("is not a directory")
            found = self._files.find(self._root)
        return sorted(str(path)[len(self._root) :].lstrip("/") for path in found)

    def is_empty(self) -> bool:
        """Whether there is nothing in it except what a killed writer left."""
        with self._failing(""):
            self._files.invalidate_cache()
            if not self._files.exists(self._root):
                return True
            names = [str(path).rstrip("/") for path in self._files.ls(self._root, detail=False)]
        return all(is_temporary(name) for name in names)

    def read(self, name: str) -> bytes | None:
        """The bytes of a file; None where there is no such file."""
        with self._failing(name):
            try:
                self._files.invalidate_cache()
                return bytes(self._files.cat_file(self._path(name)))
            except FileNotFoundError:
                return None

    def write(self, name: str, content: bytes) -> None:
        """Put a file in place, over the one that may be there, by way of a temporary name."""
        head, slash, tail = name.rpartition("/")
        temporary = f"{head}{slash}{_TEMPORARY[0]}{tail}{_TEMPORARY[1]}"
        with self._failing(name):
            self._files.makedirs(self._path(head), exist_ok=True)
            self._files.pipe_file(self._path(temporary), content)
            self._files.mv(self._path(temporary), self._path(name))

    def remove(self, name: str) -> None:
        """Take a file away."""
        with self._failing(name):
            self._files.rm_file(self._path(name))

    def _path(self, name: str) -> str:
        return f"{self._root.rstrip('/')}/{name}" if name else self._root

    @contextmanager
    def _failing(self, name: str) -> Iterator[None]:
        try:
            yield
        except Exception as error:
            # Every kind of file system fails in its own way, and all of them mean this.
            address = f"{self.address}/{name}" if name else self.address
            raise LakeUnusable(f"{address}: {reason_of(error, self._secrets)}") from error


def is_temporary(name: str) -> bool:
    """Whether its writer had not put the file in place yet."""
    return Path(name).name.startswith(_TEMPORARY[0]) and name.endswith(_TEMPORARY[1])


def _open(url: str) -> tuple[Any, str]:
    if "://" not in url:
        # A plain path may hold anything, also what fsspec would take for a chain of file systems.
        return LocalFileSystem(), os.path.realpath(Path(url).expanduser())
    files, path = url_to_fs(url, use_listings_cache=False)
    return files, os.path.realpath(path) if isinstance(files, LocalFileSystem) else path.rstrip("/")
