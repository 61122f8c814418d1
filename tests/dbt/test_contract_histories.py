"""Random contract histories in the marts, against a plain reading of the definitions.

Many families share one sequence of exports, which lands twice: in order with one build at the end,
and in a random order with builds in between, during which one export is also retracted.
"""

from collections import defaultdict
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from random import Random
from typing import Any

import pendulum
import pytest

from extract.sources.asset_contracts import AssetContracts
from extract.sources.final_production import FinalProduction
from extract.sources.technical_data import TechnicalData
from extract.warehouse.schema import ensure_schema
from tests.arrivals import Arrival, Retraction, land
from tests.contract_histories import (
    BEGINNING,
    DAYS,
    END,
    EXPORTED,
    Family,
    InForce,
    contracts_in_force,
    counted,
    counting,
    family,
    members,
    midnight,
)
from tests.dbt_project import dbt
from tests.warehouses import PostgresServer, Warehouse, fresh_warehouse

FAMILIES = [family(number, Random(number)) for number in range(400)]
CONTRACTS = [contracts_in_force(one.exports) for one in FAMILIES]
UNKNOWN = "MP-UNKNOWN"
QUARTER_HOUR = timedelta(minutes=15)
CHANGES = sorted({*EXPORTED, *map(midnight, DAYS), *(midnight(day + timedelta(1)) for day in DAYS)})
INSTANTS = [
    datetime(2020, 1, 1, tzinfo=UTC),
    *(change - step for change in CHANGES for step in (timedelta(microseconds=1), timedelta())),
    datetime(2030, 1, 1, tzinfo=UTC),
]
TECHNICAL = {
    datetime(2025, 4, 5, 12, 50, tzinfo=UTC): 1000.0,
    datetime(2025, 5, 5, 12, 50, tzinfo=UTC): 2000.0,
}
"""When technical data was made, and the capacity in kW that it states for some assets."""
MARTS = ("dso_final_production", "dso_unmapped_production", "assets_history", "assets")
TABLES = ("int_contract_periods", "int_metering_point_assets", "int_portfolio_periods")


def technical_assets(created: datetime) -> list[str]:
    """The assets that technical data lists: of every other family, some other ones per file."""
    return [
        asset_id
        for one in FAMILIES[::2]
        for asset_id in one.assets
        if (sum(asset_id.encode()) + created.month) % 3
    ]


LISTED = {created: set(technical_assets(created)) for created in TECHNICAL}


def technical_capacity(asset_id: str, instant: datetime) -> float | None:
    """The technical capacity in kW that is valid at an instant; NULL if no file lists it."""
    files = [created for created in TECHNICAL if created <= instant]
    return TECHNICAL[files[-1]] if files and asset_id in LISTED[files[-1]] else None


def arrivals() -> list[Arrival]:
    """An export and its families' rows, technical data, and production around every change."""
    found: list[Arrival] = []

    def origin(address: str) -> dict[str, Any]:
        return {
            "source_uri": f"file:///{address}",
            "content_sha256": sha256(address.encode()).digest(),
            "received_utc": pendulum.datetime(2025, 7, 1),
        }

    for exported in EXPORTED:
        contracts = [
            {
                "contract_id": row.contract_id,
                "asset_id": row.asset_id,
                "metering_point_id": row.metering_point_id,
                "capacity": terms.capacity_mw,
                "technology": "wind",
                "contract_begin": row.begin.isoformat() if row.begin else None,
                "contract_end": terms.end.isoformat() if terms.end else None,
            }
            for one in FAMILIES
            for row, terms in one.exports[exported]
        ]
        document = AssetContracts(
            exported_utc=exported, contracts=contracts, **origin(f"contracts/{exported}")
        )
        found.append(Arrival((document,)))
    for created, capacity_kw in TECHNICAL.items():
        assets = [
            {"asset_id": asset_id, "technical_attributes": {"capacity_kw": capacity_kw}}
            for asset_id in sorted(LISTED[created])
        ]
        file = TechnicalData(created_utc=created, assets=assets, **origin(f"technical/{created}"))
        found.append(Arrival((file,)))
    for change in CHANGES:
        first = change - (change - datetime(2000, 1, 1, tzinfo=UTC)) % QUARTER_HOUR - QUARTER_HOUR
        production = (
            FinalProduction(
                metering_point_id=point,
                issued_date=change.date(),
                grid_start_utc=first,
                power_kw=[1.0, 2.0, 3.0],
                **origin(f"dso/{change}"),
            )
            for point in (*(point for one in FAMILIES for point in one.metering_points), UNKNOWN)
        )
        found.append(Arrival(tuple(production)))
    return found


def build(warehouse: Warehouse, target: Path) -> None:
    outcome = dbt(warehouse.environment, target, "run", "--select", *(f"+{one}" for one in MARTS))
    assert outcome.success, outcome.statuses


def everything(warehouse: Warehouse) -> dict[str, list[tuple[object, ...]]]:
    """The rows of every table tested here."""
    tables = {}
    for name in (*TABLES, *MARTS):
        schema = "public" if name in MARTS else "intermediate"
        tables[name] = warehouse.rows(f"select kept::text from {schema}.{name} as kept order by 1")
    return tables


@pytest.fixture(scope="module")
def target(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("target")


@pytest.fixture(scope="module")
def at_once(module_warehouse: Warehouse, target: Path) -> Warehouse:
    """Everything landed in order, built once."""
    with module_warehouse.connect() as connection:
        ensure_schema(connection)
        land(connection, arrivals())
    build(module_warehouse, target)
    return module_warehouse


def test_any_order_of_exports_ends_the_same(
    at_once: Warehouse, postgres_server: PostgresServer, target: Path
) -> None:
    rng = Random(11)
    shuffled = rng.sample(arrivals(), len(arrivals()))
    nonsense = AssetContracts(
        exported_utc=pendulum.datetime(2025, 5, 20),
        contracts=[{"contract_id": "C", "asset_id": "0-A", "metering_point_id": "MP0-B"}],
        source_uri="file:///contracts/nonsense",
        content_sha256=b"nonsense",
        received_utc=pendulum.datetime(2025, 6, 30),
    )
    shuffled.insert(4, Arrival((nonsense,)))
    with fresh_warehouse(postgres_server) as warehouse, warehouse.connect() as connection:
        ensure_schema(connection)
        for begin in range(0, len(shuffled), 8):
            land(connection, shuffled[begin : begin + 8])
            build(warehouse, target)
        Retraction(nonsense).land(connection)
        build(warehouse, target)
        assert everything(warehouse) == everything(at_once)


Periods = dict[str, list[tuple[datetime, datetime, object]]]


def periods(warehouse: Warehouse, key: str, value: str, table: str) -> Periods:
    """What a table says of each key, with the periods in order."""
    found: Periods = defaultdict(list)
    for one, valid_from, valid_to, said in warehouse.rows(
        f"select {key}, nullif(valid_from_utc, '-infinity'), nullif(valid_to_utc, 'infinity'),"
        f" {value} from {table} order by 1, 2 nulls first"
    ):
        assert isinstance(one, str)
        assert isinstance(valid_from, datetime | None)
        assert isinstance(valid_to, datetime | None)
        found[one].append((valid_from or BEGINNING, valid_to or END, said))
    return dict(found)


def at(found: Periods, key: str, instant: datetime) -> object:
    """What the table says of a key at an instant; None if nothing."""
    holding = [said for begin, end, said in found.get(key, []) if begin <= instant < end]
    assert len(holding) <= 1
    return holding[0] if holding else None


def every_instant() -> Iterator[tuple[Family, list[InForce], datetime]]:
    for one, contracts in zip(FAMILIES, CONTRACTS, strict=True):
        for instant in INSTANTS:
            yield one, contracts, instant


def test_metering_points_are_whose_the_definition_says(at_once: Warehouse) -> None:
    found = periods(
        at_once, "metering_point_id", "array[asset_id, is_counted::text]",
        "intermediate.int_metering_point_assets",
    )  # fmt: skip
    for one, contracts, instant in every_instant():
        for point in one.metering_points:
            contract = counting(contracts, point, instant)
            right = None
            if contract is not None:
                asset_id = contract.row.asset_id
                is_counted = counted(contracts, one.metering_points, asset_id, instant) == point
                right = [asset_id, str(is_counted).lower()]
            assert at(found, point, instant) == right, (point, instant, contracts)
    for point, of_point in found.items():
        # The periods cover all of time.
        begins, ends = [one[0] for one in of_point], [one[1] for one in of_point]
        assert [BEGINNING, *ends] == [*begins, END], point


def test_members_are_who_the_definition_says(at_once: Warehouse) -> None:
    found = periods(
        at_once, "asset_id", "coalesce(capacity_kw, -1)", "intermediate.int_portfolio_periods"
    )
    for one, contracts, instant in every_instant():
        right = {
            asset_id: technical_capacity(asset_id, instant) or capacity_kw or -1
            for asset_id, capacity_kw in members(contracts, instant).items()
        }
        shown = {asset_id: at(found, asset_id, instant) for asset_id in one.assets}
        assert {key: value for key, value in shown.items() if value is not None} == right


def test_production_goes_to_a_member_while_a_contract_names_its_metering_point(
    at_once: Warehouse,
) -> None:
    links = periods(
        at_once, "metering_point_id", "asset_id", "intermediate.int_metering_point_assets"
    )
    membership = periods(at_once, "asset_id", "true", "intermediate.int_portfolio_periods")
    for one, contracts, instant in every_instant():
        for point in one.metering_points:
            named = any(
                contract.row.metering_point_id == point and contract.holds(instant)
                for contract in contracts
            )
            asset_id = at(links, point, instant)
            assert not named or at(membership, str(asset_id), instant), (point, instant)


def test_assets_history_says_the_same(at_once: Warehouse) -> None:
    known = periods(at_once, "asset_id", "coalesce(metering_point_id, '-')", "assets_history")
    technical = set().union(*LISTED.values())
    for one, contracts, instant in every_instant():
        for asset_id in one.assets:
            is_known = asset_id in members(contracts, instant)
            if asset_id in technical:
                is_known = technical_capacity(asset_id, instant) is not None
            right = counted(contracts, one.metering_points, asset_id, instant) or "-"
            assert at(known, asset_id, instant) == (right if is_known else None)


def test_every_quarter_hour_of_production_is_where_the_definition_says(at_once: Warehouse) -> None:
    found = at_once.rows(
        "select metering_point_id, delivery_start_utc, asset_id, 'counts'"
        " from dso_final_production union all"
        " select metering_point_id, delivery_start_utc, asset_id, reason"
        " from dso_unmapped_production"
    )
    starts = {start for _, start, _, _ in found if isinstance(start, datetime)}
    assert len(starts) > 2 * len(CHANGES)
    right: set[tuple[object, ...]] = {(UNKNOWN, start, None, "no_contract") for start in starts}
    for one, contracts in zip(FAMILIES, CONTRACTS, strict=True):
        for point in one.metering_points:
            for start in starts:
                contract = counting(contracts, point, start)
                if contract is None:
                    right.add((point, start, None, "no_contract"))
                    continue
                asset_id = contract.row.asset_id
                counts = counted(contracts, one.metering_points, asset_id, start) == point
                where = "counts" if counts else "another_metering_point"
                right.add((point, start, asset_id, where))
    assert len(set(found)) == len(found)
    assert set(found) == right
