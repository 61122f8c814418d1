"""The benchmark's own databases on a running server, made like the embedded warehouse."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
from psycopg import sql

from extract.warehouse import embedded
from extract.warehouse.schema import ensure_schema
from tests.warehouses import PostgresServer, Warehouse

_LIKE_THE_WAREHOUSE = sql.SQL(
    "template template0 encoding 'UTF8' locale_provider builtin builtin_locale 'C.UTF-8' locale 'C'"
)
NAME_FOR_DBT = "benchmark"


@contextmanager
def running_server(directory: Path) -> Iterator[PostgresServer]:
    """An embedded PostgreSQL in this directory, with its own defaults, while the block lasts."""
    address = embedded.start(directory)
    try:
        yield PostgresServer({**address.environment, "PGDATABASE": "postgres"})
    finally:
        embedded.stop(directory)


@contextmanager
def database(
    server: PostgresServer, name: str, copy_of: Warehouse | None = None
) -> Iterator[Warehouse]:
    """A database with the schema raw, or a copy of another one, while the block lasts."""
    warehouse = Warehouse(server, {**server.environment, "PGDATABASE": f"benchmark_{name}"})
    identifier = sql.Identifier(warehouse.environment["PGDATABASE"])
    made: sql.Composable = _LIKE_THE_WAREHOUSE
    if copy_of is not None:
        wait_until_unused(copy_of)
        template = sql.Identifier(copy_of.environment["PGDATABASE"])
        made = sql.SQL("template {} strategy file_copy").format(template)
    with server.connect("postgres") as connection:
        connection.execute(sql.SQL("create database {} {}").format(identifier, made))
    try:
        with server.connect(warehouse.environment["PGDATABASE"]) as connection:
            connection.execute(
                sql.SQL("alter database {} set timezone to 'UTC'").format(identifier)
            )
            ensure_schema(connection)
        yield warehouse
    finally:
        with server.connect("postgres") as connection:
            connection.execute(sql.SQL("drop database {} with (force)").format(identifier))


@contextmanager
def named_for_dbt(warehouse: Warehouse) -> Iterator[Warehouse]:
    """The database under the one name that dbt knows: for another it would parse its project again.

    Nobody may be connected to it at the start and at the end.
    """
    name = warehouse.environment["PGDATABASE"]
    _rename(warehouse, NAME_FOR_DBT)
    renamed = Warehouse(warehouse.server, {**warehouse.environment, "PGDATABASE": NAME_FOR_DBT})
    try:
        yield renamed
    finally:
        _rename(renamed, name)


def _rename(warehouse: Warehouse, name: str) -> None:
    wait_until_unused(warehouse)
    statement = sql.SQL("alter database {} rename to {}").format(
        sql.Identifier(warehouse.environment["PGDATABASE"]), sql.Identifier(name)
    )
    with warehouse.server.connect("postgres") as connection:
        connection.execute(statement)


def wait_until_unused(warehouse: Warehouse) -> None:
    """Wait until nobody is connected: a session's counts are known only once it has ended."""
    query = (
        "select count(*) from pg_stat_activity "
        "where datname = %s and backend_type = 'client backend'"
    )
    deadline = time.monotonic() + 60
    with warehouse.server.connect("postgres") as connection:
        while connection.execute(query, [warehouse.environment["PGDATABASE"]]).fetchone() != (0,):
            if time.monotonic() > deadline:
                raise TimeoutError("somebody stays connected to a database of the benchmark")
            time.sleep(0.05)


def settle(connection: psycopg.Connection) -> None:
    """Tidy up tables and disk, so that no leftover work falls into a measurement."""
    connection.execute("vacuum analyze")
    connection.execute("checkpoint")


def set_as_builds_do(connection: psycopg.Connection) -> None:
    """Give the session the settings of a build, so that a reference has them too."""
    connection.execute("set jit = off")
    connection.execute("set work_mem = '64MB'")
    connection.execute("set hash_mem_multiplier = 4")
