"""Redispatch flags of the DSO: in which intervals a plant was curtailed."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import ClassVar

from extract.documents import ORIGIN_TYPES, Delivery, Document
from extract.errors import DocumentRefused
from extract.messages import shown
from extract.sources.csv_documents import read_csv
from extract.sources.identifiers import identifier
from extract.sources.instants import LONGEST_DAYS, QUARTER_HOUR_SECONDS, instant_of_name, plausible

PATTERN = re.compile(r"redispatch_flag_(.+)_([0-9]{8}_[0-9]{4}(?:[0-9]{2})?Z?)\.csv")
_FLAGS = {"1": True, "0": False, "true": True, "false": False}


@dataclass(frozen=True, kw_only=True, slots=True)
class RedispatchFlag(Document):
    """The intervals of one redispatch file: equal lengths, in the order of the document."""

    table: ClassVar = "redispatch_flag"
    types: ClassVar = {
        "metering_point_id": "text",
        "issued_utc": "timestamptz",
        "delivery_start_utc": "timestamptz[]",
        "delivery_end_utc": "timestamptz[]",
        "is_redispatched": "boolean[]",
        **ORIGIN_TYPES,
    }

    metering_point_id: str
    issued_utc: datetime
    delivery_start_utc: list[datetime]
    delivery_end_utc: list[datetime]
    is_redispatched: list[bool]


def decode(delivery: Delivery) -> list[RedispatchFlag]:
    """One document with the intervals in the file's order, half-open, on the quarter-hour grid.

    Raises DocumentRefused.
    """
    name = PATTERN.fullmatch(delivery.name)
    if name is None:
        raise DocumentRefused(delivery.source_uri, "the name is not that of a redispatch file")
    required = ("delivery_start", "delivery_end", "is_redispatched")
    header, rows = read_csv(delivery, required)
    start_at, end_at, flag_at = (header.index(column) for column in required)
    starts, ends, flags = [], [], []
    told = timedelta(0)
    for row in rows:
        start = _instant(delivery, row[start_at], "delivery_start")
        end = _instant(delivery, row[end_at], "delivery_end")
        if start >= end:
            reason = (
                f"has an interval from {shown(row[start_at])} to {shown(row[end_at])}, "
                "which does not end after it starts"
            )
            raise DocumentRefused(delivery.source_uri, reason)
        # Every quarter-hour of every interval becomes a row, also where intervals overlap.
        told += end - start
        if told > timedelta(days=LONGEST_DAYS):
            reason = f"covers more than {LONGEST_DAYS} days in all"
            raise DocumentRefused(delivery.source_uri, reason)
        flag = _FLAGS.get(row[flag_at].lower())
        if flag is None:
            raise DocumentRefused(
                delivery.source_uri, f"is_redispatched holds {shown(row[flag_at])}, not 1 or 0"
            )
        starts.append(start)
        ends.append(end)
        flags.append(flag)
    return [
        RedispatchFlag(
            metering_point_id=identifier(delivery, name[1], "the metering point in the name"),
            issued_utc=instant_of_name(delivery, name[2]),
            delivery_start_utc=starts,
            delivery_end_utc=ends,
            is_redispatched=flags,
            source_uri=delivery.source_uri,
            content_sha256=delivery.content_sha256,
            received_utc=delivery.received_utc,
        )
    ]


def _instant(delivery: Delivery, text: str, column: str) -> datetime:
    try:
        instant = datetime.fromisoformat(text)
        if instant.tzinfo is not None:
            instant = instant.astimezone(UTC)
    except (ValueError, OverflowError):
        instant = datetime.max
    if instant.tzinfo is None:
        raise DocumentRefused(
            delivery.source_uri, f"{column} holds {shown(text)}, not an instant with a time zone"
        )
    if not plausible(instant) or instant.timestamp() % QUARTER_HOUR_SECONDS:
        raise DocumentRefused(
            delivery.source_uri, f"{column} holds {shown(text)}, not on a quarter-hour"
        )
    return instant
