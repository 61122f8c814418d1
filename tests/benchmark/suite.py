"""All figures, one after the other."""

import os
import platform
from pathlib import Path

from tests.benchmark.cycle import measure_cycles
from tests.benchmark.landing import measure_landing
from tests.benchmark.memory import measure_memory
from tests.benchmark.portfolio import measure_portfolio
from tests.benchmark.report import Report
from tests.benchmark.sizes import THREADS, Size
from tests.warehouses import PostgresServer


def measure(server: PostgresServer, size: Size, scratch: Path, report: Report) -> None:
    """Measure every figure on this server; intermediate files go to `scratch`.

    Raises Disagreement where a result is not its reference's.
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
    measure_cycles(server, size, scratch, report)
    measure_memory(server, size, report)
