"""The forecasts of the VPP: actual weather plus an error that grows with the lead time.

The error has three parts, each smooth in delivery time. One is shared by all versions (a front
that every weather model sees too early), one by the versions of one model run (every six hours),
one belongs to the version alone. All shrink as delivery comes near, but none to zero. Single
clouds and gusts are known for the next hours only.
"""

from __future__ import annotations

import datetime as dt
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from extract.simulator.noise import Floats, normal, smooth, spline_weights, stream_key, uniform
from extract.simulator.plan import (
    FORECAST_STEPS,
    QUARTER_HOUR_SECONDS,
    SimulatedAsset,
    SimulationPlan,
)
from extract.simulator.weather import asset_weather, power_kw, region_of

_HOUR = 3600
_RUN_SECONDS = 6 * _HOUR
_VERSIONS_PER_RUN = _RUN_SECONDS // QUARTER_HOUR_SECONDS
_UPDATE_KNOT_STEPS = 12

_LEAD_HOURS = np.arange(FORECAST_STEPS) / 4.0
# Standard deviation of the error of the driver by lead time.
_DRIVER_ERROR = {
    "solar": 0.03 + 1.15 * (_LEAD_HOURS / 48.0) ** 0.7,
    "wind": 0.025 + 0.70 * (_LEAD_HOURS / 48.0) ** 0.75,
}
# The share of single clouds and gusts that a forecast does not know.
_UNKNOWN_FLUCTUATION = 1.0 - np.exp(-_LEAD_HOURS / 2.5)
# Shares of the variance of the error; they add up to one.
_COMMON_SHARE, _RUN_REGION_SHARE, _RUN_ASSET_SHARE, _VERSION_SHARE = 0.45, 0.20, 0.31, 0.04

# A few versions are not as they should be; `HEALTHY` is the rest.
HEALTHY, MISSING, NULLS, SHORT, GAPPY = range(5)
_ODDITY_LIMITS = (0.013, 0.021, 0.026, 0.031)
# The documented example (delivery at 12:00) must find both of its versions.
_NEVER_ODD = {
    int(dt.datetime(2025, 6, 8, 11, 45, tzinfo=dt.UTC).timestamp()),
    int(dt.datetime(2025, 6, 8, 12, 0, tzinfo=dt.UTC).timestamp()),
}


def forecast_response(
    plan: SimulationPlan, asset_id: str, version_utc: dt.datetime
) -> dict[str, Any] | None:
    """The VPP's answer for one version of one asset, or None where it answers 404.

    Power is in kW. The instants are seconds since 1970 although the answer calls them ms, as the
    real one does. A version written with another offset than UTC's is another question: the same
    instants with other values.
    """
    instants_and_power = forecast_values(plan, asset_id, version_utc)
    if instants_and_power is None:
        return None
    starts, power = instants_and_power
    return {
        "key": {"asset_id": asset_id, "type_id": "pv-forecast-real"},
        "column_ids": ["start", "end", "version", "power"],
        "units": ["ms", "ms", "ms", "kW"],
        "values": [
            starts,
            [start + QUARTER_HOUR_SECONDS for start in starts],
            [int(version_utc.timestamp())] * len(starts),
            power,
        ],
    }


def forecast_values(
    plan: SimulationPlan, asset_id: str, version_utc: dt.datetime
) -> tuple[list[int], list[float | None]] | None:
    """The quarter-hours (seconds since 1970) and average kW of a version; None: no such version."""
    offset = version_utc.utcoffset()
    if offset is None:
        raise ValueError(f"version {version_utc.isoformat()} has no offset from UTC")
    asset = plan.assets_by_id.get(asset_id)
    version_epoch = version_utc.timestamp()
    if (
        asset is None
        or version_epoch % QUARTER_HOUR_SECONDS
        or not plan.first_version_epoch <= version_epoch < plan.end_version_epoch
    ):
        return None
    epoch = int(version_epoch)
    kind = oddity(plan, asset_id, epoch)
    if kind == MISSING:
        return None
    run_epoch = epoch - epoch % _RUN_SECONDS
    block = _run_power_kw(plan, asset, run_epoch, int(offset.total_seconds()))
    power: list[float | None] = block[(epoch - run_epoch) // QUARTER_HOUR_SECONDS].tolist()
    starts = list(range(epoch, epoch + FORECAST_STEPS * QUARTER_HOUR_SECONDS, QUARTER_HOUR_SECONDS))
    return (starts, power) if kind == HEALTHY else _spoilt(plan, asset_id, kind, starts, power)


def oddity(plan: SimulationPlan, asset_id: str, version_epoch: int) -> int:
    """What is wrong with a version: `MISSING`, `NULLS`, `SHORT`, `GAPPY` or nothing, `HEALTHY`."""
    if plan.versions_complete or version_epoch in _NEVER_ODD:
        return HEALTHY
    stream = stream_key(plan.seed, "oddity", asset_id)
    chance = float(uniform(stream, np.array([version_epoch // QUARTER_HOUR_SECONDS]))[0])
    kinds = (MISSING, NULLS, SHORT, GAPPY)
    return next((k for k, limit in zip(kinds, _ODDITY_LIMITS, strict=True) if chance < limit), 0)


def _spoilt(
    plan: SimulationPlan,
    asset_id: str,
    kind: int,
    starts: list[int],
    power: list[float | None],
) -> tuple[list[int], list[float | None]]:
    """A version with nulls, cut off after a day, or with rows left out in the middle."""
    stream = stream_key(plan.seed, "extent", asset_id)
    version_position = starts[0] // QUARTER_HOUR_SECONDS
    begin_chance, count_chance = uniform(stream, 2 * version_position + np.arange(2)).tolist()
    if kind == SHORT:
        return starts[:96], power[:96]
    count = 2 + int(14 * count_chance)
    # Nulls may hit the quarter-hours next to come, so that falling back can be seen in the marts.
    begin = 8 + int(150 * begin_chance) if kind == GAPPY else int(6 * begin_chance)
    end = begin + count
    if kind == NULLS:
        return starts, [*power[:begin], *[None] * count, *power[end:]]
    return starts[:begin] + starts[end:], power[:begin] + power[end:]


# A block is 37 kB, so a full cache holds some 75 MB.
@lru_cache(maxsize=2048)
def _run_power_kw(
    plan: SimulationPlan, asset: SimulatedAsset, run_epoch: int, offset_seconds: int
) -> Floats:
    """Average kW of all versions of a model run: one row a version, one column a lead time."""
    weather = asset_weather(plan, asset)
    first = weather.index_of(run_epoch)
    window = slice(first, first + _VERSIONS_PER_RUN + FORECAST_STEPS - 1)
    epochs = run_epoch + QUARTER_HOUR_SECONDS * np.arange(window.stop - window.start)

    # Asked in another time zone, the server works from another model run.
    run = (run_epoch, offset_seconds) if offset_seconds else (run_epoch,)
    common = stream_key(plan.seed, "forecast", asset.asset_id)
    region = stream_key(plan.seed, "forecast", asset.technology, region_of(asset), *run)
    site = stream_key(plan.seed, "forecast", asset.asset_id, *run)
    shared_error = (
        np.sqrt(_COMMON_SHARE) * smooth(common, epochs, 7 * _HOUR)
        + np.sqrt(_RUN_REGION_SHARE) * smooth(region, epochs, 6 * _HOUR)
        + np.sqrt(_RUN_ASSET_SHARE) * smooth(site, epochs, 4 * _HOUR)
    )
    error = sliding_window_view(shared_error, FORECAST_STEPS) + (
        np.sqrt(_VERSION_SHARE) * _version_updates(stream_key(site, "updates"))
    )
    driver = sliding_window_view(weather.driver[window], FORECAST_STEPS)
    fluctuation = sliding_window_view(weather.fluctuation[window], FORECAST_STEPS)
    potential = sliding_window_view(weather.potential[window], FORECAST_STEPS)
    forecast_driver = (
        driver - _UNKNOWN_FLUCTUATION * fluctuation + _DRIVER_ERROR[asset.technology] * error
    )
    power = power_kw(asset, potential, forecast_driver)
    return np.asarray(np.round(power, 2), dtype=np.float64)


def _version_updates(stream: int) -> Floats:
    """What each version of a run adds for itself: standard normal, smooth in lead time."""
    knot_count = _UPDATE_WEIGHTS.shape[0]
    positions = np.arange(_VERSIONS_PER_RUN * knot_count, dtype=np.int64)
    knots = normal(stream, positions).reshape(_VERSIONS_PER_RUN, knot_count)
    return np.asarray(knots @ _UPDATE_WEIGHTS, dtype=np.float64)


def _update_weights() -> Floats:
    steps = np.arange(FORECAST_STEPS)
    first_knot, remainder = np.divmod(steps, _UPDATE_KNOT_STEPS)
    weights = np.zeros((int(first_knot.max()) + 4, FORECAST_STEPS))
    around = spline_weights(remainder / _UPDATE_KNOT_STEPS)
    for knot in range(4):
        weights[first_knot + knot, steps] = around[knot]
    return weights


_UPDATE_WEIGHTS = _update_weights()
