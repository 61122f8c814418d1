"""Figure: one cycle of 15 minutes, with a long history and with one day of it."""

from contextlib import ExitStack
from datetime import timedelta
from pathlib import Path

from extract.simulator.plan import SimulationPlan
from tests.benchmark import reference
from tests.benchmark.build import build
from tests.benchmark.data import History, copy_history, land, new_versions
from tests.benchmark.databases import database, settle
from tests.benchmark.dbt_share import measure_full_cycle
from tests.benchmark.master_data import (
    land_master_data,
    write_last_final_production,
    write_production,
)
from tests.benchmark.report import Report
from tests.benchmark.sizes import (
    HISTORY_END,
    QUARTER_HOUR,
    VERSIONS_PER_DAY,
    WHOLE_PROJECT,
    Size,
)
from tests.benchmark.timing import medians_s, seconds_of
from tests.warehouses import PostgresServer, Warehouse

# What is computed when final production says how good the forecasts were.
_JUDGING = {
    "errors by lead time": ("int_lead_time_errors_daily", "int_lead_time_errors_monthly"),
    "accuracy by day": (
        "int_forecasts_verified",
        "forecast_accuracy",
        "portfolio_forecast_accuracy",
    ),
    "imbalance and infeed of the portfolio": ("portfolio_imbalance", "portfolio_best_of_infeed"),
}


class Cycles:
    """A built warehouse with a history, and the cycles that follow it."""

    def __init__(
        self,
        warehouse: Warehouse,
        plan: SimulationPlan,
        day_count: int,
        target: Path,
        arguments: tuple[str, ...],
    ) -> None:
        self.warehouse, self.target, self.arguments = warehouse, target, arguments
        self.assets = tuple(asset.asset_id for asset in plan.assets)
        begin = HISTORY_END - timedelta(days=day_count)
        self.history = History(self.assets, begin, day_count * VERSIONS_PER_DAY)
        self.next_version = HISTORY_END
        with warehouse.connect() as connection:
            land_master_data(connection, plan)
            write_production(connection, plan, day_count)
            copy_history(connection, self.history)
            settle(connection)
        build(warehouse, target, arguments)
        with warehouse.connect() as connection:
            settle(connection)

    def run_s(self) -> float:
        """Land the next version of every asset and build; the seconds without dbt's start-up."""
        documents = new_versions(self.assets, self.next_version)
        self.next_version += QUARTER_HOUR
        with self.warehouse.connect() as connection:
            land_s = seconds_of(lambda: land(connection, documents))
        return land_s + build(self.warehouse, self.target, self.arguments).span_s


def measure_cycles(server: PostgresServer, size: Size, scratch: Path, report: Report) -> None:
    """Cycles of both warehouses in turn; then what surrounds a cycle of the long one."""
    days = size.cycle_history_days
    plan = SimulationPlan(
        asset_count=size.cycle_assets,
        first_day=(HISTORY_END - timedelta(days=days)).date(),
        day_count=days + 1,
        versions_complete=True,
    )
    with ExitStack() as stack:
        cycles: dict[str, Cycles] = {}
        for name, day_count in (("long", days), ("short", 1)):
            report.progress(
                f"cycle: a first build of {size.cycle_assets} assets × {day_count} days"
            )
            warehouse = stack.enter_context(database(server, name))
            cycles[name] = Cycles(warehouse, plan, day_count, scratch / "dbt", size.cycle_build)
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
        if size.startup_repetitions:
            measure_full_cycle(long.warehouse, plan, long.next_version, size, long.target, report)
