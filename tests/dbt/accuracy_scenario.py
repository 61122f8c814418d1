"""A scenario in which every forecast error is known."""

from collections.abc import Callable, Hashable
from datetime import UTC, date, datetime, timedelta
from hashlib import sha256
from random import Random
from typing import Any

import numpy as np
import pandas as pd
import pendulum
from psycopg import sql

from extract.documents import Document
from extract.sources.asset_contracts import AssetContracts
from extract.sources.final_production import FinalProduction
from extract.sources.live_infeed import LiveInfeed
from extract.sources.redispatch import RedispatchFlag
from extract.sources.technical_data import TechnicalData
from extract.vpp.forecast import Forecast
from tests.warehouses import Warehouse

QUARTER_HOUR = pd.Timedelta(minutes=15)
INSTANT = "datetime64[us, UTC]"
KEY = ["asset_id", "delivery_start_utc"]
# The quarter-hours of each day in Berlin, and the first of the two UTC days around it.
DAYS = {date(2025, 3, 30): 92, date(2025, 6, 8): 96, date(2025, 10, 26): 100}
BEGINS = [pd.Timestamp(day - timedelta(days=1), tz=UTC) for day in DAYS]
ZONES = dict.fromkeys("ABCE", "Europe/Berlin") | {"D": "Asia/Kathmandu"}
# A's capacity changes within a quarter-hour; D's is only in its contract, E's nowhere.
CAPACITY_CHANGED = pd.Timestamp("2025-06-08 10:07", tz=UTC)
CAPACITIES_KW = {"A": 1000.1, "B": 500.5, "C": 3000.3, "D": 750.0, "E": np.nan}
NEW_CAPACITY_KW = 2000.2
B_JOINED = pd.Timestamp("2025-06-08", tz="Europe/Berlin")
REDISPATCHED = {
    ("A", "2025-03-30 00:30", "2025-03-30 02:00"),
    ("C", "2025-06-08 10:00", "2025-06-08 12:00"),
    ("C", "2025-10-25 22:00", "2025-10-26 04:00"),
    ("A", "2025-10-26 10:00", "2025-10-26 20:00"),
}
# Flags that are withdrawn again.
WITHDRAWN = {
    ("A", "2025-03-30 05:00", "2025-03-30 07:00"),
    ("D", "2025-06-08 09:15", "2025-06-08 10:00"),
}


def instant(value: pd.Timestamp) -> pendulum.DateTime:
    return pendulum.instance(value.to_pydatetime())


class Scenario:
    """The documents of five plants around three days."""

    def __init__(self, seed: int) -> None:
        self.random = Random(seed)
        self.documents: list[Document] = []
        self._master_data()
        for begin in BEGINS:
            for asset_id in ZONES:
                self._forecasts(asset_id, begin)
                self._final_production(asset_id, begin)
                # B has no live infeed, and A none on the last day.
                hours = {"B": 0, "A": 24 if begin == BEGINS[-1] else 48}.get(asset_id, 48)
                self._live_infeed(asset_id, begin, hours)
        for measure in sorted(REDISPATCHED | WITHDRAWN):
            self._flag(*measure, issued_day=1)
        for measure in sorted(WITHDRAWN):
            self._flag(*measure, issued_day=2)

    def _add(self, kind: Callable[..., Document], **fields: Any) -> None:
        number = len(self.documents)
        name = f"file:///{kind.__name__}/{number}"
        fields.setdefault("received_utc", pendulum.datetime(2025, 11, 1))
        digest = sha256(name.encode()).digest()
        self.documents.append(kind(source_uri=name, content_sha256=digest, **fields))

    def _power(self) -> float:
        return round(self.random.uniform(-5, 900), 3)

    def _hole(self, share: float) -> float | None:
        return None if self.random.random() < share else self._power()

    def _master_data(self) -> None:
        for created, changed in (
            (pd.Timestamp("2025-03-01", tz=UTC), False),
            (CAPACITY_CHANGED, True),
        ):
            capacities = {**CAPACITIES_KW, "D": None, "E": None}
            if changed:
                capacities["A"] = NEW_CAPACITY_KW
            assets = [
                {
                    "asset_id": asset_id,
                    "location": {"timezone": zone},
                    "technical_attributes": {"capacity_kw": capacities[asset_id]},
                    "status": "operational",
                }
                for asset_id, zone in ZONES.items()
            ]
            self._add(TechnicalData, created_utc=created, assets=assets)
        contracts = [
            {
                "contract_id": f"CON-{asset_id}",
                "asset_id": asset_id,
                "metering_point_id": f"MP-{asset_id}",
                "capacity": "0.75" if asset_id == "D" else None,
                "contract_begin": f"{B_JOINED:%Y-%m-%d}" if asset_id == "B" else "2024-01-01",
                "contract_end": None,
                "technology": "wind",
                **dict.fromkeys(("price_model", "price", "fee_model", "fee", "fee_percent")),
            }
            for asset_id in ZONES
        ]
        exported = datetime(2025, 3, 1, tzinfo=UTC)
        self._add(AssetContracts, exported_utc=exported, contracts=contracts)

    def _forecasts(self, asset_id: str, begin: pd.Timestamp) -> None:
        """Four of ten versions, starting 54 hours before the two days; some are made again."""
        for version in pd.date_range(begin - pd.Timedelta(hours=54), periods=400, freq="15min"):
            if self.random.random() > 0.4:
                continue
            for receipt in range(self.random.choice((1, 1, 1, 2))):
                count = self.random.choice((193, 193, 193, 40, 220))
                self._add(
                    Forecast,
                    asset_id=asset_id,
                    version_utc=instant(version),
                    grid_start_utc=instant(version),
                    received_utc=instant(version + pd.Timedelta(minutes=1 + 60 * receipt)),
                    power_kw=tuple(self._hole(0.05) for _ in range(count)),
                )

    def _final_production(self, asset_id: str, begin: pd.Timestamp) -> None:
        """Two days, the second partly restated on the day after."""
        for days, hour, count in ((1, 0, 96), (2, 24, 96), (3, 30, 20)):
            start = begin + pd.Timedelta(hours=hour)
            self._add(
                FinalProduction,
                metering_point_id=f"MP-{asset_id}",
                issued_date=(begin + pd.Timedelta(days=days)).date(),
                grid_start_utc=start,
                power_kw=[self._hole(0.15) for _ in range(count)],
            )

    def _live_infeed(self, asset_id: str, begin: pd.Timestamp, hours: int) -> None:
        """A sample for each minute of most quarter-hours, and none in the others."""
        starts = pd.date_range(begin, periods=hours * 4, freq="15min")
        measured = [
            start + pd.Timedelta(minutes=minute)
            for start in starts
            if self.random.random() < 0.8
            for minute in range(15)
        ]
        if measured:
            self._add(
                LiveInfeed,
                asset_id=asset_id,
                measured_utc=measured,
                power_kw=[self._power() for _ in measured],
                quality=[1.0] * len(measured),
            )

    def _flag(self, asset_id: str, begins: str, ends: str, *, issued_day: int) -> None:
        """Curtailment as of the first day; on the second it is withdrawn."""
        self._add(
            RedispatchFlag,
            metering_point_id=f"MP-{asset_id}",
            issued_utc=datetime(2025, 11, issued_day, tzinfo=UTC),
            delivery_start_utc=[pd.Timestamp(begins, tz=UTC)],
            delivery_end_utc=[pd.Timestamp(ends, tz=UTC)],
            is_redispatched=[issued_day == 1],
        )

    def of(self, kind: type[Document]) -> list[Any]:
        """The documents of a kind, as received."""
        found = [document for document in self.documents if isinstance(document, kind)]
        return sorted(found, key=lambda document: document.received_utc)


def quarter_hours_of(day: Hashable, zone: str) -> int:
    """How many quarter-hours a local calendar day has."""
    assert isinstance(day, date)
    begin = pd.Timestamp(day, tz=zone)
    return int((pd.Timestamp(day + timedelta(days=1), tz=zone) - begin) / QUARTER_HOUR)


def mart(warehouse: Warehouse, name: str) -> pd.DataFrame:
    """The rows of a mart."""
    with warehouse.connect() as connection:
        cursor = connection.execute(sql.SQL("select * from {}").format(sql.Identifier(name)))
        assert cursor.description is not None
        columns = [column.name for column in cursor.description]
        return pd.DataFrame(cursor.fetchall(), columns=columns)


def assert_same_rows(found: pd.DataFrame, expected: pd.DataFrame, key: list[str]) -> None:
    """The rows are equal in the expected columns; numbers up to the last few digits."""
    assert len(expected) > 0
    texts = expected.columns.intersection(["infeed_source", "delivery_date"])

    def table(frame: pd.DataFrame) -> pd.DataFrame:
        rows = frame[list(expected.columns)]
        if "delivery_start_utc" in rows:
            rows = rows.astype({"delivery_start_utc": INSTANT})
        rows = rows.set_index(key).sort_index()
        rows = rows.astype(dict.fromkeys(rows.columns.difference(texts), float))
        return rows.astype(dict.fromkeys(texts.difference(key), object))

    pd.testing.assert_frame_equal(
        table(found), table(expected), check_exact=False, rtol=1e-9, atol=1e-9
    )
