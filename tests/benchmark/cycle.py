"""Figure: one cycle of 15 minutes, with a long history and with one day of it."""

from datetime import datetime
from pathlib import Path

from extract.simulator.plan import SimulationPlan
from tests.benchmark import reference
from tests.benchmark.build import Build, build
from tests.benchmark.data import History, land, new_versions
from tests.benchmark.databases import settle
from tests.benchmark.history import history_of, landed_history
from tests.benchmark.other_sources import write_last_final_production
from tests.benchmark.report import Report
from tests.benchmark.sizes import (
    HISTORY_END,
    QUARTER_HOUR,
    WHOLE_PROJECT,
    Size,
)
from tests.benchmark.timing import medians_s, seconds_of
from tests.warehouses import PostgresServer, Warehouse

# What is computed once final production shows how good the forecasts were.
_JUDGING = {
    "errors by lead time": ("int_lead_time_errors_daily", "int_lead_time_errors_monthly"),
    "accuracy by day": (
        "int_forecasts_verified",
        "forecast_accuracy",
        "portfolio_forecast_accuracy",
    ),
    "market gates": (
        "int_forecasts_at_gates",
        "forecast_accuracy_by_gate",
        "portfolio_accuracy_by_gate",
        "forecast_error_bridge",
    ),
    "imbalance and infeed of the portfolio": (
        "portfolio_imbalance",
        "portfolio_provisional_imbalance",
        "portfolio_best_of_infeed",
    ),
}


class Cycles:
    """A built warehouse with a history, and the cycles that follow it."""

    def __init__(
        self, warehouse: Warehouse, history: History, target: Path, arguments: tuple[str, ...]
    ) -> None:
        self.warehouse, self.target, self.arguments = warehouse, target, arguments
        self.history = history
        self.next_version = HISTORY_END
        self.last: Build | None = None

    def run_s(self) -> float:
        """Land every asset's next version and build; returns seconds without dbt's start-up."""
        documents = new_versions(self.history.assets, self.next_version)
        self.next_version += QUARTER_HOUR
        with self.warehouse.connect() as connection:
            land_s = seconds_of(lambda: land(connection, documents))
        self.last = build(self.warehouse, self.target, self.arguments)
        return land_s + self.last.span_s


def measure_cycles(
    server: PostgresServer,
    warehouse: Warehouse,
    plan: SimulationPlan,
    size: Size,
    target: Path,
    report: Report,
) -> datetime:
    """Cycles of this built warehouse and of one with a day of history, in turn.

    Returns the first version that is not landed.
    """
    days = size.cycle_history_days
    cycles = {"long": Cycles(warehouse, history_of(plan, days), target, size.cycle_build)}
    with landed_history(server, "short", plan, 1) as short:
        report.progress(f"cycle: a first build of {size.cycle_assets} assets × 1 day")
        build(short, target, size.cycle_build)
        with short.connect() as connection:
            settle(connection)
        cycles["short"] = Cycles(short, history_of(plan, 1), target, size.cycle_build)
        report.progress("cycle: cycles with a long history and with a short one in turn")
        for one in [*cycles.values()] * size.cycle_warm_ups:
            one.run_s()
        seconds = medians_s(
            size.cycle_repetitions, {name: one.run_s for name, one in cycles.items()}
        )
        for name, one in cycles.items():
            if one.history.value_count <= size.checked_values:
                reference.check_mart(one.warehouse, f"asset_forecasts after cycles ({name})")
        what = f"{size.cycle_assets} assets, {days} days of history"
        report.at_most(
            "one cycle (landing and build, without dbt's own start-up)",
            what,
            (seconds["long"], "s"),
            ("1 day of history", seconds["short"]),
            1.2,
        )
        long = cycles["long"]
        if size.cycle_build == WHOLE_PROJECT:
            assert long.last is not None
            report.reported(
                "of a cycle, the portfolio at market gates",
                what,
                (long.last.models_s["int_portfolio_forecast_by_gate"], "s"),
                ("models side by side, from first to last", long.last.span_s),
            )
            report.progress("cycle: a build after a day of final production")
            with long.warehouse.connect() as connection:
                write_last_final_production(connection, plan)
            settled = build(long.warehouse, long.target, long.arguments)
            settled_s = (settled.span_s, "s")
            cycle_s = ("one cycle of forecasts", seconds["long"])
            report.reported("build after a day of final production", what, settled_s, cycle_s)
            for models, measure in _JUDGING.items():
                models_s = (sum(settled.models_s[model] for model in measure), "s")
                whole_s = ("models side by side, from first to last", settled.span_s)
                report.reported(f"of it, {models}", what, models_s, whole_s)
            measure_storage(long.warehouse, size, report)
        return long.next_version


def measure_storage(warehouse: Warehouse, size: Size, report: Report) -> None:
    """The disk space of forecasts at market gates, with indexes, compared with the versions."""
    asset_days = size.cycle_assets * size.cycle_history_days
    gates, versions = (
        f"select pg_total_relation_size('{table}') / {asset_days}::double precision"
        for table in ("intermediate.int_forecasts_at_gates", "raw.forecast_version")
    )
    report.reported(
        "disk for an asset's day at all market gates",
        f"{size.cycle_assets} assets, {size.cycle_history_days} days",
        (_number(warehouse.value(gates)), "bytes"),
        ("the day's versions in raw", _number(warehouse.value(versions))),
    )


def _number(value: object) -> float:
    assert isinstance(value, float)
    return value
