"""Rows of raw as Arrow tables, bit for bit, from what PostgreSQL's binary COPY writes."""

import hashlib
import io
import struct
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from extract.errors import LakeUnusable
from extract.lake.relations import Relation

Cells = Sequence[bytes | None]

_HEAD = struct.Struct(">iii")
_DIMENSION = struct.Struct(">ii")
_LENGTH = struct.Struct(">i")


@dataclass(frozen=True, slots=True)
class _Kind:
    """How a type of PostgreSQL goes over the wire and into Arrow."""

    arrow: pa.DataType
    wire: str | None = None
    """The numpy type of its bits; None: it has no fixed width."""
    epoch: int = 0
    """PostgreSQL counts from 2000 on, Arrow from 1970 on. 0: it is no time."""


_KINDS = {
    "bigint": _Kind(pa.int64(), ">i8"),
    "integer": _Kind(pa.int32(), ">i4"),
    "double precision": _Kind(pa.float64(), ">i8"),
    "boolean": _Kind(pa.bool_(), ">i1"),
    "date": _Kind(pa.date32(), ">i4", 10_957),
    "timestamp with time zone": _Kind(pa.timestamp("us", "UTC"), ">i8", 946_684_800_000_000),
    "text": _Kind(pa.string()),
    "jsonb": _Kind(pa.string()),
    "bytea": _Kind(pa.binary()),
}


def arrow_schema(relation: Relation) -> pa.Schema:
    """The columns of a relation in Arrow. Raises LakeUnusable for a type that has no form there."""
    fields = []
    for column, type_ in relation.columns.items():
        kind = _KINDS.get(type_.removesuffix("[]"))
        if kind is None:
            raise LakeUnusable(
                f"raw.{relation.name}.{column} has type {type_}, which a lake cannot hold"
            )
        is_list = type_.endswith("[]")
        fields.append(pa.field(column, pa.list_(kind.arrow) if is_list else kind.arrow))
    return pa.schema(fields)


def arrow_table(relation: Relation, rows: Sequence[Sequence[bytes | None]]) -> pa.Table:
    """Rows, each the columns of the relation in binary form, as a table. Raises LakeUnusable."""
    schema = arrow_schema(relation)
    if not rows:
        return schema.empty_table()
    arrays = []
    by_column = zip(relation.columns.items(), zip(*rows, strict=True), strict=True)
    for (column, type_), cells in by_column:
        kind = _KINDS[type_.removesuffix("[]")]
        try:
            arrays.append(_lists(cells, kind) if type_.endswith("[]") else _scalars(cells, kind))
        except ValueError as error:
            raise LakeUnusable(f"raw.{relation.name}.{column} {error}") from None
    return pa.Table.from_arrays(arrays, schema=schema)


def parquet(table: pa.Table) -> bytes:
    """The table as a Parquet file."""
    file = io.BytesIO()
    # Texts repeat themselves, values hardly do.
    texts = [column.name for column in table.schema if column.type == pa.string()]
    pq.write_table(table, file, compression="zstd", use_dictionary=texts)
    return file.getvalue()


def digest(column: pa.ChunkedArray) -> bytes:
    """A SHA-256 of a column's type and values, the same however Arrow holds them."""
    hash_ = hashlib.sha256()
    _feed(hash_, column.combine_chunks())
    return hash_.digest()


def _scalars(cells: Cells, kind: _Kind) -> pa.Array:
    if kind.wire is None:
        return pa.array(cells, kind.arrow)
    return _fixed(*_bits(cells, kind.wire), kind)


def _bits(cells: Cells, wire: str) -> tuple[Any, Any]:
    """The bits of values of fixed width, and which of them are null."""
    nothing = bytes(np.dtype(wire).itemsize)
    joined = b"".join(nothing if cell is None else cell for cell in cells)
    return np.frombuffer(joined, wire), np.fromiter((c is None for c in cells), bool, len(cells))


def _fixed(bits: Any, is_null: Any, kind: _Kind) -> pa.Array:
    native = bits.astype(bits.dtype.newbyteorder("="))
    if kind.epoch:
        ends = np.iinfo(native.dtype)
        if ((native == ends.min) | (native > ends.max - kind.epoch)).any():
            raise ValueError("holds infinity, which a lake cannot hold")
        native += kind.epoch
    array = pa.array(native, mask=is_null)
    return array.cast(kind.arrow) if pa.types.is_boolean(kind.arrow) else array.view(kind.arrow)


def _lists(cells: Cells, kind: _Kind) -> pa.Array:
    is_null = np.fromiter((cell is None for cell in cells), bool, len(cells))
    if kind.wire is None:
        elements = [_elements(cell) for cell in cells]
        lengths = [len(list_) for list_ in elements]
        values = pa.array(list(chain.from_iterable(elements)), kind.arrow)
    else:
        parts = [_packed(cell, kind.wire) for cell in cells]
        lengths = [len(bits) for bits, _ in parts]
        bits, holes = (np.concatenate(side) for side in zip(*parts, strict=True))
        values = _fixed(bits, holes, kind)
    offsets = pa.array(np.concatenate(([0], np.cumsum(lengths))), pa.int32())
    return pa.ListArray.from_arrays(offsets, values, mask=pa.array(is_null))


def _packed(cell: bytes | None, wire: str) -> tuple[Any, Any]:
    """The same as _bits of an array; at once where nothing in it is null."""
    if cell is None or _HEAD.unpack_from(cell)[:2] != (1, 0):
        return _bits(_elements(cell), wire)
    _check_dimension(cell)
    element = np.dtype([("length", ">i4"), ("bits", wire)])
    bits = np.frombuffer(cell, element, offset=_HEAD.size + _DIMENSION.size)["bits"]
    return bits, np.zeros(len(bits), bool)


def _elements(cell: bytes | None) -> list[bytes | None]:
    """The elements of an array in PostgreSQL's binary format (array_send)."""
    if cell is None or _HEAD.unpack_from(cell)[0] == 0:
        return []
    _check_dimension(cell)
    elements: list[bytes | None] = []
    at = _HEAD.size + _DIMENSION.size
    while at < len(cell):
        [length] = _LENGTH.unpack_from(cell, at)
        at += _LENGTH.size
        elements.append(None if length < 0 else cell[at : at + length])
        at += max(length, 0)
    return elements


def _check_dimension(cell: bytes) -> None:
    if _HEAD.unpack_from(cell)[0] != 1 or _DIMENSION.unpack_from(cell, _HEAD.size)[1] != 1:
        raise ValueError("holds an array that is not a plain list, which a lake cannot hold")


def _feed(hash_: Any, array: pa.Array) -> None:
    """Type, which are null, lengths, values: what is under a null does not count."""
    hash_.update(f"{_type_name(array.type)} {len(array)} ".encode())
    hash_.update(np.packbits(array.is_null().to_numpy(zero_copy_only=False)).tobytes())
    present = array.drop_null()
    if pa.types.is_list(array.type):
        hash_.update(present.value_lengths().to_numpy(zero_copy_only=False).tobytes())
        _feed(hash_, present.flatten())
    elif pa.types.is_primitive(array.type):
        hash_.update(present.to_numpy(zero_copy_only=False).tobytes())
    else:
        values: list[bytes] = present.cast(pa.binary()).to_pylist()
        hash_.update(np.fromiter(map(len, values), np.int64, len(values)).tobytes())
        hash_.update(b"".join(values))


def _type_name(type_: pa.DataType) -> str:
    """What the type is called, whatever a list calls its elements."""
    return "list" if pa.types.is_list(type_) else str(type_)
