"""Land, then build with dbt: the inherited command, which names two marts.

Only this module and extract.follow run both.
"""

import argparse
import os
import re
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

import psycopg

from extract import cli
from extract.console import Reporter
from extract.errors import ExtractError, UsageError
from extract.messages import one_line
from extract.settings import PROJECT_ROOT, Settings
from extract.sources.declared import FORECASTS
from extract.warehouse.command import DBT_ENVIRONMENT
from extract.warehouse.connection import connect, libpq_environment

RENAMABLE_MARTS = {
    "asset_forecasts_table": "asset_forecasts",
    "portfolio_forecast_table": "portfolio_forecast",
}
_EPILOG = """
land, then build all marts (exit status 1 also if the build fails):
  python -m extract forecasts --asset_forecasts_table asset_forecasts \\
      --portfolio_forecast_table portfolio_forecast
"""
_IDENTIFIER = re.compile(r"[a-z_][a-z0-9_]{0,62}")
_MARTS = PROJECT_ROOT / "dbt_project" / "models" / "marts"


class BuildFailed(ExtractError):
    """dbt failed, and has said why itself."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the extractor's command line, then dbt if marts are named; returns the exit status."""
    options = cli.Parser(add_help=False, epilog=_EPILOG)
    group = options.add_argument_group(
        "marts",
        "With either of these, all marts are built after landing, and these two get the names "
        "given here. A name is refused if it is taken by an object this project did not make. "
        "If the build fails, the exit status is 1.",
    )
    for variable, mart in RENAMABLE_MARTS.items():
        group.add_argument(
            f"--{variable}",
            metavar="NAME",
            help=f"table name of the mart {mart} (default: {mart})",
        )
    return cli.main(arguments, more_options={FORECASTS: options}, run=_load_and_build)


def _load_and_build(options: argparse.Namespace, command: str, reporter: Reporter) -> int:
    names = {
        variable: name
        for variable in RENAMABLE_MARTS
        if (name := getattr(options, variable, None)) is not None
    }
    if not names:
        return cli.run_command(options, command, reporter)
    check_names(names)
    with connect(Settings.from_environment()) as connection:
        check_ownership(connection, names)
    status = cli.run_command(options, command, reporter)
    reporter.line("building the marts (dbt build) ...")
    with connect(Settings.from_environment()) as connection:
        build_marts(connection, names)
    return status


def check_names(names: Mapping[str, str]) -> None:
    """Check the names given for marts, by dbt variable. Raises UsageError."""
    marts = {path.stem for path in _MARTS.rglob("*.sql")}
    for variable, name in names.items():
        if not _IDENTIFIER.fullmatch(name):
            raise UsageError(
                f"--{variable}: {one_line(name, 80)!r} is not a table name "
                "(a-z, 0-9 and _, at most 63 characters, no digit first)"
            )
        if name in marts - {RENAMABLE_MARTS[variable]}:
            raise UsageError(f"--{variable}: {name} is another mart of this project")
    if len(set(names.values())) != len(names):
        raise UsageError(f"both marts would have the same name: {next(iter(names.values()))}")


def check_ownership(connection: psycopg.Connection, names: Mapping[str, str]) -> None:
    """Check that no name belongs to an object that this project did not make. Raises UsageError."""
    for variable, name in names.items():
        taken = connection.execute(
            "select exists (select from pg_get_keywords()"
            " where word = %s and catcode in ('R', 'T'))",
            [name],
        ).fetchone()
        if name.startswith("pg_") or taken == (True,):
            raise UsageError(f"--{variable}: {name} is reserved by PostgreSQL")
        row = connection.execute(
            """
            select obj_description(oid, 'pg_class') from pg_class
            where relname = %s and relnamespace = to_regnamespace('public')
            """,
            [name],
        ).fetchone()
        marker = rf"dbt model vpp_warehouse\.{RENAMABLE_MARTS[variable]}\b"
        if row is not None and not re.search(marker, row[0] or ""):
            raise UsageError(
                f"--{variable}: public.{name} exists, and this project did not make it"
            )


def build_marts(connection: psycopg.Connection, names: Mapping[str, str]) -> None:
    """Build the whole dbt project with these names. Raises BuildFailed."""
    variables = ", ".join(f'"{variable}": "{name}"' for variable, name in names.items())
    # The dbt of this Python, not another that may come first on the path.
    program = str(Path(sys.executable).with_name("dbt"))
    result = subprocess.run(
        [
            program,
            "--log-level",
            "warn",
            "build",
            "--exclude-resource-type",
            "unit_test",
            "--vars",
            f"{{{variables}}}",
        ],
        env=os.environ | DBT_ENVIRONMENT | libpq_environment(connection),
        check=False,
    )
    if result.returncode:
        raise BuildFailed(f"dbt build ended with status {result.returncode}")
