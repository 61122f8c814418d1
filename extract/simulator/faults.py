"""Faults as real sources have them, one of each kind, in days of June 2025.

They lie in the files of live infeed and final production of a plan `with_faults`, and only where
the plan has the asset and the day. A fault keeps to the day of its document: what a live file holds
beyond midnight agrees with the next one. Nothing that 8 June was settled with is touched.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from zoneinfo import ZoneInfo

from extract.simulator.dso import final_production_file, final_production_files
from extract.simulator.live_infeed import live_infeed_files
from extract.simulator.plan import KNOWN_ASSETS, SimulationPlan

Sample = tuple[float, float | None, float]
"""A measurement: milliseconds since 1970, kW (None: null) and quality from 0 to 1."""

_BERLIN = ZoneInfo("Europe/Berlin")
_LEAST_QUALITY = 0.5
_CAPACITY_KW = {asset.asset_id: asset.capacity_kw for asset in KNOWN_ASSETS}

_LATE_ASSET_ID = "WND-DE-002"
_LATE_DAY = dt.date(2025, 6, 9)
# The rest of the day is not settled yet: 8 June stays the newest day that nearly all is.
_SETTLED_HOURS = 16


@dataclass(frozen=True)
class Window:
    """From an instant to before another, both in milliseconds since 1970."""

    begin_ms: float
    end_ms: float

    def holds(self, sample: Sample) -> bool:
        """Whether a sample was measured in the window."""
        return self.begin_ms <= sample[0] < self.end_ms


def swapped(samples: list[Sample], others: list[Sample], window: Window) -> list[Sample]:
    """What another plant measured in the window, as if it were this one's."""
    inside = [sample for sample in others if window.holds(sample)]
    return inside + [sample for sample in samples if not window.holds(sample)]


def sign_flipped(samples: list[Sample], window: Window) -> list[Sample]:
    """Production in the window counts as consumption."""
    return _changed(samples, window, lambda _, power_kw: -power_kw)


def in_megawatts(samples: list[Sample], window: Window) -> list[Sample]:
    """The values in the window are MW, whatever the document says of its unit."""
    return _changed(samples, window, lambda _, power_kw: round(power_kw / 1000.0, 3))


def frozen(samples: list[Sample], window: Window) -> list[Sample]:
    """The first good value of the window stands until its end."""
    good = _good(samples, window)
    return _changed(samples, window, lambda timestamp_ms, _: good[min(good)])


def interpolated(samples: list[Sample], window: Window) -> list[Sample]:
    """A straight line from the first good value of the window to its last."""
    good = _good(samples, window)

    def on_the_line(timestamp_ms: float, _: float) -> float:
        first_ms, last_ms = min(good), max(good)
        share = (timestamp_ms - first_ms) / (last_ms - first_ms)
        return round(good[first_ms] + share * (good[last_ms] - good[first_ms]), 2)

    return _changed(samples, window, on_the_line)


def held_at(samples: list[Sample], window: Window, power_kw: float) -> list[Sample]:
    """Each value of the window is the same, in kW."""
    return _changed(samples, window, lambda timestamp_ms, _: power_kw)


def raised(samples: list[Sample], window: Window, by_kw: float) -> list[Sample]:
    """Each value of the window is more by as many kW."""
    return _changed(samples, window, lambda _, power_kw: round(power_kw + by_kw, 2))


def one_hour_late(content: bytes) -> bytes:
    """A file of final production whose instants are an hour after those that are meant."""
    header, *rows = content.decode().splitlines()
    late = []
    for row in rows:
        start, *cells = row.split(",")
        instant = dt.datetime.strptime(start, "%Y-%m-%d %H:%M:%S.%f UTC") + dt.timedelta(hours=1)
        late.append(",".join([f"{instant:%Y-%m-%d %H:%M:%S.%f} UTC", *cells]))
    return ("\n".join([header, *late]) + "\n").encode()


def faulty_live_infeed_files(plan: SimulationPlan) -> Iterator[tuple[str, bytes]]:
    """Names and contents: the plan's live infeed, some documents with a fault."""
    files = dict(live_infeed_files(plan))
    for name, content in files.items():
        if name in _LIVE_FAULTS:
            yield name, _with(content, _LIVE_FAULTS[name])
        elif name in _SWAPPED and _SWAPPED[name] in files:
            others = _samples(json.loads(files[_SWAPPED[name]]))
            yield name, _with(content, partial(swapped, others=others, window=_hours(7, 0, 24)))
        else:
            yield name, content


def faulty_final_production_files(plan: SimulationPlan) -> Iterator[tuple[str, bytes]]:
    """Names and contents: the plan's final production, and a part of a day that is an hour late."""
    files = dict(final_production_files(plan))
    asset = plan.assets_by_id.get(_LATE_ASSET_ID)
    if asset is not None and _LATE_DAY in plan.days:
        name, content = final_production_file(plan, (asset,), _LATE_DAY)
        settled = b"".join(content.splitlines(keepends=True)[: 1 + 4 * _SETTLED_HOURS])
        files[name] = one_hour_late(settled)
    yield from files.items()


def _hours(day: int, begin: float, end: float) -> Window:
    """Hours of a day of June 2025, local."""
    midnight_ms = dt.datetime(2025, 6, day, tzinfo=_BERLIN).timestamp() * 1000
    return Window(midnight_ms + 3_600_000 * begin, midnight_ms + 3_600_000 * end)


_SWAPPED = {
    "WND01_20250607.json": "WND03_20250607.json",
    "WND03_20250607.json": "WND01_20250607.json",
}
# The wind of WND-DE-002 rises meanwhile, and that of WND-DE-003 comes early in its hours.
_LIVE_FAULTS: Mapping[str, Callable[[list[Sample]], list[Sample]]] = {
    "SOL02_20250607.json": partial(sign_flipped, window=_hours(7, 0, 24)),
    "WND02_20250607.json": partial(frozen, window=_hours(7, 14, 20)),
    "WND01_20250608.json": partial(
        held_at, window=_hours(8, 9, 9.5), power_kw=1.3 * _CAPACITY_KW["WND-DE-001"]
    ),
    "WND01_20250609.json": partial(in_megawatts, window=_hours(9, 0, 24)),
    "WND03_20250609.json": partial(interpolated, window=_hours(9, 14, 20)),
    "SOL02_20250609.json": partial(
        raised, window=_hours(9, 0, 3), by_kw=0.15 * _CAPACITY_KW["SOL-DE-002"]
    ),
}


def _with(content: bytes, fault: Callable[[list[Sample]], list[Sample]]) -> bytes:
    document = json.loads(content)
    document["values"] = [list(column) for column in zip(*fault(_samples(document)), strict=True)]
    return f"{json.dumps(document)}\n".encode()


def _samples(document: Mapping[str, list[list[float]]]) -> list[Sample]:
    return list(zip(*document["values"], strict=True))


def _good(samples: list[Sample], window: Window) -> dict[float, float]:
    """kW by instant, of the samples in the window that count: of two for an instant the last."""
    last = {sample[0]: sample for sample in samples if window.holds(sample)}
    return {
        timestamp_ms: power_kw
        for timestamp_ms, power_kw, quality in last.values()
        if power_kw is not None and quality >= _LEAST_QUALITY
    }


def _changed(
    samples: list[Sample], window: Window, change: Callable[[float, float], float]
) -> list[Sample]:
    """The samples, with `change(timestamp_ms, power_kw)` in the window; null stays null."""
    return [
        (timestamp_ms, change(timestamp_ms, power_kw), quality)
        if power_kw is not None and window.holds((timestamp_ms, power_kw, quality))
        else (timestamp_ms, power_kw, quality)
        for timestamp_ms, power_kw, quality in samples
    ]
