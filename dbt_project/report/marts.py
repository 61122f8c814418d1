"""What the report reads: a query per question, each a file beside this one."""

from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import psycopg
from psycopg.rows import dict_row

from dbt_project.report.days import Day, local_day
from extract.errors import WarehouseUnavailable
from extract.messages import one_line

QUERIES = Path(__file__).with_name("queries")
Row = dict[str, Any]
# Days times assets: so many get a quarter-hour of every hour, more get one of every third.
_HOURLY_REVISIONS_UP_TO = 200


@dataclass(frozen=True)
class Answers:
    """What the marts answered. Instants are UTC."""

    timezone: ZoneInfo
    newest_version_utc: datetime | None
    last_tradeable_lead_minutes: int | None
    days: list[Day]
    rows: dict[str, list[Row]]
    """The rows of the other queries, by the name of the file."""


def read(connection: psycopg.Connection, timezone: ZoneInfo, day_count: int) -> Answers:
    """Ask the marts about the newest `day_count` delivery days of the portfolio.

    Raises WarehouseUnavailable where the marts are not there or may not be read.
    """
    try:
        with connection.transaction():
            # One state of the warehouse for all questions, and no build waits for the answers.
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
    days = [
        local_day(row["delivery_date"], timezone, row["is_settled"], row["is_forecast"])
        for row in _rows(connection, "days", {"days": day_count, "timezone": str(timezone)})
    ]
    days.reverse()
    assets = _rows(connection, "assets", {})
    parameters: dict[str, date | datetime | int | str | None]
    if days:
        parameters = {
            "from_utc": days[0].start_utc,
            "to_utc": days[-1].end_utc,
            "first_date": days[0].date,
            "last_date": days[-1].date,
            "settled_date": max((day.date for day in days if day.is_settled), default=None),
            "timezone": str(timezone),
            "step_hours": 1 if len(days) * len(assets) <= _HOURLY_REVISIONS_UP_TO else 3,
        }
    else:
        # What is missing as a whole can be said without a day to show.
        parameters = dict.fromkeys(("from_utc", "to_utc", "first_date", "last_date"))
    names = {path.stem for path in QUERIES.glob("*.sql")} - {"days", "assets", "as_of"}
    [as_of] = _rows(connection, "as_of", {})
    return Answers(
        timezone=timezone,
        newest_version_utc=as_of["newest_version_utc"],
        last_tradeable_lead_minutes=as_of["last_tradeable_lead_minutes"],
        days=days,
        rows={"assets": assets}
        | {
            name: _rows(connection, name, parameters) if days or name == "missing" else []
            for name in sorted(names)
        },
    )


def _rows(connection: psycopg.Connection, name: str, parameters: dict[str, Any]) -> list[Row]:
    query = (QUERIES / f"{name}.sql").read_bytes()
    with connection.cursor(row_factory=dict_row) as cursor:
        return cursor.execute(query, parameters).fetchall()
