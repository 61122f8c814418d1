"""Figure: how many tuples one cycle inserts, updates and deletes."""

from dataclasses import dataclass
from pathlib import Path

from extract.simulator.plan import SimulationPlan
from tests.benchmark import reference
from tests.benchmark.build import build, relations_feeding
from tests.benchmark.data import land, new_versions
from tests.benchmark.databases import settle, wait_until_unused
from tests.benchmark.report import Report
from tests.benchmark.sizes import ASSET_FORECASTS, HISTORY_END, VALUES_PER_VERSION, Size
from tests.warehouses import Warehouse

ALSO_COUNTED_SCHEMAS = ("build",)
"""Counted in full, besides the relations that feed asset_forecasts according to dbt."""
_MOST_PER_VERSION = 4


@dataclass(frozen=True)
class Tuples:
    """Tuples written since the database was created."""

    inserted: int = 0
    updated: int = 0
    deleted: int = 0

    def since(self, earlier: "Tuples") -> "Tuples":
        return Tuples(
            self.inserted - earlier.inserted,
            self.updated - earlier.updated,
            self.deleted - earlier.deleted,
        )

    def __add__(self, other: "Tuples") -> "Tuples":
        return Tuples(
            self.inserted + other.inserted,
            self.updated + other.updated,
            self.deleted + other.deleted,
        )


Counts = dict[tuple[int, str, str], Tuples]
"""By object, schema and name: a recreated table has a new object."""


def measure_churn(warehouse: Warehouse, size: Size, target: Path, report: Report) -> None:
    """One new version of every asset, landed and built on top of a finished build."""
    plan = SimulationPlan(asset_count=size.engine_assets, first_day=HISTORY_END.date())
    forecasts = new_versions([asset.asset_id for asset in plan.assets], HISTORY_END)
    build(warehouse, target, ASSET_FORECASTS)
    with warehouse.connect() as connection:
        settle(connection)
    before, whole_before = table_counts(warehouse), database_counts(warehouse)
    with warehouse.connect() as connection:
        land(connection, forecasts)
    build(warehouse, target, ASSET_FORECASTS)
    after, whole_after = table_counts(warehouse), database_counts(warehouse)
    if size.engine_assets * (size.engine_versions + 1) * VALUES_PER_VERSION <= size.checked_values:
        reference.check_mart(warehouse, "asset_forecasts after one cycle")
    by_table = written_by_table(before, after, relations_feeding(target, "asset_forecasts"))
    total = sum(by_table.values(), Tuples())
    whole = whole_after.since(whole_before)
    what = f"{len(forecasts):,} assets, one version each"
    versions = ("versions landed", float(len(forecasts)))
    for kind in ("inserted", "updated", "deleted"):
        figure = f"one cycle: tuples {kind} in everything that feeds asset_forecasts"
        report.at_most(figure, what, (getattr(total, kind), "tuples"), versions, _MOST_PER_VERSION)
    for kind in ("inserted", "updated", "deleted"):
        figure = f"the same, tuples {kind} in the whole database, catalogs and temporary included"
        report.reported(figure, what, (getattr(whole, kind), "tuples"), versions)
    report.attachments["cycle-tuples.txt"] = "".join(
        f"{name}: {one.inserted:,} inserted, {one.updated:,} updated, {one.deleted:,} deleted\n"
        for name, one in sorted(by_table.items())
    )


def table_counts(warehouse: Warehouse) -> Counts:
    """What has been written to each table, its TOAST table included."""
    query = """
        select
            tables.oid,
            tables.relnamespace::regnamespace::text,
            tables.relname,
            sum(counts.n_tup_ins)::bigint,
            sum(counts.n_tup_upd)::bigint,
            sum(counts.n_tup_del)::bigint
        from pg_stat_all_tables as counts
        inner join pg_class as tables on counts.relid in (tables.oid, tables.reltoastrelid)
        where tables.relkind in ('r', 'm')
        group by tables.oid
    """
    wait_until_unused(warehouse)
    with warehouse.connect() as connection:
        rows = connection.execute(query).fetchall()
    return {(oid, schema, name): Tuples(*counts) for oid, schema, name, *counts in rows}


def database_counts(warehouse: Warehouse) -> Tuples:
    """What has been written in the whole database."""
    query = """
        select tup_inserted, tup_updated, tup_deleted
        from pg_stat_database where datname = current_database()
    """
    wait_until_unused(warehouse)
    [counts] = warehouse.rows(query)
    return Tuples(*map(int, map(str, counts)))


def written_by_table(
    before: Counts, after: Counts, relations: set[tuple[str, str]]
) -> dict[str, Tuples]:
    """What was written in between to these relations and to the schemas that always count.

    All tuples of a table created in between were written in between.
    """
    written: dict[str, Tuples] = {}
    for (oid, schema, name), count in after.items():
        if schema in ALSO_COUNTED_SCHEMAS or (schema, name) in relations:
            written[f"{schema}.{name}"] = count.since(before.get((oid, schema, name), Tuples()))
    return written
