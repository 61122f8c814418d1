"""Marts written by somebody who does not know how tables are kept: none is silently wrong."""

from hashlib import sha256
from pathlib import Path
from typing import Any

import pendulum
import pytest
import yaml

from extract.sources.final_production import FinalProduction
from extract.sources.technical_data import TechnicalData
from tests.arrivals import EPOCH, Arrival, land
from tests.dbt_project import DbtOutcome, copy_of_project, dbt
from tests.warehouses import Warehouse
from tests.world_master_data import PRODUCING
from tests.worlds import World

# The configuration and SQL of each mart.
TABLES = {
    # All rows are computed, so those that are no longer among the greatest go too.
    "greatest_infeed": (
        "unique_key=['asset_id', 'delivery_start_utc']",
        "select asset_id, delivery_start_utc, power_kw from (select *, row_number() over ("
        "partition by asset_id order by power_kw desc nulls last, delivery_start_utc) as position"
        " from {{ ref('best_of_infeed') }}) as ranked where position <= 3",
    ),
    # Has a delivery_start_utc that is not what a row is about.
    "daily_peak": (
        "unique_key=['asset_id', 'delivery_date']",
        "select distinct on (infeed.asset_id, delivery_date) infeed.asset_id, delivery_date,"
        " delivery_start_utc, power_kw as peak_kw from {{ ref('best_of_infeed') }} as infeed"
        " {{ join_affected('infeed') }} where power_kw is not null"
        " order by infeed.asset_id, delivery_date, power_kw desc, delivery_start_utc",
    ),
    "share_of_peak": (
        "unique_key=['asset_id', 'delivery_start_utc']",
        "select infeed.asset_id, infeed.delivery_start_utc,"
        " infeed.power_kw / nullif(peak.peak_kw, 0) as share"
        " from {{ ref('best_of_infeed') }} as infeed {{ join_affected('infeed') }}"
        " inner join {{ ref('daily_peak') }} as peak"
        " on infeed.asset_id = peak.asset_id and infeed.delivery_date = peak.delivery_date",
    ),
    # Follows a change that belongs to no asset.
    "leader": (
        "unique_key='delivery_start_utc'",
        "select infeed.delivery_start_utc, max(infeed.power_kw) as greatest_kw,"
        " case when count(*) = 1 then min(infeed.asset_id) end as asset_id"
        " from {{ ref('best_of_infeed') }} as infeed {{ join_affected('infeed') }}"
        " group by infeed.delivery_start_utc",
    ),
    "leader_in_mw": (
        "unique_key='delivery_start_utc'",
        "select leader.delivery_start_utc, leader.greatest_kw / 1000 as greatest_mw"
        " from {{ ref('leader') }} as leader {{ join_affected('leader') }}",
    ),
    # Looks like a model of documents, but reads more than those.
    "capacity_of_documents": (
        "unique_key='document_id'",
        "select document_id, capacity_kw from {{ ref('documents_with_capacity') }}",
    ),
}
VIEWS = {
    "documents_with_capacity": "select documents.document_id, documents.from_utc, documents.to_utc,"
    " assets.capacity_kw from {{ ref('stg_live__documents') }} as documents"
    " left join {{ ref('assets') }} as assets on documents.asset_id = assets.asset_id"
    " where {{ is_in_build() }}",
}
WITHOUT_CONTRACT = "contract={'enforced': false}"


@pytest.fixture
def project(tmp_path: Path) -> Path:
    return copy_of_project(tmp_path / "dbt_project")


def write(project: Path, name: str, config: str, query: str) -> None:
    (project / f"models/marts/{name}.sql").write_text(
        f"{{{{ config({config}, {WITHOUT_CONTRACT}) }}}}\n{query}\n"
    )


def build(warehouse: Warehouse, project: Path, *arguments: str) -> DbtOutcome:
    command = ("run", *arguments, "--project-dir", str(project))
    return dbt(warehouse.environment, project.parent / "target", *command)


def test_they_end_as_if_computed_whole(built_warehouse: Warehouse, project: Path) -> None:
    for name, (config, query) in TABLES.items():
        write(project, name, config, query)
    for name, query in VIEWS.items():
        write(project, name, "materialized='view'", query)
    columns = ("document_id", "from_utc", "to_utc", "capacity_kw")
    described = [
        {"name": "documents_with_capacity", "columns": [{"name": name} for name in columns]}
    ]
    (project / "models/marts/documents_with_capacity.yml").write_text(
        yaml.safe_dump({"models": described})
    )
    selected = ("--select", *(f"+{name}" for name in TABLES))
    for group in (World(3).arrivals, [other_capacities()], [one_peak()]):
        with built_warehouse.connect() as connection:
            land(connection, group)
        assert build(built_warehouse, project, *selected).success
    kept = {name: sorted(map(str, rows(built_warehouse, name))) for name in TABLES}
    assert all(kept.values())
    assert build(built_warehouse, project, *selected, "--full-refresh").success
    assert kept == {name: sorted(map(str, rows(built_warehouse, name))) for name in TABLES}


LATER = pendulum.datetime(2025, 10, 30)


def origin(name: str) -> dict[str, Any]:
    return {
        "source_uri": f"file:///{name}",
        "content_sha256": sha256(name.encode()).digest(),
        "received_utc": LATER,
    }


def other_capacities() -> Arrival:
    """Technical data newer than all others, but before the clock of the build."""
    assets = [
        {"asset_id": asset_id, "technical_attributes": {"capacity_kw": 77.0}}
        for asset_id in PRODUCING
    ]
    created = LATER.subtract(hours=1)
    return Arrival((TechnicalData(created_utc=created, assets=assets, **origin("technical")),))


def one_peak() -> Arrival:
    """The day's greatest value, in one quarter-hour of one metering point."""
    document = FinalProduction(
        metering_point_id="MP1",
        issued_date=LATER.date(),
        grid_start_utc=EPOCH,
        power_kw=[99_999.0],
        **origin("production"),
    )
    return Arrival((document,))


def rows(warehouse: Warehouse, table: str) -> list[tuple[object, ...]]:
    return warehouse.rows(f"select * from {table}")


def test_an_hour_that_takes_itself_for_a_quarter_hour_is_refused(
    built_warehouse: Warehouse, project: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    write(
        project,
        "hourly_infeed",
        "unique_key=['asset_id', 'delivery_start_utc']",
        "select infeed.asset_id, date_trunc('hour', infeed.delivery_start_utc) as"
        " delivery_start_utc, count(*) as quarter_hour_count from {{ ref('live_infeed') }} as"
        " infeed {{ join_affected('infeed') }} group by 1, 2",
    )
    arrivals = World(3).arrivals
    for group in (arrivals[::2], arrivals[1::2]):
        with built_warehouse.connect() as connection:
            land(connection, group)
        outcome = build(built_warehouse, project, "--select", "+hourly_infeed")
    assert outcome.statuses["hourly_infeed"] == "error"
    assert "leave join_affected out" in capfd.readouterr().out
