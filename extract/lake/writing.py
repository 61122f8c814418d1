"""Documents of raw into the files of a lake, range by range, each document into one file.

Which files a range becomes follows from its documents alone. So what a killed run
left is overwritten, with the same result as if it had not been killed.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass, replace
from itertools import groupby
from operator import itemgetter

import psycopg

from extract.errors import LakeUnusable
from extract.lake.arrow import arrow_schema, arrow_table, parquet
from extract.lake.folder import Folder, is_temporary
from extract.lake.layout import (
    ANEW,
    ArchivedTable,
    DataFile,
    Range,
    Snapshot,
    data_file,
    read_range,
    read_snapshot,
    write_range,
    write_snapshot,
)
from extract.lake.relations import (
    Relation,
    Row,
    archived_relations,
    documents_beyond,
    documents_upto,
    newest_run_utc,
    one_view_of_raw,
    rows,
)
from extract.lake.state import check_columns, check_documents, next_range

RANGE_DOCUMENTS = 20_000
LARGEST_FILE_DOCUMENTS = 5_000
LARGEST_FILE_BYTES = 64 * 1024 * 1024
"""Uncompressed, not counting the last document: what is in memory at once."""


@dataclass(slots=True)
class Archived:
    """What a run has added to a lake, and what the lake holds after it.

    A document that a view shows again counts once in `documents` and `held`.
    """

    documents: int = 0
    files: int = 0
    held: int = 0
    upto: int = 0


def archive(
    connection: psycopg.Connection, folder: Folder, tell: Callable[[str], None]
) -> Archived:
    """Take into the lake what it lacks of the documents that raw holds now.

    What lands meanwhile is left to the next run. `tell` is called with a line for each range.
    Raises LakeUnusable where the folder cannot be written, or holds anything but a lake of this
    warehouse with the columns that raw has today.
    """
    begun = read_range(folder)
    snapshot = read_snapshot(folder)
    if snapshot is None and begun is None and not folder.is_empty():
        raise LakeUnusable(f"{folder.address}: is not empty and is not a lake: {ANEW}")
    before = snapshot or Snapshot()
    with one_view_of_raw(connection):
        relations = archived_relations(connection)
        for relation in relations:
            # Before anything is written.
            arrow_schema(relation)
        check_columns(folder, before, relations)
        in_raw = documents_upto(connection, relations, before.documents_upto)
        check_documents(folder, before, in_raw)
        beyond = documents_beyond(connection, relations, before.documents_upto)
        lake = Snapshot(
            before.documents_upto,
            newest_run_utc(connection),
            {r.name: ArchivedTable(r.columns, in_raw[r.name]) for r in relations},
        )
    newest = beyond.last if beyond is not None else 0
    archived = Archived()
    while documents := next_range(folder, begun, lake.documents_upto, beyond, RANGE_DOCUMENTS):
        if lake.documents_upto == before.documents_upto:
            _remove_leftovers(folder, lake.documents_upto)
        write_range(folder, documents)
        with one_view_of_raw(connection):
            written = {r.name: _write_files(connection, folder, r, documents) for r in relations}
        lake = _after(lake, documents, written)
        write_snapshot(folder, lake)
        files = [file for of_table in written.values() for file in of_table]
        tell(f"documents {documents.first} to {documents.last}: {len(files):,} files")
        archived.files += len(files)
        archived.documents += sum(_documents(written[r.name]) for r in relations if not r.is_view)
        snapshot = lake
        beyond = documents_beyond(connection, relations, lake.documents_upto, newest)
    if lake != snapshot:
        write_snapshot(folder, lake)
    archived.held = sum(lake.tables[r.name].documents for r in relations if not r.is_view)
    archived.upto = lake.documents_upto
    return archived


def batches(rows: Iterable[Row]) -> Iterator[tuple[str, list[Row]]]:
    """Rows in the order of their days in batches that a file each holds, with their day."""
    for day, of_day in groupby(rows, key=itemgetter(0)):
        batch: list[Row] = []
        size = 0
        for row in of_day:
            batch.append(row[1:])
            size += sum(len(cell) for cell in row[1:] if cell is not None)
            if len(batch) >= LARGEST_FILE_DOCUMENTS or size >= LARGEST_FILE_BYTES:
                yield (day or b"").decode(), batch
                batch, size = [], 0
        if batch:
            yield (day or b"").decode(), batch


def _write_files(
    connection: psycopg.Connection, folder: Folder, relation: Relation, documents: Range
) -> list[tuple[DataFile, int]]:
    """Write the files of one table; returns them, each with how many documents it holds."""
    written = []
    with closing(rows(connection, relation, documents)) as of_range:
        for day, batch in batches(of_range):
            table = arrow_table(relation, batch)
            ids = table["document_id"]
            file = DataFile(relation.name, day, ids[0].as_py(), ids[-1].as_py())
            if data_file(file.name) != file:
                document = f"raw.{relation.name}: document {file.first}"
                raise LakeUnusable(f"{document} has no day of receipt")
            folder.write(file.name, parquet(table))
            written.append((file, table.num_rows))
    return written


def _documents(written: Iterable[tuple[DataFile, int]]) -> int:
    return sum(documents for _, documents in written)


def _after(
    lake: Snapshot, documents: Range, written: Mapping[str, Iterable[tuple[DataFile, int]]]
) -> Snapshot:
    """What the lake is with these files of one range in it."""
    tables = {
        name: replace(table, documents=table.documents + _documents(written[name]))
        for name, table in lake.tables.items()
    }
    return replace(lake, documents_upto=documents.last, tables=tables)


def _remove_leftovers(folder: Folder, upto: int) -> None:
    """Remove what a run that was killed left beyond the snapshot, whatever it is called."""
    for name in folder.files():
        file = data_file(name)
        if is_temporary(name) or (file is not None and file.first > upto):
            folder.remove(name)
