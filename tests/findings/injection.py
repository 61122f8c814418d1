"""Faults at random: which documents they hit, and how much each changed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np

from extract.simulator.noise import stream_key
from extract.simulator.plan import QUARTER_HOUR_SECONDS
from tests.findings.days import SOURCES, bounds
from tests.findings.faults import (
    FROZEN,
    INTERPOLATED,
    KINDS,
    NIGHT_PRODUCTION,
    SWAPPED,
    mean_change,
    spoilt,
)
from tests.findings.portfolio import Plant
from tests.findings.series import Series

Key = tuple[str, str, date]
"""A document: its source, its asset and its day."""

LARGE = 0.05
"""A fault is large from this mean change, as a share of the capacity."""
_SHORTEST_NIGHT = 8
_TRIES = 2000
_DAY = timedelta(days=1)


@dataclass(frozen=True)
class Fault:
    """A fault that was put in; of two swapped documents, the first one and the other asset."""

    source: str
    asset_id: str
    delivery_date: date
    kind: str
    change: float
    """Mean absolute change as a share of capacity; for two swapped documents, the smaller one."""
    other_asset_id: str | None = None
    detail: str = ""

    @property
    def is_large(self) -> bool:
        return self.change > LARGE

    @property
    def carriers(self) -> tuple[tuple[str, str | None], ...]:
        """Each asset whose document is wrong, with the other one if they are swapped."""
        if self.other_asset_id is None:
            return ((self.asset_id, None),)
        return (
            (self.asset_id, self.other_asset_id),
            (self.other_asset_id, self.asset_id),
        )


def inject(
    seed: int,
    documents: Mapping[Key, Series],
    plants: Mapping[str, Plant],
    days: Sequence[date],
    count_per_kind: int,
) -> tuple[dict[Key, Series], list[Fault]]:
    """The documents, with faults in those of these days, and the faults.

    No asset has two on the same or adjacent days. There are fewer if there is no room left.
    """
    random = np.random.default_rng(stream_key(seed, "faults"))
    spoilt_documents, faults = dict(documents), list[Fault]()
    taken: set[tuple[str, date]] = set()
    keys = [key for key in documents if key[2] in set(days)]
    by_source = {source: [key for key in keys if key[0] == source] for source in SOURCES}
    for _ in range(count_per_kind):
        for kind in KINDS:
            found = _drawn(kind, by_source, plants, taken, random)
            if found is None:
                continue
            first, other = found
            taken |= {(key[1], key[2]) for key in found if key is not None}
            if other is not None:
                faults.append(_swap(first, other, spoilt_documents, plants))
                continue
            faults.append(_spoil(kind, first, spoilt_documents, plants, random))
    return spoilt_documents, faults


def _drawn(
    kind: str,
    by_source: Mapping[str, Sequence[Key]],
    plants: Mapping[str, Plant],
    taken: set[tuple[str, date]],
    random: np.random.Generator,
) -> tuple[Key, Key | None] | None:
    """A document for the fault, or two of the same day for a swap; None if there is no room."""
    candidates = by_source[SOURCES[int(random.integers(0, len(SOURCES)))]]
    for _ in range(_TRIES):
        key = candidates[int(random.integers(0, len(candidates)))]
        if not _is_free(key, taken):
            continue
        if kind == NIGHT_PRODUCTION and not nights_of(plants[key[1]], *bounds(key[0], key[2])):
            continue
        if kind != SWAPPED:
            return key, None
        others = [
            other
            for other in candidates
            if other[2] == key[2] and other[1] != key[1] and _is_free(other, taken)
        ]
        if others:
            return key, others[int(random.integers(0, len(others)))]
    return None


def _is_free(key: Key, taken: set[tuple[str, date]]) -> bool:
    _, asset_id, day = key
    return not any((asset_id, one) in taken for one in (day - _DAY, day, day + _DAY))


def nights_of(plant: Plant, begin: int, end: int) -> list[tuple[int, int]]:
    """The spans of at least two hours in which no sun reaches a solar plant (seconds since 1970).

    A wind farm has none.
    """
    if plant.asset.technology != "solar":
        return []
    is_dark = plant.potential_kw[plant.window(begin, end)] == 0
    edges = np.flatnonzero(np.diff(np.concatenate([[False], is_dark, [False]]))).reshape(-1, 2)
    return [
        (begin + int(first) * QUARTER_HOUR_SECONDS, begin + int(last) * QUARTER_HOUR_SECONDS)
        for first, last in edges
        if last - first >= _SHORTEST_NIGHT
    ]


def _swap(
    first: Key, other: Key, documents: dict[Key, Series], plants: Mapping[str, Plant]
) -> Fault:
    before = {first: documents[first], other: documents[other]}
    documents[first], documents[other] = before[other], before[first]
    source, asset_id, day = first
    change = min(
        mean_change(series, documents[key], bounds(source, day), plants[key[1]].asset.capacity_kw)
        for key, series in before.items()
    )
    return Fault(source, asset_id, day, SWAPPED, change, other[1])


def _spoil(
    kind: str,
    key: Key,
    documents: dict[Key, Series],
    plants: Mapping[str, Plant],
    random: np.random.Generator,
) -> Fault:
    source, asset_id, day = key
    span, plant, before = bounds(source, day), plants[asset_id], documents[key]
    capacity_kw = float(plant.asset.capacity_kw)
    documents[key], detail = spoilt(kind, before, capacity_kw, nights_of(plant, *span), random)
    change = mean_change(before, documents[key], span, capacity_kw)
    changed = documents[key].power_kw[documents[key].power_kw != before.power_kw]
    changed = changed[~np.isnan(changed)]
    if kind == INTERPOLATED and len(changed) and np.ptp(changed) == 0:
        # Between two equal points a straight line is a value that stands still.
        kind = FROZEN
    return Fault(source, asset_id, day, kind, change, detail=detail)
