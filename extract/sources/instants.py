"""Instants as the sources write them, checked."""

import re
from datetime import UTC, date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from extract.documents import Delivery
from extract.errors import DocumentRefused
from extract.messages import shown

QUARTER_HOUR_SECONDS = 900
LONGEST_DAYS = 400
"""The longest span of a file of quarter-hours, prices excepted: models rely on it."""
_SECONDS_END_HERE = 1e11  # as seconds the year 5138, as milliseconds the year 1973
_NOTHING_FROM_HERE = 1e15  # before a number so large that it has no float
EARLIEST_SECONDS = datetime(2000, 1, 1, tzinfo=UTC).timestamp()
_LATEST = datetime(2100, 1, 1, tzinfo=UTC).timestamp()
_BERLIN = ZoneInfo("Europe/Berlin")
_DIGITS = re.compile(r"[0-9]+")
_UTC_INSTANT = re.compile(
    r"([0-9]{4}-[0-9]{2}-[0-9]{2} [0-9]{2}:[0-9]{2}:[0-9]{2})(?:\.0{1,6})? UTC"
)
_ISO_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


def epochs(delivery: Delivery, cells: list[Any], column: str) -> list[float]:
    """Seconds since 1970 from epochs in seconds or milliseconds: the magnitude decides, labels lie.

    Raises DocumentRefused when one is no number or lies outside 2000 to 2100.
    """
    if not set(map(type, cells)) <= {int, float}:
        odd = next(cell for cell in cells if type(cell) is not int and type(cell) is not float)
        raise DocumentRefused(delivery.source_uri, f"{column} holds {shown(odd)}, not an instant")
    if not cells or (min(cells) >= EARLIEST_SECONDS and max(cells) < _LATEST):
        return cells
    seconds = [
        cell / 1000 if _SECONDS_END_HERE <= cell < _NOTHING_FROM_HERE else cell for cell in cells
    ]
    for cell, second in zip(cells, seconds, strict=True):
        if not EARLIEST_SECONDS <= second < _LATEST:
            reason = f"{column} holds {shown(cell)}, not a plausible instant"
            raise DocumentRefused(delivery.source_uri, reason)
    return seconds


def plausible(instant: datetime) -> bool:
    """Whether the instant lies between 2000 and 2100."""
    return EARLIEST_SECONDS <= instant.timestamp() < _LATEST


def instant_of_name(delivery: Delivery, digits: str) -> datetime:
    """The instant that a file name carries, in UTC.

    With a Z at the end it is UTC, without one Europe/Berlin, where of an hour that the clocks
    repeat the first counts; one that they skip is told by a clock that was not put forward, so
    names in order give instants in order. Raises DocumentRefused for an impossible one, and outside
    2000 to 2100.
    """
    zone = UTC if digits.endswith("Z") else _BERLIN
    numbers = "".join(_DIGITS.findall(digits))
    numbers += "0" * (14 - len(numbers))
    try:
        written = datetime.strptime(numbers, "%Y%m%d%H%M%S")
        instant = written.replace(tzinfo=zone).astimezone(UTC)
    except (ValueError, OverflowError):
        instant = None
    if instant is None or not plausible(instant):
        raise DocumentRefused(
            delivery.source_uri, f"the name holds no valid date and time: {shown(digits)}"
        )
    return instant


def utc_quarter_hour(delivery: Delivery, text: str, column: str) -> datetime:
    """The grid instant written YYYY-MM-DD HH:MM:SS UTC. Raises DocumentRefused for any other."""
    written = _UTC_INSTANT.fullmatch(text)
    try:
        instant = datetime.fromisoformat(f"{written[1]}+00:00") if written else None
    except ValueError:
        instant = None
    if instant is None or not plausible(instant) or instant.timestamp() % QUARTER_HOUR_SECONDS:
        reason = (
            f"{column} holds {shown(text)}, "
            "not the start of a quarter-hour (YYYY-MM-DD HH:MM:SS UTC)"
        )
        raise DocumentRefused(delivery.source_uri, reason)
    return instant


def iso_date(text: str) -> date | None:
    """The date written YYYY-MM-DD, or None where the text is none."""
    try:
        return date.fromisoformat(text) if _ISO_DATE.fullmatch(text) else None
    except ValueError:
        return None
