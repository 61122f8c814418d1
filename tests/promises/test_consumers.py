"""What consumers of the marts notice of builds: nothing but newer rows.

Their views and grants survive every build, what they read is never empty, and a build that is
refused, fails half-way or is killed leaves complete marts.
"""

import re
import signal
import threading
import time
from collections.abc import Iterator, Sequence
from random import Random

import pytest
from psycopg import sql

from extract.warehouse.schema import ensure_schema
from tests.marts import KEYS, differences, empty_warehouse, torn
from tests.promises.consumers import (
    LEAVES,
    PATIENCE_SECONDS,
    REFUSED,
    TO_DO,
    House,
    Reader,
    disagreeing,
    drop_database,
    lost_connection,
)
from tests.promises.waves import wave
from tests.warehouses import PostgresServer
from tests.watched_server import Barrier, watched_server
from tests.worlds import World


@pytest.fixture(scope="module")
def house(
    postgres_server: PostgresServer, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[House]:
    """Three hours have landed and are built, and there are consumers."""
    with watched_server(postgres_server) as watched:
        house = House(postgres_server, watched, tmp_path_factory.mktemp("targets"))
        with empty_warehouse(postgres_server, house.name).connect() as connection:
            ensure_schema(connection)
        for _ in range(3):
            house.land_wave()
        house.build()
        house.make_consumers()
        yield house
        drop_database(postgres_server, house.name)
        with postgres_server.connect("postgres") as connection:
            connection.execute(sql.SQL("drop role {}").format(sql.Identifier(house.role)))


def test_every_mart_has_rows_to_lose(house: House) -> None:
    # The loss of an empty mart would go unnoticed.
    assert [mart for mart, rows in house.marts().items() if not rows] == []


@pytest.mark.parametrize(
    "arguments",
    [("build", "--exclude-resource-type", "unit_test"), ("run", "--full-refresh")],
    ids=["build", "full-refresh"],
)
def test_consumers_survive_a_build_and_never_read_less(
    house: House, arguments: tuple[str, ...]
) -> None:
    before = house.marts()
    if "--full-refresh" not in arguments:
        house.land_wave()
    with Reader(house.warehouse) as reader, house.watched.watched_by(reader.read_between):
        built = house.dbt(*arguments)
    assert built.success, built.statuses
    assert reader.faults == []
    assert house.lost_by_consumers() == []
    if "--full-refresh" in arguments:
        assert differences(house.marts(), before) == []
    else:
        assert len(house.marts()["asset_forecasts"]) > len(before["asset_forecasts"])


@pytest.mark.parametrize("fault", ["first-statement-lost", "commit-lost", "bad-document"])
def test_a_build_that_fails_half_way_leaves_whole_marts(house: House, fault: str) -> None:
    before = house.marts()
    if fault == "bad-document":
        # Something the extractor would refuse, and a model fails on.
        house.land_wave(capacity_kw="much")
        failed = house.dbt("run")
    else:
        house.land_wave()
        where = ("live_infeed", "") if fault == "first-statement-lost" else ("assets", "commit")
        failed = lost_connection(house, *where)
    assert not failed.success
    assert house.lost_by_consumers() == []
    between = house.marts()

    if fault == "bad-document":
        # A correction is another document, and all that is needed.
        house.land(wave(house.waves - 1)[:1])
    house.build()
    assert house.lost_by_consumers() == []
    after = house.marts()
    if fault == "bad-document":
        # The correction is one more document.
        between = {**between, "source_status": before["source_status"]}
    assert torn(between, before, after) == []
    # What nobody sends again stays.
    assert [mart for mart in KEYS if before[mart] == after[mart]] == ["market_gates"]


def test_a_second_build_at_once_is_refused(house: House) -> None:
    house.land_wave()
    second: list[tuple[int, str]] = []

    def start_second(node: str, statement: str) -> None:
        # The first build waits here, with some of its marts done and others not.
        if node == "portfolio_forecast" and not second:
            second.append((0, "did not end"))
            with house.command("run") as command:
                try:
                    out, _ = command.communicate(timeout=100)
                finally:
                    command.kill()
            second[0] = (command.returncode, out)

    with house.watched.watched_by(start_second):
        first = house.dbt("run")
    assert first.success, first.statuses
    [(status, said)] = second
    assert status != 0, said
    lines = {re.sub(r"^[0-9:]{8}\s+", "", line).strip() for line in said.splitlines()}
    assert len([line for line in lines if REFUSED.search(line)]) == 1, said
    assert "Traceback" not in said
    assert house.lost_by_consumers() == []


@pytest.mark.parametrize(
    ("arguments", "word"),
    [(("run",), "commit"), (("run", "--full-refresh"), "")],
    ids=["at-its-end", "at-its-begin-full-refresh"],
)
def test_a_killed_build_leaves_whole_marts_and_does_not_refuse_the_next(
    house: House, arguments: tuple[str, ...], word: str
) -> None:
    before = house.marts()
    house.land_wave()
    barrier = Barrier("portfolio_forecast", word)
    with house.watched.watched_by(barrier), house.command(*arguments) as command:
        assert barrier.reached.wait(100)
        command.send_signal(signal.SIGKILL)
        command.wait()
        barrier.cut()
    between = house.marts()
    until = time.monotonic() + PATIENCE_SECONDS
    while not (built := house.dbt("run")).success:
        assert time.monotonic() < until, built.statuses
    assert house.lost_by_consumers() == []
    after = house.marts()
    assert torn(between, before, after) == []
    assert (
        between["portfolio_forecast"] == before["portfolio_forecast"] != after["portfolio_forecast"]
    )
    assert differences(after, house.refreshed()) == []


def test_a_column_that_cannot_change_in_place_is_refused(
    house: House, capfd: pytest.CaptureFixture[str]
) -> None:
    def rename(pairs: Sequence[tuple[str, str, str]]) -> None:
        with house.warehouse.connect() as connection:
            for mart, old, new in pairs:
                alter = sql.SQL("alter table public.{} rename column {} to {}")
                connection.execute(alter.format(*map(sql.Identifier, (mart, old, new))))

    before = house.marts()
    rename([(mart, column, "as_it_was_called") for mart, column in LEAVES.items()])
    house.land_wave()
    capfd.readouterr()
    built = house.dbt("run")
    said = capfd.readouterr().out
    between = house.marts()
    rename([(mart, "as_it_was_called", column) for mart, column in LEAVES.items()])

    assert {name for name, status in built.statuses.items() if status != "success"} == set(LEAVES)
    assert "Traceback" not in said
    lines = {re.sub(r"^[0-9:]{8}\s+", "", line).strip() for line in said.splitlines()}
    for mart, column in LEAVES.items():
        named = [
            line
            for line in lines
            if re.search(rf"\b{mart}\b", line)
            and TO_DO.search(line)
            and ("as_it_was_called" in line or column in line)
        ]
        assert len(named) == 1, (mart, said)
    assert house.lost_by_consumers() == []
    house.build()
    after = house.marts()
    assert torn(between, before, after) == []
    assert between["live_infeed"] == after["live_infeed"] != before["live_infeed"]


def test_what_lands_during_a_build_is_in_it_or_in_the_next(house: House) -> None:
    arrivals = World(7).arrivals
    Random(7).shuffle(arrivals)
    begun: set[str] = set()
    one_at_a_time = threading.Lock()

    def land_some() -> None:
        with one_at_a_time:
            house.land([arrivals.pop() for _ in range(min(len(arrivals), 3))])

    def watcher(node: str, statement: str) -> None:
        """Some arrivals land before a node begins, in full unless the build makes them wait."""
        if node not in begun:
            begun.add(node)
            landing = threading.Thread(target=land_some)
            landing.start()
            landing.join(1)

    for _ in range(2):
        begun.clear()
        with house.watched.watched_by(watcher):
            house.build()
        assert len(begun) > len(KEYS)
        assert disagreeing(house.warehouse) == []
    with one_at_a_time:
        house.build()
    assert disagreeing(house.warehouse) == []
    # This test comes last, so it also sees any lasting damage from those above.
    assert differences(house.marts(), house.refreshed()) == []
