"""Consumers of the marts: what they built on them, and what they see while builds run."""

import os
import re
import shutil
import subprocess
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import psycopg
from psycopg import sql

from extract.warehouse.schema import ensure_schema
from tests.arrivals import Arrival, land
from tests.dbt_project import DbtOutcome, dbt, dbt_command
from tests.marts import KEYS, Marts, empty_warehouse, marts
from tests.promises.waves import CAPACITY_KW, wave
from tests.warehouses import PostgresServer, Warehouse
from tests.watched_server import ConnectionLost, WatchedServer

# A second build is refused with one line like this.
REFUSED = re.compile(r"another.*build|build.*(running|in progress|under way)", re.IGNORECASE)
# A column that cannot be changed in place: the line says which mart it is in, and what to do.
TO_DO = re.compile(r"\b(drop|rename|alter|migrate|recreate|add)\b", re.IGNORECASE)
# Marts that no other reads, each with a column outside its key.
LEAVES = {
    "assets": "status",
    "dso_unmapped_production": "energy_kwh",
    "portfolio_days": "mae_kw",
    "redispatch_lost_energy": "lost_energy_kwh",
    "missing_data": "missing_count",
    "data_findings": "quarter_hour_count",
}


# How long the server may take a killed build to be alive.
PATIENCE_SECONDS = 30


@dataclass
class House:
    """A warehouse built through a watched server, with consumers that read it."""

    server: PostgresServer
    watched: WatchedServer
    targets: Path
    name: str = f"consumed_{os.getpid()}"
    role: str = f"consumer_{os.getpid()}"
    landed: list[Arrival] = field(default_factory=list)
    waves: int = 0
    commands: int = 0

    @property
    def warehouse(self) -> Warehouse:
        return Warehouse(self.server, self.server.environment | {"PGDATABASE": self.name})

    @property
    def environment(self) -> dict[str, str]:
        return self.watched.environment | {"PGDATABASE": self.name}

    def land(self, arrivals: Sequence[Arrival]) -> None:
        with self.warehouse.connect() as connection:
            assert land(connection, arrivals) == len(arrivals)
        self.landed += arrivals

    def land_wave(self, capacity_kw: object = CAPACITY_KW) -> None:
        """What arrives in the next hour."""
        self.land(wave(self.waves, capacity_kw))
        self.waves += 1

    def dbt(self, *arguments: str) -> DbtOutcome:
        return dbt(self.environment, self.targets / self.name, *arguments)

    def build(self, *arguments: str) -> None:
        """Build; it succeeds."""
        built = self.dbt(*(arguments or ["run"]))
        failed = {name: said for name, said in built.statuses.items() if said != "success"}
        assert built.success, (failed, built.exception)

    def command(self, *arguments: str) -> subprocess.Popen[str]:
        """dbt on the command line: another process with its own target."""
        self.commands += 1
        target = self.targets / f"command_{self.commands}"
        target.mkdir()
        # Reading the whole project is slow, and has already been done.
        shutil.copy(self.targets / self.name / "partial_parse.msgpack", target)
        return dbt_command(self.environment, target, *arguments)

    def marts(self) -> Marts:
        with self.warehouse.connect() as connection:
            return marts(connection)

    def refreshed(self) -> Marts:
        """The marts of one full refresh over everything that landed, in a separate warehouse."""
        name = f"{self.name}_refreshed"
        warehouse = empty_warehouse(self.server, name)
        with warehouse.connect() as connection:
            ensure_schema(connection)
            land(connection, self.landed)
            target = self.targets / name
            built = dbt(warehouse.environment, target, "run", "--full-refresh")
            assert built.success, built.statuses
            refreshed = marts(connection)
        drop_database(self.server, name)
        return refreshed

    def make_consumers(self) -> None:
        """A view on each mart, and a role that may read both."""
        with self.warehouse.connect() as connection:
            connection.execute("create schema consumer")
            role = sql.Identifier(self.role)
            connection.execute(sql.SQL("create role {}").format(role))
            connection.execute(sql.SQL("grant usage on schema consumer to {}").format(role))
            for mart in map(sql.Identifier, KEYS):
                view = sql.SQL("create view consumer.{} as select * from public.{}")
                connection.execute(view.format(mart, mart))
                for schema in ("consumer", "public"):
                    grant = sql.SQL("grant select on {} to {}")
                    relation = sql.Identifier(schema, mart.as_string().strip('"'))
                    connection.execute(grant.format(relation, role))

    def lost_by_consumers(self) -> list[str]:
        """What the consumers' role can no longer read, and views that differ from their mart."""
        lost = []
        with self.warehouse.connect() as connection:
            connection.execute(sql.SQL("set role {}").format(sql.Identifier(self.role)))
            for mart in KEYS:
                query = sql.SQL(
                    "select array(select one::text from public.{} as one order by 1)"
                    " = array(select one::text from consumer.{} as one order by 1)"
                ).format(sql.Identifier(mart), sql.Identifier(mart))
                try:
                    if connection.execute(query).fetchone() != (True,):
                        lost.append(f"consumer.{mart} is not public.{mart}")
                except psycopg.Error as error:
                    lost.append(str(error).splitlines()[0])
        return lost


def drop_database(server: PostgresServer, name: str) -> None:
    with server.connect("postgres") as connection:
        drop = sql.SQL("drop database if exists {} with (force)")
        connection.execute(drop.format(sql.Identifier(name)))


class Reader:
    """Repeatedly counts the rows of every mart and every consumer's view."""

    def __init__(self, warehouse: Warehouse) -> None:
        self.faults: list[str] = []
        self.rounds = 0
        self._warehouse = warehouse
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._read)

    def __enter__(self) -> "Reader":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()

    def read_between(self, node: str, statement: str) -> None:
        """Let the reader go round once before this statement; one that must wait is left alone."""
        seen, until = self.rounds + 2, time.monotonic() + 0.2
        while self.rounds < seen and time.monotonic() < until:
            time.sleep(0.001)

    def _read(self) -> None:
        least: dict[str, int] = {}
        with self._warehouse.connect() as connection:
            while not self._stop.is_set():
                for relation in (
                    f"{schema}.{mart}" for schema in ("public", "consumer") for mart in KEYS
                ):
                    try:
                        query = sql.SQL("select count(*) from {}").format(
                            sql.Identifier(*relation.split("."))
                        )
                        [(count,)] = connection.execute(query).fetchall()
                    except psycopg.Error as error:
                        self._fault(str(error).splitlines()[0])
                        continue
                    # What lands here only ever adds rows.
                    if count < least.setdefault(relation, count):
                        self._fault(f"{relation} had {least[relation]} rows, then {count}")
                self.rounds += 1
                self._stop.wait(0.002)

    def _fault(self, fault: str) -> None:
        if fault not in self.faults:
            self.faults.append(fault)


def lost_connection(house: House, mart: str, word: str) -> DbtOutcome:
    """A build that loses its connection when this mart's statement contains this word."""

    def watcher(node: str, statement: str) -> None:
        if node == mart and word in statement.lower():
            raise ConnectionLost

    with house.watched.watched_by(watcher):
        built = house.dbt("run")
    assert built.statuses[mart] == "error"
    return built


def disagreeing(warehouse: Warehouse) -> list[tuple[object, ...]]:
    """Where marts that should agree differ: one build saw a document and another did not."""
    return warehouse.rows(
        "with inputs as ("
        " select asset_id, delivery_start_utc, latest_power_kw, tradeable_power_kw, live.power_kw,"
        "  final.power_kw"
        " from public.asset_forecasts"
        " full join public.live_infeed as live using (asset_id, delivery_start_utc)"
        " full join public.dso_final_production as final using (asset_id, delivery_start_utc)"
        "), outputs as ("
        " select asset_id, delivery_start_utc, latest_power_kw, tradeable_power_kw, live_power_kw,"
        "  final_power_kw"
        " from public.production_reconciliation"
        ")"
        " (select 'inputs', one.* from (table inputs except table outputs) as one limit 5)"
        " union all"
        " (select 'outputs', one.* from (table outputs except table inputs) as one limit 5)"
        " union all"
        " (select 'delivery_date', asset_id, delivery_start_utc, null, null, null, null"
        " from public.asset_forecasts as forecast"
        " full join public.live_infeed as live using (asset_id, delivery_start_utc)"
        " full join public.dso_final_production as final using (asset_id, delivery_start_utc)"
        " where forecast.delivery_date <> live.delivery_date"
        " or live.delivery_date <> final.delivery_date"
        " or forecast.delivery_date <> final.delivery_date limit 5)"
        " union all"
        " (select 'quarter-hour', null, delivery_start_utc, null, null, null, null"
        " from (select distinct delivery_start_utc from public.asset_forecasts) as forecast"
        " full join public.portfolio_forecast as portfolio using (delivery_start_utc)"
        " where portfolio.delivery_end_utc is null limit 5)"
    )
