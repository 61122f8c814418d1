"""A forecast version that came back shorter: what only the longer document reached falls back.

A is redispatched while its version of 10:00 counts. B is solar, and only its version of midnight
forecast any power in the night of the next day, in which it produced.
"""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pendulum
import psycopg

from extract.documents import Document
from extract.sources.asset_contracts import AssetContracts
from extract.sources.final_production import FinalProduction
from extract.sources.redispatch import RedispatchFlag
from extract.sources.technical_data import TechnicalData
from extract.vpp.forecast import Forecast
from tests.arrivals import QUARTER_HOUR, Arrival, Retraction, land
from tests.dbt_project import dbt
from tests.warehouses import Warehouse

DAY = datetime(2025, 6, 8, tzinfo=UTC)
CONTRACTS: list[dict[str, str | None]] = [
    {
        "contract_id": f"C{asset_id}",
        "asset_id": asset_id,
        "metering_point_id": f"MP-{asset_id}",
        "capacity": "1.0",
        "contract_begin": "2024-01-01",
    }
    for asset_id in "AB"
]
SOLAR = {
    "asset_id": "B",
    "type": "solar",
    "location": {},
    "technical_attributes": {"capacity_kw": 1000.0},
}


def hours(number: float) -> datetime:
    return DAY + timedelta(hours=number)


def origin(name: str, received: float) -> dict[str, Any]:
    return {
        "source_uri": f"file:///{name}",
        "content_sha256": name.encode(),
        "received_utc": pendulum.instance(hours(received)),
    }


def forecast(name: str, asset_id: str, version: float, values: list[float], at: float) -> Forecast:
    version_utc = pendulum.instance(hours(version))
    return Forecast(
        asset_id=asset_id,
        version_utc=version_utc,
        grid_start_utc=version_utc,
        power_kw=tuple(values),
        **origin(name, at),
    )


def by_the_sun(start: float, count: int, day: float, night: float) -> list[float]:
    starts = [hours(start) + number * QUARTER_HOUR for number in range(count)]
    return [day if 3 <= one.hour < 19 else night for one in starts]


def final_production(asset_id: str, start: float, values: list[float]) -> FinalProduction:
    return FinalProduction(
        metering_point_id=f"MP-{asset_id}",
        issued_date=date(2025, 6, 10),
        grid_start_utc=hours(start),
        power_kw=list(values),
        **origin(f"final {asset_id}", 57),
    )


SHORTER = (
    forecast("A shorter", "A", 10, [700.0] * 6, at=60),
    forecast("B shorter", "B", 0, [500.0] * 20, at=60),
)
DOCUMENTS: list[Document] = [
    TechnicalData(
        created_utc=hours(-24),
        assets=[SOLAR],
        **origin("technical data", -24),
    ),
    AssetContracts(exported_utc=hours(-24), contracts=CONTRACTS, **origin("contracts", -24)),
    forecast("A before", "A", 6, [100.0] * 60, at=6),
    forecast("A longer", "A", 10, [500.0] * 60, at=10),
    forecast("B longer", "B", 0, by_the_sun(0, 193, 500.0, 100.0), at=0),
    forecast("B after", "B", 1, by_the_sun(1, 193, 500.0, 0.0), at=1),
    final_production("A", 0, [50.0] * 96),
    final_production("B", 24, by_the_sun(24, 96, 500.0, 300.0)),
    RedispatchFlag(
        metering_point_id="MP-A",
        issued_utc=hours(11),
        delivery_start_utc=[hours(11)],
        delivery_end_utc=[hours(12)],
        is_redispatched=[True],
        **origin("flag", 11),
    ),
]


def lost_energy(connection: psycopg.Connection) -> list[float]:
    """The lost energy of the measure's quarter-hours in kWh."""
    rows = connection.execute(
        "select lost_energy_kwh from redispatch_lost_energy order by delivery_start_utc"
    ).fetchall()
    return [row[0] for row in rows]


def nights(connection: psycopg.Connection) -> list[tuple[Any, ...]]:
    """The nights in which a solar plant is found to produce."""
    return connection.execute(
        "select asset_id, delivery_date, quarter_hour_count from data_findings"
        " where finding = 'night_production'"
    ).fetchall()


def test_what_a_shorter_rerun_no_longer_reaches_falls_back(
    built_warehouse: Warehouse, tmp_path: Path
) -> None:
    def build() -> None:
        built = dbt(built_warehouse.environment, tmp_path, "run")
        assert built.success, built.statuses

    with built_warehouse.connect() as connection:
        land(connection, [Arrival((document,)) for document in DOCUMENTS])
        build()
        assert lost_energy(connection) == [112.5] * 4
        assert nights(connection) == []
        # A's reaches to 11:30; from there on the version before counts: (100 - 50) kW for 15 min.
        land(connection, [Arrival((document,)) for document in SHORTER])
        build()
        assert lost_energy(connection) == [162.5] * 2 + [12.5] * 2
        # What was settled of the local day: 02:00 to 05:00 and 21:00 to 24:00.
        assert nights(connection) == [("B", date(2025, 6, 9), 24)]
        for document in SHORTER:
            Retraction(document, hours(61)).land(connection)
        build()
        assert lost_energy(connection) == [112.5] * 4
        assert nights(connection) == []
