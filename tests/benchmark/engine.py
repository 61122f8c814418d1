"""Figure: the forecast engine alone, against `row_number()` and against DuckDB."""

from dataclasses import dataclass
from pathlib import Path

import psycopg

from tests.benchmark import reference
from tests.benchmark.anchor_figures import (
    PYTHON,
    export_values,
    measure_beliefs,
    measure_clickhouse,
)
from tests.benchmark.build import build
from tests.benchmark.databases import NAME_FOR_DBT, named_for_dbt, set_as_builds_do
from tests.benchmark.duckdb_reference import DuckdbValues
from tests.benchmark.report import Report, check_equal
from tests.benchmark.sizes import THREADS, Size
from tests.benchmark.timing import medians_s, seconds_of
from tests.dbt_project import dbt
from tests.warehouses import Warehouse

_GATES_MINUTES = {"latest": 0, "tradeable": 15}
# Counts and sums like the references; grouping would sort the engine's rows first.
_COUNTS_AND_SUMS = ", ".join(
    f"{aggregate} filter (where gate = '{gate}')"
    for gate in _GATES_MINUTES
    for aggregate in ("count(*)", "sum(power_kw)")
)


# Every array is fetched whole, and one of its elements is taken.
_BARE_PASS = "select count(*), sum(power_kw[1]) from raw.forecast_version"


@dataclass(frozen=True)
class EngineSql:
    """The project's engine as SQL for one database."""

    rows: str
    """Yields kind, asset_id, delivery_start_utc, version_utc, power_kw."""
    aggregates: dict[str, str]
    """Count and sum of each kind, by the name of its saved plan; together both kinds."""


def engine_sql(warehouse: Warehouse, target: Path) -> EngineSql:
    """The engine as dbt compiles it. The one place to adapt when its models change."""
    build(warehouse, target, ("run", "--select", "+stg_vpp__forecast_versions"))
    call = (
        "forecast_as_of_gate(ref('stg_vpp__forecast_versions'),"
        f" ref('stg_vpp__forecast_documents'), {_GATES_MINUTES})"
    )
    with named_for_dbt(warehouse) as named:
        compiled = dbt(named.environment, target, "compile", "--inline", f"{{{{ {call} }}}}")
    [query] = (query.replace(f'"{NAME_FOR_DBT}".', "") for query in compiled.compiled.values())
    return EngineSql(
        rows="select gate as kind, asset_id, delivery_start_utc, version_utc, power_kw"
        f" from ({query}) as engine",
        aggregates={"both": f"select {_COUNTS_AND_SUMS} from ({query}) as engine"},
    )


def measure_engine(
    warehouse: Warehouse, size: Size, scratch: Path, target: Path, report: Report
) -> None:
    """The engine on raw, its references on the exploded values; nothing is written."""
    what = (
        f"{size.engine_assets:,} assets × {size.engine_versions} versions × 193 values, "
        f"{THREADS} threads"
    )
    engine = engine_sql(warehouse, target)
    naive = [reference.aggregated(reference.ranked(reference.STORED_VALUES, g)) for g in (0, 15)]
    values = scratch / "values.csv"
    with warehouse.connect() as connection:
        # Instants as plain numbers or without a zone, with which DuckDB is faster.
        export_values(connection, reference.STORED_VALUES, values)
    with warehouse.connect() as connection, DuckdbValues(values, scratch) as duckdb:
        set_as_builds_do(connection)
        connection.execute(f"set max_parallel_workers_per_gather = {THREADS - 1}")
        report.progress("engine: comparing its rows with both references")
        check_rows(connection, engine, duckdb)
        report.progress("engine: measuring, row_number() and DuckDB in turn")
        seconds = medians_s(
            size.repetitions,
            {
                "engine": lambda: seconds_of(lambda: execute(connection, engine.aggregates)),
                "row_number": lambda: seconds_of(
                    lambda: [connection.execute(query).fetchall() for query in naive]
                ),
                "duckdb": lambda: seconds_of(duckdb.aggregate),
                "pass": lambda: seconds_of(lambda: connection.execute(_BARE_PASS).fetchall()),
            },
        )
        [found] = connection.execute(engine.aggregates["both"]).fetchall()
        for kind, query in engine.aggregates.items():
            plan = connection.execute(f"explain (analyze, buffers) {query}").fetchall()
            text = "\n".join(str(line) for (line,) in plan)
            report.attachments[f"engine-{kind}.explain.txt"] = f"{text}\n"
    naive_s, duckdb_s = seconds["row_number"], seconds["duckdb"]
    figure = "engine alone, latest and tradeable, nothing written"
    report.at_least(figure, what, seconds["engine"], ("row_number() twice", naive_s), 30)
    report.at_most(figure, what, (seconds["engine"], "s"), ("DuckDB arg_max", duckdb_s), 1)
    bare_pass = ("bare pass that reads every array once", seconds["pass"])
    report.at_most(figure, what, (seconds["engine"], "s"), bare_pass, 2)
    if PYTHON.exists():
        measure_clickhouse(values, scratch, size, seconds["engine"], list(found), report)
        with warehouse.connect() as connection:
            measure_beliefs(connection, scratch, size, seconds["engine"], report)
    values.unlink()


def execute(connection: psycopg.Connection, queries: dict[str, str]) -> None:
    """Run each query to the end."""
    for query in queries.values():
        connection.execute(query).fetchall()


def check_rows(connection: psycopg.Connection, engine: EngineSql, duckdb: DuckdbValues) -> None:
    """The engine's rows are those of the reference's mart and of DuckDB. Raises Disagreement."""
    # row_number() has already filled the mart; unpivoted, it has the engine's rows.
    naive_rows = f"""
        select 'latest', asset_id, delivery_start_utc, latest_version_utc, latest_power_kw
        from {reference.STORED_MART}
        union all
        select 'tradeable', asset_id, delivery_start_utc, tradeable_version_utc, tradeable_power_kw
        from {reference.STORED_MART} where tradeable_version_utc is not null
    """
    found = sorted(connection.execute(engine.rows).fetchall())
    check_equal("engine", found, sorted(connection.execute(naive_rows).fetchall()))
    check_equal("DuckDB", found, duckdb.rows())
