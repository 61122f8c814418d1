"""Documents in any order, in any grouping into builds, end in the marts of one full refresh.

If some are retracted, the marts are those of a warehouse that retracted them at once.

The real thing is driven: the extractor's landing, dbt, a real PostgreSQL. `ORDER_EXAMPLES=60` runs
as many examples, other ones each time; `ORDER_REPEAT=12,34` runs the one that a failure named, and
`ORDER_REDUCE=300` then looks that many seconds for a smaller one that fails too.
"""

import os
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from extract.vpp.forecast import Forecast
from extract.warehouse.schema import ensure_schema
from tests.arrivals import Arrival, Retraction, land
from tests.dbt_project import dbt
from tests.marts import brute_force_forecasts, differences, empty_warehouse, forecast_rows, marts
from tests.warehouses import PostgresServer, Warehouse
from tests.worlds import World

Groups = list[list[Arrival]]
"""What lands before the first build, between the first and the second, and so on."""


@dataclass(frozen=True)
class Laboratory:
    """Where examples are tried: databases by name, and a dbt target for each."""

    server: PostgresServer
    targets: Path

    def empty(self, name: str) -> Warehouse:
        """The database of this name, empty apart from raw."""
        warehouse = empty_warehouse(self.server, f"order_{os.getpid()}_{name}")
        with warehouse.connect() as connection:
            ensure_schema(connection)
        return warehouse

    def build(self, warehouse: Warehouse, *arguments: str) -> None:
        target = self.targets / warehouse.environment["PGDATABASE"]
        built = dbt(warehouse.environment, target, "run", *arguments)
        failed = {name: said for name, said in built.statuses.items() if said != "success"}
        assert built.success, (failed, built.exception)


@pytest.fixture(scope="module")
def laboratory(
    postgres_server: PostgresServer, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Laboratory]:
    laboratory = Laboratory(postgres_server, tmp_path_factory.mktemp("targets"))
    yield laboratory
    with postgres_server.connect("postgres") as connection:
        for name in ("incremental", "refreshed"):
            # Our own names, without characters that need quoting.
            connection.execute(f"drop database if exists order_{os.getpid()}_{name} with (force)")


def in_groups(arrivals: Sequence[Arrival], rng: Random) -> Groups:
    """A random order of arrival, in groups: two of all kinds, then some of a single table each.

    Whatever depends on a document must follow even if nothing else arrives with it.
    """
    rest = list(arrivals)
    rng.shuffle(rest)
    if rng.random() < 0.5:
        # Almost in the order received: a few come late.
        rest.sort(key=lambda one: one.received_utc)
        for late in rng.sample(rest, len(rest) // 8):
            rest.remove(late)
            rest.insert(rng.randint(0, len(rest)), late)
    alone = []
    for table in (
        rng.choice(("technical_data", "asset_contracts")),
        rng.choice(("live_infeed", "final_production")),
        rng.choice(("redispatch_flag", "redispatch_compensation", "imbalance_price")),
        "forecast_version",
    ):
        share = rng.choice((0.2, 0.5, 0.9))
        alone.append([one for one in rest if one.table == table and rng.random() < share])
        rest = [one for one in rest if one not in alone[-1]]
    rng.shuffle(alone)
    first = rng.randint(1, len(rest))
    return [group for group in (rest[:first], rest[first:], *alone) if group]


def repeats(landed: Sequence[Arrival], rng: Random) -> list[Arrival]:
    """Some documents that landed and are still the newest at their address: landing drops them."""
    newest: dict[object, Arrival] = {}
    for arrival in landed:
        there = newest.get(arrival.address)
        if there is None or arrival.table != "forecast_version" or _age(there) < _age(arrival):
            newest[arrival.address] = arrival
    return rng.sample(list(newest.values()), len(newest) // 3)


def retractions(
    landed: Sequence[Arrival], known: Sequence[Retraction], rng: Random
) -> list[Retraction]:
    """Landed documents to retract: none, a few or many; or the newest forecasts."""
    if rng.random() < 0.6:
        return []
    gone = {id(retraction.document) for retraction in known}
    left = [one for arrival in landed for one in arrival.documents if id(one) not in gone]
    chosen = rng.sample(left, len(left) // rng.choice((10, 20, 1000)))
    if rng.random() < 0.5:
        versions = [one for one in left if isinstance(one, Forecast)]
        versions.sort(key=lambda one: one.version_utc)
        chosen += [one for one in versions[-3:] if one not in chosen]
    return [Retraction(document) for document in chosen]


def _age(arrival: Arrival) -> tuple[object, bytes]:
    return arrival.received_utc, arrival.documents[0].content_sha256


def documents(warehouse: Warehouse) -> list[tuple[object, ...]]:
    """Which documents are in raw."""
    return warehouse.rows(
        "select source_uri, content_sha256, count(*) from ("
        " select source_uri, content_sha256 from raw.technical_data union all"
        " select source_uri, content_sha256 from raw.asset_contracts union all"
        " select source_uri, content_sha256 from raw.forecast_version union all"
        " select source_uri, content_sha256 from raw.live_infeed union all"
        " select source_uri, content_sha256 from raw.final_production union all"
        " select source_uri, content_sha256 from raw.redispatch_flag union all"
        " select source_uri, content_sha256 from raw.redispatch_compensation union all"
        " select source_uri, content_sha256 from raw.imbalance_price"
        ") as landed group by 1, 2 order by 1, 2"
    )


def wrong(laboratory: Laboratory, groups: Groups, seed: int) -> list[str]:
    """What is wrong with the marts after these groups; empty if they are right."""
    rng = Random(seed)
    incremental = laboratory.empty("incremental")
    landed: list[Arrival] = []
    retracted: list[Retraction] = []
    with incremental.connect() as connection:
        for number, group in enumerate(groups):
            assert land(connection, repeats(landed, rng)) == 0
            assert land(connection, group) == len(group)
            landed += group
            for retraction in retractions(landed, retracted, rng):
                retraction.land(connection)
                retracted.append(retraction)
            laboratory.build(incremental)
            found = forecast_rows(connection)
            expected = brute_force_forecasts(landed, retracted)
            if found != expected:
                shown = sorted({*found ^ expected}, key=str)[:16]
                lines = [f"  {'found' if row in found else 'right'}: {row}" for row in shown]
                return [f"asset_forecasts and brute force after group {number}:", *lines]
        found_marts = marts(connection)

    refreshed = laboratory.empty("refreshed")
    with refreshed.connect() as connection:
        land(connection, rng.sample(landed, len(landed)))
        assert documents(refreshed) == documents(incremental)
        for retraction in retracted:
            retraction.land(connection)
        laboratory.build(refreshed, "--full-refresh")
        return differences(found_marts, marts(connection))


def reduced(laboratory: Laboratory, groups: Groups, seed: int, seconds: float) -> Groups:
    """Groups of fewer arrivals that still end wrong, as far as time allows."""
    until = time.monotonic() + seconds
    size = sum(map(len, groups)) // 2
    while size and time.monotonic() < until:
        start = 0
        while start < sum(map(len, groups)) and time.monotonic() < until:
            numbered = enumerate([(n, one) for n, group in enumerate(groups) for one in group])
            kept = [pair for at, pair in numbered if not start <= at < start + size]
            fewer = [[one for n, one in kept if n == number] for number in range(len(groups))]
            if wrong(laboratory, fewer, seed):
                groups = fewer
            else:
                start += size
        size //= 2
    return groups


def report(groups: Groups, lines: Sequence[str]) -> str:
    """The differing rows, and the documents of the assets and metering points that they name."""
    shown = [*lines, ""]
    text = "\n".join(lines)
    few = sum(map(len, groups)) <= 30
    for number, group in enumerate(groups):
        shown.append(f"group {number}: {len(group)} arrivals")
        for arrival in group:
            names = {
                getattr(one, "asset_id", None) or getattr(one, "metering_point_id", "")
                for one in arrival.documents
            }
            if few or any(f"({name}," in text or f"'{name}'" in text for name in names):
                shown.append(f"  {arrival}")
    return "\n".join(shown)


EXAMPLES = os.environ.get("ORDER_EXAMPLES")
REPEAT = os.environ.get("ORDER_REPEAT")
SEEDS = (
    st.tuples(*(st.just(int(seed)) for seed in REPEAT.split(",")))
    if REPEAT
    else st.tuples(st.integers(0, 99_999), st.integers(0, 99_999))
)

FAILURES: dict[tuple[int, int], str] = {}


@settings(
    max_examples=1 if REPEAT else int(EXAMPLES or 2),
    derandomize=EXAMPLES is None,
    database=None,
    deadline=None,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
    print_blob=False,
)
@given(seeds=SEEDS)
def test_any_order_of_arrival_ends_in_the_same_marts(
    laboratory: Laboratory, seeds: tuple[int, int]
) -> None:
    # hypothesis runs what failed again, and would wait for the same builds.
    if seeds in FAILURES:
        pytest.fail(FAILURES[seeds], pytrace=False)
    world, order = seeds
    groups = in_groups(World(world).arrivals, Random(order))
    lines = wrong(laboratory, groups, order)
    if not lines:
        return
    seconds = float(os.environ.get("ORDER_REDUCE", "0"))
    if seconds:
        groups = reduced(laboratory, groups, order, seconds)
        lines = wrong(laboratory, groups, order)
    FAILURES[seeds] = f"ORDER_REPEAT={world},{order}\n{report(groups, lines)}"
    pytest.fail(FAILURES[seeds], pytrace=False)
