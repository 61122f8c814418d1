"""JSON as the sources send it: read strictly, and the columnar form that two of them share."""

import json
import math
from typing import Any, NoReturn

from extract.documents import Delivery
from extract.errors import DocumentRefused
from extract.messages import one_line

_DEEPEST = 50


def read_json(delivery: Delivery, *, finite: bool = True) -> dict[str, Any]:
    """The JSON object that was delivered, in UTF-8 with or without a byte-order mark.

    Raises DocumentRefused for anything else, and, where all has to be finite, for NaN and Infinity,
    which Python lets pass.
    """
    try:
        value = json.loads(
            delivery.content.decode("utf-8-sig"),
            parse_constant=_refuse_constant if finite else float,
            parse_float=_finite_float if finite else float,
        )
    except UnicodeDecodeError:
        raise DocumentRefused(delivery.source_uri, "is not UTF-8") from None
    except RecursionError:
        raise DocumentRefused(delivery.source_uri, "is nested too deeply") from None
    except ValueError as error:
        raise DocumentRefused(delivery.source_uri, f"is not JSON: {one_line(error)}") from None
    if not isinstance(value, dict):
        raise DocumentRefused(delivery.source_uri, "is not a JSON object")
    return value


def _refuse_constant(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is not a number")


def _finite_float(text: str) -> float:
    value = float(text)
    if not math.isfinite(value):
        raise ValueError(f"{one_line(text, 40)} is too large")
    return value


def columns_of(
    delivery: Delivery, document: dict[str, Any], required: tuple[str, ...]
) -> list[list[Any]]:
    """The required columns of a columnar document, found by id, in the order asked for.

    Raises DocumentRefused when one is missing or there twice, or when their lengths differ.
    """
    ids, values = document.get("column_ids"), document.get("values")
    if not isinstance(ids, list) or not isinstance(values, list) or len(ids) != len(values):
        raise DocumentRefused(
            delivery.source_uri, "column_ids and values are not two lists of equal length"
        )
    found: list[list[Any]] = []
    for column in required:
        if ids.count(column) != 1:
            problem = "lacks" if column not in ids else "has more than one"
            raise DocumentRefused(delivery.source_uri, f"{problem} column {column}")
        cells = values[ids.index(column)]
        if not isinstance(cells, list):
            raise DocumentRefused(delivery.source_uri, f"the column {column} is not a list")
        found.append(cells)
    if len({len(cells) for cells in found}) > 1:
        lengths = ", ".join(
            f"{column} {len(cells)}" for column, cells in zip(required, found, strict=True)
        )
        raise DocumentRefused(delivery.source_uri, f"the columns differ in length: {lengths}")
    return found


def fits_jsonb(value: object, depth: int = 0) -> bool:
    """Whether PostgreSQL can keep it as jsonb: no NUL, no lone surrogate, no bottomless nesting."""
    if depth > _DEEPEST:
        return False
    if isinstance(value, str):
        return "\x00" not in value and not any(
            "\ud800" <= character <= "\udfff" for character in value
        )
    if isinstance(value, dict):
        return all(
            fits_jsonb(key, depth) and fits_jsonb(item, depth + 1) for key, item in value.items()
        )
    if isinstance(value, list):
        return all(fits_jsonb(item, depth + 1) for item in value)
    return True
