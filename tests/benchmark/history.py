"""A warehouse with everything a portfolio receives over some days, landed but not yet built."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

from extract.simulator.plan import SimulationPlan
from tests.benchmark.data import History, copy_history
from tests.benchmark.databases import database, settle
from tests.benchmark.master_data import land_master_data
from tests.benchmark.other_sources import write_other_sources
from tests.benchmark.sizes import HISTORY_END, VERSIONS_PER_DAY, Size
from tests.warehouses import PostgresServer, Warehouse


def plan_of(size: Size) -> SimulationPlan:
    """The portfolio of the cycles, from the start of its longest history to a day after its end."""
    days = size.cycle_history_days
    return SimulationPlan(
        asset_count=size.cycle_assets,
        first_day=(HISTORY_END - timedelta(days=days)).date(),
        day_count=days + 1,
        versions_complete=True,
    )


def history_of(plan: SimulationPlan, day_count: int) -> History:
    """The forecast versions of the plan's assets on the last days."""
    assets = tuple(asset.asset_id for asset in plan.assets)
    begin = HISTORY_END - timedelta(days=day_count)
    return History(assets, begin, day_count * VERSIONS_PER_DAY)


@contextmanager
def landed_history(
    server: PostgresServer, name: str, plan: SimulationPlan, day_count: int
) -> Iterator[Warehouse]:
    """A database with the last days of the plan in raw, while the block lasts."""
    with database(server, name) as warehouse:
        with warehouse.connect() as connection:
            land_master_data(connection, plan)
            write_other_sources(connection, plan, day_count)
            copy_history(connection, history_of(plan, day_count))
            settle(connection)
        yield warehouse
