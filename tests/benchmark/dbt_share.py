"""Reported beside: what a whole cycle consists of, and what dbt's start-up has of it."""

import os
import statistics
import subprocess
import sys
import time
from collections import defaultdict
from collections.abc import Mapping
from datetime import datetime
from itertools import count
from pathlib import Path

from extract.simulator.plan import SimulationPlan
from extract.simulator.server import ForecastServer
from tests.benchmark.build import finished_build
from tests.benchmark.databases import named_for_dbt
from tests.benchmark.report import Report
from tests.benchmark.sizes import ASSET_FORECASTS, QUARTER_HOUR, WHOLE_PROJECT, Size
from tests.benchmark.timing import seconds_of
from tests.dbt_project import ROOT
from tests.extract_command import extract
from tests.warehouses import Warehouse


def measure_full_cycle(
    warehouse: Warehouse,
    plan: SimulationPlan,
    next_version: datetime,
    size: Size,
    target: Path,
    report: Report,
) -> None:
    """The commands of a schedule, each in a process of its own; `next_version` comes first."""
    report.progress("full cycle: the extractor and dbt as commands")
    seconds: dict[str, list[float]] = defaultdict(list)
    versions = (next_version + number * QUARTER_HOUR for number in count())
    with named_for_dbt(warehouse) as named, ForecastServer(plan) as api:
        environment = {**named.environment, "VPP_API_URL": api.url}
        # Not counted: the simulator makes its weather when it is first asked for it.
        extract_s(environment, next(versions))
        dbt_s(environment, target, *WHOLE_PROJECT)
        for _ in range(size.startup_repetitions):
            version = next(versions)
            seconds["extractor"].append(extract_s(environment, version))
            seconds["extractor, nothing new"].append(extract_s(environment, version))
            for name, arguments in (
                ("dbt", WHOLE_PROJECT),
                ("dbt, nothing new", WHOLE_PROJECT),
                ("dbt of +asset_forecasts, nothing new", ASSET_FORECASTS),
                ("dbt without partial parsing", ("--no-partial-parse", *WHOLE_PROJECT)),
            ):
                startup_s, models_s = dbt_s(environment, target, *arguments)
                seconds[f"{name}: start-up"].append(startup_s)
                seconds[f"{name}: models"].append(models_s)
    medians = {name: statistics.median(measured) for name, measured in seconds.items()}
    cycle_s = medians["extractor"] + medians["dbt: start-up"] + medians["dbt: models"]
    what = f"{plan.asset_count} assets, {size.cycle_history_days} days of history"
    for name, median_s in medians.items():
        report.reported(f"full cycle, {name}", what, (median_s, "s"), ("full cycle", cycle_s))


def dbt_s(environment: Mapping[str, str], target: Path, *arguments: str) -> tuple[float, float]:
    """dbt as its command line: the seconds of its start-up (and end), and of its models."""
    directories = {
        "DBT_PROJECT_DIR": str(ROOT / "dbt_project"),
        "DBT_PROFILES_DIR": str(ROOT / "profiles"),
        "DBT_TARGET_PATH": str(target),
        "DBT_LOG_PATH": str(target / "logs"),
    }
    command = [str(Path(sys.executable).with_name("dbt")), "--quiet", *arguments]
    inherited = {**os.environ, **environment, **directories}
    wall_s = seconds_of(lambda: subprocess.run(command, env=inherited, check=True))
    models_s = finished_build(target).span_s
    return wall_s - models_s, models_s


def extract_s(environment: Mapping[str, str], version: datetime) -> float:
    """The extractor as its command line, for one version of all assets."""
    window = ("--from", version.isoformat(), "--to", (version + QUARTER_HOUR).isoformat())
    began = time.perf_counter()
    done = extract(environment, "forecasts", *window)
    if done.returncode:
        raise RuntimeError(f"python -m extract forecasts: {done.stderr}")
    return time.perf_counter() - began
