"""Figures of a first build: what grows with the history, and live samples by themselves."""

import time
from dataclasses import dataclass
from pathlib import Path

from dbt_common.events.base_types import EventMsg

from extract.simulator.plan import SimulationPlan
from tests.benchmark.build import finished_build
from tests.benchmark.databases import named_for_dbt, set_as_builds_do, settle
from tests.benchmark.history import landed_history
from tests.benchmark.report import Report
from tests.benchmark.server_cpu import ServerCpu
from tests.benchmark.sizes import WHOLE_PROJECT, Size
from tests.benchmark.timing import medians_s, seconds_of
from tests.dbt_project import dbt
from tests.warehouses import PostgresServer, Warehouse

_MOST_GROWTH = 1.1
_COUNTS_FROM_S = 1.0
_MOST_TIMES_OF_UNNEST = 3
# Unrolled side by side; what does not count is left out.
_BARE_UNNEST = """
    select documents.asset_id, count(*), sum(sample.power_kw)
    from raw.live_infeed as documents
    cross join unnest(documents.measured_utc, documents.power_kw, documents.quality)
        as sample (measured_utc, power_kw, quality)
    where sample.quality >= 0.5
    group by documents.asset_id
"""


@dataclass(frozen=True)
class FirstBuild:
    """How long a build of an empty warehouse took, its models one after the other."""

    wall_s: float
    cpu_s: dict[str, float]
    """The server's CPU by model."""
    rows: dict[str, int]
    """Row counts by table."""


def measure_first_builds(
    server: PostgresServer,
    long: Warehouse,
    plan: SimulationPlan,
    size: Size,
    target: Path,
    report: Report,
) -> None:
    """Build the long history, and one of fewer days for comparison; the long one stays built."""
    days, fewer = size.cycle_history_days, size.first_build_days
    report.progress(f"first build of {size.cycle_assets} assets × {fewer} days")
    with landed_history(server, "fewer", plan, fewer) as warehouse:
        small = first_build(warehouse, target)
    report.progress(f"first build of {size.cycle_assets} assets × {days} days")
    large = first_build(long, target)
    live_infeed = finished_build(target).compiled_sql["live_infeed"]
    what = f"{size.cycle_assets} assets, {days} days against {fewer}"
    growth = {name: large.cpu_s[name] / max(small.cpu_s[name], 0.01) for name in large.cpu_s}
    # The last day is not settled, and the first days have fewer versions before them, so the input
    # of models that judge forecasts grows by more than the days.
    more = {
        name: max(days / fewer, large.rows.get(name, 0) / max(small.rows.get(name, 0), 1))
        for name in growth
    }
    heavy = [name for name, spent_s in large.cpu_s.items() if spent_s >= _COUNTS_FROM_S]
    most = max(heavy or growth, key=lambda name: growth[name] / more[name])
    report.at_most(
        "first build: growth of the model that grows most, of those with a second of CPU",
        f"{what} ({most})",
        (growth[most], "times"),
        ("its input", more[most]),
        _MOST_GROWTH,
    )
    for name in sorted(heavy, key=lambda name: -large.cpu_s[name]):
        report.reported(
            f"first build: {name}, the server's CPU",
            what,
            (large.cpu_s[name], "s"),
            (f"{fewer} days", small.cpu_s[name]),
        )
    rows = sum(large.rows.values())
    report.reported("first build: values read", what, (_values(long) / large.wall_s, "values/s"))
    report.reported("first build: rows written", what, (rows / large.wall_s, "rows/s"))
    report.progress("live samples: to quarter-hours and by a bare unnest in turn")
    measure_live_samples(long, live_infeed, size, report)


def first_build(warehouse: Warehouse, target: Path) -> FirstBuild:
    """Build everything, one model at a time, so that the server's time belongs to one model."""
    cpu = ServerCpu(warehouse.server)
    begun: dict[str, float] = {}
    spent: dict[str, float] = {}

    def on_event(event: EventMsg) -> None:
        if event.info.name == "NodeStart":
            begun[event.data.node_info.node_name] = cpu.seconds()
        elif event.info.name == "NodeFinished":
            name = event.data.node_info.node_name
            spent[name] = cpu.seconds() - begun[name]

    with named_for_dbt(warehouse) as named:
        began = time.perf_counter()
        outcome = dbt(
            named.environment,
            target,
            *WHOLE_PROJECT,
            "--threads",
            "1",
            artifacts=True,
            on_event=on_event,
        )
        wall_s = time.perf_counter() - began
    if not outcome.success:
        raise RuntimeError(f"first build: {outcome.exception or outcome.statuses}")
    with warehouse.connect() as connection:
        settle(connection)
    rows = warehouse.rows(
        "select relname, n_live_tup from pg_stat_user_tables"
        " where schemaname in ('intermediate', 'public')"
    )
    return FirstBuild(wall_s, spent, {str(name): int(str(count)) for name, count in rows})


def measure_live_samples(
    warehouse: Warehouse, live_infeed: str, size: Size, report: Report
) -> None:
    """The model's own query, and what unrolling the same arrays takes alone."""
    with warehouse.connect() as connection:
        set_as_builds_do(connection)
        connection.execute("set max_parallel_workers_per_gather = 0")
        quarter_hours = f"select count(*), sum(power_kw) from ({live_infeed}) as live_infeed"
        seconds = medians_s(
            size.repetitions,
            {
                "unnest": lambda: seconds_of(lambda: connection.execute(_BARE_UNNEST).fetchall()),
                "live": lambda: seconds_of(
                    lambda: connection.execute(quarter_hours.encode()).fetchall()
                ),
            },
        )
        [(samples,)] = connection.execute(
            "select sum(cardinality(power_kw)) from raw.live_infeed"
        ).fetchall()
    report.at_most(
        "live samples to quarter-hours, nothing written",
        f"{samples:,} samples",
        (seconds["live"], "s"),
        ("bare unnest that sums them", seconds["unnest"]),
        _MOST_TIMES_OF_UNNEST,
    )


def _values(warehouse: Warehouse) -> int:
    """How many values the documents hold."""
    count = warehouse.value(
        """
        select
            (select sum(value_count) from raw.forecast_version)
            + (select sum(cardinality(power_kw)) from raw.live_infeed)
            + (select sum(cardinality(power_kw)) from raw.final_production)
        """
    )
    return int(str(count))
