"""Folders of the embedded PostgreSQL that nobody else may enter, and the folders above them."""

import hashlib
import os
import shutil
import stat
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from extract.errors import WarehouseUnavailable

_LONGEST_SOCKET_PATH_BYTES = 103
"""What fits in the address of a socket everywhere; Linux takes four bytes more."""


def socket_directory(data: Path, user: str | None) -> Path:
    """Where this user's server keeps its socket: with its data, unless that path is too long.

    Anyone who can reach the socket is a superuser of the warehouse. Raises WarehouseUnavailable.
    """
    if len(os.fsencode(data / ".s.PGSQL.5432")) <= _LONGEST_SOCKET_PATH_BYTES:
        return data
    digest = hashlib.sha256(os.fsencode(data)).hexdigest()[:16]
    sockets = Path(tempfile.gettempdir()) / f"vpp-warehouse-{digest}"
    with suppress(FileExistsError):
        sockets.mkdir(mode=0o700)
    if user is not None and sockets.lstat().st_uid == os.geteuid():
        shutil.chown(sockets, user)
    check_private(sockets, data)
    return sockets


def check_private(sockets: Path, data: Path) -> None:
    """Raises WarehouseUnavailable for a directory of sockets that is not the server's alone."""
    # Of its data the server itself sees to that.
    if sockets == data or not os.path.lexists(sockets):
        return
    found = sockets.lstat()
    is_private = stat.S_ISDIR(found.st_mode) and not stat.S_IMODE(found.st_mode) & 0o077
    if not is_private or found.st_uid != data.stat().st_uid:
        raise WarehouseUnavailable(
            f"{sockets}, which would hold the socket of the embedded PostgreSQL, is not private to "
            'it: stop the server ("python -m extract.warehouse stop"), remove that directory, '
            "and start again"
        )


@contextmanager
def entered_but_not_read(folders: Iterable[Path]) -> Iterator[None]:
    """If the block makes these folders readable for everybody, make them only enterable."""
    modes = {folder: stat.S_IMODE(folder.stat().st_mode) for folder in folders}
    yield
    for folder, mode in modes.items():
        if stat.S_IMODE(folder.stat().st_mode) != mode:
            folder.chmod(mode | 0o011)
