"""Live measured infeed (JSON): one file per asset and Berlin day.

Whether a sample exists and what it says follows from the asset and the instant, so files that
overlap agree.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterator
from dataclasses import dataclass
from zoneinfo import ZoneInfo

import numpy as np

from extract.simulator.noise import Floats, Integers, smooth, stream_key, uniform
from extract.simulator.plan import SimulatedAsset, SimulationPlan
from extract.simulator.production import available_power_at, curtailed

_UNMEASURED_ASSET_ID = "SOL-DE-001"
_BERLIN = ZoneInfo("Europe/Berlin")
_MINUTE = 60
_GAP_BLOCK_SECONDS = 6 * 3600
_GAP_CHANCE = 0.3
_LONGEST_GAP_SECONDS = 150 * _MINUTE


@dataclass(frozen=True)
class _Samples:
    """Measurements: milliseconds since 1970, kW (NaN: null) and quality from 0 to 1."""

    timestamp_ms: Floats
    power_kw: Floats
    quality: Floats


def live_infeed_files(plan: SimulationPlan) -> Iterator[tuple[str, bytes]]:
    """Names and contents: the plan's days, local, of all assets but SOL-DE-001."""
    for asset_index, asset in enumerate(plan.assets):
        if asset.asset_id == _UNMEASURED_ASSET_ID:
            continue
        technology, _, number = asset.asset_id.split("-")
        for day_index, day in enumerate(plan.days):
            key_name = "entity_id" if (asset_index + day_index) % 3 == 0 else "asset_id"
            name = f"{technology}{int(number):02d}_{day:%Y%m%d}.json"
            yield name, _document(key_name, asset.asset_id, _samples(plan, asset, day))


def _document(key_name: str, asset_id: str, samples: _Samples) -> bytes:
    values = [None if np.isnan(value) else value for value in samples.power_kw.tolist()]
    document = {
        "key": {key_name: asset_id, "type_id": "power-measurement-live"},
        "column_ids": ["timestamp", "value", "quality"],
        "units": ["ms", "kW", "factor"],
        "values": [samples.timestamp_ms.tolist(), values, samples.quality.tolist()],
    }
    return f"{json.dumps(document)}\n".encode()


def _samples(plan: SimulationPlan, asset: SimulatedAsset, day: dt.date) -> _Samples:
    begin = _local_midnight(day)
    end = _local_midnight(day + dt.timedelta(days=1))
    stream = stream_key(plan.seed, "live", asset.asset_id)
    overlap_chance = float(uniform(stream_key(stream, "overlap"), np.array([day.toordinal()]))[0])
    if overlap_chance < 0.4:
        end += _MINUTE * int(5 + 50 * overlap_chance)

    minutes = np.arange(begin // _MINUTE, end // _MINUTE, dtype=np.int64)
    minutes = minutes[uniform(stream_key(stream, "arrival"), minutes) > 0.03]
    minutes = minutes[~_in_gap(stream_key(stream, "gap"), minutes * _MINUTE)]
    measured = _measured(plan, asset, minutes)
    return _as_transmitted(stream_key(stream, "transmission"), minutes, measured)


def _local_midnight(day: dt.date) -> int:
    midnight = dt.datetime(day.year, day.month, day.day, tzinfo=_BERLIN)
    return int(midnight.timestamp())


def _in_gap(
    stream: int, epoch_seconds: Integers
) -> np.ndarray[tuple[int, ...], np.dtype[np.bool_]]:
    """Whether an instant lies in a gap: in some blocks of six hours one begins, 4 to 150 min."""
    missing = np.zeros(len(epoch_seconds), dtype=np.bool_)
    if not len(epoch_seconds):
        return missing
    # A gap can begin in the block before the first.
    first_block = int(epoch_seconds[0]) // _GAP_BLOCK_SECONDS - 1
    last_block = int(epoch_seconds[-1]) // _GAP_BLOCK_SECONDS
    for block in range(first_block, last_block + 1):
        chance, start_share, length_share = uniform(stream, 3 * block + np.arange(3)).tolist()
        if chance < _GAP_CHANCE:
            start = _GAP_BLOCK_SECONDS * (block + start_share)
            # Many short gaps, few long ones.
            length = 4 * _MINUTE * (_LONGEST_GAP_SECONDS / (4 * _MINUTE)) ** length_share
            missing |= (epoch_seconds >= start) & (epoch_seconds < start + length)
    return missing


def _measured(plan: SimulationPlan, asset: SimulatedAsset, minutes: Integers) -> _Samples:
    stream = stream_key(plan.seed, "measurement", asset.asset_id)
    # Most samples come on the minute, some up to 20 s later.
    delay_ms = np.floor(20_000 * np.maximum(0.0, 7.0 * uniform(stream, minutes) - 6.0))
    timestamp_ms: Floats = np.add(minutes * 60_000.0, delay_ms, dtype=np.float64)
    epoch_seconds = timestamp_ms / 1000.0

    gusts = smooth(stream_key(stream, "gusts"), minutes * _MINUTE, 4 * _MINUTE)
    flicker = 2.0 * uniform(stream_key(stream, "flicker"), minutes) - 1.0
    available = available_power_at(plan, asset, epoch_seconds)
    available = np.minimum(
        available * (1.0 + 0.012 * gusts + 0.004 * flicker), 1.03 * asset.capacity_kw
    )
    power = curtailed(plan, asset, epoch_seconds, available)
    if asset.technology == "solar":
        # Inverters and transformers draw power when the sun is down.
        power = power - asset.capacity_kw * (0.0015 + 0.0004 * flicker)

    defect = uniform(stream_key(stream, "defect"), minutes)
    quality = np.where(defect < 0.006, np.round(0.05 + 70 * defect, 2), 1.0)
    # A doubtful sample holds a wrong value, so that using it shows.
    power = np.where(defect < 0.006, 0.1 * power, power)
    power = np.where((defect > 0.006) & (defect < 0.010), np.nan, power)
    return _Samples(timestamp_ms, np.round(power, 2), quality)


def _as_transmitted(stream: int, minutes: Integers, measured: _Samples) -> _Samples:
    """The samples as a document holds them: some twice, some late and out of order.

    The first of two is the one that does not count; it is a little off.
    """
    position = np.arange(len(minutes), dtype=np.float64)
    late = uniform(stream_key(stream, "late"), minutes // 12) < 0.02
    position = position + np.where(late, 30.0, 0.0)
    twice = np.flatnonzero(uniform(stream_key(stream, "twice"), minutes) < 0.006)
    order = np.argsort(np.concatenate([position, position[twice] - 0.5]), kind="stable")
    return _Samples(
        np.concatenate([measured.timestamp_ms, measured.timestamp_ms[twice]])[order],
        np.concatenate([measured.power_kw, np.round(0.97 * measured.power_kw[twice], 2)])[order],
        np.concatenate([measured.quality, measured.quality[twice]])[order],
    )
