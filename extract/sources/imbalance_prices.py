"""Imbalance prices as the German transmission system operators publish them: estimated and final.

The final price is the reBAP: one price for balancing groups that are short (`unterdeckt`) and one
for those that are long (`ueberdeckt`), nearly always equal. The estimate is a single price.
"""

import re
import unicodedata
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from typing import ClassVar
from zoneinfo import ZoneInfo

from extract.documents import ORIGIN_TYPES, Delivery, Document
from extract.errors import DocumentRefused
from extract.messages import shown
from extract.sources.amounts import LARGEST_PRICE_EUR_PER_MWH, amount
from extract.sources.csv_documents import read_csv
from extract.sources.instants import QUARTER_HOUR_SECONDS, instant_of_name, plausible

PATTERN = re.compile(
    r"imbalance_price_(estimation|final)_"
    r"([0-9]{4}-?[0-9]{2}-?[0-9]{2}[T_][0-9]{4}(?:[0-9]{2})?Z?)\.csv"
)
LONGEST_YEARS = 20
"""Of a download over years each quarter-hour is a row of the file: it takes some 40 MB a year."""
# What the file calls them: the price of being short, and of being long.
_PRICES = {
    "estimation": ("AEP-Schätzer", "AEP-Schätzer"),
    "final": ("reBAP unterdeckt", "reBAP ueberdeckt"),
}
_STATUS = {"estimation": "estimate", "final": "final"}
_UNIT = "EUR/MWh"
_OFFSET_HOURS = {"UTC": 0, "CET": 1, "CEST": 2, "MEZ": 1, "MESZ": 2}
_BERLIN = ZoneInfo("Europe/Berlin")
_DATE = re.compile(r"[0-9]{2}\.[0-9]{2}\.[0-9]{4}")
_CLOCK = re.compile(r"[0-9]{2}:[0-9]{2}")
# Dots group thousands only where a comma shows that they do: 1.234 could be either number.
_NUMBER = re.compile(r"[+-]?(?:[0-9]+(?:,[0-9]+)?|[0-9]{1,3}(?:\.[0-9]{3})+,[0-9]+)")
_NO_PRICE = {"", "-", "N.A.", "N.E."}
_MINUS = "\N{MINUS SIGN}"
_UMLAUTS = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue"})

Prices = tuple[float | None, float | None]


@dataclass(frozen=True, kw_only=True, slots=True)
class ImbalancePrices(Document):
    """The quarter-hours and prices of one file of imbalance prices: equal lengths, None: no price.

    `price_status` is "final" or "estimate". An estimate is one price, the same on both sides.
    """

    table: ClassVar = "imbalance_price"
    types: ClassVar = {
        "price_status": "text",
        "made_utc": "timestamptz",
        "delivery_start_utc": "timestamptz[]",
        "short_price_eur_per_mwh": "float8[]",
        "long_price_eur_per_mwh": "float8[]",
        **ORIGIN_TYPES,
    }

    price_status: str
    made_utc: datetime
    delivery_start_utc: list[datetime]
    short_price_eur_per_mwh: list[float | None]
    long_price_eur_per_mwh: list[float | None]


def decode(delivery: Delivery) -> list[ImbalancePrices]:
    """One document with the quarter-hours in the order of time; a price that is not there is None.

    Columns are found by name; those that mean nothing here may be any. Raises DocumentRefused.
    """
    name = PATTERN.fullmatch(delivery.name)
    if name is None:
        raise DocumentRefused(
            delivery.source_uri, "the name is not that of an imbalance price file"
        )
    header, rows = read_csv(delivery, delimiter=";")
    date_at, zone_at, start_at, end_at, unit_at, short_at, long_at = (
        _position(delivery, header, column)
        for column in ("Datum", "Zeitzone", "von", "bis", "Einheit", *_PRICES[name[1]])
    )
    if not rows:
        raise DocumentRefused(delivery.source_uri, "holds no quarter-hours")
    prices: dict[datetime, Prices] = {}
    for row in rows:
        start = _start(delivery, row[date_at], row[start_at], row[end_at], row[zone_at])
        if row[unit_at].casefold() != _UNIT.casefold():
            reason = f"gives prices in {shown(row[unit_at])}, not in {_UNIT}"
            raise DocumentRefused(delivery.source_uri, reason)
        pair = (
            _price(delivery, row[short_at], header[short_at]),
            _price(delivery, row[long_at], header[long_at]),
        )
        if prices.setdefault(start, pair) != pair:
            raise DocumentRefused(
                delivery.source_uri, f"gives two prices for {start:%Y-%m-%d %H:%M} UTC"
            )
    starts = sorted(prices)
    if starts[-1] - starts[0] >= timedelta(days=366 * LONGEST_YEARS):
        raise DocumentRefused(delivery.source_uri, f"spans more than {LONGEST_YEARS} years")
    return [
        ImbalancePrices(
            price_status=_STATUS[name[1]],
            made_utc=instant_of_name(delivery, name[2]),
            delivery_start_utc=starts,
            short_price_eur_per_mwh=[prices[start][0] for start in starts],
            long_price_eur_per_mwh=[prices[start][1] for start in starts],
            source_uri=delivery.source_uri,
            content_sha256=delivery.content_sha256,
            received_utc=delivery.received_utc,
        )
    ]


def _position(delivery: Delivery, header: list[str], column: str) -> int:
    names = [_plain(name) for name in header]
    if names.count(_plain(column)) != 1:
        problem = "has more than one" if _plain(column) in names else "lacks"
        raise DocumentRefused(delivery.source_uri, f"{problem} column {column}")
    return names.index(_plain(column))


def _plain(name: str) -> str:
    """The same for reBAP ueberdeckt, reBAP überdeckt, and an ü of two code points."""
    return unicodedata.normalize("NFC", name).casefold().translate(_UMLAUTS)


def _start(delivery: Delivery, day: str, clock: str, end_clock: str, zone: str) -> datetime:
    """The start of the row's quarter-hour in UTC: clock times are at the row's own offset."""
    hours = _OFFSET_HOURS.get(zone.upper())
    if hours is None:
        reason = f"Zeitzone holds {shown(zone)}, not one of {', '.join(_OFFSET_HOURS)}"
        raise DocumentRefused(delivery.source_uri, reason)
    offset = timezone(timedelta(hours=hours))
    written = f"{day} {clock}"
    try:
        if not (_DATE.fullmatch(day) and _CLOCK.fullmatch(clock)):
            raise ValueError
        local = datetime.strptime(written, "%d.%m.%Y %H:%M").replace(tzinfo=offset)
        start = local.astimezone(UTC)
    except (ValueError, OverflowError):
        start = datetime.max.replace(tzinfo=UTC)
    if not plausible(start) or start.timestamp() % QUARTER_HOUR_SECONDS:
        reason = f"Datum and von hold {shown(written)}, not the start of a quarter-hour"
        raise DocumentRefused(delivery.source_uri, reason)
    end = start + timedelta(seconds=QUARTER_HOUR_SECONDS)
    # Where the clocks change, the end may be in the new time: 01:45 CET to 03:00.
    zones = (offset, _BERLIN) if hours else (offset,)
    # A day ends at 24:00, and the next begins at 00:00: both are written.
    told = "00:00" if end_clock == "24:00" else end_clock
    if told not in {end.astimezone(one).strftime("%H:%M") for one in zones}:
        reason = (
            f"has a row from {shown(f'{written} {zone}')} to {shown(end_clock)}, not a quarter-hour"
        )
        raise DocumentRefused(delivery.source_uri, reason)
    return start


def _price(delivery: Delivery, text: str, column: str) -> float | None:
    text = text.replace(_MINUS, "-")
    if text.upper() in _NO_PRICE:
        return None
    value = (
        float(text.replace(".", "").replace(",", ".")) if _NUMBER.fullmatch(text) else float("inf")
    )
    if not abs(value) < LARGEST_PRICE_EUR_PER_MWH:
        reason = f"{shown(column)} holds {shown(text)}, not a price with a decimal comma"
        raise DocumentRefused(delivery.source_uri, reason)
    return amount(value)
