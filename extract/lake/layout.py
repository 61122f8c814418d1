"""The files of a lake, and the two notes in it: how far it goes, and what is being written.

    <table>/received_day=2025-06-08/<first>-<last>.parquet    first and last document id in it
    snapshot.json    up to which document id the lake is complete, and what it holds
    _range.json       the document ids whose files are being written, or were written last

Readers of a lake ignore names that begin with `_`, and files beyond the snapshot.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from extract.errors import LakeUnusable
from extract.lake.folder import Folder

FORMAT = 1
SNAPSHOT = "snapshot.json"
RANGE = "_range.json"
ANEW = "archive into a new folder"
"""What to do where a lake cannot be continued."""
_DATA_FILE = re.compile(
    r"([^/]+)/received_day=(\d{4,}-\d\d-\d\d)/([1-9]\d{,17})-([1-9]\d{,17})\.parquet"
)


@dataclass(frozen=True, slots=True, order=True)
class DataFile:
    """A file of documents: those of one table, received on one UTC day, by their ids."""

    table: str
    day: str
    first: int
    last: int

    @property
    def name(self) -> str:
        """Where it lies in the lake."""
        return f"{self.table}/received_day={self.day}/{self.first}-{self.last}.parquet"


@dataclass(frozen=True, slots=True)
class Range:
    """The document ids from `first` to `last`, of all tables."""

    first: int
    last: int


@dataclass(frozen=True, slots=True)
class ArchivedTable:
    """What a lake holds of a table: its columns with their PostgreSQL types, its documents."""

    columns: Mapping[str, str]
    documents: int = 0


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The lake is complete up to this document id. `extracted_utc`: when the newest run began."""

    documents_upto: int = 0
    extracted_utc: str | None = None
    tables: Mapping[str, ArchivedTable] = field(default_factory=dict)


def data_file(name: str) -> DataFile | None:
    """The file of documents that this is the name of; None where it is another file."""
    found = _DATA_FILE.fullmatch(name)
    return found and DataFile(found[1], found[2], int(found[3]), int(found[4]))


def read_snapshot(folder: Folder) -> Snapshot | None:
    """How far the lake goes; None if nothing says so. Raises LakeUnusable."""
    read = _read(folder, SNAPSHOT)
    if read is None:
        return None
    if read.get("format") != FORMAT:
        raise LakeUnusable(
            f"{folder.address}/{SNAPSHOT}: has format {json.dumps(read.get('format'))}, "
            f"but this version only reads {FORMAT}: {ANEW}"
        )
    try:
        snapshot = Snapshot(
            _count(read["documents_upto"]),
            _text(read["extracted_utc"]) if read["extracted_utc"] is not None else None,
            {
                _text(name): ArchivedTable(
                    {_text(column): _text(type_) for column, type_ in table["columns"].items()},
                    _count(table["documents"]),
                )
                for name, table in read["tables"].items()
            },
        )
    except (KeyError, TypeError, ValueError, AttributeError):
        raise _unreadable(folder, SNAPSHOT) from None
    return snapshot


def write_snapshot(folder: Folder, snapshot: Snapshot) -> None:
    """Record that the lake is complete this far. Raises LakeUnusable."""
    _write(folder, SNAPSHOT, {"format": FORMAT, **asdict(snapshot)})


def read_range(folder: Folder) -> Range | None:
    """Which files were begun last; None where none ever were. Raises LakeUnusable."""
    read = _read(folder, RANGE)
    try:
        return None if read is None else Range(_count(read["first"]), _count(read["last"]))
    except (KeyError, ValueError):
        raise _unreadable(folder, RANGE) from None


def write_range(folder: Folder, documents: Range) -> None:
    """Record which files are begun now. Raises LakeUnusable."""
    _write(folder, RANGE, asdict(documents))


def _read(folder: Folder, name: str) -> dict[str, Any] | None:
    content = folder.read(name)
    try:
        read = None if content is None else json.loads(content)
    except (ValueError, RecursionError):
        raise _unreadable(folder, name) from None
    if content is not None and not isinstance(read, dict):
        raise _unreadable(folder, name)
    return read


def _unreadable(folder: Folder, name: str) -> LakeUnusable:
    return LakeUnusable(f"{folder.address}/{name}: cannot be read: {ANEW}")


def _write(folder: Folder, name: str, value: Mapping[str, Any]) -> None:
    folder.write(name, (json.dumps(value, indent=1, ensure_ascii=False) + "\n").encode())


def _count(value: object) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        raise ValueError("is not a count")
    return value


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise ValueError("is not text")
    return value
