"""Local days on the quarter-hour grid: 96 quarter-hours, or 92 or 100 where the clocks change."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

QUARTER_HOUR = timedelta(minutes=15)


@dataclass(frozen=True)
class Day:
    """A local calendar day, as the half-open interval [start_utc, end_utc)."""

    date: date
    start_utc: datetime
    end_utc: datetime
    is_settled: bool
    is_forecast: bool

    @property
    def quarter_hour_count(self) -> int:
        """How many quarter-hours the day has."""
        return (self.end_utc - self.start_utc) // QUARTER_HOUR


def local_day(day: date, timezone: ZoneInfo, is_settled: bool, is_forecast: bool) -> Day:
    """The day of that date in a time zone."""
    start, end = (
        datetime.combine(midnight, time(), timezone).astimezone(UTC)
        for midnight in (day, day + timedelta(days=1))
    )
    return Day(day, start, end, is_settled, is_forecast)
