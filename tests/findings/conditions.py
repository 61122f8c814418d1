"""What really happens to plants and forecasts: no fault of any document, though it looks odd."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date

import numpy as np

from extract.simulator.noise import Floats, stream_key
from extract.simulator.plan import QUARTER_HOUR_SECONDS
from tests.findings.days import LIVE, bounds
from tests.findings.portfolio import VERSION_SECONDS, Flags, Plant

REDISPATCHED = "redispatched"
STANDSTILL = "standstill"
BAD_FORECAST = "bad forecast"
CAPPED = "capped"
STORM = "storm"
CALM = "calm"
CONDITIONS = (REDISPATCHED, STANDSTILL, BAD_FORECAST, CAPPED, STORM, CALM)

_MOST_LOSS = 0.03
_CHANCES = {REDISPATCHED: 0.05, STANDSTILL: 0.03, BAD_FORECAST: 0.03}
_CAPPED_ASSETS = 0.05
_CAP = 0.6
# Fog leaves a quarter of clear-sky power.
_BAD_FACTORS = (1.3, 0.6, 4.0)
_STORM_SHARE, _STORM_QUARTER_HOURS = 0.9, 24
_CALM_SHARE = 0.03


@dataclass(frozen=True)
class BadForecast:
    """A day whose forecasts are all wrong: too high or low, or a front that arrives late."""

    begin: int
    """Seconds since 1970, like the end."""
    end: int
    factor: float
    late_quarter_hours: int


@dataclass
class Conditions:
    """What happens to one plant; arrays are by quarter-hour of its grid."""

    loss: float
    """The share of live infeed that final production lacks."""
    limit_kw: Floats
    """The most that may be fed in."""
    stands_still: Flags
    redispatches: list[tuple[int, int]] = field(default_factory=list)
    """Starts and ends, in seconds since 1970."""
    bad_forecasts: list[BadForecast] = field(default_factory=list)
    of_day: dict[date, frozenset[str]] = field(default_factory=dict)
    """Which of CONDITIONS a Berlin day has."""


def conditions_of(seed: int, plant: Plant, days: Sequence[date], is_capped: bool) -> Conditions:
    """What happens to the plant on these Berlin days, from the seed and its name."""
    random = np.random.default_rng(stream_key(seed, "conditions", plant.asset.asset_id))
    capacity_kw, length = plant.asset.capacity_kw, len(plant.available_kw)
    conditions = Conditions(
        loss=random.uniform(0, _MOST_LOSS),
        limit_kw=np.full(length, _CAP * capacity_kw if is_capped else np.inf),
        stands_still=np.zeros(length, dtype=np.bool_),
    )
    for day in days:
        begin, end = bounds(LIVE, day)
        found = {name for name, chance in _CHANCES.items() if random.uniform() < chance}
        if REDISPATCHED in found:
            _redispatch(conditions, plant, (begin, end), random)
        if STANDSTILL in found:
            hours = _within(begin, end, int(random.integers(8, 49)), random)
            conditions.stands_still[plant.window(*hours)] = True
        if BAD_FORECAST in found:
            is_late = random.uniform() < 0.5
            late, factor = int(random.integers(3, 6)), float(random.choice(_BAD_FACTORS))
            bad = BadForecast(begin, end, 1.0 if is_late else factor, late if is_late else 0)
            conditions.bad_forecasts.append(bad)
        if is_capped:
            found.add(CAPPED)
        conditions.of_day[day] = frozenset(found | _weather(plant, begin, end))
    return conditions


def capped_assets(seed: int, asset_ids: Sequence[str]) -> frozenset[str]:
    """The few that may feed in only part of their capacity."""
    random = np.random.default_rng(stream_key(seed, "capped"))
    count = max(1, round(_CAPPED_ASSETS * len(asset_ids)))
    return frozenset(random.choice(np.array(asset_ids), count, replace=False).tolist())


def _redispatch(
    conditions: Conditions, plant: Plant, day: tuple[int, int], random: np.random.Generator
) -> None:
    begin, end = day
    if plant.asset.technology == "solar":
        # Nobody curtails a solar plant at night.
        begin, end = begin + 7 * VERSION_SECONDS, end - 7 * VERSION_SECONDS
    order = _within(begin, end, int(random.integers(4, 25)), random)
    window = plant.window(*order)
    limit_kw = random.uniform(0, 0.4) * plant.asset.capacity_kw
    conditions.limit_kw[window] = np.minimum(conditions.limit_kw[window], limit_kw)
    conditions.redispatches.append(order)


def _within(begin: int, end: int, length: int, random: np.random.Generator) -> tuple[int, int]:
    """This many quarter-hours somewhere between two instants (seconds since 1970)."""
    free = (end - begin) // QUARTER_HOUR_SECONDS - length
    first = begin + int(random.integers(0, free + 1)) * QUARTER_HOUR_SECONDS
    return first, first + length * QUARTER_HOUR_SECONDS


def _weather(plant: Plant, begin: int, end: int) -> set[str]:
    window = plant.window(begin, end)
    share = plant.available_kw[window] / plant.asset.capacity_kw
    found = {CALM} if share.mean() < _CALM_SHARE else set()
    if plant.asset.technology == "wind":
        six_hours = np.convolve(share, np.full(_STORM_QUARTER_HOURS, 1 / _STORM_QUARTER_HOURS))
        if six_hours.max() > _STORM_SHARE or plant.is_cut_out[window].any():
            found.add(STORM)
    return found


def with_bad_days(
    forecast_kw: Floats, versions: Sequence[int], plant: Plant, bad_days: Sequence[BadForecast]
) -> Floats:
    """The forecasts (one row per version) with the bad days in every version, rounded to 10 W.

    A late front delays what the weather leaves of the potential, not the sun.
    """
    spoilt = forecast_kw.copy()
    steps = np.arange(forecast_kw.shape[1])
    firsts = (np.array(versions) - plant.start_epoch) // QUARTER_HOUR_SECONDS
    positions = firsts[:, None] + steps
    potential = plant.potential_kw[positions]
    for bad in bad_days:
        window = plant.window(bad.begin, bad.end)
        is_bad = (positions >= window.start) & (positions < window.stop)
        changed = bad.factor * forecast_kw
        if bad.late_quarter_hours:
            shares = np.divide(
                forecast_kw, potential, out=np.full_like(forecast_kw, np.nan), where=potential > 0
            )
            late = shares[:, np.maximum(steps - bad.late_quarter_hours, 0)] * potential
            changed = np.where(np.isnan(late), forecast_kw, late)
        changed = np.minimum(changed, plant.asset.capacity_kw)
        spoilt[is_bad] = changed[is_bad]
    return np.asarray(np.round(spoilt, 2), dtype=np.float64)
