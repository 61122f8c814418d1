"""Technical data (JSON, daily) and asset contracts (CSV, weekly on Sunday)."""

from __future__ import annotations

import csv
import datetime as dt
import io
import json
from collections.abc import Iterator
from typing import Any

import numpy as np

from extract.simulator.noise import stream_key, uniform
from extract.simulator.plan import SimulatedAsset, SimulationPlan

_LATE_IN_TECHNICAL_DATA = "WND-DE-003"
_LATE_IN_CONTRACTS = "SOL-DE-002"
_MISSING_TECHNICAL_DAY = 3
_PRICED_FIXED_WITHOUT_PRICE = "WND-DE-003"

_CONTRACT_COLUMNS = (
    "contract_id",
    "asset_id",
    "metering_point_id",
    "capacity",
    "technology",
    "contract_begin",
    "contract_end",
    "price_model",
    "price",
    "fee_model",
    "fee",
    "fee_percent",
    "email",
)
_CONTRACT_BEGINS = {
    "SOL-DE-001": dt.date(2023, 1, 1),
    "WND-DE-001": dt.date(2023, 7, 1),
    "WND-DE-002": dt.date(2024, 1, 1),
    "WND-DE-003": dt.date(2024, 9, 1),
}


def technical_data_files(plan: SimulationPlan) -> Iterator[tuple[str, bytes]]:
    """Names and contents: one file a day from six days before the plan to its last day.

    One day is missing and the first file lacks WND-DE-003. Each is made between 12:30 and 13:00
    UTC.
    """
    first_day = plan.first_day - dt.timedelta(days=6)
    for index in range(plan.day_count + 6):
        if index == _MISSING_TECHNICAL_DAY:
            continue
        day = first_day + dt.timedelta(days=index)
        made_at = _technical_data_time(plan.seed, index)
        assets = [
            _technical_data(asset, capacity_is_whole=index % 2 == 1)
            for asset in plan.assets
            if index > 0 or asset.asset_id != _LATE_IN_TECHNICAL_DATA
        ]
        text = json.dumps({"assets": assets}, indent=2)
        yield f"technical_data_{day.isoformat()}T{made_at}Z.json", f"{text}\n".encode()


def _technical_data_time(seed: int, index: int) -> str:
    chances = uniform(stream_key(seed, "technical data"), np.array([2 * index, 2 * index + 1]))
    minute = 50 if index == 0 else 31 + int(28 * chances[0])
    second = 0 if index == 0 else int(60 * chances[1])
    return f"12{minute:02d}{second:02d}"


def _technical_data(asset: SimulatedAsset, capacity_is_whole: bool) -> dict[str, Any]:
    # 5600 in one file and 5600.0 in the next, as the real system writes it.
    capacity_kw = asset.capacity_kw if capacity_is_whole else float(asset.capacity_kw)
    attributes: dict[str, Any] = {"capacity_kw": capacity_kw}
    if asset.technology == "solar":
        attributes |= {"panel_type": asset.panel_type, "tracking_type": asset.tracking_type}
    else:
        attributes |= {
            "turbine_model": asset.turbine_model,
            "turbine_count": asset.turbine_count,
            "hub_height_meters": asset.hub_height_meters,
        }
    attributes["commissioning_date"] = asset.commissioning_date.isoformat()
    return {
        "asset_id": asset.asset_id,
        "name": asset.name,
        "type": asset.technology,
        "location": {
            "latitude": asset.latitude,
            "longitude": asset.longitude,
            "timezone": "Europe/Berlin",
        },
        "technical_attributes": attributes,
        "status": "operational",
        "owner": {"name": asset.owner_name},
    }


def contract_files(plan: SimulationPlan) -> Iterator[tuple[str, bytes]]:
    """Names and contents: an export each Sunday, from the last one before the plan, two at least.

    The first lacks SOL-DE-002. The time in the name is local (Europe/Berlin).
    """
    # Sunday is weekday 6; a plan that begins on a Sunday has the one before as its first.
    first_sunday = plan.first_day - dt.timedelta(days=plan.first_day.weekday() + 1)
    last_day = max(plan.days[-1], first_sunday + dt.timedelta(days=7))
    for index in range((last_day - first_sunday).days // 7 + 1):
        day = first_sunday + dt.timedelta(days=7 * index)
        made_at = "043812" if index == 0 else "043831"
        rows = [
            _contract(plan, asset)
            for asset in plan.assets
            if index > 0 or asset.asset_id != _LATE_IN_CONTRACTS
        ]
        text = io.StringIO()
        writer = csv.DictWriter(text, _CONTRACT_COLUMNS, lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
        yield f"asset_contracts_{day:%Y%m%d}_{made_at}.csv", text.getvalue().encode()


def _contract(plan: SimulationPlan, asset: SimulatedAsset) -> dict[str, str]:
    row = {
        "contract_id": f"CON1_{asset.asset_id}",
        "asset_id": asset.asset_id,
        "metering_point_id": asset.metering_point_id,
        "capacity": str(asset.capacity_kw / 1000),
        "technology": asset.technology,
        "contract_begin": _contract_begin(plan, asset).isoformat(),
        "contract_end": "",
        "email": f"{asset.asset_id.lower()}@example.com",
    }
    if asset.asset_id == _PRICED_FIXED_WITHOUT_PRICE:
        # A contradiction that the real export holds too.
        return row | {
            "price_model": "fixed",
            "price": "",
            "fee_model": "fixed_as_produced",
            "fee": "",
            "fee_percent": "7.0",
            "email": "owner@example.com",
        }
    if asset.technology == "solar":
        commercial = ("fixed", "62.5", "fixed_as_produced", "2.1", "")
    else:
        commercial = ("spot", "", "percent_of_revenue", "", "4.5")
    names = ("price_model", "price", "fee_model", "fee", "fee_percent")
    return row | dict(zip(names, commercial, strict=True))


def _contract_begin(plan: SimulationPlan, asset: SimulatedAsset) -> dt.date:
    if asset.asset_id == _LATE_IN_CONTRACTS:
        return plan.first_day - dt.timedelta(days=2)
    begin = _CONTRACT_BEGINS.get(asset.asset_id, dt.date(2024, 1, 1))
    # All began before the period, also for a plan of earlier years.
    return min(begin, plan.first_day - dt.timedelta(days=279))
