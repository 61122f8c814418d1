"""What goes wrong in documents: each function returns the series that would come instead.

Values are kW, rounded to 10 W as sources send them; lengths are quarter-hours.
"""

from dataclasses import replace

import numpy as np
import numpy.typing as npt

from extract.simulator.noise import Floats
from extract.simulator.plan import QUARTER_HOUR_SECONDS
from tests.findings.series import Series

SHIFTED = "shifted"
SCALED = "scaled"
SIGN_FLIPPED = "sign_flipped"
SWAPPED = "swapped"
FROZEN = "frozen"
INTERPOLATED = "interpolated"
ABOVE_CAPACITY = "above_capacity"
NIGHT_PRODUCTION = "night_production"
KINDS = (
    SHIFTED,
    SCALED,
    SIGN_FLIPPED,
    SWAPPED,
    FROZEN,
    INTERPOLATED,
    ABOVE_CAPACITY,
    NIGHT_PRODUCTION,
)
FACTORS = (4.0, 1 / 4, 1000.0, 1 / 1000)
_MOST_SHIFT = 8
_SHORTEST, _LONGEST_FROZEN, _LONGEST_LINE = 12, 96, 48


def shifted(series: Series, quarter_hours: int) -> Series:
    """All instants moved."""
    return replace(series, epochs=series.epochs + quarter_hours * QUARTER_HOUR_SECONDS)


def scaled(series: Series, factor: float) -> Series:
    """All values in another unit."""
    return replace(series, power_kw=_rounded(series.power_kw * factor))


def frozen(series: Series, begin: float, end: float) -> Series:
    """The first value, from one instant up to another (seconds since 1970)."""
    hit = np.flatnonzero((series.epochs >= begin) & (series.epochs < end))
    there = hit[~np.isnan(series.power_kw[hit])]
    if not len(there):
        return series
    return _with(series, hit, np.full(len(hit), series.power_kw[there[0]]))


def interpolated(series: Series, begin: float, end: float) -> Series:
    """A line from first to last value, from one instant up to another (seconds since 1970)."""
    hit = np.flatnonzero((series.epochs >= begin) & (series.epochs < end))
    there = hit[~np.isnan(series.power_kw[hit])]
    if len(there) < 2:
        return series
    ends = there[[0, -1]]
    line = np.interp(series.epochs[hit], series.epochs[ends], series.power_kw[ends])
    return _with(series, hit, line)


def replaced(series: Series, begin: float, end: float, level_kw: Floats) -> Series:
    """These kW, one per sample, from one instant up to another (seconds since 1970)."""
    hit = np.flatnonzero((series.epochs >= begin) & (series.epochs < end))
    return _with(series, hit, level_kw[hit])


def spoilt(
    kind: str,
    series: Series,
    capacity_kw: float,
    nights: list[tuple[int, int]],
    random: np.random.Generator,
) -> tuple[Series, str]:
    """The series with a random fault of this kind (not swapped), and its description.

    `nights` are the spans (seconds since 1970) of at least two hours without sun.
    """
    if kind == SHIFTED:
        steps = int(random.integers(1, _MOST_SHIFT + 1)) * int(random.choice((-1, 1)))
        return shifted(series, steps), f"by {steps:+d} quarter-hours"
    if kind == SCALED:
        factor = float(random.choice(FACTORS))
        return scaled(series, factor), f"times {factor:g}"
    if kind == SIGN_FLIPPED:
        return scaled(series, -1.0), ""
    count = len(series.epochs)
    if kind == ABOVE_CAPACITY:
        begin, end = _span(series, 4, 32, random)
        # Neither a plant nor a broken meter gives the same value for hours.
        wobble = random.uniform(-0.03, 0.03, count)
        factor = random.uniform(1.15, 2.0)
        level = capacity_kw * np.clip(factor + wobble, 1.15, 2.0)
        words = f"{factor:.2f} times the capacity for {_hours(begin, end)}"
        return replaced(series, begin, end, level), words
    if kind == NIGHT_PRODUCTION:
        night_begin, night_end = nights[int(random.integers(0, len(nights)))]
        begin, end = _within(night_begin, night_end, 8, 24, random)
        share = random.uniform(0.05, 0.6)
        level = capacity_kw * np.clip(share * (1 + random.uniform(-0.05, 0.05, count)), 0.05, 0.6)
        words = f"{share:.0%} of the capacity for {_hours(begin, end)}"
        return replaced(series, begin, end, level), words
    longest, fault = {
        FROZEN: (_LONGEST_FROZEN, frozen),
        INTERPOLATED: (_LONGEST_LINE, interpolated),
    }[kind]
    begin, end = _span(series, _SHORTEST, longest, random)
    return fault(series, begin, end), f"for {_hours(begin, end)}"


def mean_change(
    before: Series, after: Series, bounds: tuple[int, int], capacity_kw: float
) -> float:
    """The mean absolute change of the quarter-hours between two instants, as a share of capacity.

    Quarter-hours without a value before or after do not count.
    """
    one, other = (series.quarter_hours_kw(*bounds) for series in (before, after))
    changes = np.abs(other - one)
    is_known = ~np.isnan(changes)
    return float(changes[is_known].mean() / capacity_kw) if is_known.any() else 0.0


def _with(series: Series, hit: npt.NDArray[np.intp], values: Floats) -> Series:
    """The series with other values at these positions."""
    power = series.power_kw.copy()
    power[hit] = values
    return replace(series, power_kw=_rounded(power))


def _rounded(power_kw: Floats) -> Floats:
    return np.asarray(np.round(power_kw, 2), dtype=np.float64)


def _span(
    series: Series, shortest: int, longest: int, random: np.random.Generator
) -> tuple[float, float]:
    """A span within the document."""
    end = float(series.epochs[-1]) + 1
    return _within(float(series.epochs[0]), end, shortest, longest, random)


def _within(
    begin: float, end: float, shortest: int, longest: int, random: np.random.Generator
) -> tuple[float, float]:
    """A random span of this many quarter-hours, cut at `end`, with room for the shortest."""
    first = random.uniform(begin, max(begin, end - shortest * QUARTER_HOUR_SECONDS))
    length = random.uniform(shortest, longest) * QUARTER_HOUR_SECONDS
    return first, min(first + length, end)


def _hours(begin: float, end: float) -> str:
    return f"{(end - begin) / 3600:.1f} h"
