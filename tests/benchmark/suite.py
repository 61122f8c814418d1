"""All figures, one after the other."""

import os
import platform
from pathlib import Path

from tests.benchmark.cycle import measure_cycles
from tests.benchmark.first_build import measure_first_builds
from tests.benchmark.history import landed_history, plan_of
from tests.benchmark.landing import measure_landing
from tests.benchmark.memory import measure_memory
from tests.benchmark.portfolio import measure_portfolio
from tests.benchmark.quarter_hour import measure_quarter_hours
from tests.benchmark.questions import measure_questions
from tests.benchmark.report import Report
from tests.benchmark.sizes import THREADS, Size
from tests.warehouses import PostgresServer


def measure(server: PostgresServer, size: Size, scratch: Path, report: Report) -> None:
    """Measure every figure on this server; intermediate files go to `scratch`.

    Raises Disagreement if a result differs from its reference's.
    """
    scratch.mkdir(parents=True)
    with server.connect("postgres") as connection:
        version = connection.execute("show server_version").fetchone()
    report.notes.append(
        f"Size `{size.name}`, medians of {size.repetitions} repetitions in turn "
        f"({size.landing_repetitions} of landing, {size.cycle_repetitions} of cycles); "
        f"PostgreSQL {version[0] if version else ''} with its default settings, "
        "for the engine and row_number() with those of a build (work_mem 64 MB, no JIT); "
        f"{THREADS} threads for them and DuckDB; "
        f"{os.cpu_count()} cores, {platform.system()} on {platform.machine()}."
    )
    measure_portfolio(server, size, scratch, report)
    measure_landing(server, size, report)
    plan = plan_of(size)
    with landed_history(server, "long", plan, size.cycle_history_days) as warehouse:
        target = scratch / "dbt"
        measure_first_builds(server, warehouse, plan, size, target, report)
        next_version = measure_cycles(server, warehouse, plan, size, target, report)
        measure_questions(warehouse, size, report)
        measure_quarter_hours(warehouse, plan, next_version, size, target, report)
    measure_memory(server, size, report)
