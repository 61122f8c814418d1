"""A re-run of a forecast version that is shorter than the one it replaces, within a redispatch."""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pendulum
import psycopg

from extract.documents import Document
from extract.sources.asset_contracts import AssetContracts
from extract.sources.final_production import FinalProduction
from extract.sources.redispatch import RedispatchFlag
from extract.vpp.forecast import Forecast
from tests.arrivals import Arrival, Retraction, land
from tests.dbt_project import dbt
from tests.warehouses import Warehouse

DAY = datetime(2025, 6, 8, tzinfo=UTC)
CONTRACT: dict[str, str | None] = {
    "contract_id": "C",
    "asset_id": "A",
    "metering_point_id": "MP",
    "capacity": "1.0",
    "contract_begin": "2024-01-01",
}


def hours(number: float) -> datetime:
    return DAY + timedelta(hours=number)


def origin(name: str, received_utc: datetime) -> dict[str, object]:
    return {
        "source_uri": f"file:///{name}",
        "content_sha256": name.encode(),
        "received_utc": pendulum.instance(received_utc),
    }


def forecast(name: str, version: float, power_kw: float, count: int, received: float) -> Forecast:
    version_utc = pendulum.instance(hours(version))
    return Forecast(
        asset_id="A",
        version_utc=version_utc,
        grid_start_utc=version_utc,
        power_kw=(power_kw,) * count,
        **origin(name, hours(received)),  # type: ignore[arg-type]
    )


SHORTER = forecast("shorter", 10, 700.0, count=6, received=30)
DOCUMENTS: list[Document] = [
    AssetContracts(exported_utc=hours(-24), contracts=[CONTRACT], **origin("contracts", DAY)),  # type: ignore[arg-type]
    forecast("before", 6, 100.0, count=60, received=6),
    forecast("longer", 10, 500.0, count=60, received=10),
    FinalProduction(
        metering_point_id="MP",
        issued_date=date(2025, 6, 9),
        grid_start_utc=DAY,
        power_kw=[50.0] * 96,
        **origin("final", hours(29)),  # type: ignore[arg-type]
    ),
    RedispatchFlag(
        metering_point_id="MP",
        issued_utc=hours(11),
        delivery_start_utc=[hours(11)],
        delivery_end_utc=[hours(12)],
        is_redispatched=[True],
        **origin("flag", hours(11)),  # type: ignore[arg-type]
    ),
]


def lost_energy(connection: psycopg.Connection) -> list[float]:
    """The lost energy of the measure's quarter-hours in kWh."""
    rows = connection.execute(
        "select lost_energy_kwh from redispatch_lost_energy order by delivery_start_utc"
    ).fetchall()
    return [row[0] for row in rows]


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
        # It reaches to 11:30; from there on the version before counts: (100 - 50) kW for 15 min.
        land(connection, [Arrival((SHORTER,))])
        build()
        assert lost_energy(connection) == [162.5] * 2 + [12.5] * 2
        Retraction(SHORTER, hours(31)).land(connection)
        build()
        assert lost_energy(connection) == [112.5] * 4
