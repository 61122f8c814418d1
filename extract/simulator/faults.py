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

_PARTLY_SETTLED_DAY = dt.date(2025, 6, 9)
# The rest of the day is not settled yet: 8 June stays the newest day that nearly all is.
_SETTLED_HOURS = 16
_INSTANT = "%Y-%m-%d %H:%M:%S.%f UTC"


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
    return _changed(samples, window, lambda power_kw: -power_kw)


def in_megawatts(samples: list[Sample], window: Window) -> list[Sample]:
    """The values in the window are MW, whatever the document says of its unit."""
    return _changed(samples, window, lambda power_kw: round(power_kw / 1000.0, 3))


def frozen(samples: list[Sample], window: Window) -> list[Sample]:
    """The first good value of the window is repeated until its end."""
    good = _good(samples, window)
    return _changed(samples, window, lambda _: good[min(good)])


def held_at(samples: list[Sample], window: Window, power_kw: float) -> list[Sample]:
    """Each value of the window is the same, in kW."""
    return _changed(samples, window, lambda _: power_kw)


def raised(samples: list[Sample], window: Window, by_kw: float) -> list[Sample]:
    """Each value of the window is more by as many kW."""
    return _changed(samples, window, lambda power_kw: round(power_kw + by_kw, 2))


def one_hour_late(content: bytes) -> bytes:
    """A file of final production whose instants are an hour after those that are meant."""
    header, rows = _rows(content)
    return _file(header, [(start + dt.timedelta(hours=1), values) for start, values in rows])


def interpolated(content: bytes, begin: dt.datetime, end: dt.datetime) -> bytes:
    """A file of final production that is a straight line from one of its instants to another."""
    header, rows = _rows(content)
    values_at = dict(rows)

    def on_the_line(start: dt.datetime) -> list[float]:
        share = (start - begin) / (end - begin)
        ends = zip(values_at[begin], values_at[end], strict=True)
        return [first + share * (last - first) for first, last in ends]

    return _file(
        header,
        [
            (start, on_the_line(start) if begin <= start <= end else values)
            for start, values in rows
        ],
    )


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
    """Names and contents: the plan's final production, and parts of a day with a fault each."""
    files = dict(final_production_files(plan))
    for asset_id, fault in _FINAL_FAULTS.items():
        asset = plan.assets_by_id.get(asset_id)
        if asset is not None and _PARTLY_SETTLED_DAY in plan.days:
            name, content = final_production_file(plan, (asset,), _PARTLY_SETTLED_DAY)
            lines = fault(content).splitlines(keepends=True)
            files[name] = b"".join(lines[: 1 + 4 * _SETTLED_HOURS])
    yield from files.items()


def _hours(day: int, begin: float, end: float) -> Window:
    """Hours of a day of June 2025, local."""
    midnight_ms = dt.datetime(2025, 6, day, tzinfo=_BERLIN).timestamp() * 1000
    return Window(midnight_ms + 3_600_000 * begin, midnight_ms + 3_600_000 * end)


_SWAPPED = {
    "WND01_20250607.json": "WND03_20250607.json",
    "WND03_20250607.json": "WND01_20250607.json",
}
# The wind of WND-DE-002 rises meanwhile, then falls below the value: a forecast, the only
# reference on a day that is not settled, has to lie above and below one that stands still.
_LIVE_FAULTS: Mapping[str, Callable[[list[Sample]], list[Sample]]] = {
    "SOL02_20250607.json": partial(sign_flipped, window=_hours(7, 0, 24)),
    "WND02_20250607.json": partial(frozen, window=_hours(7, 17.5, 23.5)),
    "WND01_20250608.json": partial(
        held_at, window=_hours(8, 9, 9.5), power_kw=1.3 * _CAPACITY_KW["WND-DE-001"]
    ),
    "WND01_20250609.json": partial(in_megawatts, window=_hours(9, 0, 24)),
    "SOL02_20250609.json": partial(
        raised, window=_hours(9, 0, 3), by_kw=0.15 * _CAPACITY_KW["SOL-DE-002"]
    ),
}
# The wind of WND-DE-003 rises late in its hours, and then fast: it lies below the line, then above.
_FINAL_FAULTS: Mapping[str, Callable[[bytes], bytes]] = {
    "WND-DE-002": one_hour_late,
    "WND-DE-003": partial(
        interpolated,
        begin=dt.datetime(2025, 6, 9, 10, tzinfo=dt.UTC),
        end=dt.datetime(2025, 6, 9, 16, tzinfo=dt.UTC),
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
    samples: list[Sample], window: Window, change: Callable[[float], float]
) -> list[Sample]:
    """The samples, with `change(power_kw)` in the window; null stays null."""
    return [
        (timestamp_ms, change(power_kw), quality)
        if power_kw is not None and window.holds((timestamp_ms, power_kw, quality))
        else (timestamp_ms, power_kw, quality)
        for timestamp_ms, power_kw, quality in samples
    ]


def _rows(content: bytes) -> tuple[str, list[tuple[dt.datetime, list[float]]]]:
    """The header of a file of final production; the kW of its metering points by instant."""
    header, *lines = content.decode().splitlines()
    rows = []
    for line in lines:
        start, *cells = line.split(",")
        instant = dt.datetime.strptime(start, _INSTANT).replace(tzinfo=dt.UTC)
        rows.append((instant, [float(cell) for cell in cells]))
    return header, rows


def _file(header: str, rows: list[tuple[dt.datetime, list[float]]]) -> bytes:
    """What `_rows` reads, written as the grid operator does: to hundredths of a kW."""
    lines = [
        ",".join([f"{start:{_INSTANT}}", *(f"{value:.2f}" for value in values)])
        for start, values in rows
    ]
    return ("\n".join([header, *lines]) + "\n").encode()
