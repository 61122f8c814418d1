"""Final production of the DSO: quarter-hours of one or more metering points."""

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import ClassVar

from extract.documents import ORIGIN_TYPES, Delivery, Document
from extract.errors import DocumentRefused
from extract.messages import shown
from extract.sources.amounts import LARGEST_POWER_KW, amount
from extract.sources.csv_documents import decimal, read_csv
from extract.sources.identifiers import identifier
from extract.sources.instants import (
    LONGEST_DAYS,
    QUARTER_HOUR_SECONDS,
    instant_of_name,
    utc_quarter_hour,
)

PATTERN = re.compile(r"final_production_(?:.+_)?([0-9]{8})\.csv")
LARGEST_GRID = 10_000_000
"""Quarter-hours times metering points: a few distant rows of many columns would fill the memory."""
_START = "delivery_start__utc_"
_POWER = re.compile(r"(.+)__kw_")


@dataclass(frozen=True, kw_only=True, slots=True)
class FinalProduction(Document):
    """One metering point of one final production file.

    `power_kw[n]` is the average power in kW of the quarter-hour that starts n quarter-hours after
    `grid_start_utc`; None: unknown.
    """

    table: ClassVar = "final_production"
    types: ClassVar = {
        "metering_point_id": "text",
        "issued_date": "date",
        "grid_start_utc": "timestamptz",
        "power_kw": "float8[]",
        **ORIGIN_TYPES,
    }

    metering_point_id: str
    issued_date: date
    grid_start_utc: datetime
    power_kw: list[float | None]


def decode(delivery: Delivery) -> list[FinalProduction]:
    """One document per metering point of the file; an empty cell is None. Raises DocumentRefused.

    Rows may come in any order and with holes: each is put at its place on the quarter-hour grid.
    """
    name = PATTERN.fullmatch(delivery.name)
    if name is None:
        raise DocumentRefused(
            delivery.source_uri, "the name is not that of a final production file"
        )
    # The date alone is meant, so its hour and zone do not matter.
    issued_date = instant_of_name(delivery, f"{name[1]}Z").date()
    header, rows = read_csv(delivery, (_START,))
    points = {n: point[1] for n, column in enumerate(header) if (point := _POWER.fullmatch(column))}
    if not points:
        raise DocumentRefused(delivery.source_uri, "has no column for a metering point (…__kw_)")
    if len(set(points.values())) != len(points):
        raise DocumentRefused(delivery.source_uri, "has a metering point more than once")
    if not rows:
        raise DocumentRefused(delivery.source_uri, "holds no quarter-hours")
    starts = [
        int(utc_quarter_hour(delivery, row[header.index(_START)], _START).timestamp())
        for row in rows
    ]
    first, last = min(starts), max(starts)
    if last - first >= LONGEST_DAYS * 86_400:
        raise DocumentRefused(delivery.source_uri, f"spans more than {LONGEST_DAYS} days")
    length = (last - first) // QUARTER_HOUR_SECONDS + 1
    if length * len(points) > LARGEST_GRID:
        reason = f"covers {length:,} quarter-hours of {len(points):,} metering points: too many"
        raise DocumentRefused(delivery.source_uri, reason)
    grids: dict[int, list[float | None]] = {n: [None] * length for n in points}
    seen: dict[int, list[float | None]] = {}
    for start, row in zip(starts, rows, strict=True):
        values = [_power(delivery, row[n], header[n]) for n in points]
        if seen.setdefault(start, values) != values:
            instant = datetime.fromtimestamp(start, UTC)
            raise DocumentRefused(
                delivery.source_uri, f"gives two values for {instant:%Y-%m-%d %H:%M} UTC"
            )
        for n, value in zip(points, values, strict=True):
            grids[n][(start - first) // QUARTER_HOUR_SECONDS] = value
    return [
        FinalProduction(
            metering_point_id=identifier(delivery, point, "a metering point"),
            issued_date=issued_date,
            grid_start_utc=datetime.fromtimestamp(first, UTC),
            power_kw=grids[n],
            source_uri=delivery.source_uri,
            content_sha256=delivery.content_sha256,
            received_utc=delivery.received_utc,
        )
        for n, point in points.items()
    ]


def _power(delivery: Delivery, text: str, column: str) -> float | None:
    if not text:
        return None
    value = decimal(text)
    if value is None or not abs(value) < LARGEST_POWER_KW:
        reason = f"{shown(column)} holds {shown(text)}, not a power in kW with a decimal point"
        raise DocumentRefused(delivery.source_uri, reason)
    return amount(value)
