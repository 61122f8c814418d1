"""Figure: the extractor's peak memory, with a long window and with one day."""

import subprocess
import sys
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path

from extract.simulator.plan import SimulationPlan
from extract.simulator.server import ForecastServer
from tests.benchmark.databases import database
from tests.benchmark.report import Report
from tests.benchmark.sizes import HISTORY_END, VERSIONS_PER_DAY, Size
from tests.dbt_project import ROOT
from tests.extract_command import without_sources
from tests.warehouses import PostgresServer

_MIB = 1024 * 1024


def measure_memory(server: PostgresServer, size: Size, report: Report) -> None:
    """`python -m extract forecasts` twice, each into an empty warehouse."""
    days = size.memory_days
    plan = SimulationPlan(
        asset_count=size.memory_assets,
        first_day=HISTORY_END.date(),
        day_count=days,
        versions_complete=True,
    )
    with ForecastServer(plan) as api:
        peaks = {
            day_count: extractor_peak_mib(server, plan, api.url, day_count, report)
            for day_count in (days, 1)
        }
    report.at_most(
        "extractor peak memory",
        f"{size.memory_assets} assets × {days} days",
        (peaks[days], "MiB"),
        ("1 day", peaks[1]),
        1.2,
    )


def extractor_peak_mib(
    server: PostgresServer, plan: SimulationPlan, url: str, day_count: int, report: Report
) -> float:
    """The peak memory of the command that lands this many days of forecasts."""
    version_count = plan.asset_count * VERSIONS_PER_DAY * day_count
    report.progress(f"memory: the extractor lands {version_count:,} versions")
    until = HISTORY_END + timedelta(days=day_count)
    command = ["forecasts", "--from", HISTORY_END.isoformat(), "--to", until.isoformat()]
    command += ["--assets", *(asset.asset_id for asset in plan.assets)]
    with database(server, "memory") as warehouse:
        peak = _peak_bytes({**warehouse.environment, "VPP_API_URL": url}, command)
        landed = warehouse.value("select count(*) from raw.forecast_version")
    if landed != version_count:
        raise RuntimeError(f"the extractor landed {landed} of {version_count} versions")
    return peak / _MIB


def _peak_bytes(environment: Mapping[str, str], command: list[str]) -> int:
    launcher = Path(__file__).with_name("peak_memory.py")
    done = subprocess.run(
        [sys.executable, str(launcher), sys.executable, "-m", "extract", *command],
        cwd=ROOT,
        env={**without_sources(), **environment},
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    return int(done.stdout.splitlines()[-1])
