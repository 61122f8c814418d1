"""The DSO's files (CSV): final production of UTC days, redispatch flags and compensation."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator

from extract.simulator.plan import (
    DAY_SECONDS,
    QUARTER_HOUR_SECONDS,
    SimulatedAsset,
    SimulationPlan,
    epoch_of_day,
)
from extract.simulator.production import produced_power_kw, redispatch

_UNSETTLED_ASSET_ID = "WND-DE-001"
_IN_ONE_FILE = ("SOL-DE-001", "SOL-DE-002")
_COMPENSATION_EUR_PER_MWH = (71.48, 68.9)


def final_production_files(plan: SimulationPlan) -> Iterator[tuple[str, bytes]]:
    """Names and contents: each settled UTC day of all assets but WND-DE-001, issued a day later.

    One file holds one metering point, save one that holds two.
    """
    settled = [asset for asset in plan.assets if asset.asset_id != _UNSETTLED_ASSET_ID]
    together = tuple(asset for asset in settled if asset.asset_id in _IN_ONE_FILE)
    alone = [(asset,) for asset in settled if asset.asset_id not in _IN_ONE_FILE]
    for day in plan.settled_days:
        for assets in [together, *alone]:
            yield final_production_file(plan, assets, day)


def final_production_file(
    plan: SimulationPlan, assets: tuple[SimulatedAsset, ...], day: dt.date
) -> tuple[str, bytes]:
    """Name and content: the kW of the assets in each quarter-hour of a UTC day."""
    issued = day + dt.timedelta(days=1)
    metering_points = "_".join(asset.metering_point_id for asset in assets)
    day_epoch = epoch_of_day(day)
    columns = [produced_power_kw(plan, asset, day).tolist() for asset in assets]
    headers = [f"{asset.metering_point_id}__kw_" for asset in assets]
    lines = [",".join(["delivery_start__utc_", *headers])]
    for quarter_hour, values in enumerate(zip(*columns, strict=True)):
        start = _instant(day_epoch + QUARTER_HOUR_SECONDS * quarter_hour)
        cells = [f"{power_kw:.2f}" for power_kw in values]
        lines.append(",".join([f"{start:%Y-%m-%d %H:%M:%S.%f} UTC", *cells]))
    name = f"final_production_{metering_points}_{issued:%Y%m%d}.csv"
    return name, ("\n".join(lines) + "\n").encode()


def redispatch_files(plan: SimulationPlan) -> Iterator[tuple[str, bytes]]:
    """Name and content of the flags of the redispatched hour and an hour on both sides of it."""
    order = redispatch(plan)
    if order is None:
        return
    lines = ["delivery_start,delivery_end,is_redispatched"]
    for epoch in range(order.start_epoch - 3600, order.end_epoch + 3600, QUARTER_HOUR_SECONDS):
        flag = int(order.start_epoch <= epoch < order.end_epoch)
        start, end = _instant(epoch), _instant(epoch + QUARTER_HOUR_SECONDS)
        lines.append(f"{start:%Y-%m-%dT%H:%M:%SZ},{end:%Y-%m-%dT%H:%M:%SZ},{flag}")
    issued = _instant(order.start_epoch).date() + dt.timedelta(days=1)
    name = f"redispatch_flag_{order.asset.metering_point_id}_{issued:%Y%m%d}_1201.csv"
    yield name, ("\n".join(lines) + "\n").encode()


def redispatch_compensation_files(plan: SimulationPlan) -> Iterator[tuple[str, bytes]]:
    """Name and content of the prices around the redispatched hour, published twelve days later.

    A price before noon (UTC) and one from then on, for each quarter-hour of the day.
    """
    order = redispatch(plan)
    if order is None:
        return
    day = _instant(order.start_epoch).date()
    lines = ["delivery_start__utc_,delivery_end__utc_,price__euro_per_mwh_"]
    for quarter_hour in range(DAY_SECONDS // QUARTER_HOUR_SECONDS):
        start_epoch = epoch_of_day(day) + QUARTER_HOUR_SECONDS * quarter_hour
        start, end = _instant(start_epoch), _instant(start_epoch + QUARTER_HOUR_SECONDS)
        price = _COMPENSATION_EUR_PER_MWH[start.hour >= 12]
        lines.append(f"{start:%Y-%m-%d %H:%M:%S.%f} UTC,{end:%Y-%m-%d %H:%M:%S.%f} UTC,{price}")
    issued = day + dt.timedelta(days=12)
    yield f"redispatch_compensation_{issued:%Y-%m-%d}.csv", ("\n".join(lines) + "\n").encode()


def _instant(epoch: int) -> dt.datetime:
    return dt.datetime.fromtimestamp(epoch, dt.UTC)
