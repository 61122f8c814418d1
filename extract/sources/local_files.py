"""Files of this machine, as much of them as a source may be: regular files, seen through links."""

import os
import stat
from pathlib import Path
from typing import IO, Any


class LocalFiles:
    """What a directory asks of a file system, in the words of fsspec.

    fsspec's own gives the modification time of a link, not of its target, and opens anything: a
    pipe, which blocks for ever, or a device without end.
    """

    @staticmethod
    def invalidate_cache() -> None:
        """There is none."""

    @staticmethod
    def isdir(path: str) -> bool:
        """Whether it is a directory."""
        return Path(path).is_dir()

    @staticmethod
    def exists(path: str) -> bool:
        """Whether there is anything."""
        return Path(path).exists()

    @staticmethod
    def info(path: str) -> dict[str, Any]:
        """Type, size and modification time of what is there. Raises OSError."""
        found = Path(path).stat()
        if stat.S_ISREG(found.st_mode):
            kind = "file"
        else:
            kind = "directory" if stat.S_ISDIR(found.st_mode) else "other"
        return {"name": path, "type": kind, "size": found.st_size, "mtime": found.st_mtime}

    def ls(self, path: str, detail: bool) -> list[dict[str, Any]]:
        """The same of all that is in a directory. Raises OSError."""
        assert detail
        listed = []
        for child in Path(path).iterdir():
            try:
                listed.append(self.info(str(child)))
            except OSError:
                # Reading a dangling link fails with the reason. A file that is gone is left out.
                if child.is_symlink():
                    listed.append({"name": str(child), "type": "file"})
        return listed

    @staticmethod
    def open(path: str, mode: str) -> IO[bytes]:
        """The bytes of a regular file. Raises OSError."""
        return open(path, mode, opener=_open_regular)


def _open_regular(path: str, flags: int) -> int:
    # It may be another file by now than the one that was listed; a pipe would be waited for.
    descriptor = os.open(path, flags | os.O_NONBLOCK | os.O_NOCTTY)
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise OSError("is not a regular file")
    return descriptor
