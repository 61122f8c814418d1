"""`make bench-spark`: what the forecast engine costs on PostgreSQL, DuckDB and Spark.

All in one run, over the same versions: PostgreSQL from its raw tables, the other two from the
lake that `python -m extract archive` makes of them. CPU seconds; what starts a program is left out.
"""

import argparse
import json
import shutil
import statistics
import sys
import tempfile
import time
from pathlib import Path

import duckdb

from extract.warehouse import embedded
from extract.warehouse.landing import begin_run
from tests.benchmark.build import build
from tests.benchmark.data import History, copy_history
from tests.benchmark.databases import database, settle
from tests.benchmark.report import Report
from tests.benchmark.server_cpu import ServerCpu
from tests.benchmark.sizes import HISTORY_END, QUARTER_HOUR, THREADS
from tests.dbt_project import ROOT
from tests.engines.on_spark import run_on_spark
from tests.extract_command import extract
from tests.warehouses import PostgresServer, Warehouse

ENGINE = ("run", "--select", "+int_forecasts_in_force")
DUCKDB = """
    create or replace table forecasts as
    select
        asset_id,
        delivery_start_utc,
        max(version_utc) as latest_version_utc,
        arg_max(power_kw, version_utc) as latest_power_kw,
        max(version_utc) filter (version_utc <= delivery_start_utc - interval 15 minutes)
            as tradeable_version_utc,
        arg_max(power_kw, version_utc)
            filter (version_utc <= delivery_start_utc - interval 15 minutes) as tradeable_power_kw
    from (
        select
            asset_id,
            version_utc,
            grid_start_utc + to_minutes(15 * (position - 1)) as delivery_start_utc,
            power_kw
        from (
            select
                asset_id,
                version_utc,
                grid_start_utc,
                unnest(power_kw) as power_kw,
                generate_subscripts(power_kw, 1) as position
            from read_parquet('{lake}/forecast_version/*/*.parquet')
        )
    )
    where power_kw is not null and version_utc <= delivery_start_utc
    group by asset_id, delivery_start_utc
"""


def main() -> int:
    """Measure and write the results; returns the exit status."""
    parser = argparse.ArgumentParser(prog="make bench-spark", description=__doc__)
    parser.add_argument("--assets", type=int, default=1000)
    parser.add_argument("--versions", type=int, default=96)
    parser.add_argument("--repetitions", type=int, default=3)
    options = parser.parse_args()
    scratch = Path(tempfile.mkdtemp(prefix="scale-"))
    results = ROOT / "benchmark-results" / "spark"
    report = Report()
    address = embedded.start(scratch / "server")
    try:
        server = PostgresServer({**address.environment, "PGDATABASE": "postgres"})
        assets = tuple(f"ASSET-{number:05}" for number in range(options.assets))
        begin = HISTORY_END - options.versions * QUARTER_HOUR
        history = History(assets, begin, options.versions)
        with database(server, "scale") as warehouse:
            measure(warehouse, history, options.repetitions, scratch, report)
    finally:
        embedded.stop(scratch / "server")
        shutil.copytree(scratch / "plans", results, dirs_exist_ok=True)
        shutil.rmtree(scratch)
    report.write(results)
    print(report.markdown())
    return 0


def measure(
    warehouse: Warehouse, history: History, repetitions: int, scratch: Path, report: Report
) -> None:
    """The engine's CPU seconds on each, and what the archive takes."""
    what = f"{len(history.assets):,} assets × {history.version_count} versions × 193 values"
    report.progress(f"landing {what}")
    with warehouse.connect() as connection:
        copy_history(connection, history)
        begin_run(connection, "benchmark")
        settle(connection)
    meter = ServerCpu(warehouse.server)
    postgres = []
    for number in range(repetitions + 1):
        arguments = (*ENGINE, "--full-refresh") if number else ENGINE
        before = meter.seconds()
        build(warehouse, scratch / "dbt", arguments)
        postgres.append(meter.seconds() - before)
        if not number:
            report.reported("first build, PostgreSQL", what, (postgres.pop(), "CPU s"))
    lake = scratch / "lake"
    before_s = time.perf_counter()
    archived = extract(warehouse.environment, "archive", str(lake))
    if archived.returncode:
        raise RuntimeError(archived.stderr)
    report.reported("archive, elapsed", what, (time.perf_counter() - before_s, "s"))
    duckdb_s = median_duckdb_cpu_s(lake, repetitions)
    report.progress("Spark: building, then writing the engine's tables in turns")
    spark_s = spark_cpu_s(lake, repetitions, scratch)
    postgres_s = statistics.median(postgres)
    report.reported("computed in full, PostgreSQL", what, (postgres_s, "CPU s"))
    report.reported("DuckDB arg_max", what, (duckdb_s, "CPU s"), ("PostgreSQL", postgres_s))
    once_s = spark_s["written once"]
    report.reported("Spark", what, (once_s, "CPU s"), ("PostgreSQL", postgres_s))
    at_first = ("as it first worked", spark_s["as it first worked"])
    report.at_most("Spark", what, (once_s, "CPU s"), at_first, 0.5)


def median_duckdb_cpu_s(lake: Path, repetitions: int) -> float:
    """The median over the lake, with as many threads as PostgreSQL has."""
    taken = []
    with duckdb.connect(str(lake.parent / "scale.duckdb")) as connection:
        connection.execute(f"set threads = {THREADS}")
        for _ in range(repetitions + 1):
            before = time.process_time()
            connection.execute(DUCKDB.format(lake=lake)).fetchall()
            taken.append(time.process_time() - before)
    return statistics.median(taken[1:])


def spark_cpu_s(lake: Path, repetitions: int, scratch: Path) -> dict[str, float]:
    """What spark_engine.py measures. Raises RuntimeError where it fails."""
    measuring = ("python", "-m", "tests.engines.spark_engine", str(repetitions))
    done = run_on_spark(scratch / "spark", lake, "scale", {}, *measuring, str(scratch / "plans"))
    if done.returncode:
        raise RuntimeError(done.stdout + done.stderr)
    measured: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return measured


if __name__ == "__main__":
    sys.exit(main())
