"""Findings come and go with what lands, build by build, and equal those of a full build."""

import hashlib
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from math import pi, sin
from pathlib import Path
from typing import Any

import pendulum
import pytest

from extract.sources.asset_contracts import AssetContracts
from extract.sources.final_production import FinalProduction
from extract.sources.live_infeed import LiveInfeed
from extract.sources.technical_data import TechnicalData
from extract.vpp.forecast import Forecast
from extract.warehouse.schema import ensure_schema
from tests.arrivals import QUARTER_HOUR, Arrival, Retraction, land
from tests.dbt_project import dbt
from tests.warehouses import Warehouse

NOON = datetime(2025, 6, 9, 12, 0, tzinfo=UTC)
DAY = timedelta(days=1)
# The local day of 9 June, and the UTC day.
LOCAL_DAY = datetime(2025, 6, 8, 22, 0, tzinfo=UTC)
UTC_DAY = datetime(2025, 6, 9, 0, 0, tzinfo=UTC)


def power_kw(asset_id: str, start: datetime) -> float:
    """What the plants feed in (average kW): two curves with little in common."""
    hours = (start - UTC_DAY) / timedelta(hours=1)
    periods = {"A": 9.0, "B": 14.0}
    return round(500 + 400 * sin(2 * pi * hours / periods[asset_id]), 2)


def origin(address: str, received: datetime) -> dict[str, Any]:
    """Where a document came from, and when (UTC)."""
    return {
        "source_uri": f"file:///{address}",
        "content_sha256": hashlib.sha256(address.encode()).digest(),
        "received_utc": pendulum.instance(received),
    }


def series(asset_id: str, begin: datetime, count: int) -> list[float]:
    """The quarter-hours from an instant, in kW."""
    return [power_kw(asset_id, begin + number * QUARTER_HOUR) for number in range(count)]


def technical_data(capacity_kw: float, made: datetime) -> Arrival:
    assets = [
        {
            "asset_id": asset_id,
            "type": "wind",
            "location": {"timezone": "Europe/Berlin"},
            "technical_attributes": {"capacity_kw": capacity_kw},
            "status": "operational",
        }
        for asset_id in "AB"
    ]
    return Arrival((TechnicalData(created_utc=made, assets=assets, **origin(f"t/{made}", made)),))


def contracts() -> Arrival:
    made = NOON - 30 * DAY
    rows: list[dict[str, str | None]] = [
        {
            "contract_id": f"CON-{asset_id}",
            "asset_id": asset_id,
            "metering_point_id": f"MP-{asset_id}",
            "contract_begin": "2024-01-01",
        }
        for asset_id in "AB"
    ]
    return Arrival((AssetContracts(exported_utc=made, contracts=rows, **origin("c", made)),))


def forecast(asset_id: str) -> Arrival:
    version = pendulum.instance(LOCAL_DAY)
    document = Forecast(
        asset_id=asset_id,
        version_utc=version,
        grid_start_utc=version,
        power_kw=tuple(value + 5 for value in series(asset_id, LOCAL_DAY, 193)),
        **origin(f"f/{asset_id}", version),
    )
    return Arrival((document,))


def live_infeed(asset_id: str) -> Arrival:
    measured = [LOCAL_DAY + number * timedelta(minutes=5) for number in range(288)]
    document = LiveInfeed(
        asset_id=asset_id,
        measured_utc=measured,
        power_kw=[
            power_kw(asset_id, LOCAL_DAY + (number // 3) * QUARTER_HOUR) for number in range(288)
        ],
        quality=[1.0] * 288,
        **origin(f"l/{asset_id}", LOCAL_DAY + DAY),
    )
    return Arrival((document,))


def final_production(point: str, values: Sequence[float], name: str, late_by: int = 0) -> Arrival:
    document = FinalProduction(
        metering_point_id=point,
        issued_date=(UTC_DAY + DAY).date(),
        grid_start_utc=UTC_DAY + late_by * QUARTER_HOUR,
        power_kw=list(values),
        **origin(f"d/{name}", UTC_DAY + 1.5 * DAY),
    )
    return Arrival((document,))


@pytest.fixture
def build(
    module_warehouse: Warehouse, tmp_path_factory: pytest.TempPathFactory
) -> Iterator["Builder"]:
    yield Builder(module_warehouse, tmp_path_factory.mktemp("findings"))


class Builder:
    """Lands what a step brings and builds; returns the findings about 9 June."""

    def __init__(self, warehouse: Warehouse, target: Path) -> None:
        self._warehouse, self._target = warehouse, target
        with warehouse.connect() as connection:
            ensure_schema(connection)

    def __call__(self, *arrivals: Arrival, retracted: Sequence[Arrival] = ()) -> list[str]:
        with self._warehouse.connect() as connection:
            land(connection, arrivals)
            for arrival in retracted:
                Retraction(arrival.documents[0], NOON + 3 * DAY).land(connection)
        found = self._found("run")
        assert found == self._found("run", "--full-refresh")
        return found

    def _found(self, *arguments: str) -> list[str]:
        built = dbt(self._warehouse.environment, self._target, *arguments)
        assert built.success, built.statuses
        rows = self._warehouse.rows(
            "select detail from data_findings where asset_id <> '*' order by source, asset_id"
        )
        flagged = self._warehouse.rows(
            "select distinct asset_id from best_of_infeed where has_finding order by 1"
        )
        return [str(detail) for (detail,) in rows] + [
            f"{asset_id} has one" for (asset_id,) in flagged
        ]


def test_findings_come_and_go_with_what_lands(build: "Builder") -> None:
    right = {asset_id: series(asset_id, UTC_DAY, 96) for asset_id in "AB"}
    of_a = final_production("MP-A", right["B"], "A")
    of_b = final_production("MP-B", right["A"], "B")
    late = final_production("MP-A", right["A"], "A late", late_by=4)

    known = [forecast(one) for one in "AB"] + [live_infeed(one) for one in "AB"]
    assert build(technical_data(1000, NOON - 20 * DAY), contracts(), *known) == []
    # A carries B's series; what B carries is not known yet.
    assert build(of_a) == ["B: no final production ever came that counts, though others have it"]
    assert build(of_b) == [
        "A: final production of 9 June looks swapped with that of B",
        "B: final production of 9 June looks swapped with that of A",
        "A has one",
        "B has one",
    ]
    # B's document is retracted: A's is no longer a swap, and its own comes an hour late.
    assert build(late, retracted=[of_a, of_b]) == [
        "A: final production of 9 June looks shifted by one hour, too late",
        "B: no final production ever came that counts, though others have it",
        "A has one",
    ]
    # For a plant a hundred times as large it is negligible.
    assert build(technical_data(100_000, NOON - 10 * DAY)) == [
        "B: no final production ever came that counts, though others have it"
    ]


def test_a_version_made_when_it_was_over_does_not_make_it_day(
    built_warehouse: Warehouse, tmp_path: Path
) -> None:
    build = Builder(built_warehouse, tmp_path)
    evening = UTC_DAY + timedelta(hours=20)
    made = NOON - 20 * DAY
    plant = {
        "asset_id": "S",
        "type": "solar",
        "location": {"timezone": "Europe/Berlin"},
        "technical_attributes": {"capacity_kw": 1000},
        "status": "operational",
    }
    contract: dict[str, str | None] = {
        "contract_id": "CON-S",
        "asset_id": "S",
        "metering_point_id": "MP-S",
        "contract_begin": "2024-01-01",
    }

    def version(instant: datetime, start: datetime, values: Sequence[float]) -> Arrival:
        document = Forecast(
            asset_id="S",
            version_utc=pendulum.instance(instant),
            grid_start_utc=pendulum.instance(start),
            power_kw=tuple(values),
            **origin(f"f/{instant}", instant),
        )
        return Arrival((document,))

    live = LiveInfeed(
        asset_id="S",
        measured_utc=[evening + number * timedelta(minutes=5) for number in range(24)],
        power_kw=[400.0] * 24,
        quality=[1.0] * 24,
        **origin("l/S", LOCAL_DAY + DAY),
    )
    found = [
        "S: live infeed of 9 June has up to 400 kW for 2 hours for which every version forecast "
        "nothing",
        "S has one",
    ]
    sunny = [500.0 if 24 <= number < 80 else 0.0 for number in range(193)]
    known = (
        TechnicalData(created_utc=made, assets=[plant], **origin("t/S", made)),
        AssetContracts(exported_utc=made, contracts=[contract], **origin("c/S", made)),
        live,
    )
    arrivals = [Arrival((document,)) for document in known]
    assert build(*arrivals, version(LOCAL_DAY, LOCAL_DAY, sunny)) == found
    # It reaches back over the second hour.
    assert build(version(evening + 0.9 * DAY, evening + timedelta(hours=1), [5.0] * 193)) == found
