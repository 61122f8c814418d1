"""The days that documents are of, in seconds since 1970 (UTC)."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

LIVE = "live"
FINAL = "final_production"
SOURCES = (LIVE, FINAL)

_BERLIN = ZoneInfo("Europe/Berlin")


def bounds(source: str, day: date) -> tuple[int, int]:
    """Begin and end of what a document of this day holds: live a Berlin day, else a UTC day."""
    zone = _BERLIN if source == LIVE else UTC
    begin, end = (
        int(datetime(one.year, one.month, one.day, tzinfo=zone).timestamp())
        for one in (day, day + timedelta(days=1))
    )
    return begin, end
