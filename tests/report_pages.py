"""Reports of worlds that the demo lacks: clock changes, a hundred assets, nothing at all."""

import base64
import gzip
import json
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np

from dbt_project.report.marts import QUARTER_HOUR, Answers, Day, Row, day_of
from extract.simulator.noise import Floats

BERLIN = ZoneInfo("Europe/Berlin")
CAPACITY_KW = 5000.0
_GATES = ("Day-ahead auction", "Intraday auction 1", "An hour ahead", "Gate closure", "Delivery")


def answers(first: date | None, day_count: int = 1, asset_count: int = 2) -> Answers:
    """What the marts would answer, with a value for each quarter-hour of each asset; or nothing.

    All days except the last two are settled; the last is in the future. A single day is all known.
    """
    if first is None:
        return Answers(BERLIN, rows={"attention": []})
    random = np.random.default_rng(20)
    days = [
        day_of(_row_of_day(first + timedelta(days=number), number, day_count), BERLIN)
        for number in range(day_count)
    ]
    rows: dict[str, list[Row]] = {
        "assets": [
            {"asset_id": f"A-{number:03}", "asset_name": f"Plant </script> {number}"}
            | {"technology": "wind", "capacity_kw": CAPACITY_KW}
            for number in range(asset_count)
        ],
        "month": [day.row for day in days[:-1]],
        **{
            name: []
            for name in ("attention", "findings_by_day", "redispatched", "asset_power", "worst")
        },
        **{name: [] for name in ("portfolio_power", "revisions", "gate_closings")},
        **{name: [] for name in ("accuracy_by_day", "accuracy_by_lead", "gates", "bridge")},
    }
    for day in days:
        _fill(rows, day, random)
    for asset in rows["assets"]:
        rows["accuracy_by_lead"] += [
            {"asset_id": asset["asset_id"], "lead_hours": hours, "nmae": 0.02 + 0.003 * hours}
            for hours in range(49)
        ]
    newest = days[-1].start_utc - QUARTER_HOUR
    yesterday = days[-2] if day_count > 1 else days[0]
    return Answers(BERLIN, newest, days, days[-1], yesterday, rows)


def unpacked(text: str) -> Any:
    """What the page holds of a day."""
    return json.loads(gzip.decompress(base64.b64decode(text)))


def quarter_hours(day: Day) -> list[datetime]:
    """The starts of the day's quarter-hours."""
    return [day.start_utc + place * QUARTER_HOUR for place in range(day.quarter_hour_count)]


def _row_of_day(day: date, number: int, day_count: int) -> Row:
    """A row of portfolio_days with round numbers."""
    is_ahead = day_count > 1 and number == day_count - 1
    is_settled = not is_ahead and (day_count == 1 or number < day_count - 2)
    row: Row = {
        "delivery_date": day,
        "quarter_hour_count": 96,
        "complete_quarter_hour_count": 96,
        "forecast_energy_mwh": 123.4,
        "peak_power_kw": 8000.0,
        "peak_start_utc": datetime(day.year, day.month, day.day, 10, tzinfo=UTC),
        "expected_asset_count": 2,
        "forecast_asset_count": 2,
        "forecast_capacity_ratio": 1.0,
        "is_forecast": True,
        "is_settled": is_settled,
        "measured_quarter_hour_count": 0 if is_ahead else 96,
        "reconciled_quarter_hour_count": 96 if is_settled else 0,
        "compared_quarter_hour_count": 0 if is_ahead else 96,
        "compared_priced_quarter_hour_count": 0 if is_ahead else 96,
    }
    compared = {
        "forecast_energy_mwh": 122.5,
        "produced_energy_mwh": 120.0,
        "imbalance_mwh": -2.5,
        "redispatched_imbalance_mwh": -2.5,
        "other_imbalance_mwh": 0.0,
        "imbalance_eur": -100.0,
        "redispatched_imbalance_eur": 25.0,
        "other_imbalance_eur": -125.0,
    }
    row |= {f"compared_{name}": None if is_ahead else value for name, value in compared.items()}
    return row


def _fill(rows: dict[str, list[Row]], day: Day, random: np.random.Generator) -> None:
    is_ahead = day.row["compared_quarter_hour_count"] == 0
    starts = quarter_hours(day)
    total = np.zeros(len(starts))
    for number, asset in enumerate(rows["assets"]):
        of_asset: dict[str, Any] = {"asset_id": asset["asset_id"]}
        power = _course(len(starts), random)
        final = np.clip(power + random.normal(0, 120, len(starts)), 0, CAPACITY_KW)
        live = np.clip(final + random.normal(0, 15, len(starts)), 0, CAPACITY_KW)
        latest = np.clip(power + random.normal(0, 40, len(starts)), 0, CAPACITY_KW)
        total += power
        for place, start in enumerate(starts):
            rows["asset_power"].append(
                of_asset
                | {"delivery_start_utc": start, "tradeable_power_kw": float(power[place])}
                | {"latest_power_kw": float(latest[place])}
                | {"live_power_kw": None if is_ahead else float(live[place])}
                | {"final_power_kw": float(final[place]) if day.row["is_settled"] else None}
            )
        rows["accuracy_by_day"] += [
            {"asset_id": asset["asset_id"], "delivery_date": day.date, "forecast_kind": kind}
            | {"quarter_hour_count": 96, "expected_count": 96, "mae_kw": 91.2, "rmse_kw": 118.5}
            | {"bias_kw": -3.4, "nmae": 0.018, "skill_score": 0.4}
            for kind in ("tradeable", "latest")
        ]
        if number < 10:
            _tell_worst(rows, asset["asset_id"], starts[number * 3], is_ahead)
    rows["portfolio_power"] += [
        {"delivery_start_utc": start, "forecast_power_kw": float(total[place])}
        | {"forecast_asset_count": 2, "expected_asset_count": 2, "compared_asset_count": 2}
        | dict.fromkeys(
            ("compared_forecast_power_kw", "produced_power_kw"),
            None if is_ahead else 0.8 * float(total[place]),
        )
        | dict.fromkeys(("error_kwh", "error_eur"), None if is_ahead else -31.5)
        | dict.fromkeys(("redispatched_kwh", "redispatched_eur"), None if is_ahead else 0.0)
        | {"price_eur_per_mwh": 81.5, "price_status": "final"}
        for place, start in enumerate(starts)
    ]
    for step, gate in enumerate(_GATES):
        rows["gates"].append(
            {"delivery_date": day.date, "label": gate, "quarter_hour_count": 96}
            | {"mae_kw": 900.0 - 150 * step, "nmae": 0.09, "imbalance_eur": -40.0}
        )
        rows["bridge"].append(
            {"delivery_date": day.date, "label": gate, "energy_kwh": 12.0, "eur": 31.0 - 9 * step}
        )


def _course(count: int, random: np.random.Generator) -> Floats:
    """Wind over a day: around a mean, each quarter-hour close to the one before."""
    steps = random.normal(0, 150, count)
    course = 2000 + 800 * random.normal() + np.cumsum(steps)
    clipped: Floats = np.clip(course, 0, CAPACITY_KW)
    return clipped


def _tell_worst(rows: dict[str, list[Row]], asset_id: str, start: datetime, is_ahead: bool) -> None:
    of_quarter_hour = {"asset_id": asset_id, "delivery_start_utc": start}
    rows["worst"].append(
        of_quarter_hour
        | {"tradeable_power_kw": 3000.0, "produced_power_kw": None if is_ahead else 2500.0}
        | {"is_final": not is_ahead, "has_finding": False}
        | {"imbalance_eur": None if is_ahead else -11.2}
    )
    rows["revisions"] += [
        of_quarter_hour
        | {"lead_minutes": lead, "power_kw": 3000.0 + lead / 4}
        | {"is_tradeable": lead == 15, "is_latest": lead == 0}
        for lead in [*range(2880, 180, -60), *range(180, -1, -15)]
    ]
    if all(row["delivery_start_utc"] != start for row in rows["gate_closings"]):
        rows["gate_closings"] += [
            {"delivery_start_utc": start, "label": gate}
            | {"gate_closes_utc": start - timedelta(hours=24 - 6 * step)}
            for step, gate in enumerate(_GATES)
        ]
