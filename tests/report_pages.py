"""Reports of worlds that the demo lacks: clock changes, a hundred assets, nothing at all."""

from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from dbt_project.report.days import QUARTER_HOUR, Day, local_day
from dbt_project.report.marts import QUERIES, Answers, Row

BERLIN = ZoneInfo("Europe/Berlin")


def answers(first: date | None, day_count: int = 1, asset_count: int = 2) -> Answers:
    """What marts would answer, with a value for each quarter-hour of each asset; or nothing."""
    rows: dict[str, list[Row]] = {path.stem: [] for path in QUERIES.glob("*.sql")}
    if first is None:
        return Answers(BERLIN, None, None, [], rows)
    days = [
        local_day(first + timedelta(days=number), BERLIN, True, True) for number in range(day_count)
    ]
    rows["assets"] = [
        {"asset_id": f"A-{number:03}", "asset_name": f"Plant </script> {number}"}
        | {"technology": "wind", "capacity_kw": 5000.0}
        for number in range(asset_count)
    ]
    for asset in rows["assets"]:
        _fill(rows, asset["asset_id"], days)
    rows["portfolio_power"] = [
        {"delivery_start_utc": start, "tradeable_power_kw": float(place)}
        | {"expected_capacity_kw": 10_000.0, "tradeable_capacity_kw": 5_000.0}
        for day in days
        for place, start in enumerate(quarter_hours(day))
    ]
    return Answers(BERLIN, datetime(2025, 6, 8, tzinfo=UTC), 15, days, rows)


def quarter_hours(day: Day) -> list[datetime]:
    """The starts of the day's quarter-hours."""
    return [day.start_utc + place * QUARTER_HOUR for place in range(day.quarter_hour_count)]


def _fill(rows: dict[str, list[Row]], asset_id: str, days: list[Day]) -> None:
    step_hours = 1 if len(days) < 10 else 3
    for day in days:
        for place, start in enumerate(quarter_hours(day)):
            of_asset: dict[str, Any] = {"asset_id": asset_id, "delivery_start_utc": start}
            power = 1234.5 + 0.7 * place
            rows["asset_power"].append(
                of_asset
                | {"latest_power_kw": power, "tradeable_power_kw": power, "live_power_kw": power}
                | {"final_power_kw": power, "tradeable_error_kw": -12.3, "status": "reconciled"}
            )
            rows["asset_infeed"].append(
                of_asset
                | {"infeed_power_kw": power, "infeed_source": "final", "is_redispatched": False}
            )
            rows["asset_imbalance"].append(
                of_asset | {"imbalance_kwh": 3.1, "imbalance_eur": -0.25}
            )
            if place % (4 * step_hours) == 0:
                leads = [*range(2880, 180, -60), *range(180, -1, -15)]
                rows["revisions"] += [
                    of_asset
                    | {"lead_minutes": lead, "power_kw": power + lead}
                    | {"is_tradeable": lead == 15, "is_latest": lead == 0}
                    for lead in leads
                ]
