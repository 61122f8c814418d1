"""Figures of a large portfolio's day: disk, full build, engine, and what one cycle writes."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from extract.simulator.plan import SimulationPlan
from tests.benchmark import reference
from tests.benchmark.build import build
from tests.benchmark.churn import measure_churn
from tests.benchmark.data import History, copy_history, make_versions_odd
from tests.benchmark.databases import database, set_as_builds_do, settle
from tests.benchmark.engine import measure_engine
from tests.benchmark.master_data import land_master_data
from tests.benchmark.report import Report, check_equal
from tests.benchmark.sizes import (
    ASSET_FORECASTS,
    HISTORY_END,
    QUARTER_HOUR,
    VALUES_PER_VERSION,
    Size,
)
from tests.benchmark.timing import medians_s, seconds_of
from tests.warehouses import PostgresServer, Warehouse

_BYTES_PER_VALUE = 8.0


def measure_portfolio(server: PostgresServer, size: Size, scratch: Path, report: Report) -> None:
    """All figures measured on one day of a large portfolio."""
    with landed_portfolio(server, size, report) as landed:
        measure_disk(landed, size, report)
        with database(server, "exploded", landed) as exploded:
            report.progress("exploding all values into tables of the references")
            with exploded.connect() as connection:
                reference.store_values(connection)
                settle(connection)
            measure_full_build(server, landed, exploded, size, scratch / "dbt", report)
            measure_engine(exploded, size, scratch, scratch / "dbt", report)
        with database(server, "build", landed) as warehouse:
            report.progress("one cycle of the whole portfolio: counting tuples")
            measure_churn(warehouse, size, scratch / "dbt", report)


@contextmanager
def landed_portfolio(server: PostgresServer, size: Size, report: Report) -> Iterator[Warehouse]:
    """A warehouse with the portfolio's master data and forecast versions, nothing built."""
    plan = SimulationPlan(asset_count=size.engine_assets, first_day=HISTORY_END.date())
    assets = tuple(asset.asset_id for asset in plan.assets)
    begin = HISTORY_END - size.engine_versions * QUARTER_HOUR
    history = History(assets, begin, size.engine_versions)
    with database(server, "landed") as warehouse:
        report.progress(f"writing {history.value_count:,} values of {len(assets):,} assets")
        with warehouse.connect() as connection:
            land_master_data(connection, plan)
            copy_history(connection, history)
            if size.has_odd_versions:
                make_versions_odd(connection)
            settle(connection)
        yield warehouse


def measure_disk(warehouse: Warehouse, size: Size, report: Report) -> None:
    """Disk space per forecast value, including everything that belongs to the table."""
    used, versions = warehouse.rows(
        "select pg_total_relation_size('raw.forecast_version'), count(*) from raw.forecast_version"
    )[0]
    assert isinstance(used, int) and isinstance(versions, int)
    report.at_most(
        "disk per forecast value, raw plus indexes",
        f"{versions:,} versions × {VALUES_PER_VERSION} values",
        (used / (versions * VALUES_PER_VERSION), "bytes"),
        ("double precision", _BYTES_PER_VALUE),
        1.5,
    )


def measure_full_build(
    server: PostgresServer,
    landed: Warehouse,
    exploded: Warehouse,
    size: Size,
    target: Path,
    report: Report,
) -> None:
    """The first build of asset_forecasts, against `row_number()` into the same keyed table."""
    report.progress("full build: asset_forecasts by dbt and by row_number() in turn")

    def engine_s() -> float:
        with database(server, "build", landed) as warehouse:
            seconds = build(warehouse, target, ASSET_FORECASTS).tables_s
            with warehouse.connect() as connection, exploded.connect() as other:
                found = reference.mart_rows(connection, reference.MART)
                expected = reference.mart_rows(other, reference.STORED_MART)
            check_equal("full build of asset_forecasts", found, expected)
        return seconds

    def naive_s() -> float:
        with exploded.connect() as connection:
            set_as_builds_do(connection)
            connection.execute(f"truncate {reference.STORED_MART}")
            return seconds_of(lambda: reference.fill_mart(connection))

    # The reference first: the engine's rows are compared with it.
    seconds = medians_s(size.repetitions, {"row_number": naive_s, "engine": engine_s})
    report.at_least(
        "full build of asset_forecasts into its keyed table",
        f"{size.engine_assets:,} assets × {size.engine_versions} versions × {VALUES_PER_VERSION}",
        seconds["engine"],
        ("row_number() twice, inserted", seconds["row_number"]),
        12,
    )
