"""What the clean documents of a day hold: live infeed and final production."""

from dataclasses import dataclass
from datetime import date

import numpy as np

from extract.simulator.noise import Floats, smooth, stream_key
from extract.simulator.plan import QUARTER_HOUR_SECONDS
from tests.findings.conditions import Conditions
from tests.findings.days import FINAL, LIVE, bounds
from tests.findings.portfolio import Plant

SAMPLE_SECONDS = 180
"""Between two live samples."""
_GAP_CHANCE = 0.15
_GAP_SECONDS = (600, 9000)
_LOST, _DOUBTFUL, _NULL, _DELAYED = 0.01, 0.005, 0.004, 0.05


@dataclass(frozen=True)
class Series:
    """Instants in seconds since 1970, kW (NaN: null) and quality (0 to 1) at each."""

    epochs: Floats
    power_kw: Floats
    quality: Floats

    def quarter_hours_kw(self, begin: int, end: int) -> Floats:
        """The mean kW of each quarter-hour between two instants (s); NaN if nothing counts."""
        count = (end - begin) // QUARTER_HOUR_SECONDS
        position = (self.epochs - begin) // QUARTER_HOUR_SECONDS
        counts = (
            (position >= 0) & (position < count) & ~np.isnan(self.power_kw) & (self.quality >= 0.5)
        )
        at = position[counts].astype(np.int64)
        sums = np.bincount(at, self.power_kw[counts], count)
        numbers = np.bincount(at, minlength=count)
        means: Floats = np.full(count, np.nan)
        np.divide(sums, numbers, out=means, where=numbers > 0)
        return means


def final_series(plant: Plant, conditions: Conditions, day: date) -> Series:
    """Final production of a UTC day: one value per quarter-hour."""
    begin, end = bounds(FINAL, day)
    window = plant.window(begin, end)
    power = np.minimum(plant.available_kw[window], conditions.limit_kw[window])
    power = np.where(conditions.stands_still[window], 0.0, power * (1 - conditions.loss))
    power_kw = np.asarray(np.round(power, 2), dtype=np.float64)
    epochs = np.arange(begin, end, QUARTER_HOUR_SECONDS, dtype=np.float64)
    return Series(epochs, power_kw, np.ones(len(power)))


def live_series(seed: int, plant: Plant, conditions: Conditions, day: date) -> Series:
    """Live samples of a Berlin day, as loggers send them: late, doubtful, null or not at all.

    Noise, quality and what a solar plant draws at night are those of the simulator.
    """
    asset = plant.asset
    stream = stream_key(seed, "samples", asset.asset_id)
    random = np.random.default_rng([stream, day.toordinal()])
    begin, end = bounds(LIVE, day)
    epochs = np.arange(begin, end, SAMPLE_SECONDS, dtype=np.int64)
    is_there = random.uniform(size=len(epochs)) >= _LOST
    if random.uniform() < _GAP_CHANCE:
        gap_begin = random.uniform(begin, end)
        gap_end = gap_begin + random.uniform(*_GAP_SECONDS)
        is_there &= (epochs < gap_begin) | (epochs >= gap_end)
    epochs = epochs[is_there]
    chance = random.uniform(size=(3, len(epochs)))
    delay_s = np.where(chance[0] < _DELAYED, np.round(20 * chance[1], 3), 0.0)
    instants: Floats = np.add(epochs, delay_s, dtype=np.float64)

    gusts = smooth(stream_key(stream, "gusts"), epochs, 240)
    flicker = random.uniform(-1, 1, len(epochs))
    middles = (
        plant.start_epoch
        + QUARTER_HOUR_SECONDS / 2
        + QUARTER_HOUR_SECONDS * np.arange(len(plant.available_kw))
    )
    power = np.interp(instants, middles, plant.available_kw)
    power = np.minimum(power * (1 + 0.012 * gusts + 0.004 * flicker), 1.03 * asset.capacity_kw)
    at = (epochs - plant.start_epoch) // QUARTER_HOUR_SECONDS
    power = np.minimum(power, conditions.limit_kw[at])
    if asset.technology == "solar":
        power = power - asset.capacity_kw * (0.0015 + 0.0004 * flicker)
    power = np.where(conditions.stands_still[at], 0.0, power)
    is_doubtful = chance[2] < _DOUBTFUL
    power = np.where(is_doubtful, 0.1 * power, power)
    power = np.where((chance[2] >= _DOUBTFUL) & (chance[2] < _DOUBTFUL + _NULL), np.nan, power)
    return Series(instants, np.round(power, 2), np.where(is_doubtful, 0.3, 1.0))
