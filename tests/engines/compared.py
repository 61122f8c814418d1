"""Two engines' rows of a mart, compared value by value; floats bit for bit."""

import math
import struct
from collections.abc import Iterable, Iterator, Sequence

Value = str | int | float | bool | None
Row = tuple[Value, ...]


def differences(
    postgres: Iterable[Row], spark: Iterable[Row], columns: Sequence[str], key: Sequence[str]
) -> Iterator[str]:
    """One line for each row that only one engine has, or that differs.

    Both come in the order of the key, with None first; text is ordered by its bytes.
    """
    places = [columns.index(name) for name in key]

    def key_of(row: Row) -> tuple[Value, ...]:
        return tuple(row[place] for place in places)

    def told(row: Row) -> str:
        return ", ".join(f"{columns[place]} {row[place]}" for place in places)

    left, right = iter(postgres), iter(spark)
    ours, theirs = next(left, None), next(right, None)
    while ours is not None or theirs is not None:
        if theirs is None or (ours is not None and _before(key_of(ours), key_of(theirs))):
            assert ours is not None
            yield f"{told(ours)}: only PostgreSQL has this row"
            ours = next(left, None)
        elif ours is None or _before(key_of(theirs), key_of(ours)):
            yield f"{told(theirs)}: only Spark has this row"
            theirs = next(right, None)
        else:
            different = [
                f"{name} is {a!r} on PostgreSQL and {b!r} on Spark"
                for name, a, b in zip(columns, ours, theirs, strict=True)
                if not same(a, b)
            ]
            if different:
                yield f"{told(ours)}: {'; '.join(different)}"
            ours, theirs = next(left, None), next(right, None)


def same(one: Value, other: Value) -> bool:
    """Whether two values are the same: of one type, and floats in every bit (0.0 is not -0.0)."""
    if isinstance(one, float) and isinstance(other, float):
        return struct.pack(">d", one) == struct.pack(">d", other)
    return type(one) is type(other) and one == other


def _before(one: Sequence[Value], other: Sequence[Value]) -> bool:
    return tuple(map(_ordered, one)) < tuple(map(_ordered, other))


def _ordered(value: Value) -> tuple[bytes, float]:
    """A value of a key as something that sorts as in both engines."""
    if isinstance(value, str):
        return value.encode(), 0
    return b"", -math.inf if value is None else value
