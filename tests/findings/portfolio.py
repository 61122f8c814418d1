"""The plants of a portfolio: what the weather allowed and what was forecast, storms included.

The simulator's wind is ordinary. In some spells a portfolio has the wind of a plan in which it
blows harder, or hardly at all: forecasts and production alike, as both come from the same plan.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from functools import lru_cache
from types import MappingProxyType

import numpy as np
import numpy.typing as npt

from extract.simulator.forecasts import forecast_values
from extract.simulator.noise import Floats, stream_key
from extract.simulator.plan import (
    FORECAST_STEPS,
    QUARTER_HOUR_SECONDS,
    SimulatedAsset,
    SimulationPlan,
)
from extract.simulator.weather import asset_weather, power_kw

Flags = npt.NDArray[np.bool_]

_FIRST_DAYS = (date(2025, 10, 6), date(2026, 3, 9), date(2025, 6, 7), date(2026, 1, 10))
"""The first days of portfolios, by seed: clocks change in the first two."""
_DAYS_PER_SPELL = 15
_STORM, _CALM = 1.9, 0.4
_HOUR = 3600
_HALF_SPELL_SECONDS = 15 * _HOUR
_RAMP_SECONDS = 6 * _HOUR
VERSION_SECONDS = _HOUR


@dataclass(frozen=True)
class WindierPlan(SimulationPlan):
    """The same plan with another wind speed: `wind_factor` times the usual one."""

    wind_factor: float = 1.0

    @property
    def assets(self) -> tuple[SimulatedAsset, ...]:
        return tuple(self.assets_by_id.values())

    @property
    def assets_by_id(self) -> MappingProxyType[str, SimulatedAsset]:
        return _windier(self.seed, self.asset_count, self.wind_factor)


@lru_cache(maxsize=16)
def _windier(
    seed: int, asset_count: int, wind_factor: float
) -> MappingProxyType[str, SimulatedAsset]:
    usual = SimulationPlan(seed=seed, asset_count=asset_count).assets
    return MappingProxyType(
        {
            asset.asset_id: replace(
                asset, mean_wind_speed_m_per_s=wind_factor * asset.mean_wind_speed_m_per_s
            )
            for asset in usual
        }
    )


@dataclass(frozen=True)
class Spell:
    """Days of different wind: its share of the weather (0 to 1) by quarter-hour of the grid."""

    plan: WindierPlan
    share: Floats


@dataclass(frozen=True)
class Plant:
    """A plant on the grid of quarter-hours that begins at `start_epoch` (seconds since 1970)."""

    asset: SimulatedAsset
    start_epoch: int
    potential_kw: Floats
    """Solar: under a clear sky. Wind: the capacity."""
    available_kw: Floats
    """What the weather allowed, average kW."""
    is_cut_out: Flags
    """Whether there was so much wind that turbines stop."""

    def window(self, begin: int, end: int) -> slice:
        """The quarter-hours from `begin` up to `end`, excluded (seconds since 1970)."""
        first, last = ((epoch - self.start_epoch) // QUARTER_HOUR_SECONDS for epoch in (begin, end))
        return slice(first, last)


def plan_of(seed: int, asset_count: int, judged_day_count: int) -> SimulationPlan:
    """The plan of a portfolio: one day more at each end than is judged."""
    return SimulationPlan(
        seed=seed,
        asset_count=asset_count,
        first_day=_FIRST_DAYS[seed % len(_FIRST_DAYS)],
        day_count=judged_day_count + 2,
        versions_complete=True,
    )


def spells_of(plan: SimulationPlan) -> tuple[Spell, ...]:
    """A storm and a calm for each fortnight, of 30 hours plus a ramp of six hours at each end."""
    random = np.random.default_rng(stream_key(plan.seed, "spells"))
    grid = _grid(plan)
    inner = grid[96 * 2 : -96 * 3]
    spells = []
    for wind_factor in (_STORM, _CALM):
        windier = WindierPlan(
            plan.seed,
            plan.asset_count,
            plan.first_day,
            plan.day_count,
            versions_complete=True,
            wind_factor=wind_factor,
        )
        share = np.zeros(len(grid))
        for _ in range(max(1, plan.day_count // _DAYS_PER_SPELL)):
            away = np.abs(grid - random.choice(inner))
            ramp = (_HALF_SPELL_SECONDS + _RAMP_SECONDS - away) / _RAMP_SECONDS
            share = np.maximum(share, np.clip(ramp, 0.0, 1.0))
        spells.append(Spell(windier, share))
    return tuple(spells)


def _grid(plan: SimulationPlan) -> npt.NDArray[np.int64]:
    weather = asset_weather(plan, plan.assets[0])
    steps = np.arange(len(weather.driver), dtype=np.int64)
    return weather.start_epoch + QUARTER_HOUR_SECONDS * steps


def plant_of(plan: SimulationPlan, asset: SimulatedAsset, spells: Sequence[Spell]) -> Plant:
    """The plant with the weather of the plan and its spells."""
    weather = asset_weather(plan, asset)
    if asset.technology == "solar":
        available = power_kw(asset, weather.potential, weather.driver)
        never = np.zeros(len(available), dtype=np.bool_)
        return Plant(asset, weather.start_epoch, weather.potential, available, never)
    available = power_kw(asset, weather.potential, weather.driver)
    # More wind than usual and no power: too much wind.
    is_cut_out = (available == 0) & (weather.driver > 0)
    for spell in spells:
        factor = spell.plan.wind_factor
        other = power_kw(asset, factor * weather.potential, weather.driver)
        available = available + spell.share * (other - available)
        if factor > 1:
            is_cut_out |= (spell.share > 0.5) & (other == 0) & (weather.driver > 0)
    potential = np.full(len(available), float(asset.capacity_kw))
    return Plant(asset, weather.start_epoch, potential, available, is_cut_out)


def version_epochs(plan: SimulationPlan) -> list[int]:
    """The forecast versions, one an hour, in seconds since 1970."""
    return list(range(plan.first_version_epoch, plan.end_version_epoch, VERSION_SECONDS))


def forecasts_of(plan: SimulationPlan, plant: Plant, spells: Sequence[Spell]) -> Floats:
    """Average kW: one row per version, one column per quarter-hour from the version on."""
    rows = []
    for version in version_epochs(plan):
        power = _version_kw(plan, plant.asset, version)
        window = plant.window(version, version + FORECAST_STEPS * QUARTER_HOUR_SECONDS)
        for spell in spells if plant.asset.technology == "wind" else ():
            share = spell.share[window]
            if share.any():
                power = power + share * (_version_kw(spell.plan, plant.asset, version) - power)
        rows.append(power)
    return np.array(rows)


def _version_kw(plan: SimulationPlan, asset: SimulatedAsset, version: int) -> Floats:
    values = forecast_values(plan, asset.asset_id, datetime.fromtimestamp(version, UTC))
    assert values is not None, f"no version {version} of {asset.asset_id}"
    return np.array(values[1], dtype=np.float64)
