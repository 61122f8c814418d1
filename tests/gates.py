"""Market gates, by their definition: when one closes, and what was forecast then."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import psycopg

from extract.vpp.forecast import Forecast
from tests.arrivals import QUARTER_HOUR

BERLIN = ZoneInfo("Europe/Berlin")

Forecasts = dict[tuple[str, datetime], tuple[datetime, float]]
"""Version and power by asset and quarter-hour."""


@dataclass(frozen=True)
class Gate:
    """A market gate: a number of minutes before delivery, or a time on a day."""

    minutes_before_delivery: float | None = None
    days_before: int = 0
    local_time: str = ""
    first_delivery_time: str | None = None

    def closes(self, delivery_start: datetime) -> datetime | None:
        """When it closes for a quarter-hour; None if it does not cover it."""
        day = delivery_start.astimezone(BERLIN).date()

        def at(days_before: int, clock: str) -> datetime:
            # If a time occurs twice, Python takes the first.
            local = datetime.combine(day - timedelta(days=days_before), time.fromisoformat(clock))
            return local.replace(tzinfo=BERLIN).astimezone(UTC)

        if self.first_delivery_time and delivery_start < at(0, self.first_delivery_time):
            return None
        if self.minutes_before_delivery is not None:
            return delivery_start - timedelta(minutes=self.minutes_before_delivery)
        return at(self.days_before, self.local_time)

    @property
    def row(self) -> str:
        """Its columns except the name, as SQL."""
        first = f"'{self.first_delivery_time}'" if self.first_delivery_time else "null"
        if self.minutes_before_delivery is not None:
            return f"{self.minutes_before_delivery}, null, null, {first}"
        return f"null, {self.days_before}, '{self.local_time}', {first}"


def plain(instant: datetime) -> datetime:
    """The instant as psycopg returns it."""
    return datetime.fromtimestamp(instant.timestamp(), UTC)


def market_gates(connection: psycopg.Connection) -> dict[str, Gate]:
    """The rows of the mart, by their name."""
    rows = connection.execute(
        "select gate, minutes_before_delivery, coalesce(days_before, 0), coalesce(local_time, ''),"
        " first_delivery_time from market_gates"
    ).fetchall()
    return {name: Gate(*columns) for name, *columns in rows}


def forecasts_at(documents: Iterable[Forecast], gate: Gate) -> Forecasts:
    """For each asset and quarter-hour, the newest version by the gate that holds a value."""
    newest = {}
    for one in sorted(documents, key=lambda one: (one.received_utc, one.content_sha256)):
        newest[one.version_utc, one.asset_id] = one
    forecasts: Forecasts = {}
    for (version_utc, asset_id), document in sorted(newest.items()):
        for position, power_kw in enumerate(document.power_kw):
            start = plain(document.grid_start_utc) + position * QUARTER_HOUR
            closes = gate.closes(start)
            if power_kw is not None and closes is not None and plain(version_utc) <= closes:
                forecasts[asset_id, start] = plain(version_utc), power_kw
    return forecasts
