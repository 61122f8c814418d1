"""The forecast engine against brute force: the definition, written down as a loop."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha256

import psycopg
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from psycopg import sql

from extract.warehouse.schema import ensure_schema
from tests.dbt_project import dbt
from tests.gates import Gate
from tests.warehouses import Warehouse

QUARTER_HOUR = timedelta(minutes=15)
EPOCH = datetime(2025, 10, 25, 21, 0, tzinfo=UTC)  # an hour before a day on which clocks change

Forecasts = dict[tuple[str, datetime], tuple[datetime, float]]


@dataclass(frozen=True)
class Version:
    """A received forecast version; instants are counted in quarter-hours from EPOCH."""

    asset_id: str
    version: int
    grid_start: int
    received: int
    power_kw: tuple[float | None, ...]

    @property
    def content_sha256(self) -> bytes:
        return sha256(repr(self).encode()).digest()


def instant(quarter_hours: int) -> datetime:
    return EPOCH + quarter_hours * QUARTER_HOUR


def brute_force(documents: Sequence[Version], gate: Gate) -> Forecasts:
    """The newest version at or before the gate with a value, for every covered quarter-hour."""
    newest: dict[tuple[str, int], Version] = {}
    for document in sorted(documents, key=lambda one: (one.received, one.content_sha256)):
        newest[document.asset_id, document.version] = document
    forecasts: Forecasts = {}
    for version in sorted(newest.values(), key=lambda one: one.version):
        for position, power_kw in enumerate(version.power_kw):
            start = instant(version.grid_start + position)
            closes = gate.closes(start)
            if power_kw is not None and closes and instant(version.version) <= closes:
                forecasts[version.asset_id, start] = instant(version.version), power_kw
    return forecasts


def land(connection: psycopg.Connection, documents: Sequence[Version]) -> None:
    with connection.cursor() as cursor:
        cursor.execute("truncate raw.forecast_version")
        cursor.executemany(
            "insert into raw.forecast_version (version_utc, grid_start_utc, received_utc, run_id,"
            " asset_id, source_uri, content_sha256, power_kw)"
            " values (%s, %s, %s, 1, %s, 'test', %s, %s::double precision [])",
            [
                (
                    instant(document.version),
                    instant(document.grid_start),
                    instant(document.received),
                    document.asset_id,
                    document.content_sha256,
                    list(document.power_kw),
                )
                for document in documents
            ],
        )


def rows_of(connection: psycopg.Connection, query: str) -> Forecasts:
    rows = connection.execute(sql.SQL(query)).fetchall()
    forecasts = {(row[0], row[1]): (row[2], row[3]) for row in rows}
    assert len(forecasts) == len(rows), "a quarter-hour of an asset is there twice"
    return forecasts


power_kw = st.one_of(st.none(), st.integers(0, 9).map(float))
versions = st.builds(
    Version,
    asset_id=st.sampled_from(["A", "B"]),
    version=st.integers(-3, 14),
    grid_start=st.integers(-3, 18),
    received=st.integers(100, 102),
    power_kw=st.lists(power_kw, min_size=1, max_size=14).map(tuple),
)
regular_versions = versions.map(
    lambda one: Version(one.asset_id, one.version, one.version, one.received, one.power_kw)
)


# Disjoint ranges, as a build merges them before it calls the engine.
ranges = (
    st.lists(st.integers(-4, 34), min_size=2, max_size=6, unique=True)
    .map(sorted)
    .map(lambda bounds: list(zip(bounds[::2], bounds[1::2], strict=False)))
)


GATES = {
    "delivery": Gate(0),
    "a quarter-hour": Gate(15),
    "off the grid": Gate(40),
    "some minutes, in a part of the day": Gate(7.5, first_delivery_time="01:30"),
    "the evening before": Gate(days_before=1, local_time="23:20"),
    "on the day": Gate(local_time="00:45", first_delivery_time="01:00"),
    "at a time that occurs twice": Gate(local_time="02:15", first_delivery_time="02:30"),
}


@dataclass(frozen=True)
class Engine:
    """The engine as SQL, for all gates at once."""

    connection: psycopg.Connection
    everything: str
    within: str

    def forecasts(self, query: str, gate: str) -> Forecasts:
        rows = (
            f"select asset_id, delivery_start_utc, version_utc, power_kw from ({query}) as engine"
        )
        return rows_of(self.connection, f"{rows} where gate = '{gate}'")


@pytest.fixture(scope="module")
def engine(
    module_warehouse: Warehouse, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Engine]:
    target = tmp_path_factory.mktemp("engine")

    def compiled(within: str) -> str:
        columns = "gate, minutes_before_delivery, days_before, local_time, first_delivery_time"
        rows = ", ".join(f"('{name}', {gate.row})" for name, gate in GATES.items())
        call = (
            "forecast_as_of_gate(ref('stg_vpp__forecast_versions'),"
            " ref('stg_vpp__forecast_documents'),"
            f' "(values {rows}) as given ({columns})", {within})'
        )
        arguments = ["compile", "--inline", f"{{{{ {call} }}}}"]
        [query] = dbt(module_warehouse.environment, target, *arguments).compiled.values()
        return query

    with module_warehouse.connect() as connection:
        ensure_schema(connection)
        select = ["--select", "+stg_vpp__forecast_versions"]
        assert dbt(module_warehouse.environment, target, "run", *select).success
        # Everything that lands from now on is in the build.
        connection.execute("update build.run set documents_upto = 9e18")
        connection.execute(
            "create temporary table affected"
            " (asset_id text, from_utc timestamptz, to_utc timestamptz)"
        )
        yield Engine(connection, compiled("none"), compiled("'affected'"))


@settings(
    max_examples=300,
    deadline=None,
    phases=[Phase.explicit, Phase.generate, Phase.shrink],
    suppress_health_check=list(HealthCheck),
    derandomize=True,
)
@given(documents=st.lists(st.one_of(versions, regular_versions), max_size=14), parts=ranges)
def test_engine_equals_brute_force(
    engine: Engine, documents: list[Version], parts: list[tuple[int, int]]
) -> None:
    land(engine.connection, documents)
    engine.connection.execute("truncate affected")
    for begin, end in parts:
        engine.connection.execute(
            "insert into affected values ('A', %s, %s)", [instant(begin), instant(end)]
        )
    for gate, definition in GATES.items():
        forecasts = brute_force(documents, definition)
        assert engine.forecasts(engine.everything, gate) == forecasts
        # Some of the quarter-hours, computed from the versions that can own them.
        assert engine.forecasts(engine.within, gate) == {
            (asset_id, start): forecast
            for (asset_id, start), forecast in forecasts.items()
            if asset_id == "A" and any(instant(b) <= start < instant(e) for b, e in parts)
        }
