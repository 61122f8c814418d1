"""What the report reads: a query per question, each a file beside this one."""

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import psycopg
from psycopg.rows import dict_row

from extract.errors import WarehouseUnavailable
from extract.messages import one_line

QUERIES = Path(__file__).with_name("queries")
QUARTER_HOUR = timedelta(minutes=15)
Row = dict[str, Any]
# How many quarter-hours of a day are shown with their revisions.
WORST_COUNT = 10


@dataclass(frozen=True)
class Day:
    """A local calendar day, as the half-open interval [start_utc, end_utc), and its row."""

    date: date
    start_utc: datetime
    end_utc: datetime
    row: Row
    """Of portfolio_days."""

    @property
    def quarter_hour_count(self) -> int:
        """96, or 92 or 100 where the clocks change."""
        return (self.end_utc - self.start_utc) // QUARTER_HOUR

    def holds(self, instant: datetime) -> bool:
        """Whether the instant lies in the day."""
        return self.start_utc <= instant < self.end_utc

    def place(self, instant: datetime) -> int:
        """The place of an instant's quarter-hour in the day, from 0."""
        return (instant - self.start_utc) // QUARTER_HOUR


@dataclass(frozen=True)
class Answers:
    """What the marts answered. Instants are UTC."""

    timezone: ZoneInfo
    newest_version_utc: datetime | None = None
    days: list[Day] = field(default_factory=list)
    """Without gaps, except days without a row of the portfolio; oldest first."""
    tomorrow: Day | None = None
    yesterday: Day | None = None
    rows: dict[str, list[Row]] = field(default_factory=dict)
    """The rows of the other queries, by file name."""


def read(connection: psycopg.Connection, timezone: ZoneInfo, day_count: int) -> Answers:
    """Ask the marts about the newest `day_count` delivery days of the portfolio.

    Raises WarehouseUnavailable if the marts do not exist or may not be read.
    """
    try:
        with connection.transaction():
            # All queries see one state of the warehouse, and no build waits for them.
            connection.execute("set transaction isolation level repeatable read, read only")
            return _read(connection, timezone, day_count)
    except (psycopg.errors.UndefinedTable, psycopg.errors.UndefinedColumn) as error:
        raise WarehouseUnavailable(
            f"the marts are not there, or older than this report ({one_line(error)}): "
            "build them first (make run)"
        ) from error
    except psycopg.Error as error:
        raise WarehouseUnavailable(f"the marts cannot be read: {one_line(error)}") from error


def _read(connection: psycopg.Connection, timezone: ZoneInfo, day_count: int) -> Answers:
    def ask(name: str, **parameters: Any) -> list[Row]:
        query = (QUERIES / f"{name}.sql").read_bytes()
        with connection.cursor(row_factory=dict_row) as cursor:
            return cursor.execute(query, parameters).fetchall()

    [as_of] = ask("as_of")
    newest = as_of["newest_version_utc"]
    days = [day_of(row, timezone) for row in reversed(ask("days", days=day_count))]
    if not days:
        nothing = {"first_date": None, "last_date": None}
        return Answers(timezone, newest, rows={"attention": ask("attention", **nothing)})
    tomorrow, yesterday = around(days, newest, timezone)
    dates = {"first_date": days[0].date, "last_date": days[-1].date}
    window = {"from_utc": days[0].start_utc, "to_utc": days[-1].end_utc}
    rows = {
        "assets": ask("assets"),
        "attention": ask("attention", **dates),
        "month": ask("month", yesterday=yesterday.date) if yesterday else [],
        "portfolio_power": ask(
            "portfolio_power",
            settled_dates=[day.date for day in days if day.row["is_settled"]],
            **window,
        ),
        "worst": ask("worst", timezone=str(timezone), count=WORST_COUNT, **window),
        "accuracy_by_lead": ask("accuracy_by_lead"),
        **{name: ask(name, **window) for name in ("asset_power", "redispatched")},
        **{name: ask(name, **dates) for name in ("accuracy_by_day", "bridge", "gates")},
        "findings_by_day": ask(
            "findings_by_day",
            first_date=min(days[0].date, (yesterday or days[0]).date.replace(day=1)),
            last_date=days[-1].date,
        ),
    }
    # Assets that no technical data lists have no name, but have power or are redispatched.
    named = {row["asset_id"] for row in rows["assets"]}
    known = {row["asset_id"] for name in ("asset_power", "redispatched") for row in rows[name]}
    rows["assets"] += [
        {"asset_id": asset_id, "asset_name": None, "technology": None, "capacity_kw": None}
        for asset_id in sorted(known - named)
    ]
    rows["worst"] += peaks(days, rows)
    starts = [row["delivery_start_utc"] for row in rows["worst"]]
    rows["revisions"] = ask(
        "revisions", asset_ids=[row["asset_id"] for row in rows["worst"]], starts_utc=starts
    )
    rows["gate_closings"] = ask("gate_closings", starts_utc=sorted(set(starts)))
    return Answers(timezone, newest, days, tomorrow, yesterday, rows)


def day_of(row: Row, timezone: ZoneInfo) -> Day:
    """The day of a row of portfolio_days, in the time zone of the portfolio."""
    start, end = (
        datetime.combine(midnight, time(), timezone).astimezone(UTC)
        for midnight in (row["delivery_date"], row["delivery_date"] + timedelta(days=1))
    )
    return Day(row["delivery_date"], start, end, row)


def around(
    days: list[Day], newest_version_utc: datetime | None, timezone: ZoneInfo
) -> tuple[Day | None, Day | None]:
    """The first day after today with a whole forecast, and the last one before it with production.

    Today is the day of the newest forecast version.
    """
    if newest_version_utc is None:
        today = days[-1].date + timedelta(days=1)
    else:
        today = newest_version_utc.astimezone(timezone).date()
    ahead = [day for day in days if day.row["is_forecast"] and day.date > today]
    measured = [
        day
        for day in days
        if day.date < today
        and (day.row["measured_quarter_hour_count"] or day.row["reconciled_quarter_hour_count"])
    ]
    return next(iter(ahead), None), next(reversed(measured), None)


def peaks(days: list[Day], rows: dict[str, list[Row]]) -> list[Row]:
    """For days with fewer than ten known errors: the peak's quarter-hour, of the largest assets."""
    sizes = sorted(rows["assets"], key=lambda row: -(row["capacity_kw"] or 0))[:WORST_COUNT]
    asked = {(row["asset_id"], row["delivery_start_utc"]) for row in rows["worst"]}
    starts = {
        day.row["peak_start_utc"]
        for day in days
        if sum(day.holds(start) for _, start in asked) < WORST_COUNT
    }
    at_peak = {
        (row["asset_id"], row["delivery_start_utc"]): row["tradeable_power_kw"]
        for row in rows["asset_power"]
        if row["delivery_start_utc"] in starts and row["tradeable_power_kw"] is not None
    }
    return [
        {
            "asset_id": asset["asset_id"],
            "delivery_start_utc": start,
            "tradeable_power_kw": at_peak[asset["asset_id"], start],
            "produced_power_kw": None,
            "is_final": False,
            "has_finding": False,
            "imbalance_eur": None,
        }
        for start in sorted(start for start in starts if start)
        for asset in sizes
        if (asset["asset_id"], start) in at_peak and (asset["asset_id"], start) not in asked
    ]
