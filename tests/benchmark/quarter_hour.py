"""Figure: from a version at the API to its row in the marts, by commands and by a process."""

import os
import statistics
import subprocess
import sys
import time
import warnings
from collections import defaultdict
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from extract.follow import Builder, land
from extract.forecast_request import ForecastRequest
from extract.settings import Settings
from extract.simulator.plan import SimulationPlan
from extract.warehouse.command import DBT_ENVIRONMENT
from tests.benchmark.databases import named_for_dbt
from tests.benchmark.report import Report
from tests.benchmark.server_cpu import ServerCpu
from tests.benchmark.simulator import forecast_api
from tests.benchmark.sizes import QUARTER_HOUR, Size
from tests.dbt_project import ROOT, environment_of
from tests.extract_command import without_sources
from tests.warehouses import Warehouse

_MOST_TIMES_OF_NOTHING = 2
_MOST_SECONDS = 3
_CYCLE = ("run", "--selector", "cycle")
_OF_DBT_WITH_NOTHING_NEW = {
    "the selector cycle": _CYCLE,
    "the selector cycle_tables": ("run", "--selector", "cycle_tables"),
    "everything": ("run",),
    "cycle, --no-populate-cache": ("--no-populate-cache", *_CYCLE),
    "cycle, --no-write-json": ("--no-write-json", *_CYCLE),
    "cycle, --no-partial-parse": ("--no-partial-parse", *_CYCLE),
}


@dataclass
class Commands:
    """Scheduled commands on one warehouse, each in its own process."""

    environment: Mapping[str, str]
    target: Path

    def extract_s(self, version: datetime) -> float:
        """CPU seconds of the extractor for one version of all assets."""
        window = ("--from", version.isoformat(), "--to", (version + QUARTER_HOUR).isoformat())
        return self._cpu_s([sys.executable, "-m", "extract", "forecasts", *window])

    def dbt_s(self, *arguments: str, project: Path = ROOT / "dbt_project") -> float:
        """CPU seconds of dbt."""
        directories = {
            **DBT_ENVIRONMENT,
            "DBT_PROJECT_DIR": str(project),
            "DBT_TARGET_PATH": str(self.target / project.name),
            "DBT_LOG_PATH": str(self.target / "logs"),
        }
        program = str(Path(sys.executable).with_name("dbt"))
        return self._cpu_s([program, "--quiet", *arguments], directories)

    def _cpu_s(self, command: list[str], more: Mapping[str, str] | None = None) -> float:
        process = subprocess.Popen(
            command,
            cwd=ROOT,
            env={**without_sources(), **self.environment, **(more or {})},
            stdout=subprocess.DEVNULL,
        )
        _, status, used = os.wait4(process.pid, 0)
        if os.waitstatus_to_exitcode(status):
            raise RuntimeError(f"{' '.join(command)} failed")
        return used.ru_utime + used.ru_stime


def measure_quarter_hours(
    warehouse: Warehouse,
    plan: SimulationPlan,
    next_version: datetime,
    size: Size,
    target: Path,
    report: Report,
) -> None:
    """A quarter-hour by scheduled commands, then by a long-running process."""
    what = f"{plan.asset_count} assets, {size.cycle_history_days} days of history"
    with named_for_dbt(warehouse) as named, forecast_api(plan) as url:
        environment = {**named.environment, "VPP_API_URL": url}
        if size.has_commands:
            report.progress("quarter-hour: by commands")
            commands = Commands(environment, target)
            next_version = measure_commands(named, commands, next_version, size, what, report)
        report.progress("quarter-hour: by one process that stays")
        measure_follow(named, environment, next_version, size, what, report)


def measure_commands(
    warehouse: Warehouse,
    commands: Commands,
    version: datetime,
    size: Size,
    what: str,
    report: Report,
) -> datetime:
    """The commands with a new version and with nothing, in turn; returns the next version."""
    empty = _empty_project(commands.target)
    server = ServerCpu(warehouse.server)
    # Not counted, as the simulator makes its weather, and dbt parses both projects.
    commands.extract_s(version)
    commands.dbt_s("run", project=empty)
    commands.dbt_s(*_CYCLE)
    seconds: dict[str, list[float]] = defaultdict(list)
    for _ in range(size.quarter_hour_repetitions):
        version += QUARTER_HOUR
        before = server.seconds()
        seconds["extract"].append(commands.extract_s(version))
        seconds["dbt"].append(commands.dbt_s(*_CYCLE))
        seconds["server"].append(server.seconds() - before)
        seconds["nothing"].append(
            commands.extract_s(version) + commands.dbt_s("run", project=empty)
        )
        for name, arguments in _OF_DBT_WITH_NOTHING_NEW.items():
            seconds[name].append(commands.dbt_s(*arguments))
    medians = {name: statistics.median(measured) for name, measured in seconds.items()}
    nothing = ("empty project and extractor that finds nothing", medians["nothing"])
    report.at_most(
        "a quarter-hour by commands, their CPU",
        what,
        (medians["extract"] + medians["dbt"], "s"),
        nothing,
        _MOST_TIMES_OF_NOTHING,
    )
    report.reported("of it beside, the server's CPU", what, (medians["server"], "s"), nothing)
    plain = ("the selector cycle", medians["the selector cycle"])
    for name in _OF_DBT_WITH_NOTHING_NEW:
        figure = f"dbt with nothing new, its CPU: {name}"
        report.reported(figure, what, (medians[name], "s"), plain)
    return version + QUARTER_HOUR


def measure_follow(
    warehouse: Warehouse,
    environment: Mapping[str, str],
    version: datetime,
    size: Size,
    what: str,
    report: Report,
) -> None:
    """Rounds of `python -m extract.follow`, each with the next version of every asset."""
    seconds: list[float] = []
    idle: list[float] = []
    with follower(environment) as (settings, builder), warehouse.connect() as connection:

        def round_s() -> float:
            began = time.perf_counter()
            land(connection, settings, ForecastRequest(version, version + QUARTER_HOUR))
            built = builder.build(connection)
            if built is False:
                raise RuntimeError("the marts could not be built")
            return time.perf_counter() - began

        # Not counted, as it parses the project and builds all of it.
        round_s()
        for _ in range(size.quarter_hour_repetitions):
            version += QUARTER_HOUR
            seconds.append(round_s())
            [(is_there,)] = connection.execute(
                "select (select count(*) from asset_forecasts where latest_version_utc = %(v)s) > 0"
                " and (select latest_asset_count from portfolio_forecast"
                " where delivery_start_utc = %(v)s) > 0",
                {"v": version},
            ).fetchall()
            if not is_there:
                raise RuntimeError(f"the version of {version} is not in the marts")
            began = time.perf_counter()
            if builder.build(connection) is not None:
                raise RuntimeError("something was built though nothing had landed")
            idle.append(time.perf_counter() - began)
    report.at_most(
        "a quarter-hour by one process, from the API to the marts",
        what,
        (statistics.median(seconds), "s"),
        ("a second", 1.0),
        _MOST_SECONDS,
    )
    whole_round = ("such a round", statistics.median(seconds))
    figure = "of it, the look whether there is something to build"
    report.reported(figure, what, (statistics.median(idle), "s"), whole_round)


@contextmanager
def follower(environment: Mapping[str, str]) -> Iterator[tuple[Settings, Builder]]:
    """What `python -m extract.follow` works with, in this process."""
    with environment_of({**environment, **DBT_ENVIRONMENT}), warnings.catch_warnings():
        # dbt's libraries warn of their own deprecations.
        warnings.simplefilter("ignore")
        yield Settings.from_environment(environment), Builder()


def _empty_project(directory: Path) -> Path:
    """A dbt project without a model, with the same profile."""
    project = directory / "empty"
    (project / "models").mkdir(parents=True)
    (project / "dbt_project.yml").write_text(
        "name: empty\nprofile: vpp_warehouse\nflags: {send_anonymous_usage_stats: false}\n"
    )
    return project
