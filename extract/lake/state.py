"""Whether a lake is one that an archive of this warehouse can go on from."""

from collections.abc import Mapping, Sequence

from extract.errors import LakeUnusable
from extract.lake.folder import Folder
from extract.lake.layout import ANEW, RANGE, Range, Snapshot
from extract.lake.relations import Relation


def check_columns(folder: Folder, snapshot: Snapshot, relations: Sequence[Relation]) -> None:
    """Check that the lake's tables have the columns of raw's. Raises LakeUnusable.

    A table that the lake does not know yet is no difference.
    """
    now = {relation.name: relation.columns for relation in relations}
    for name, table in snapshot.tables.items():
        difference = (
            "raw has no such table" if name not in now else _difference(table.columns, now[name])
        )
        if difference:
            raise LakeUnusable(
                f"{folder.address}: {name} differs between the lake and raw: {difference}: {ANEW}"
            )


def check_documents(folder: Folder, snapshot: Snapshot, in_raw: Mapping[str, int]) -> None:
    """Check that the lake holds as many documents as raw, up to its last. Raises LakeUnusable.

    `in_raw`: how many each relation of raw has up to there.
    """
    for name, documents in in_raw.items():
        table = snapshot.tables.get(name)
        archived = table.documents if table is not None else 0
        if archived != documents:
            raise LakeUnusable(
                f"{folder.address}: documents of {name} up to {snapshot.documents_upto}: "
                f"{archived:,} in the lake, {documents:,} in raw: the lake is of another "
                f"warehouse, or raw was changed: {ANEW}"
            )


def next_range(
    folder: Folder, begun: Range | None, upto: int, beyond: Range | None, step: int
) -> Range | None:
    """The documents whose files come next: those that were begun, else at most `step` ids.

    `beyond` are those of raw that the snapshot, which goes up to `upto`, does not hold. None:
    there are none. Raises LakeUnusable where what was begun is not what comes next.
    """
    if begun is not None and begun.last > upto:
        if beyond is None or begun.first != beyond.first or begun.last > beyond.last:
            raise LakeUnusable(
                f"{folder.address}/{RANGE}: documents {begun.first} to {begun.last} do not "
                f"come next after {upto} in this warehouse: {ANEW}"
            )
        return begun
    if beyond is None:
        return None
    return Range(beyond.first, min(beyond.first + step - 1, beyond.last))


def _difference(before: Mapping[str, str], now: Mapping[str, str]) -> str | None:
    for column, type_ in before.items():
        if column not in now:
            return f"raw has no column {column}"
        if now[column] != type_:
            return f"{column} was {type_} and is now {now[column]}"
    new = [column for column in now if column not in before]
    if new:
        return f"raw has a new column {new[0]}"
    return None if list(before) == list(now) else "the columns are in another order"
