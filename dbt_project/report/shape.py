"""From rows to what the page holds: for each day, an array of one value per quarter-hour."""

import math
from bisect import bisect_right
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from dbt_project.report.days import QUARTER_HOUR, Day
from dbt_project.report.marts import Answers, Row

_ASSET_QUERIES = ("asset_power", "asset_infeed", "asset_imbalance", "asset_lost_energy")
_PORTFOLIO_QUERIES = ("portfolio_power", "portfolio_imbalance")
# Whoever looks at a chart does not see a hundredth of a kilowatt; the file would carry it.
_DECIMALS = {"kw": 1, "kwh": 1, "eur": 2, "mwh": 2}

Series = dict[str, list[Any]]


def page_data(answers: Answers) -> dict[str, Any]:
    """Everything that the page shows, ready for JSON. Instants are seconds since 1970."""
    assets = {row["asset_id"]: row for row in answers.rows["assets"]}
    by_asset: dict[str, dict[str, Series]] = {}
    for query in _ASSET_QUERIES:
        for asset_id, rows in _grouped(answers.rows[query]).items():
            _merge(by_asset.setdefault(asset_id, {}), series_by_day(rows, answers.days))
    portfolio: dict[str, Series] = {}
    for query in _PORTFOLIO_QUERIES:
        _merge(portfolio, series_by_day(answers.rows[query], answers.days))
    return {
        "timezone": str(answers.timezone),
        "newestVersion": _seconds(answers.newest_version_utc),
        "lastTradeableLeadMinutes": answers.last_tradeable_lead_minutes,
        "days": [
            {
                "date": day.date.isoformat(),
                "start": _seconds(day.start_utc),
                "count": day.quarter_hour_count,
                "isSettled": day.is_settled,
                "isForecast": day.is_forecast,
            }
            for day in answers.days
        ],
        "assets": [
            {
                "id": asset_id,
                "name": assets.get(asset_id, {}).get("asset_name"),
                "technology": assets.get(asset_id, {}).get("technology"),
                "capacity_kw": assets.get(asset_id, {}).get("capacity_kw"),
            }
            for asset_id in sorted({*assets, *by_asset})
        ],
        "glance": [row["sentence"] for row in answers.rows["glance"]],
        "missing": [
            {"isNothing": row["is_nothing"], "sentence": row["sentence"]}
            for row in answers.rows["missing"]
        ],
        "byAsset": by_asset,
        "portfolio": portfolio,
        "revisions": revisions(answers.rows["revisions"]),
        "accuracyByLead": accuracy_by_lead(answers.rows["accuracy_by_lead"]),
        "accuracyByDay": [
            {key: rounded(key, value) for key, value in row.items()}
            for row in answers.rows["accuracy_by_day"]
        ],
    }


def series_by_day(rows: Iterable[Row], days: Sequence[Day]) -> dict[str, Series]:
    """Arrays of one value per quarter-hour, by date and column; None where none is known.

    A column that is None on a whole day is left out.
    """
    if not days:
        return {}
    starts = [day.start_utc for day in days]
    columns: dict[str, dict[str, list[Any]]] = {}
    for row in rows:
        # The days follow one another without a gap, but for days that the portfolio has no row of.
        index = bisect_right(starts, row["delivery_start_utc"]) - 1
        if index < 0 or row["delivery_start_utc"] >= days[index].end_utc:
            continue
        day = days[index]
        place = (row["delivery_start_utc"] - day.start_utc) // QUARTER_HOUR
        series = columns.setdefault(day.date.isoformat(), {})
        for column, value in row.items():
            if value is None or column in {"asset_id", "delivery_start_utc"}:
                continue
            if column not in series:
                series[column] = [None] * day.quarter_hour_count
            series[column][place] = rounded(column, value)
    return columns


def revisions(rows: Iterable[Row]) -> dict[str, dict[str, dict[str, Any]]]:
    """By asset and start of delivery (seconds, as text): the versions, the oldest first.

    A column each of lead times and kW, and the lead times of the versions that the marts name.
    """
    moved: dict[str, dict[str, dict[str, Any]]] = {}
    for row in rows:
        versions = moved.setdefault(row["asset_id"], {}).setdefault(
            str(_seconds(row["delivery_start_utc"])), {"lead_minutes": [], "power_kw": []}
        )
        versions["lead_minutes"].append(row["lead_minutes"])
        versions["power_kw"].append(rounded("power_kw", row["power_kw"]))
        for kind in ("tradeable", "latest"):
            if row[f"is_{kind}"]:
                versions[kind] = row["lead_minutes"]
    return moved


def accuracy_by_lead(rows: Iterable[Row]) -> dict[str, Series]:
    """By asset: a column each of lead times and measures."""
    measures: dict[str, Series] = {}
    for row in rows:
        series = measures.setdefault(row["asset_id"], {})
        for column, value in row.items():
            if column != "asset_id":
                series.setdefault(column, []).append(rounded(column, value))
    return measures


def rounded(column: str, value: Any) -> Any:
    """The value, no finer than its unit (the end of the column's name) is looked at."""
    if isinstance(value, bool) or not isinstance(value, float):
        return value.isoformat() if hasattr(value, "isoformat") else value
    if not math.isfinite(value):
        return None
    decimals = _DECIMALS.get(column.rsplit("_", 1)[-1], 4)
    number = round(value, decimals)
    return int(number) if number.is_integer() else number


def _grouped(rows: Iterable[Row]) -> dict[str, list[Row]]:
    groups: dict[str, list[Row]] = {}
    for row in rows:
        groups.setdefault(row["asset_id"], []).append(row)
    return groups


def _merge(into: dict[str, Series], other: dict[str, Series]) -> None:
    for day, series in other.items():
        into.setdefault(day, {}).update(series)


def _seconds(instant: datetime | None) -> int | None:
    return None if instant is None else int(instant.timestamp())
