"""`python -m extract.follow`: land what is new and build the marts, over and over.

One process that stays: it parses dbt's project once, and builds nothing where nothing landed.
What it does is what `python -m extract all` and `dbt run` do, one after the other.
"""

import argparse
import os
import signal
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from types import FrameType

import psycopg
from dbt.cli.main import dbtRunner
from dbt.contracts.graph.manifest import Manifest
from psycopg import sql

from extract.cli import DEFAULT_WINDOW, Parser
from extract.console import Reporter, Tally, end_with
from extract.errors import ConfigurationError, ExtractError
from extract.forecast_request import ForecastRequest
from extract.load import configured, load
from extract.messages import one_line
from extract.run import Run
from extract.settings import PROJECT_ROOT, Settings
from extract.sources.declared import SOURCES
from extract.warehouse.command import DBT_ENVIRONMENT
from extract.warehouse.connection import connect, libpq_environment
from extract.warehouse.landing import begin_run
from extract.warehouse.landing_lock import tell_waits
from extract.warehouse.schema import ensure_schema

COMMAND = "python -m extract.follow"
# What arrives every quarter-hour; anything else needs a build of the whole project.
_TABLES_OF_THE_CYCLE = {
    *(SOURCES[name].table for name in ("forecasts", "live-infeed")),
    "quarantine",
}
_RULES = (PROJECT_ROOT / "dbt_project", PROJECT_ROOT / "profiles")
_NO_RULES = {"target", "logs", "__pycache__"}
_TARGET = PROJECT_ROOT / "dbt_project" / "target" / "follow"


class QuietReporter(Reporter):
    """Reports what went wrong or has to wait, and keeps the number landed for the round's line."""

    landed: int = 0

    def line(self, text: str) -> None:
        """Show nothing: no news is good news here."""

    def table(self, tallies: Sequence[Tally]) -> None:
        self.landed = sum(tally.landed for tally in tallies)


@dataclass
class Builder:
    """dbt in this process. It remembers what it built, and builds what has changed since."""

    directories: Sequence[Path] = _RULES
    """Where the files are that dbt parses."""
    taken_up: Mapping[str, int] | None = None
    """By table of raw, the newest document of the last successful build; None: build everything."""
    rules: Mapping[Path, tuple[int, int]] = field(default_factory=dict)
    """The files of the parsed project, with their time and size."""
    manifest: Manifest | None = None

    def build(self, connection: psycopg.Connection) -> bool | None:
        """Build what landed or changed since; True if that succeeded; None: nothing to do."""
        rules = rule_files(self.directories)
        if self.manifest is None or rules != self.rules:
            self.manifest, self.taken_up = None, None
            parsed = dbtRunner().invoke(["--quiet", "parse"]).result
            if not isinstance(parsed, Manifest):
                return False
            self.manifest, self.rules = parsed, rules
        newest = newest_documents(connection)
        if newest == self.taken_up:
            return None
        is_whole = self.taken_up is None or any(
            document_id != self.taken_up.get(table)
            for table, document_id in newest.items()
            if table not in _TABLES_OF_THE_CYCLE
        )
        selection = () if is_whole else ("--selector", "cycle_tables")
        # Unless all of this build succeeds, the next one is whole.
        self.taken_up = None
        options = ("--log-level", "warn", "--log-level-file", "none", "--no-write-json")
        if dbtRunner(manifest=self.manifest).invoke([*options, "run", *selection]).success:
            self.taken_up = newest
        return self.taken_up is not None


def rule_files(directories: Sequence[Path]) -> dict[Path, tuple[int, int]]:
    """The files that dbt parses, with the time of their last change and their size."""
    files = {}
    for directory in directories:
        for folder, folders, names in os.walk(directory):
            folders[:] = [name for name in folders if name not in _NO_RULES]
            for path in (Path(folder, name) for name in names):
                try:
                    stat = path.stat()
                except FileNotFoundError:
                    # An editor is just replacing it: the next round sees the new file.
                    continue
                files[path] = (stat.st_mtime_ns, stat.st_size)
    return files


def newest_documents(connection: psycopg.Connection) -> dict[str, int]:
    """By table of raw that holds documents: the newest document id that is committed, or 0."""
    tables = connection.execute(
        """
        select relname from pg_attribute inner join pg_class on pg_class.oid = attrelid
        where relnamespace = 'raw'::regnamespace and relkind = 'r' and attname = 'document_id'
        """
    ).fetchall()
    newest = sql.SQL(" union all ").join(
        sql.SQL("select {}, coalesce(max(document_id), 0) from raw.{}").format(
            name, sql.Identifier(name)
        )
        for (name,) in tables
    )
    return dict(connection.execute(newest).fetchall())


def land(
    connection: psycopg.Connection, settings: Settings, forecasts: ForecastRequest
) -> QuietReporter:
    """Land what the configured sources have; what went wrong with one stops no other."""
    reporter = QuietReporter()
    tell_waits(connection, reporter.waiting)
    sources = configured(settings, SOURCES)
    run = Run(connection, begin_run(connection, COMMAND, sources), reporter)
    load(run, settings, sources, forecasts)
    return reporter


def once(settings: Settings, builder: Builder, reporter: Reporter) -> None:
    """One round: land, and build where something landed. Raises WarehouseUnavailable."""
    now = datetime.now(UTC)
    forecasts = ForecastRequest(now - DEFAULT_WINDOW, now)
    with connect(settings) as connection:
        ensure_schema(connection)
        landed = land(connection, settings, forecasts).landed
        # Where dbt finds the warehouse.
        os.environ.update(libpq_environment(connection))
        began = time.monotonic()
        went_well = builder.build(connection)
    if went_well is not None:
        seconds = time.monotonic() - began
        built = (
            f"built in {seconds:.1f} s" if went_well else "build failed: trying again next round"
        )
        reporter.line(f"{now:%Y-%m-%d %H:%M:%S} UTC: {landed:,} landed, {built}")


def main(arguments: Sequence[str] | None = None) -> int:
    """Follow the sources until a signal comes; returns the exit status."""
    options = _parser().parse_args(sys.argv[1:] if arguments is None else arguments)
    reporter = Reporter()
    try:
        settings = Settings.from_environment()
        if not configured(settings, SOURCES):
            variables = ", ".join(dict.fromkeys(one.variable for one in SOURCES.values()))
            raise ConfigurationError(
                f"no source is configured: set one or more of {variables} "
                "(python -m extract --help explains them)"
            )
    except ExtractError as error:
        reporter.error(str(error))
        return 1
    os.environ.update({"DBT_TARGET_PATH": str(_TARGET), **os.environ, **DBT_ENVIRONMENT})
    stopping = _stopping()
    builder = Builder()
    reporter.line(f"following the sources every {options.every} s (Ctrl-C to stop)")
    while not stopping.is_set():
        began = time.monotonic()
        try:
            once(settings, builder, reporter)
        except ExtractError as error:
            reporter.error(str(error))
        except psycopg.Error as error:
            reporter.error(f"the warehouse: {one_line(error)}")
        stopping.wait(max(0, options.every - (time.monotonic() - began)))
    reporter.line("stopped; what was landed and built stays")
    return 0


def _stopping() -> threading.Event:
    """Set by the first signal to end: the round under way is finished. The second ends it."""
    stopping = threading.Event()

    def stop(number: int, _: FrameType | None) -> None:
        stopping.set()
        signal.signal(number, signal.SIG_DFL)

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, stop)
    return stopping


def _parser() -> argparse.ArgumentParser:
    parser = Parser(
        prog=COMMAND,
        description="Land what the configured sources have, build the marts if anything landed, "
        "and repeat, for a supervisor (systemd, a container) to keep alive. The first build, and "
        "the one after a file of the dbt project has changed, runs `dbt run`; a build after "
        "nothing but forecasts and live infeed runs `dbt run --selector cycle_tables`. SIGTERM or "
        "Ctrl-C finishes the current round, then stops.",
    )
    parser.add_argument(
        "--every",
        type=_seconds,
        default=60,
        metavar="SECONDS",
        help="from the start of one round to the next, 1 to 3600 (default: %(default)s)",
    )
    return parser


def _seconds(text: str) -> int:
    if not (text.isascii() and text.isdecimal()) or not 1 <= int(text) <= 3600:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number from 1 to 3600")
    return int(text)


if __name__ == "__main__":
    end_with(main)
