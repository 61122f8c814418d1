"""CSV as the sources send it: every cell stays text until its decoder converts it on purpose."""

import csv
import io
import re

from extract.documents import Delivery
from extract.errors import DocumentRefused
from extract.messages import one_line

_NUMBER = re.compile(r"[+-]?[0-9]+(\.[0-9]+)?([eE][+-]?[0-9]{1,3})?")


def read_csv(
    delivery: Delivery, required: tuple[str, ...] = (), delimiter: str = ","
) -> tuple[list[str], list[list[str]]]:
    """The header and the rows of a CSV file, every cell stripped of surrounding blanks.

    UTF-8 with or without a byte-order mark, else Windows-1252, which older exports come in.
    Raises DocumentRefused for other bytes, for a row whose number of cells is not the header's
    (a torn line has fewer), and for a required column that is missing or there twice.
    """
    try:
        lines = list(
            csv.reader(io.StringIO(_text(delivery), newline=""), strict=True, delimiter=delimiter)
        )
    except csv.Error as error:
        raise DocumentRefused(delivery.source_uri, f"is not CSV: {one_line(error)}") from None
    numbered = [
        (number, line)
        for number, line in enumerate(lines, start=1)
        if any(cell.strip() for cell in line)
    ]
    if not numbered:
        raise DocumentRefused(delivery.source_uri, "is empty")
    header = [cell.strip() for cell in numbered[0][1]]
    for column in required:
        if header.count(column) != 1:
            problem = "lacks" if column not in header else "has more than one"
            raise DocumentRefused(delivery.source_uri, f"{problem} column {column}")
    rows = []
    for number, line in numbered[1:]:
        if len(line) != len(header):
            reason = f"row {number} has {len(line)} cells, but the header has {len(header)}"
            raise DocumentRefused(delivery.source_uri, reason)
        rows.append([cell.strip() for cell in line])
    return header, rows


def _text(delivery: Delivery) -> str:
    for encoding in ("utf-8-sig", "cp1252"):
        try:
            text = delivery.content.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\x00" not in text:
            return text
    raise DocumentRefused(delivery.source_uri, "is neither UTF-8 nor Windows-1252 text")


def decimal(text: str) -> float | None:
    """The number that the text is, with a decimal point (infinite when too large); else None."""
    return float(text) if _NUMBER.fullmatch(text) else None
