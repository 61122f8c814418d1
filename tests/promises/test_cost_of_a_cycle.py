"""What a cycle reads follows what arrived: tables with a row a quarter-hour are not read whole."""

from dataclasses import replace
from pathlib import Path

from tests.benchmark.build import build
from tests.benchmark.data import land, new_versions
from tests.benchmark.databases import settle, wait_until_unused
from tests.benchmark.history import history_of, landed_history, plan_of
from tests.benchmark.sizes import HISTORY_END, QUARTER_HOUR, SIZES
from tests.warehouses import PostgresServer, Warehouse

ASSETS, DAYS = 30, 20
# Rows for each of an asset's quarter-hours.
HISTORY = ("int_forecasts_in_force", "int_power_by_source", "live_infeed", "dso_final_production")


def rows_scanned(warehouse: Warehouse) -> dict[str, int]:
    """By table, the rows that scans without an index have read."""
    wait_until_unused(warehouse)
    with warehouse.connect() as connection:
        return dict(
            connection.execute(
                "select relname, seq_tup_read from pg_stat_user_tables where relname = any(%s)",
                [list(HISTORY)],
            ).fetchall()
        )


def test_a_cycle_does_not_read_the_history(postgres_server: PostgresServer, tmp_path: Path) -> None:
    size = replace(SIZES["tiny"], cycle_assets=ASSETS, cycle_history_days=DAYS)
    plan = plan_of(size)
    with landed_history(postgres_server, "cost_of_a_cycle", plan, DAYS) as warehouse:
        build(warehouse, tmp_path)
        with warehouse.connect() as connection:
            settle(connection)
        version = HISTORY_END
        # The first cycle after a build of everything closes what that left open.
        for _ in range(2):
            before = rows_scanned(warehouse)
            with warehouse.connect() as connection:
                land(connection, new_versions(history_of(plan, DAYS).assets, version))
            build(warehouse, tmp_path, ("run", "--selector", "cycle_tables"))
            version += QUARTER_HOUR
        after = rows_scanned(warehouse)
        read = {table: after[table] - before[table] for table in HISTORY}
        history = warehouse.value("select count(*) from intermediate.int_power_by_source")
        assert read == dict.fromkeys(HISTORY, 0), f"of {history} rows"
        newest = warehouse.rows(
            "select count(*), extract(epoch from min(latest_version_utc)) from asset_forecasts"
            " where delivery_start_utc > '2025-05-31 00:15+00'"
        )
        assert newest == [(ASSETS * 192, (version - QUARTER_HOUR).timestamp())]
