"""A lake compared with raw, document by document: what is equal, and what is not."""

import hashlib
import io
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import psycopg
import pyarrow as pa
import pyarrow.parquet as pq

from extract.errors import LakeUnusable
from extract.lake.arrow import arrow_table, digest
from extract.lake.folder import Folder, is_temporary
from extract.lake.layout import RANGE, SNAPSHOT, DataFile, Range, Snapshot, data_file, read_snapshot
from extract.lake.relations import (
    Relation,
    archived_relations,
    documents_by_day,
    documents_outside,
    one_view_of_raw,
    rows,
)
from extract.lake.state import check_columns
from extract.messages import one_line, reason_of


@dataclass(slots=True)
class Verified:
    """What a comparison has found of one table."""

    table: str
    """Empty: what belongs to no table."""
    documents: int = 0
    """In the lake."""
    sha256: str = ""
    """Of all that is equal in its files, file by file in the order of days and ids."""
    problems: list[str] = field(default_factory=list)
    """A line for each thing that is not as in raw."""


def verify(connection: psycopg.Connection, folder: Folder) -> Iterator[Verified]:
    """Compare a lake, up to its snapshot, with raw: table by table, and then what belongs to none.

    Files beyond the snapshot do not count: another run may be writing them. In memory is one file
    at a time. Raises LakeUnusable where the folder cannot be read, has no snapshot, or is not of
    the columns that raw has today.
    """
    snapshot = read_snapshot(folder)
    if snapshot is None:
        raise LakeUnusable(
            f"{folder.address}: has no {SNAPSHOT}: nothing is archived there "
            "(run archive without --verify first)"
        )
    files, strangers = _listed(folder, snapshot)
    with one_view_of_raw(connection):
        relations = archived_relations(connection)
        check_columns(folder, snapshot, relations)
        for relation in relations:
            of_table = [file for file in files if file.table == relation.name]
            yield _compared(connection, folder, snapshot, relation, of_table)
    yield Verified("", problems=[f"{name}: does not belong there" for name in strangers])


def _listed(folder: Folder, snapshot: Snapshot) -> tuple[list[DataFile], list[str]]:
    """The files up to the snapshot by table, day and ids; and the names of what is no such file."""
    files: list[DataFile] = []
    strangers: list[str] = []
    for name in folder.files():
        file = data_file(name)
        if file is None or file.table not in snapshot.tables:
            if not is_temporary(name) and name not in (SNAPSHOT, RANGE):
                strangers.append(name)
        elif file.first <= snapshot.documents_upto:
            files.append(file)
    return sorted(files), strangers


def _compared(
    connection: psycopg.Connection,
    folder: Folder,
    snapshot: Snapshot,
    relation: Relation,
    files: Sequence[DataFile],
) -> Verified:
    found = Verified(relation.name)
    equal = hashlib.sha256()
    in_files: Counter[str] = Counter()
    for file in files:
        of_file = rows(connection, relation, Range(file.first, file.last), file.day)
        raw = arrow_table(relation, [row[1:] for row in of_file])
        in_files[file.day] += raw.num_rows
        try:
            lake = _read(folder, file)
        except LakeUnusable as error:
            found.problems.append(str(error))
            continue
        found.documents += lake.num_rows
        of_raw = {name: digest(raw[name]) for name in raw.column_names}
        if difference := _difference(lake, raw, of_raw):
            found.problems.append(f"{file.name}: {difference}")
        else:
            equal.update(b"".join(of_raw.values()))
    found.sha256 = equal.hexdigest()
    found.problems += _missing(connection, snapshot, relation, files, in_files)
    found.problems += _overlaps(files, snapshot.documents_upto)
    return found


def _overlaps(files: Sequence[DataFile], upto: int) -> list[str]:
    problems = []
    furthest: DataFile | None = None
    for file in files:
        if file.last > upto:
            problems.append(f"{file.name}: goes beyond the snapshot, which ends at {upto}")
        if furthest is None or furthest.day != file.day:
            furthest = file
            continue
        if file.first <= furthest.last:
            problems.append(f"{file.name}: holds documents that are also in {furthest.name}")
        furthest = max(furthest, file, key=lambda one: one.last)
    return problems


def _read(folder: Folder, file: DataFile) -> pa.Table:
    """What a file holds. Raises LakeUnusable."""
    try:
        return pq.ParquetFile(io.BytesIO(folder.read(file.name) or b"")).read()
    except (pa.ArrowException, OSError, ValueError) as error:
        raise LakeUnusable(f"{file.name}: cannot be read: {reason_of(error)}") from None


def _difference(lake: pa.Table, raw: pa.Table, of_raw: Mapping[str, bytes]) -> str | None:
    """What of a file is not as in raw, the digests of whose columns are `of_raw`; None: nothing."""
    if lake.column_names != raw.column_names:
        return f"has the columns {one_line(', '.join(lake.column_names))}"
    if lake.num_rows != raw.num_rows:
        return f"documents: {lake.num_rows:,} in the file, {raw.num_rows:,} in raw"
    different = [
        name
        for name in raw.column_names
        if lake[name].type != raw[name].type or digest(lake[name]) != of_raw[name]
    ]
    return f"differs from raw in {', '.join(different)}" if different else None


def _missing(
    connection: psycopg.Connection,
    snapshot: Snapshot,
    relation: Relation,
    files: Sequence[DataFile],
    in_files: Mapping[str, int],
) -> Iterator[str]:
    """A line for each day with documents of raw that no file is there for, and for a wrong count.

    `in_files`: how many documents of raw are in the ranges of the files of each day.
    """
    upto = snapshot.documents_upto
    is_overlapping = bool(_overlaps(files, upto))
    in_raw = documents_by_day(connection, relation, upto)
    for day, documents in in_raw.items():
        ranges = [Range(file.first, file.last) for file in files if file.day == day]
        # Where all is well, the counts say so at once; files that overlap may count one twice.
        if in_files.get(day, 0) == documents and not is_overlapping:
            continue
        outside = documents_outside(connection, relation, day, upto, ranges)
        if outside is not None:
            count, of = outside
            yield (
                f"{relation.name}/received_day={day}: missing documents of raw: {count:,}, "
                f"from {of.first} to {of.last}"
            )
    table = snapshot.tables.get(relation.name)
    said = table.documents if table is not None else 0
    if said != sum(in_raw.values()):
        yield (
            f"{SNAPSHOT}: documents of {relation.name}: {said:,} in the snapshot, "
            f"{sum(in_raw.values()):,} in raw"
        )
