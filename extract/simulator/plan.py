"""What is simulated: which assets, which days, from which seed."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from functools import lru_cache
from types import MappingProxyType
from typing import Literal

import numpy as np

from extract.simulator.noise import stream_key

QUARTER_HOUR_SECONDS = 900
DAY_SECONDS = 86_400
# A forecast reaches 48 hours ahead, both ends included.
FORECAST_STEPS = 48 * 4 + 1

Technology = Literal["solar", "wind"]


@dataclass(frozen=True)
class SimulatedAsset:
    """A plant as the technical data describes it, and what its weather needs to know."""

    asset_id: str
    name: str
    technology: Technology
    latitude: float
    longitude: float
    capacity_kw: int
    commissioning_date: dt.date
    owner_name: str
    panel_type: str = ""
    tracking_type: str = ""
    turbine_model: str = ""
    turbine_count: int = 0
    hub_height_meters: int = 0
    mean_wind_speed_m_per_s: float = 0.0

    @property
    def metering_point_id(self) -> str:
        """The DSO's name of the plant, MP-WND-003 for WND-DE-003."""
        technology, _, number = self.asset_id.split("-")
        return f"MP-{technology}-{number}"


KNOWN_ASSETS = (
    SimulatedAsset(
        "SOL-DE-001", "Uckermark Solar Park", "solar", 53.1042, 13.8719, 1088,
        dt.date(2022, 5, 18), "Uckermark Sonnenstrom GmbH",
        panel_type="monocrystalline", tracking_type="fixed",
    ),
    SimulatedAsset(
        "SOL-DE-002", "Gaeuboden Solar Park", "solar", 48.8713, 12.6105, 1490,
        dt.date(2025, 4, 30), "Buergerenergie Gaeuboden eG",
        panel_type="bifacial", tracking_type="single_axis",
    ),
    SimulatedAsset(
        "WND-DE-001", "Emsland Wind Farm", "wind", 52.8467, 7.4524, 4000,
        dt.date(2019, 10, 2), "Windhof Emsland GmbH & Co. KG",
        turbine_model="Enercon E-82 E2", turbine_count=2, hub_height_meters=108,
        mean_wind_speed_m_per_s=7.2,
    ),
    SimulatedAsset(
        "WND-DE-002", "Magdeburg Boerde Wind Farm", "wind", 52.0186, 11.3827, 6600,
        dt.date(2021, 8, 24), "Boerdewind Beteiligungs GmbH",
        turbine_model="Vestas V112-3.3", turbine_count=2, hub_height_meters=140,
        mean_wind_speed_m_per_s=7.4,
    ),
    SimulatedAsset(
        "WND-DE-003", "North Frisia Wind Farm", "wind", 54.7805, 8.8281, 5600,
        dt.date(2024, 3, 15), "Nordfriesland Wind GmbH",
        turbine_model="GE 2.8-127", turbine_count=2, hub_height_meters=120,
        mean_wind_speed_m_per_s=8.8,
    ),
)  # fmt: skip

_TURBINES = (("Enercon E-82 E2", 2000), ("Vestas V112-3.3", 3300), ("Nordex N149", 4500))
_PANELS = ("monocrystalline", "polycrystalline", "bifacial")


def _generated_asset(seed: int, index: int) -> SimulatedAsset:
    """An asset beyond the first five: solar and wind in turn, numbered from 004."""
    technology: Technology = "solar" if index % 2 else "wind"
    number = 4 + (index - len(KNOWN_ASSETS)) // 2
    asset_id = f"{'SOL' if technology == 'solar' else 'WND'}-DE-{number:03d}"
    random = np.random.Generator(np.random.Philox(key=stream_key(seed, "asset", asset_id)))
    latitude = round(float(random.uniform(48.0, 54.5)), 4)
    longitude = round(float(random.uniform(7.5, 13.5)), 4)
    commissioning_date = dt.date(2010, 1, 1) + dt.timedelta(days=int(random.integers(0, 4700)))
    if technology == "solar":
        return SimulatedAsset(
            asset_id, f"Solar Park {number}", technology, latitude, longitude,
            int(random.integers(400, 12_000)), commissioning_date, f"Solarpark {number} GmbH",
            panel_type=_PANELS[int(random.integers(0, len(_PANELS)))],
            tracking_type="single_axis" if random.uniform() < 0.3 else "fixed",
        )  # fmt: skip
    model, turbine_kw = _TURBINES[int(random.integers(0, len(_TURBINES)))]
    turbine_count = int(random.integers(1, 9))
    return SimulatedAsset(
        asset_id, f"Wind Farm {number}", technology, latitude, longitude,
        turbine_count * turbine_kw, commissioning_date, f"Windpark {number} GmbH & Co. KG",
        turbine_model=model, turbine_count=turbine_count,
        hub_height_meters=int(random.integers(90, 165)),
        # The coast has more wind than the south.
        mean_wind_speed_m_per_s=round(6.3 + 0.3 * (latitude - 48.0) + random.uniform(0, 0.6), 2),
    )  # fmt: skip


@lru_cache(maxsize=16)
def _assets(seed: int, asset_count: int) -> tuple[SimulatedAsset, ...]:
    generated = (_generated_asset(seed, i) for i in range(len(KNOWN_ASSETS), asset_count))
    return (*KNOWN_ASSETS[:asset_count], *generated)


@lru_cache(maxsize=16)
def _assets_by_id(seed: int, asset_count: int) -> MappingProxyType[str, SimulatedAsset]:
    return MappingProxyType({asset.asset_id: asset for asset in _assets(seed, asset_count)})


@dataclass(frozen=True)
class SimulationPlan:
    """What to simulate; equal plans give equal bytes.

    `first_day` (UTC) and `day_count` bound the forecast versions. `versions_complete` leaves no
    forecast version missing, short, gappy or with nulls. `with_faults` puts faults as real sources
    have them into live infeed and final production (faults.py).
    """

    seed: int = 20250608
    asset_count: int = 5
    first_day: dt.date = dt.date(2025, 6, 7)
    day_count: int = 3
    versions_complete: bool = False
    with_faults: bool = False

    def __post_init__(self) -> None:
        if self.asset_count < 1:
            raise ValueError(f"asset_count must be at least 1, not {self.asset_count}")
        if self.day_count < 1:
            raise ValueError(f"day_count must be at least 1, not {self.day_count}")

    @property
    def assets(self) -> tuple[SimulatedAsset, ...]:
        """The assets of the plan: the five well-known ones first, then generated ones."""
        return _assets(self.seed, self.asset_count)

    @property
    def assets_by_id(self) -> MappingProxyType[str, SimulatedAsset]:
        """The assets of the plan by `asset_id`."""
        return _assets_by_id(self.seed, self.asset_count)

    @property
    def days(self) -> tuple[dt.date, ...]:
        """The days on which forecast versions are made."""
        return tuple(self.first_day + dt.timedelta(days=i) for i in range(self.day_count))

    @property
    def settled_days(self) -> tuple[dt.date, ...]:
        """The UTC days whose final production is known: the middle ones, all of one or two."""
        return self.days if self.day_count < 3 else self.days[1:-1]

    @property
    def first_version_epoch(self) -> int:
        """The first forecast version, in seconds since 1970 (UTC)."""
        return epoch_of_day(self.first_day)

    @property
    def end_version_epoch(self) -> int:
        """The end of the forecast versions (not a version itself), in seconds since 1970."""
        return self.first_version_epoch + self.day_count * DAY_SECONDS


def epoch_of_day(day: dt.date) -> int:
    """The start of a UTC day in seconds since 1970."""
    return int(dt.datetime(day.year, day.month, day.day, tzinfo=dt.UTC).timestamp())
