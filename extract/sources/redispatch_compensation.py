"""Redispatch compensation of the DSO: what a curtailed MWh is paid with, by interval."""

import re
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import pairwise
from typing import ClassVar

from extract.documents import ORIGIN_TYPES, Delivery, Document
from extract.errors import DocumentRefused
from extract.messages import shown
from extract.sources.amounts import LARGEST_PRICE_EUR_PER_MWH, amount
from extract.sources.csv_documents import decimal, read_csv
from extract.sources.instants import LONGEST_DAYS, instant_of_name, utc_quarter_hour

PATTERN = re.compile(r"redispatch_compensation_([0-9]{4}-[0-9]{2}-[0-9]{2})\.csv")
_START, _END, _PRICE = "delivery_start__utc_", "delivery_end__utc_", "price__euro_per_mwh_"


@dataclass(frozen=True, kw_only=True, slots=True)
class RedispatchCompensation(Document):
    """The intervals and prices of one compensation file: equal lengths, None: no price."""

    table: ClassVar = "redispatch_compensation"
    types: ClassVar = {
        "issued_date": "date",
        "delivery_start_utc": "timestamptz[]",
        "delivery_end_utc": "timestamptz[]",
        "price_eur_per_mwh": "float8[]",
        **ORIGIN_TYPES,
    }

    issued_date: date
    delivery_start_utc: list[datetime]
    delivery_end_utc: list[datetime]
    price_eur_per_mwh: list[float | None]


def decode(delivery: Delivery) -> list[RedispatchCompensation]:
    """One document with the intervals in the order of time; an empty price is None.

    Raises DocumentRefused, also where intervals overlap or one has two prices.
    """
    name = PATTERN.fullmatch(delivery.name)
    if name is None:
        raise DocumentRefused(
            delivery.source_uri, "the name is not that of a redispatch compensation file"
        )
    header, rows = read_csv(delivery, (_START, _END, _PRICE))
    if not rows:
        raise DocumentRefused(delivery.source_uri, "holds no intervals")
    start_at, end_at, price_at = (header.index(column) for column in (_START, _END, _PRICE))
    prices: dict[tuple[datetime, datetime], float | None] = {}
    for row in rows:
        start = utc_quarter_hour(delivery, row[start_at], _START)
        end = utc_quarter_hour(delivery, row[end_at], _END)
        if not timedelta(0) < end - start <= timedelta(days=LONGEST_DAYS):
            reason = (
                f"has an interval from {shown(row[start_at])} to {shown(row[end_at])}, "
                f"which must end after it starts, within {LONGEST_DAYS} days"
            )
            raise DocumentRefused(delivery.source_uri, reason)
        price = _price(delivery, row[price_at])
        if prices.setdefault((start, end), price) != price:
            raise _ambiguous(delivery, start)
    intervals = sorted(prices)
    for (_, end), (next_start, _) in pairwise(intervals):
        if next_start < end:
            raise _ambiguous(delivery, next_start)
    if intervals[-1][1] - intervals[0][0] > timedelta(days=LONGEST_DAYS):
        raise DocumentRefused(delivery.source_uri, f"spans more than {LONGEST_DAYS} days")
    return [
        RedispatchCompensation(
            # The date alone is meant, so its hour and zone do not matter.
            issued_date=instant_of_name(delivery, f"{name[1]}Z").date(),
            delivery_start_utc=[start for start, _ in intervals],
            delivery_end_utc=[end for _, end in intervals],
            price_eur_per_mwh=[prices[interval] for interval in intervals],
            source_uri=delivery.source_uri,
            content_sha256=delivery.content_sha256,
            received_utc=delivery.received_utc,
        )
    ]


def _ambiguous(delivery: Delivery, start: datetime) -> DocumentRefused:
    return DocumentRefused(delivery.source_uri, f"gives two prices for {start:%Y-%m-%d %H:%M} UTC")


def _price(delivery: Delivery, text: str) -> float | None:
    if not text:
        return None
    value = decimal(text)
    if value is None or not abs(value) < LARGEST_PRICE_EUR_PER_MWH:
        reason = f"{_PRICE} holds {shown(text)}, not a price with a decimal point"
        raise DocumentRefused(delivery.source_uri, reason)
    return amount(value)
