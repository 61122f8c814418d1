"""What was produced and how wrong the forecasts were, against pandas, on days of 92, 96 and 100.

The documents land in two random halves, each followed by a build. What is expected is computed
from the documents alone, by the definitions, and never reads a model.
"""

from collections.abc import Callable, Hashable, Iterator
from datetime import UTC, date, datetime, timedelta
from hashlib import sha256
from random import Random
from typing import Any

import numpy as np
import pandas as pd
import pendulum
import pytest
from psycopg import sql

from extract.documents import Document
from extract.sources.asset_contracts import AssetContracts
from extract.sources.final_production import FinalProduction
from extract.sources.live_infeed import LiveInfeed
from extract.sources.redispatch import RedispatchFlag
from extract.sources.technical_data import TechnicalData
from extract.vpp.forecast import Forecast
from extract.warehouse.schema import ensure_schema
from tests.conftest import Warehouse
from tests.dbt_project import dbt
from tests.worlds import Arrival, land

QUARTER_HOUR = pd.Timedelta(minutes=15)
INSTANT = "datetime64[us, UTC]"
KEY = ["asset_id", "delivery_start_utc"]
# The quarter-hours of each day in Berlin, and the first of the two UTC days around it.
DAYS = {date(2025, 3, 30): 92, date(2025, 6, 8): 96, date(2025, 10, 26): 100}
BEGINS = [pd.Timestamp(day - timedelta(days=1), tz=UTC) for day in DAYS]
ZONES = dict.fromkeys("ABCE", "Europe/Berlin") | {"D": "Asia/Kathmandu"}
# The capacity of A changes within a quarter-hour; that of D is only in its contract, of E nowhere.
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
MEASURES = ["mae_kw", "rmse_kw", "bias_kw", "nmae", "nrmse", "nbias"]


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
        for number, (asset_id, begins, ends) in enumerate(sorted(REDISPATCHED)):
            self._add(
                RedispatchFlag,
                metering_point_id=f"MP-{asset_id}",
                issued_utc=datetime(2025, 11, 1, number, tzinfo=UTC),
                delivery_start_utc=[pd.Timestamp(begins, tz=UTC)],
                delivery_end_utc=[pd.Timestamp(ends, tz=UTC)],
                is_redispatched=[True],
            )

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
        """Four of ten versions, from 54 hours before the two days on; some made again."""
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
        """Two days, the second of them restated in part on the day after."""
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
        """A sample each minute of most quarter-hours, and none in the others."""
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

    def of(self, kind: type[Document]) -> list[Any]:
        """The documents of a kind, as they were received."""
        found = [document for document in self.documents if isinstance(document, kind)]
        return sorted(found, key=lambda document: document.received_utc)


class Expected:
    """The marts by their definitions."""

    def __init__(self, scenario: Scenario) -> None:
        # Every value of every version; of a version that was received twice, the later counts.
        newest = {(one.asset_id, one.version_utc): one for one in scenario.of(Forecast)}
        values = pd.concat(
            pd.DataFrame(
                {
                    "asset_id": asset_id,
                    "version_utc": pd.Timestamp(version),
                    "delivery_start_utc": pd.date_range(
                        document.grid_start_utc, periods=len(document.power_kw), freq="15min"
                    ),
                    "power_kw": np.array(document.power_kw, dtype=float),
                }
            )
            for (asset_id, version), document in newest.items()
        )
        self.values = values.dropna().astype(
            {"version_utc": INSTANT, "delivery_start_utc": INSTANT}
        )
        stated: dict[tuple[str, pd.Timestamp], float] = {}
        for final in sorted(scenario.of(FinalProduction), key=lambda one: one.issued_date):
            for number, power_kw in enumerate(final.power_kw):
                if power_kw is not None:
                    start = final.grid_start_utc + number * QUARTER_HOUR
                    stated[final.metering_point_id.removeprefix("MP-"), start] = power_kw
        self.final = self._series(stated)
        samples = pd.concat(
            pd.DataFrame(
                {"asset_id": one.asset_id, "at": one.measured_utc, "power_kw": one.power_kw}
            )
            for one in scenario.of(LiveInfeed)
        )
        samples["delivery_start_utc"] = samples["at"].dt.floor("15min").astype(INSTANT)
        self.live = samples.groupby(KEY)["power_kw"].mean()
        self.redispatched = {
            (asset_id, start)
            for asset_id, begins, ends in REDISPATCHED
            for start in pd.date_range(begins, ends, freq="15min", inclusive="left", tz=UTC)
        }

    @staticmethod
    def _series(values: dict[tuple[str, pd.Timestamp], float]) -> pd.Series:
        series = pd.Series(values).rename_axis(KEY).rename("power_kw").reset_index()
        return series.astype({"delivery_start_utc": INSTANT}).set_index(KEY)["power_kw"]

    def forecast(self, gate: pd.Timedelta) -> pd.DataFrame:
        """For each quarter-hour the newest version that was made in time and has a value."""
        in_time = self.values[self.values.version_utc <= self.values.delivery_start_utc - gate]
        return in_time.sort_values("version_utc").groupby(KEY).last()

    def is_redispatched(self, frame: pd.DataFrame) -> pd.Series:
        keys = zip(frame.asset_id, frame.delivery_start_utc, strict=True)
        return pd.Series([key in self.redispatched for key in keys], index=frame.index)

    @staticmethod
    def capacity_kw(frame: pd.DataFrame) -> pd.Series:
        has_changed = (frame.asset_id == "A") & (frame.delivery_start_utc >= CAPACITY_CHANGED)
        return frame.asset_id.map(CAPACITIES_KW).mask(has_changed, NEW_CAPACITY_KW)

    @staticmethod
    def is_member(frame: pd.DataFrame) -> pd.Series:
        return (frame.asset_id != "B") | (frame.delivery_start_utc >= B_JOINED)

    def settled(self, kind: str) -> pd.DataFrame:
        """Quarter-hours with final production, and all that their forecast is compared with."""
        forecast = self.forecast({"latest": pd.Timedelta(0), "tradeable": QUARTER_HOUR}[kind])
        frame = self.final.rename("final").to_frame().join(forecast).reset_index()
        live = self.live.rename("persistence").reset_index()
        live["ended_utc"] = live.delivery_start_utc + QUARTER_HOUR
        versions = frame[["asset_id", "version_utc"]].dropna().drop_duplicates()
        seen = pd.merge_asof(
            versions.sort_values("version_utc"),
            live[["asset_id", "ended_utc", "persistence"]].sort_values("ended_utc"),
            left_on="version_utc",
            right_on="ended_utc",
            by="asset_id",
        )
        frame = frame.merge(seen, how="left", on=["asset_id", "version_utc"])
        frame["capacity"] = self.capacity_kw(frame)
        frame["is_redispatched"] = self.is_redispatched(frame)
        frame["error"] = frame.power_kw - frame.final
        frame["persistence_error"] = (frame.persistence - frame.final).where(frame.error.notna())
        return frame

    def asset_accuracy(self) -> pd.DataFrame:
        rows = []
        for kind in ("latest", "tradeable"):
            frame = self.settled(kind)
            for asset_id, of_asset in frame.groupby("asset_id"):
                zone = ZONES[str(asset_id)]
                days = of_asset.delivery_start_utc.dt.tz_convert(zone).dt.date
                for day, of_day in of_asset.groupby(days):
                    counted = of_day[~of_day.is_redispatched]
                    left_out = of_day[of_day.is_redispatched]
                    pairs = counted.error.dropna()
                    rows.append(
                        {
                            "asset_id": asset_id,
                            "delivery_date": day,
                            "forecast_kind": kind,
                            "expected_count": quarter_hours_of(day, zone),
                            "coverage_ratio": len(pairs) / quarter_hours_of(day, zone),
                            "redispatched_count": left_out.error.count(),
                            **measures(counted.error, counted.capacity),
                            **skill(counted.error, counted.persistence_error),
                        }
                    )
        return pd.DataFrame(rows)

    def portfolio_accuracy(self) -> pd.DataFrame:
        rows = []
        for kind in ("latest", "tradeable"):
            frame = self.settled(kind)
            frame = frame[self.is_member(frame)]
            days = frame.delivery_start_utc.dt.tz_convert("Europe/Berlin").dt.date
            for day, of_day in frame.groupby(days):
                known = of_day[~of_day.is_redispatched & of_day.error.notna()]
                paired = known[known.persistence_error.notna()]
                by_start = known.groupby("delivery_start_utc")
                expected_count = quarter_hours_of(day, "Europe/Berlin")
                starts = pd.date_range(
                    pd.Timestamp(day, tz="Europe/Berlin"), periods=expected_count, freq="15min"
                )
                expected = sum(4 + (start >= B_JOINED) for start in starts)
                rows.append(
                    {
                        "delivery_date": day,
                        "forecast_kind": kind,
                        "expected_count": expected_count,
                        "asset_quarter_hour_count": len(known),
                        "expected_asset_quarter_hour_count": expected,
                        "coverage_ratio": len(known) / expected,
                        "redispatched_count": of_day[of_day.is_redispatched].error.count(),
                        "persistence_asset_quarter_hour_count": len(paired),
                        # Summed series; a sum without the capacity of one is not known.
                        **measures(
                            by_start["power_kw"].sum() - by_start["final"].sum(),
                            by_start["capacity"].agg(lambda one: one.sum(skipna=False)),
                        ),
                        **skill(
                            paired.groupby("delivery_start_utc")["error"].sum(),
                            paired.groupby("delivery_start_utc")["persistence_error"].sum(),
                        ),
                    }
                )
        return pd.DataFrame(rows)

    def accuracy_by_lead(self) -> pd.DataFrame:
        frame = self.values.join(self.final.rename("final"), on=KEY, how="inner")
        frame = frame.reset_index(drop=True)
        frame = frame[~self.is_redispatched(frame)]
        lead = frame.delivery_start_utc - frame.version_utc
        frame["lead_minutes"] = (lead.dt.total_seconds() / 60).astype(int)
        frame = frame[frame.lead_minutes.between(0, 2880)]
        frame["error"] = frame.power_kw - frame.final
        frame["capacity"] = self.capacity_kw(frame)
        return pd.DataFrame(
            {
                "asset_id": key[0],
                "lead_minutes": key[1],
                **measures(group.error, group.capacity),
            }
            for key, group in frame.groupby(["asset_id", "lead_minutes"])
        )

    def best_of_infeed(self) -> pd.DataFrame:
        sources = {
            "final": self.final,
            "live": self.live,
            "forecast": self.forecast(pd.Timedelta(0))["power_kw"],
        }
        frame = pd.DataFrame(sources).rename_axis(KEY).reset_index()
        frame["is_redispatched"] = self.is_redispatched(frame)
        frame["forecast"] = frame.forecast.mask(frame.is_redispatched & frame.forecast.notna(), 0.0)
        frame["power_kw"] = frame.final.fillna(frame.live).fillna(frame.forecast)
        frame["infeed_source"] = frame[list(sources)].notna().idxmax(axis=1)
        zones = frame.asset_id.map(ZONES)
        frame["delivery_date"] = [
            start.tz_convert(zone).date()
            for start, zone in zip(frame.delivery_start_utc, zones, strict=True)
        ]
        return frame.drop(columns=list(sources))

    def portfolio_best_of_infeed(self) -> pd.DataFrame:
        frame = self.best_of_infeed()
        frame = frame[self.is_member(frame)]
        by_source = frame.groupby(["delivery_start_utc", "infeed_source"])["power_kw"]
        sums, counts = by_source.sum().unstack(), by_source.count().unstack(fill_value=0)
        joined = pd.concat(
            [sums.add_suffix("_power_kw"), counts.add_suffix("_asset_count")], axis=1
        )
        joined["power_kw"] = sums.sum(axis=1)
        joined["expected_asset_count"] = 4 + (joined.index >= B_JOINED)
        joined["is_complete"] = counts.sum(axis=1) == joined.expected_asset_count
        return joined.rename_axis(columns=None).reset_index()


def quarter_hours_of(day: Hashable, zone: str) -> int:
    """How many quarter-hours a local calendar day has."""
    assert isinstance(day, date)
    begin = pd.Timestamp(day, tz=zone)
    return int((pd.Timestamp(day + timedelta(days=1), tz=zone) - begin) / QUARTER_HOUR)


def measures(error: pd.Series, capacity: pd.Series) -> dict[str, float]:
    """The measures of errors, some of which are not known, and of some the capacity."""
    error = error.dropna()
    capacity = capacity.loc[error.index].dropna()
    normalised = error.loc[capacity.index]
    return {
        "quarter_hour_count": len(error),
        "mae_kw": error.abs().mean(),
        "rmse_kw": np.sqrt((error**2).mean()),
        "bias_kw": error.mean(),
        "normalised_quarter_hour_count": len(normalised),
        "nmae": normalised.abs().sum() / capacity.sum() if len(capacity) else np.nan,
        "nrmse": np.sqrt((normalised**2).mean()) / capacity.mean(),
        "nbias": normalised.sum() / capacity.sum() if len(capacity) else np.nan,
    }


def skill(error: pd.Series, persistence_error: pd.Series) -> dict[str, float]:
    """Skill against persistence where both errors are known."""
    both = pd.DataFrame({"error": error, "persistence": persistence_error}).dropna()
    rmse = np.sqrt((both**2).mean())
    return {
        "persistence_quarter_hour_count": len(both),
        "paired_rmse_kw": rmse.error,
        "persistence_rmse_kw": rmse.persistence,
        "skill_score": 1 - rmse.error / rmse.persistence,
    }


@pytest.fixture(scope="module")
def scenario() -> Scenario:
    return Scenario(20251026)


@pytest.fixture(scope="module")
def expected(scenario: Scenario) -> Expected:
    return Expected(scenario)


@pytest.fixture(scope="module")
def built(
    module_warehouse: Warehouse, scenario: Scenario, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Warehouse]:
    target = tmp_path_factory.mktemp("target")
    arrivals = [Arrival((document,)) for document in scenario.documents]
    scenario.random.shuffle(arrivals)
    with module_warehouse.connect() as connection:
        ensure_schema(connection)
        for half in (arrivals[::2], arrivals[1::2]):
            land(connection, half)
            result = dbt(module_warehouse.environment, target, "run")
            assert result.success, result.statuses
    yield module_warehouse


def mart(warehouse: Warehouse, name: str) -> pd.DataFrame:
    """The rows of a mart."""
    with warehouse.connect() as connection:
        cursor = connection.execute(sql.SQL("select * from {}").format(sql.Identifier(name)))
        assert cursor.description is not None
        columns = [column.name for column in cursor.description]
        return pd.DataFrame(cursor.fetchall(), columns=columns)


def assert_same_rows(found: pd.DataFrame, expected: pd.DataFrame, key: list[str]) -> None:
    """Equal rows in the columns that are expected; numbers to the last few digits."""
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


def test_forecast_accuracy(built: Warehouse, expected: Expected) -> None:
    found, right = mart(built, "forecast_accuracy"), expected.asset_accuracy()
    assert_same_rows(found, right, ["asset_id", "delivery_date", "forecast_kind"])
    for day, count in DAYS.items():
        of_day = right[(right.delivery_date == day) & (right.asset_id != "D")]
        assert set(of_day.expected_count) == {count}
    # What the definitions are about is there.
    assert right.redispatched_count.max() > 20
    assert right[right.asset_id == "B"].persistence_quarter_hour_count.max() == 0
    assert right[right.asset_id == "E"].nmae.isna().all()
    lacks_some = right.persistence_quarter_hour_count < right.quarter_hour_count
    assert (lacks_some & (right.persistence_quarter_hour_count > 0)).any()


def test_portfolio_forecast_accuracy(built: Warehouse, expected: Expected) -> None:
    found, right = mart(built, "portfolio_forecast_accuracy"), expected.portfolio_accuracy()
    assert_same_rows(found, right, ["delivery_date", "forecast_kind"])
    assert {day: DAYS.get(day, 96) for day in right.delivery_date} == dict(
        zip(right.delivery_date, right.expected_count, strict=True)
    )
    # Some quarter-hours lack an asset, its capacity or its persistence.
    assert (right.asset_quarter_hour_count < right.expected_asset_quarter_hour_count).all()
    assert (right.normalised_quarter_hour_count < right.quarter_hour_count).any()
    paired = right.persistence_asset_quarter_hour_count
    assert ((paired > 0) & (paired < right.asset_quarter_hour_count)).any()


def test_forecast_accuracy_by_lead(built: Warehouse, expected: Expected) -> None:
    found, right = mart(built, "forecast_accuracy_by_lead"), expected.accuracy_by_lead()
    assert_same_rows(found, right, ["asset_id", "lead_minutes"])
    assert set(right.lead_minutes) == set(range(0, 2881, 15))


def test_best_of_infeed(built: Warehouse, expected: Expected) -> None:
    found, right = mart(built, "best_of_infeed"), expected.best_of_infeed()
    # Of some quarter-hours nothing is known but that too little of them was measured.
    assert found[found.infeed_source.isna()].power_kw.isna().all()
    assert_same_rows(found.dropna(subset="infeed_source"), right, KEY)
    assert (found.delivery_end_utc - found.delivery_start_utc == QUARTER_HOUR).all()
    curtailed = right[right.is_redispatched].groupby("infeed_source")["power_kw"]
    assert set(curtailed.groups) == {"final", "live", "forecast"}
    assert (curtailed.max() > 0).to_dict() == {"final": True, "forecast": False, "live": True}


def test_portfolio_best_of_infeed(built: Warehouse, expected: Expected) -> None:
    found, right = mart(built, "portfolio_best_of_infeed"), expected.portfolio_best_of_infeed()
    assert_same_rows(found.dropna(subset="power_kw"), right, ["delivery_start_utc"])
    assert set(right.is_complete) == {True, False}
