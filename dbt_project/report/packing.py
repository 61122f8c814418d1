"""From rows to what the page holds: each day separately, packed small, read when it is chosen."""

import base64
import gzip
import json
import math
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime
from typing import Any

from dbt_project.report.marts import Answers, Day, Row

_POWERS = ("tradeable_power_kw", "latest_power_kw", "live_power_kw", "final_power_kw")
# Nobody sees a hundredth of a kilowatt on a chart, but the file would carry it.
_DECIMALS = {"kw": 1, "kwh": 1, "eur": 2, "mwh": 2}
# The finest step that a chart can show, as a share of an asset's capacity: 5 kW for 5 MW.
_FINEST_SHARE = 0.001


def page_data(answers: Answers) -> dict[str, Any]:
    """What the page draws, ready for JSON. Instants are seconds since 1970."""
    assets = answers.rows.get("assets", [])
    opened = answers.yesterday or answers.tomorrow or next(reversed(answers.days), None)
    steps = steps_kw(assets, answers.rows.get("asset_power", []))
    return {
        "timezone": str(answers.timezone),
        "opened": opened and opened.date.isoformat(),
        "days": [
            {
                "date": day.date.isoformat(),
                "start": _seconds(day.start_utc),
                "count": day.quarter_hour_count,
                "isSettled": day.row["is_settled"] is True,
            }
            for day in answers.days
        ],
        "assets": [
            {
                "id": row["asset_id"],
                "name": row["asset_name"],
                "technology": row["technology"],
                "capacity_kw": row["capacity_kw"],
                "step_kw": steps[row["asset_id"]],
            }
            for row in assets
        ],
        "accuracyByLead": accuracy_by_lead(assets, answers.rows.get("accuracy_by_lead", [])),
        "packed": {
            day.date.isoformat(): packed(content)
            for day, content in zip(answers.days, day_contents(answers, steps), strict=True)
        },
    }


def packed(content: Any) -> str:
    """JSON, compressed, as text; the same content always gives the same text."""
    return compressed(json.dumps(content, separators=(",", ":"), allow_nan=False))


def compressed(text: str) -> str:
    """Text, compressed, as text."""
    return base64.b64encode(gzip.compress(text.encode(), mtime=0)).decode()


def steps_kw(assets: Iterable[Row], powers: Iterable[Row]) -> dict[str, float]:
    """The step in kW (1, 2 or 5 times a power of ten) of which an asset's values are multiples."""
    greatest = {row["asset_id"]: row["capacity_kw"] or 0.0 for row in assets}
    for row in powers:
        for column in _POWERS:
            value = row[column]
            if value is not None and abs(value) > greatest.setdefault(row["asset_id"], 0.0):
                greatest[row["asset_id"]] = abs(value)
    return {asset_id: _step(value * _FINEST_SHARE) for asset_id, value in greatest.items()}


def day_contents(answers: Answers, steps: dict[str, float]) -> Iterator[dict[str, Any]]:
    """What the page shows of each day."""
    rows = answers.rows
    places = {row["asset_id"]: place for place, row in enumerate(rows.get("assets", []))}
    of_day = {
        name: _by_day(rows[name], answers.days)
        for name in ("asset_power", "redispatched", "portfolio_power", "worst")
        if name in rows
    }
    moved = _grouped(rows.get("revisions", []), "asset_id", "delivery_start_utc")
    closings = _grouped(rows.get("gate_closings", []), "delivery_start_utc")
    of_date = {
        name: _grouped(rows.get(name, []), "delivery_date")
        for name in ("accuracy_by_day", "gates", "bridge")
    }
    for number, day in enumerate(answers.days):
        assets: list[dict[str, Any]] = [{} for _ in places]
        for (asset_id,), of_asset in _grouped(of_day["asset_power"][number], "asset_id").items():
            series = columns(of_asset, day, _POWERS)
            assets[places[asset_id]] = {
                column: differences(values, steps[asset_id]) for column, values in series.items()
            }
        for row in of_day["redispatched"][number]:
            assets[places[row["asset_id"]]].setdefault("redispatched", []).append(
                day.place(row["delivery_start_utc"])
            )
        yield {
            "portfolio": {
                column: [rounded(column, value) for value in values]
                for column, values in columns(of_day["portfolio_power"][number], day).items()
            },
            "assets": assets,
            "worst": [
                {
                    "asset": places[row["asset_id"]],
                    "start": _seconds(row["delivery_start_utc"]),
                    "tradeable_kw": rounded("kw", row["tradeable_power_kw"]),
                    "produced_kw": rounded("kw", row["produced_power_kw"]),
                    "isFinal": row["is_final"],
                    "isInDoubt": row["has_finding"],
                    "eur": rounded("eur", row["imbalance_eur"]),
                    "versions": versions(
                        moved.get((row["asset_id"], row["delivery_start_utc"]), [])
                    ),
                    "gates": [
                        [closing["label"], _seconds(closing["gate_closes_utc"])]
                        for closing in closings.get((row["delivery_start_utc"],), [])
                    ],
                }
                for row in of_day["worst"][number]
            ],
            **{
                name: [
                    {
                        column: rounded(column, value)
                        for column, value in row.items()
                        if column != "delivery_date"
                    }
                    for row in of_date[name].get((day.date,), [])
                ]
                for name in of_date
            },
        }


def columns(rows: Iterable[Row], day: Day, names: Sequence[str] = ()) -> dict[str, list[Any]]:
    """One value per quarter-hour of the day, by column; None if unknown.

    A column that is None for the whole day is left out.
    """
    series: dict[str, list[Any]] = {}
    for row in rows:
        place = day.place(row["delivery_start_utc"])
        for column in names or row.keys() - {"delivery_start_utc"}:
            value = row[column]
            if value is not None:
                if column not in series:
                    series[column] = [None] * day.quarter_hour_count
                series[column][place] = value
    return dict(sorted(series.items()))


def differences(values: Iterable[float | None], step_kw: float) -> list[int | None]:
    """Multiples of the step, each as the difference from the known one before it."""
    last, told = 0, list[int | None]()
    for value in values:
        if value is None or not math.isfinite(value):
            told.append(None)
        else:
            multiple = round(value / step_kw)
            told.append(multiple - last)
            last = multiple
    return told


def versions(rows: Iterable[Row]) -> dict[str, Any]:
    """One column of lead times and one of kW, and the lead times that the marts name."""
    told: dict[str, Any] = {"lead_minutes": [], "power_kw": []}
    for row in rows:
        told["lead_minutes"].append(row["lead_minutes"])
        told["power_kw"].append(rounded("power_kw", row["power_kw"]))
        for kind in ("tradeable", "latest"):
            if row[f"is_{kind}"]:
                told[kind] = row["lead_minutes"]
    return told


def accuracy_by_lead(assets: Iterable[Row], rows: Iterable[Row]) -> list[list[list[float]]]:
    """For each asset: pairs of lead time (hours) and nMAE."""
    of_asset = _grouped(rows, "asset_id")
    return [
        [
            [row["lead_hours"], rounded("nmae", row["nmae"])]
            for row in of_asset.get((asset["asset_id"],), [])
            if row["nmae"] is not None
        ]
        for asset in assets
    ]


def rounded(column: str, value: Any) -> Any:
    """The value, rounded as its unit (the end of the column's name) is read."""
    if isinstance(value, date):
        return value.isoformat()
    if not isinstance(value, float):
        return value
    if not math.isfinite(value):
        return None
    number = round(value, _DECIMALS.get(column.rsplit("_", 1)[-1], 4))
    return int(number) if number.is_integer() else number


def _step(least: float) -> float:
    if not least or not math.isfinite(least):
        return 1.0
    decade = 10.0 ** math.floor(math.log10(least))
    return next(step for step in (decade, 2 * decade, 5 * decade, 10 * decade) if step >= least)


def _by_day(rows: Iterable[Row], days: Sequence[Day]) -> list[list[Row]]:
    starts = [day.start_utc for day in days]
    of_days: list[list[Row]] = [[] for _ in days]
    for row in rows:
        # Between two days there may be one without a row of the portfolio.
        number = bisect_right(starts, row["delivery_start_utc"]) - 1
        if number >= 0 and days[number].holds(row["delivery_start_utc"]):
            of_days[number].append(row)
    return of_days


def _grouped(rows: Iterable[Row], *names: str) -> dict[tuple[Any, ...], list[Row]]:
    groups: dict[tuple[Any, ...], list[Row]] = {}
    for row in rows:
        groups.setdefault(tuple(row[name] for name in names), []).append(row)
    return groups


def _seconds(instant: datetime) -> int:
    return int(instant.timestamp())
