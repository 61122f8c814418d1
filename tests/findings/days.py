"""The days that documents cover, in seconds since 1970 (UTC)."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

LIVE = "live"
FINAL = "final_production"
SOURCES = (LIVE, FINAL)

_BERLIN = ZoneInfo("Europe/Berlin")


def bounds(source: str, day: date) -> tuple[int, int]:
    """Start and end of a document of this day: a Berlin day if live, else a UTC day."""
    zone = _BERLIN if source == LIVE else UTC
    begin, end = (
        int(datetime(one.year, one.month, one.day, tzinfo=zone).timestamp())
        for one in (day, day + timedelta(days=1))
    )
    return begin, end
