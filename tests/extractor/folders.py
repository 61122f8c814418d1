"""Directories of files, as they behave and misbehave."""

import io
import json
import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import IO, Any

from extract.console import Tally
from extract.run import Run
from extract.sources.directory import Directory
from extract.sources.local_files import LocalFiles


def landed(run: Run, table: str) -> int:
    [(count,)] = run.connection.execute(f"select count(*) from raw.{table}")
    return int(count)


def write(path: Path, document: dict[str, Any], mtime: float | None = None) -> None:
    path.write_text(json.dumps(document))
    if mtime is not None:
        os.utime(path, (mtime, mtime))


Load = Callable[[Path | str], Tally]


class ChangingFiles(LocalFiles):
    """Files that change as soon as they are opened, for the first `changes` times."""

    def __init__(self, changes: int) -> None:
        self.changes = changes

    def open(self, path: str, mode: str) -> IO[bytes]:  # type: ignore[override]
        content = Path(path).read_bytes()
        if self.changes:
            self.changes -= 1
            with Path(path).open("ab") as file:
                file.write(b"x")
        return io.BytesIO(content)


def changing_directory(path: Path, changes: int) -> Directory:
    directory = Directory(str(path))
    directory._files = ChangingFiles(changes)
    return directory


class HangingFiles(LocalFiles):
    """A file system on which files with an H in their name never open."""

    @staticmethod
    def open(path: str, mode: str) -> IO[bytes]:
        if "H" in Path(path).name:
            time.sleep(60)
        return LocalFiles.open(path, mode)
