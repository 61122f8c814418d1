"""Which forecast versions are asked for."""

from dataclasses import dataclass
from datetime import datetime, timedelta

QUARTER_HOUR = timedelta(minutes=15)


@dataclass(frozen=True, slots=True)
class ForecastRequest:
    """Which forecasts are wanted: versions from `begin` up to, not including, `end` (UTC)."""

    begin: datetime
    end: datetime
    assets: tuple[str, ...] = ()
    """Empty: every asset that landed technical data or contracts name."""
    refetch: bool = False
    """Whether to ask for versions that have landed, or could not be had just before."""
    concurrency: int = 8


def first_version(begin: datetime) -> datetime:
    """The first quarter-hour at or after this instant."""
    past = timedelta(seconds=begin.timestamp() % QUARTER_HOUR.total_seconds())
    return begin + (QUARTER_HOUR - past) if past else begin


def count_versions(request: ForecastRequest) -> int:
    """How many quarter-hours the window holds."""
    return max(0, -((first_version(request.begin) - request.end) // QUARTER_HOUR))
