"""Warehouses on a running PostgreSQL server."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count

import psycopg
from psycopg import sql

_numbers = count(1)


@dataclass(frozen=True)
class PostgresServer:
    """A running server; `environment` leads a superuser to it, into the database postgres."""

    environment: dict[str, str]

    def connect(self, database: str) -> psycopg.Connection:
        """A session in autocommit mode."""
        return psycopg.connect(
            host=self.environment["PGHOST"],
            port=self.environment["PGPORT"],
            user=self.environment["PGUSER"],
            password=self.environment.get("PGPASSWORD"),
            dbname=database,
            autocommit=True,
        )


@dataclass(frozen=True)
class Warehouse:
    """A database on the server; `environment` holds its PG variables."""

    server: PostgresServer
    environment: dict[str, str]

    def connect(self) -> psycopg.Connection:
        """A session in UTC, in autocommit mode."""
        connection = self.server.connect(self.environment["PGDATABASE"])
        connection.execute("set timezone to 'UTC'")
        return connection

    def rows(self, query: str) -> list[tuple[object, ...]]:
        """The rows of a query."""
        with self.connect() as connection:
            return connection.execute(sql.SQL(query)).fetchall()

    def value(self, query: str) -> object:
        """The only value of a query."""
        [(value,)] = self.rows(query)
        return value


@contextmanager
def fresh_warehouse(server: PostgresServer, template: str = "template0") -> Iterator[Warehouse]:
    """A new database while the block lasts: empty, or a clone of another."""
    database = f"test_{os.getpid()}_{next(_numbers)}"
    name = sql.Identifier(database)
    with server.connect("postgres") as connection:
        clone = sql.SQL("create database {} template {} strategy file_copy")
        connection.execute(clone.format(name, sql.Identifier(template)))
    try:
        yield Warehouse(server, server.environment | {"PGDATABASE": database})
    finally:
        with server.connect("postgres") as connection:
            connection.execute(sql.SQL("drop database {} with (force)").format(name))
