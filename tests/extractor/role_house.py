"""A warehouse with its roles, and what a role is refused there."""

import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg
from psycopg import sql

from extract.warehouse.roles import ROLES
from tests.dbt_project import ROOT, dbt
from tests.warehouses import PostgresServer, Warehouse, fresh_warehouse

LOADER, TRANSFORMER, DEVELOPER, READER = ROLES


MADE = f"roles {', '.join(ROLES)}: in place, with all their rights\n"
WINDOW = ("--from", "2025-06-08T10:00", "--to", "2025-06-08T11:00")


def warehouse_command(
    environment: Mapping[str, str], *arguments: str
) -> subprocess.CompletedProcess[str]:
    """`python -m extract.warehouse ARGUMENTS`."""
    return subprocess.run(
        [sys.executable, "-m", "extract.warehouse", *arguments],
        cwd=ROOT,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=False,
    )


def roles(environment: Mapping[str, str], **settings: str) -> subprocess.CompletedProcess[str]:
    """`python -m extract.warehouse roles`."""
    return warehouse_command({**environment, **settings}, "roles")


@dataclass(frozen=True)
class House:
    """A warehouse with its roles."""

    warehouse: Warehouse
    sources: Mapping[str, str]
    target: Path

    def environment(self, role: str) -> dict[str, str]:
        return {**self.warehouse.environment, **self.sources, "PGUSER": role}

    def connect(self, role: str) -> psycopg.Connection:
        return connect(self.warehouse, role)

    def refusal(self, role: str, statement: str) -> str | None:
        """The error code with which the role is refused; None if it is allowed."""
        return refusal(self.warehouse, role, statement)

    def build(self, role: str, *arguments: str) -> None:
        """Build as this role; it succeeds."""
        built = dbt(self.environment(role), self.target / role, *(arguments or ["run"]))
        failed = {name: said for name, said in built.statuses.items() if said != "success"}
        assert built.success, (failed, built.exception)


def connect(warehouse: Warehouse, role: str) -> psycopg.Connection:
    environment = {**warehouse.server.environment, "PGUSER": role}
    return PostgresServer(environment).connect(warehouse.environment["PGDATABASE"])


def refusal(warehouse: Warehouse, role: str, statement: str) -> str | None:
    with connect(warehouse, role) as connection, connection.transaction(force_rollback=True):
        try:
            connection.execute(sql.SQL(statement))
        except psycopg.Error as error:
            return error.sqlstate
    return None


@contextmanager
def fresh_roles(server: PostgresServer, *others: str) -> Iterator[Warehouse]:
    """A warehouse on a server without these roles, which are dropped when the block ends."""
    try:
        with fresh_warehouse(server) as warehouse:
            yield warehouse
    finally:
        with server.connect("postgres") as connection:
            for role in map(sql.Identifier, (*ROLES, *others)):
                connection.execute(sql.SQL("drop role if exists {}").format(role))


def rights(warehouse: Warehouse) -> list[tuple[object, ...]]:
    """Everything that makes up roles and grants."""
    return warehouse.rows(
        "select 'role', rolname::text, rolpassword from pg_authid"
        " union all select 'database', datname::text, datacl::text from pg_database"
        "  where datname = current_database()"
        " union all select 'schema', nspname::text, nspacl::text from pg_namespace"
        " union all select 'relation', oid::regclass::text, relacl::text from pg_class"
        "  where relnamespace::regnamespace::text in"
        "   ('raw', 'public', 'staging', 'intermediate', 'build')"
        " union all select 'function', oid::regprocedure::text, proacl::text from pg_proc"
        " union all select 'default', format('%s %s', defaclnamespace, defaclobjtype),"
        "  defaclacl::text from pg_default_acl"
        " union all select 'setting', setrole::text, setconfig::text from pg_db_role_setting"
        " order by 1, 2, 3"
    )


REFUSED_TO_THE_LOADER = [
    "update raw.run set command = ''",
    "delete from raw.forecast_version",
    "truncate raw.forecast_version",
    "drop table raw.forecast_version",
    "alter table raw.forecast_version add column more integer",
    "select setval('raw.document_id', 1)",
    "create table raw.mine ()",
    "create table public.mine ()",
    "create temporary table mine ()",
    "create schema mine",
    "select from public.assets",
    "select from intermediate.int_clock",
    "select from staging.stg_vpp__forecast_documents",
    "select from build.run",
    "create role mine",
]


REFUSED_TO_THE_READER = [
    "select from raw.forecast_version",
    "select from raw.run",
    "select from staging.stg_vpp__forecast_documents",
    "select from intermediate.int_forecasts_in_force",
    "select from intermediate.int_clock",
    "select from build.run",
    "select from public.somebodys",
    "insert into public.assets (asset_id) values ('mine')",
    "update public.assets set status = ''",
    "delete from public.assets",
    "truncate public.assets",
    "drop view public.asset_forecasts",
    "create table public.mine ()",
    "create view public.mine as select 1 as one",
    "create function public.mine() returns integer language sql return 1",
    "create temporary table mine ()",
    "create temporary view mine as select 1 as one",
    "create function pg_temp.mine() returns integer language sql return 1",
    "select 1 as one into temporary mine",
    "create schema mine",
    "create role mine",
    "copy public.assets to program 'cat'",
    "copy (select 1) to '/tmp/mine'",
    "select pg_read_file('PG_VERSION')",
    "select lo_create(0)",
    "select lo_creat(-1)",
    "select lo_from_bytea(0, 'mine')",
    "select lo_put(1, 0, 'mine')",
    "select lo_open(1, 131072)",
    "select lowrite(0, 'mine')",
    "select lo_import('/etc/passwd')",
    "select pg_logical_emit_message(false, 'mine', 'mine')",
    "set role vpp_transformer",
]

REFUSED_TO_THE_TRANSFORMER = [
    "insert into raw.run (started_utc, command) values (now(), '')",
    "update raw.run set command = ''",
    "delete from raw.forecast_version",
    "truncate raw.forecast_version",
    "drop table raw.forecast_version",
    "create table raw.mine ()",
    "select nextval('raw.document_id')",
    "drop table public.somebodys",
    "create role mine",
]

REFUSED_TO_THE_DEVELOPER = [
    "insert into raw.run (started_utc, command) values (now(), '')",
    "select nextval('raw.document_id')",
    "create table raw.mine ()",
    "create table public.mine ()",
    "create table staging.mine ()",
    "delete from public.assets",
    "select from build.run for share",
    "update build.model_state set build_number = 0",
    "delete from build.change",
    "create or replace view public.imbalance as select 1 as one",
    "create role mine",
]

READ_BY_THE_DEVELOPER = [
    "raw.forecast_version",
    "staging.stg_vpp__forecast_documents",
    "intermediate.int_forecasts_in_force",
    "build.run",
    "build.model_state",
    "public.imbalance",
]
