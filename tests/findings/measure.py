"""One portfolio from seed to judgement: simulate, spoil, land, build, compare."""

from collections.abc import Callable, Mapping
from pathlib import Path

from tests.benchmark.databases import database, named_for_dbt, settle
from tests.dbt_project import dbt
from tests.findings.conditions import with_bad_days
from tests.findings.injection import Key, inject
from tests.findings.landing import (
    land_master_data,
    land_redispatches,
    land_series,
    land_versions,
)
from tests.findings.portfolio import forecasts_of, plan_of, version_epochs
from tests.findings.scoring import Finding, Judgement, judge
from tests.findings.series import Series
from tests.findings.simulation import Portfolio, simulated
from tests.warehouses import PostgresServer, Warehouse

BUILD = ("run", "--select", "+data_findings")
"""The mart and everything that feeds it."""
_FAULTS_PER_ASSET_DAY = 35 / 3000
"""Faults of each kind."""

Tell = Callable[[str], None]


def measure(
    server: PostgresServer, seed: int, asset_count: int, day_count: int, target: Path, tell: Tell
) -> Judgement:
    """Judge the findings of the portfolio of this seed; dbt writes to `target`."""
    tell(f"seed {seed}: simulating {asset_count} assets × {day_count + 2} days")
    portfolio = simulated(plan_of(seed, asset_count, day_count))
    count_per_kind = max(1, round(_FAULTS_PER_ASSET_DAY * asset_count * day_count))
    documents, faults = inject(
        seed, portfolio.documents, portfolio.plants, portfolio.judged_days, count_per_kind
    )
    with database(server, f"findings_{seed}") as warehouse:
        large = sum(fault.is_large for fault in faults)
        tell(f"seed {seed}: landing, with {len(faults)} faults, {large} of them large")
        land(warehouse, portfolio, documents)
        tell(f"seed {seed}: dbt {' '.join(BUILD)}")
        build(warehouse, target)
        findings = findings_of(warehouse)
    tell(f"seed {seed}: {len(findings)} findings")
    conditions = {
        (asset_id, day): one.of_day[day]
        for asset_id, one in portfolio.conditions.items()
        for day in portfolio.judged_days
    }
    return judge(seed, faults, findings, conditions)


def land(warehouse: Warehouse, portfolio: Portfolio, documents: Mapping[Key, Series]) -> None:
    """Land the portfolio with these documents in place of the clean ones."""
    plan = portfolio.plan
    versions = version_epochs(plan)
    of_asset: dict[str, list[tuple[Key, Series]]] = {asset.asset_id: [] for asset in plan.assets}
    for key, series in documents.items():
        of_asset[key[1]].append((key, series))
    with warehouse.connect() as connection:
        land_master_data(connection, plan)
        for asset in plan.assets:
            plant, one = portfolio.plants[asset.asset_id], portfolio.conditions[asset.asset_id]
            forecasts = forecasts_of(plan, plant, portfolio.spells)
            power_kw = with_bad_days(forecasts, versions, plant, one.bad_forecasts)
            land_versions(connection, asset, versions, power_kw)
            land_series(connection, asset, of_asset[asset.asset_id])
            land_redispatches(connection, asset, one.redispatches)
        settle(connection)


def build(warehouse: Warehouse, target: Path) -> None:
    """Run dbt on the warehouse. Raises RuntimeError if it fails."""
    with named_for_dbt(warehouse) as named:
        outcome = dbt(named.environment, target, *BUILD)
    if not outcome.success:
        failed = [name for name, status in outcome.statuses.items() if status != "success"]
        raise RuntimeError(f"dbt {' '.join(BUILD)}: {outcome.exception or failed}")


def findings_of(warehouse: Warehouse) -> list[Finding]:
    """The rows of data_findings."""
    with warehouse.connect() as connection:
        rows = connection.execute(
            "select source, asset_id, delivery_date, finding, other_asset_id, detail::text"
            " from public.data_findings"
        ).fetchall()
    return [
        Finding(source, asset_id, day, finding, other, detail or "")
        for source, asset_id, day, finding, other, detail in rows
    ]
