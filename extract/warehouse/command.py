"""The command line of the warehouse: `python -m extract.warehouse`."""

import argparse
import os
import shlex
import sys
from collections.abc import Sequence

import psycopg
from rich.console import Console

from extract.errors import ExtractError, UsageError
from extract.messages import one_line
from extract.settings import PROJECT_ROOT, Settings
from extract.warehouse import embedded
from extract.warehouse.connection import connect
from extract.warehouse.environments import drop_environment, environments, environments_table
from extract.warehouse.roles import (
    ROLES,
    ensure_roles,
    password_variable,
    readers_may_write_large_objects,
)
from extract.warehouse.schema import ensure_schema

WIDEST_TABLE = 200
DBT_ENVIRONMENT = {
    "DBT_PROFILES_DIR": str(PROJECT_ROOT / "profiles"),
    "DBT_PROJECT_DIR": str(PROJECT_ROOT / "dbt_project"),
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one action; returns the exit status (0 done, 1 not possible, 2 wrong usage)."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    parser = _parser()
    # What follows psql is psql's own, options included.
    options = parser.parse_args(words[:1] if words[:1] == ["psql"] else words)
    if options.drop is not None and options.action != "environments":
        parser.error(f"{options.action}: --drop is for environments")
    try:
        settings = Settings.from_environment()
        if options.action == "psql":
            return _psql(settings, words[1:])
        if options.action == "environments":
            return _environments(settings, options.drop)
        return _ACTIONS[options.action](settings)
    except ExtractError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2 if isinstance(error, UsageError) else 1
    except psycopg.Error as error:
        print(f"error: the warehouse: {one_line(error)}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("interrupted", file=sys.stderr)
        return 130


def warehouse_environment(settings: Settings) -> dict[str, str]:
    """libpq's variables for the embedded warehouse, started if need be.

    Empty where PGHOST is set: the variables are there already.
    """
    if settings.pghost is not None:
        return {}
    return embedded.start(settings.embedded_directory).environment


def _start(settings: Settings) -> int:
    if settings.pghost is not None:
        print(f"PGHOST is set to {settings.pghost}: the embedded PostgreSQL is not needed")
        return 0
    embedded.start(settings.embedded_directory)
    print(f"embedded PostgreSQL: running in {settings.embedded_directory}")
    return 0


def _stop(settings: Settings) -> int:
    stopped = embedded.stop(settings.embedded_directory)
    what = "stopped in" if stopped else "was not running in"
    print(f"embedded PostgreSQL: {what} {settings.embedded_directory}")
    return 0


def _print_environment(settings: Settings) -> int:
    for name, value in {**warehouse_environment(settings), **DBT_ENVIRONMENT}.items():
        print(f"export {name}={shlex.quote(value)}")
    return 0


def _roles(settings: Settings) -> int:
    with connect(settings) as connection:
        ensure_schema(connection)
        with_password = ensure_roles(connection, os.environ)
        is_incomplete = readers_may_write_large_objects(connection)
    print(f"roles {', '.join(ROLES)}: in place, with all their rights")
    for role in with_password:
        print(f"{role}: password set from {password_variable(role)}")
    if is_incomplete:
        print("only a superuser can keep readers from writing large objects: have one run this too")
    return 0


def _environments(settings: Settings, drop: str | None) -> int:
    with connect(settings) as connection:
        if drop is not None:
            drop_environment(connection, drop)
            print(f"dropped: {drop}")
        else:
            Console(width=WIDEST_TABLE).print(environments_table(environments(connection)))
    return 0


def _psql(settings: Settings, arguments: Sequence[str]) -> int:
    environment = {"PGTZ": "UTC"} | os.environ | warehouse_environment(settings)
    program = str(embedded.psql_program())
    sys.stdout.flush()
    os.execve(program, [program, *arguments], environment)


_ACTIONS = {"start": _start, "stop": _stop, "env": _print_environment, "roles": _roles}


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m extract.warehouse",
        description="Manage the embedded PostgreSQL, which is the warehouse unless PGHOST is set, "
        "and the roles and environments of any warehouse.",
        formatter_class=argparse.RawDescriptionHelpFormatter,
        epilog="actions:\n"
        "  start   start it, unless it is running already\n"
        "  stop    stop it\n"
        "  env     print what to export for dbt and psql; starts it if need be\n"
        "  roles   create the roles vpp_loader, vpp_transformer, vpp_developer and vpp_reader,\n"
        "          or the rights they lack; passwords come from VPP_LOADER_PASSWORD and so on\n"
        "  environments\n"
        "          show what dbt has built beside production; with --drop NAME, drop one\n"
        "  psql    open psql on the warehouse; the other arguments are passed to psql\n",
    )
    parser.add_argument("action", choices=[*_ACTIONS, "environments", "psql"], metavar="ACTION")
    parser.add_argument("--drop", metavar="NAME", help="drop this environment (environments only)")
    return parser
