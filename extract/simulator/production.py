"""What the plants really produced, redispatch included."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from extract.simulator.noise import Floats
from extract.simulator.plan import (
    DAY_SECONDS,
    QUARTER_HOUR_SECONDS,
    SimulatedAsset,
    SimulationPlan,
    epoch_of_day,
)
from extract.simulator.weather import AssetWeather, asset_weather, power_kw

REDISPATCHED_ASSET_ID = "WND-DE-003"
_REDISPATCH_SHARE_OF_CAPACITY = 0.28


@dataclass(frozen=True)
class Redispatch:
    """An order of the DSO: from `start_epoch` to before `end_epoch` not more than `limit_kw`."""

    asset: SimulatedAsset
    start_epoch: int
    end_epoch: int
    limit_kw: float


@lru_cache(maxsize=16)
def redispatch(plan: SimulationPlan) -> Redispatch | None:
    """The redispatch of the plan, if it has the asset: one full hour of the first settled day.

    It is the windiest one from 06:00 to 20:00 UTC: the grid has more then than it can carry.
    """
    asset = plan.assets_by_id.get(REDISPATCHED_ASSET_ID)
    if asset is None:
        return None
    day_start = epoch_of_day(plan.settled_days[0])
    available = _available_power_kw(asset_weather(plan, asset), asset, day_start)
    hourly = available.reshape(24, 4).sum(axis=1)
    start = day_start + 3600 * (6 + int(hourly[6:20].argmax()))
    limit_kw = _REDISPATCH_SHARE_OF_CAPACITY * asset.capacity_kw
    return Redispatch(asset, start, start + 3600, limit_kw)


def curtailed(
    plan: SimulationPlan, asset: SimulatedAsset, epoch_seconds: Floats, available_kw: Floats
) -> Floats:
    """The power left of what was available at each instant (seconds since 1970)."""
    order = redispatch(plan)
    if order is None or order.asset != asset:
        return available_kw
    ordered = (epoch_seconds >= order.start_epoch) & (epoch_seconds < order.end_epoch)
    return np.where(ordered, np.minimum(available_kw, order.limit_kw), available_kw)


def available_power_at(
    plan: SimulationPlan, asset: SimulatedAsset, epoch_seconds: Floats
) -> Floats:
    """The kW that the weather allowed at each instant (seconds since 1970).

    The averages of the quarter-hours, joined at their middles.
    """
    weather = asset_weather(plan, asset)
    average = power_kw(asset, weather.potential, weather.driver)
    middles = (
        weather.start_epoch
        + QUARTER_HOUR_SECONDS / 2
        + QUARTER_HOUR_SECONDS * np.arange(len(average))
    )
    return np.asarray(np.interp(epoch_seconds, middles, average), dtype=np.float64)


def produced_power_kw(plan: SimulationPlan, asset: SimulatedAsset, day: dt.date) -> Floats:
    """Average kW in each of the 96 quarter-hours of a UTC day."""
    day_start = epoch_of_day(day)
    available = _available_power_kw(asset_weather(plan, asset), asset, day_start)
    starts = day_start + QUARTER_HOUR_SECONDS * np.arange(len(available), dtype=np.float64)
    return curtailed(plan, asset, starts, available)


def _available_power_kw(weather: AssetWeather, asset: SimulatedAsset, day_start: int) -> Floats:
    first = weather.index_of(day_start)
    window = slice(first, first + DAY_SECONDS // QUARTER_HOUR_SECONDS)
    return power_kw(asset, weather.potential[window], weather.driver[window])
