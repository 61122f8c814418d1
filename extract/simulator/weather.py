"""The weather of each asset and what a plant makes of it.

Both technologies are told as a potential and a driver. For solar the potential is the power under
a clear sky and the driver the cloudiness; for wind the potential is the usual wind speed and the
driver the deviation from it. Drivers are standard normal: a forecast is the same calculation with
an error added to the driver, and without the fluctuations that only the near future shows.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from extract.simulator.clear_sky import plane_irradiance_w_per_m2
from extract.simulator.noise import Floats, Integers, smooth, stream_key
from extract.simulator.plan import (
    DAY_SECONDS,
    KNOWN_ASSETS,
    QUARTER_HOUR_SECONDS,
    SimulatedAsset,
    SimulationPlan,
    epoch_of_day,
)

_HOUR = 3600
# Time scale of a process and its share of the variance, from what a whole country or a region of
# some 200 km has in common down to what passes over one plant.
_COUNTRY_SCALES = ((36 * _HOUR, 0.30),)
_REGION_SCALES = ((14 * _HOUR, 0.25), (5 * _HOUR, 0.13))
_SITE_SCALES = {"solar": ((3 * _HOUR, 0.17),), "wind": ((4 * _HOUR, 0.25),)}
_FLUCTUATION_SCALES = {
    "solar": ((_HOUR, 0.10), (_HOUR // 2, 0.05)),
    "wind": ((_HOUR, 0.05), (_HOUR // 2, 0.02)),
}

_WIND_SPREAD = 0.34
# Share of the nameplate by wind speed in m/s: cut-in at 3, rated at 12.5, cut-out at 25.
_CURVE_SPEEDS = np.array([0, 3, 4, 5, 6, 7, 8, 9, 10, 11, 11.75, 12.5, 25, 25.01])
_CURVE_SHARES = np.array(
    [0, 0, 0.025, 0.075, 0.15, 0.25, 0.38, 0.53, 0.69, 0.85, 0.945, 1.0, 1.0, 0]
)
# Modules exceed their inverters, and the way to the meter loses some.
_SOLAR_MODULES_PER_INVERTER = 1.12
_SOLAR_EFFICIENCY = 0.90


@dataclass(frozen=True)
class AssetWeather:
    """Potential and driver of an asset by quarter-hour, the first one starting at `start_epoch`.

    `fluctuation` is the part of the driver that comes and goes within the hour.
    """

    start_epoch: int
    potential: Floats
    driver: Floats
    fluctuation: Floats

    def index_of(self, epoch_seconds: int) -> int:
        """The position of the quarter-hour that holds an instant (seconds since 1970, UTC)."""
        return (epoch_seconds - self.start_epoch) // QUARTER_HOUR_SECONDS


def region_of(asset: SimulatedAsset) -> str:
    """The region whose weather an asset shares: a cell of two degrees by three."""
    return f"{int(asset.latitude // 2)}/{int(asset.longitude // 3)}"


def power_kw(asset: SimulatedAsset, potential: Floats, driver: Floats) -> Floats:
    """What the plant yields (average kW) in the weather given, of any shape."""
    if asset.technology == "wind":
        speed = potential * np.exp(_WIND_SPREAD * driver)
        share = np.interp(speed, _CURVE_SPEEDS, _CURVE_SHARES)
        return np.asarray(asset.capacity_kw * share, dtype=np.float64)
    # The sky is covered from 0 to 1; a thin cover costs little, a full one three quarters.
    cover = 1.0 / (1.0 + np.exp(-1.9 * (driver - 0.15)))
    transmission = 1.0 - 0.78 * cover**2.2
    return np.asarray(np.minimum(potential * transmission, asset.capacity_kw), dtype=np.float64)


@lru_cache(maxsize=4096)
def asset_weather(plan: SimulationPlan, asset: SimulatedAsset) -> AssetWeather:
    """The actual weather at an asset, from a day before the plan's first version to 48 h after.

    The day before serves local days, which begin earlier than UTC days.
    """
    first_day = plan.first_day - dt.timedelta(days=1)
    day_count = plan.day_count + 3
    start = epoch_of_day(first_day)
    step_count = day_count * DAY_SECONDS // QUARTER_HOUR_SECONDS
    epochs = start + QUARTER_HOUR_SECONDS * np.arange(step_count, dtype=np.int64)
    if asset.technology == "solar":
        potential = _clear_sky_power_kw(asset, first_day, day_count)
    else:
        potential = _usual_wind_speed_m_per_s(asset, epochs)
    technology = asset.technology
    # Together standard normal: the shares of the variance add up to one.
    fluctuation = _process(
        plan.seed, asset, asset.asset_id, _FLUCTUATION_SCALES[technology], epochs
    )
    driver = (
        _process(plan.seed, asset, "country", _COUNTRY_SCALES, epochs)
        + _process(plan.seed, asset, f"region {region_of(asset)}", _REGION_SCALES, epochs)
        + _process(plan.seed, asset, asset.asset_id, _SITE_SCALES[technology], epochs)
        + fluctuation
    )
    for curve in (potential, driver, fluctuation):
        curve.setflags(write=False)
    return AssetWeather(start, potential, driver, fluctuation)


def _clear_sky_power_kw(asset: SimulatedAsset, first_day: dt.date, day_count: int) -> Floats:
    # Generated assets share the curves of a grid of one degree: pvlib takes 30 ms for each.
    exact = asset in KNOWN_ASSETS
    latitude = asset.latitude if exact else round(asset.latitude)
    longitude = asset.longitude if exact else round(asset.longitude)
    irradiance = plane_irradiance_w_per_m2(
        latitude, longitude, asset.tracking_type, first_day, day_count
    )
    module_kw = asset.capacity_kw * _SOLAR_MODULES_PER_INVERTER * _SOLAR_EFFICIENCY
    return np.asarray(module_kw * irradiance / 1000.0, dtype=np.float64)


def _usual_wind_speed_m_per_s(asset: SimulatedAsset, epochs: Integers) -> Floats:
    """The mean wind speed with its daily course: most in the afternoon, least before sunrise."""
    hour_of_day = (epochs % DAY_SECONDS) / _HOUR
    daily_course = 1.0 + 0.13 * np.cos(2.0 * np.pi * (hour_of_day - 14.5) / 24.0)
    return np.asarray(asset.mean_wind_speed_m_per_s * daily_course, dtype=np.float64)


def _process(
    seed: int,
    asset: SimulatedAsset,
    place: str,
    scales: tuple[tuple[int, float], ...],
    epochs: Integers,
) -> Floats:
    """A sum of smooth curves, alike for all assets of a technology in the same place."""
    process = np.zeros(len(epochs))
    for scale_seconds, variance in scales:
        stream = stream_key(seed, "weather", asset.technology, place, scale_seconds)
        process += np.sqrt(variance) * smooth(stream, epochs, scale_seconds)
    return process
