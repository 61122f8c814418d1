"""The command line: `python -m extract`."""

import argparse
import shlex
import sys
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from types import MappingProxyType
from typing import Any, NoReturn

import psycopg

from extract import archive, quarantine, retraction
from extract.console import Reporter
from extract.errors import ExtractError, UsageError
from extract.forecast_request import ForecastRequest
from extract.load import configured, load
from extract.messages import one_line
from extract.run import Run
from extract.settings import Settings
from extract.sources.declared import FORECASTS, SOURCES
from extract.status import print_table, source_statuses
from extract.warehouse.connection import connect
from extract.warehouse.landing import begin_run
from extract.warehouse.landing_lock import tell_waits
from extract.warehouse.schema import ensure_schema

DEFAULT_WINDOW = timedelta(hours=48)
LARGEST_CONCURRENCY = 256

_COMMANDS = {
    quarantine.COMMAND: quarantine.run_command,
    retraction.COMMAND: retraction.run_command,
}


def _addresses() -> str:
    """A line for each variable that holds an address, with its sources."""
    variables: dict[str, list[str]] = {}
    for source in SOURCES.values():
        variables.setdefault(source.variable, []).append(source.name)
    return "\n".join(f"  {name:<21} {', '.join(names)}" for name, names in variables.items())


_EPILOG = f"""\
environment: the address of each source
{_addresses()}
  VPP_API_TOKEN         sent to the forecast API as a bearer token; optional, never shown or stored
  PGHOST PGPORT PGUSER PGPASSWORD PGDATABASE
                        the warehouse; without PGHOST it is the embedded PostgreSQL
  EMBEDDED_WAREHOUSE_DIRECTORY
                        where the embedded PostgreSQL lives (default: .warehouse)
  A directory is a path or a URL (file://, s3://, sftp://, gs://, https://). A source whose
  variable is not set is skipped.

exit status:
  0  everything the sources offer has landed
  1  the run failed: a source, the warehouse or a lake could not be reached or used
  2  wrong usage
  3  a document was refused and is new in quarantine, or could not be fetched; all others landed
  4  another run is loading a source (a line says which), and all others landed; or another run
     is archiving into the same folder
  5  status only: a source is late or never sent anything, or a document is dated in the future
  130  interrupted

examples:
  python -m extract all
  python -m extract quarantine replay
  python -m extract archive s3://bucket/lake
  python -m extract archive s3://bucket/lake --verify
  python -m extract forecasts --from 2025-06-07 --to 2025-06-10 --assets WND-DE-003
"""


class Parser(argparse.ArgumentParser):
    """Wrong usage is one line, and no option has a shorter name."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **{"allow_abbrev": False, **options})

    def error(self, message: str) -> NoReturn:
        self.exit(2, f"error: {one_line(message)} (see {self.prog} --help)\n")


def main(
    arguments: Sequence[str] | None = None,
    *,
    more_options: Mapping[str, Parser] = MappingProxyType({}),
    run: Callable[[argparse.Namespace, str, Reporter], int] | None = None,
) -> int:
    """Run the command line; returns the exit status.

    A program that builds on it gives a command more options, with an epilog for the whole help,
    and something else to `run`.
    """
    words = list(sys.argv[1:] if arguments is None else arguments)
    reporter = Reporter()
    try:
        options = build_parser(more_options).parse_args(words)
        return (run or run_command)(options, f"python -m extract {shlex.join(words)}", reporter)
    except SystemExit as ending:
        return ending.code if isinstance(ending.code, int) else 1
    except UsageError as error:
        reporter.error(str(error))
        return 2
    except ExtractError as error:
        reporter.error(str(error))
        return 1
    except psycopg.Error as error:
        reporter.error(f"the warehouse: {one_line(error)}")
        return 1
    except KeyboardInterrupt:
        reporter.error("interrupted; what had landed stays")
        return 130


def run_command(options: argparse.Namespace, command: str, reporter: Reporter) -> int:
    """Do what the options say; returns the exit status."""
    if options.source == "schema":
        with connect(Settings.from_environment()) as connection:
            made = ensure_schema(connection)
        reporter.line("schema raw: created" if made else "schema raw: already complete")
        return 0
    if options.source == "status":
        return _status(reporter)
    if options.source == archive.COMMAND:
        with connect(Settings.from_environment()) as connection:
            return archive.run_command(options, connection, reporter)
    if (subject := _COMMANDS.get(options.source)) is not None:
        with connect(Settings.from_environment()) as connection:
            tell_waits(connection, reporter.waiting)
            ensure_schema(connection)
            return subject(options, connection, command, reporter)
    sources = tuple(SOURCES) if options.source == "all" else (options.source,)
    forecasts = _forecast_request(options) if FORECASTS in sources else None
    settings = Settings.from_environment()
    with connect(settings) as connection:
        tell_waits(connection, reporter.waiting)
        ensure_schema(connection)
        run = Run(
            connection, begin_run(connection, command, configured(settings, sources)), reporter
        )
        return load(run, settings, sources, forecasts, wait=options.wait).status


def _status(reporter: Reporter) -> int:
    settings = Settings.from_environment()
    with connect(settings) as connection:
        statuses = source_statuses(connection, settings.urls)
        # The clock that others are compared with.
        [(now,)] = connection.execute("select clock_timestamp()")
    print_table(reporter.out, statuses, now)
    steps = [(status.source, step) for status in statuses if (step := status.next_step(now))]
    if steps:
        reporter.line("")
        reporter.line("What to do next")
    for source, step in steps:
        reporter.line(f"  {source}: {step}")
    for status in statuses:
        for sentence in status.from_future:
            reporter.warning(f"{status.source}: {sentence}")
    return 5 if any(status.is_late(now) or status.from_future for status in statuses) else 0


def _forecast_request(options: argparse.Namespace) -> ForecastRequest:
    end = options.end or datetime.now(UTC)
    begin = options.begin or end - DEFAULT_WINDOW
    if begin >= end:
        raise UsageError(f"--from ({begin.isoformat()}) is not before --to ({end.isoformat()})")
    return ForecastRequest(
        begin=begin,
        end=end,
        assets=tuple(dict.fromkeys(options.assets or ())),
        refetch=options.refetch,
        concurrency=options.concurrency,
    )


def build_parser(more_options: Mapping[str, Parser]) -> argparse.ArgumentParser:
    """The parser, one subcommand per source, `all`, and those that look after raw."""
    parser = Parser(
        prog="python -m extract",
        description="Fetch what the sources deliver and land it in the schema raw of the "
        "warehouse. What has landed before is not landed again.",
        formatter_class=argparse.RawDescriptionHelpFormatter,
        epilog=_EPILOG + "".join(more.epilog or "" for more in more_options.values()),
    )
    subparsers = parser.add_subparsers(dest="source", required=True, metavar="COMMAND")
    for source in SOURCES.values():
        subparser = subparsers.add_parser(
            source.name,
            help=source.summary,
            description=f"Land {source.summary} ({source.variable}).",
            parents=[more_options[source.name]] if source.name in more_options else [],
        )
        _add_wait_option(subparser)
        if source.name == FORECASTS:
            _add_forecast_options(subparser, "")
    everything = subparsers.add_parser(
        "all",
        help="every source, technical data and contracts first",
        description="Land every configured source, technical data and contracts first.",
    )
    _add_wait_option(everything)
    _add_forecast_options(everything, " Directories are always searched in full.")
    archive.add_parser(subparsers)
    quarantine.add_parser(subparsers)
    retraction.add_parser(subparsers)
    subparsers.add_parser(
        "schema",
        help="only create the tables of raw, so that dbt can build on an empty warehouse",
        description="Create the tables that the schema raw lacks.",
    )
    subparsers.add_parser(
        "status",
        help="show for each source what landed last, its age, its quarantine, and what to do",
        description="For each source, show the age of the document received last; how often one "
        "should arrive; the newest instant any landed document is about (a forecast's version, a "
        "live file's last sample, when another file was made or which day it settles); the id of "
        "the document received last; how many documents have landed and how many are in "
        "quarantine; when a run last asked; and whether the source is late or not configured "
        "(the variable with its address is not set here). Then say what to do about each source "
        "that needs attention. On a terminal too narrow for all columns, say which were left "
        "out. Retracted documents count only as landed. Reads only; starts the embedded "
        "PostgreSQL if it is not running. Exit status 5 if a source is late: one that should "
        "send regularly and never has is late even if not configured; not being configured "
        "alone is not late. "
        "Also 5 if a document was received, or says it was made, in the future by the server's "
        "clock: a warning names it.",
    )
    return parser


def _add_wait_option(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--wait",
        action="store_true",
        help="if another run is loading a source, wait for it (default: skip that source)",
    )


def _add_forecast_options(parser: argparse.ArgumentParser, of_directories: str) -> None:
    group = parser.add_argument_group(
        "forecasts",
        "Which versions to ask for: by default those of the last 48 hours. Versions that have "
        "landed are not asked for again. A version that could not be fetched is retried ever less "
        f"often: first after 15 minutes, last after 16 hours, then no more.{of_directories}",
    )
    instant = "an ISO 8601 date or instant, UTC if it has no offset"
    group.add_argument(
        "--from",
        dest="begin",
        type=_instant,
        metavar="INSTANT",
        help=f"first version: {instant} (default: 48 hours before --to)",
    )
    group.add_argument(
        "--to",
        dest="end",
        type=_instant,
        metavar="INSTANT",
        help="only versions before this instant (default: now)",
    )
    group.add_argument(
        "--assets",
        nargs="+",
        type=_asset_id,
        metavar="ASSET",
        help="only these assets (default: all that the landed technical data and contracts name)",
    )
    group.add_argument(
        "--refetch",
        action="store_true",
        help="also ask for versions that have landed already or could not be fetched before",
    )
    group.add_argument(
        "--concurrency",
        type=_concurrency,
        default=8,
        metavar="N",
        help="concurrent requests (default: %(default)s)",
    )


def _instant(text: str) -> datetime:
    try:
        instant = datetime.fromisoformat(text)
        aware = instant.replace(tzinfo=UTC) if instant.tzinfo is None else instant
        return aware.astimezone(UTC)
    except (ValueError, OverflowError):
        raise argparse.ArgumentTypeError(f"{text!r} is not an ISO 8601 date or instant") from None


def _asset_id(text: str) -> str:
    if not text.strip() or not text.isprintable():
        raise argparse.ArgumentTypeError(f"{text!r} is not an asset id")
    return text


def _concurrency(text: str) -> int:
    if not (text.isascii() and text.isdecimal()) or not 1 <= int(text) <= LARGEST_CONCURRENCY:
        raise argparse.ArgumentTypeError(
            f"{text!r} is not a number from 1 to {LARGEST_CONCURRENCY}"
        )
    return int(text)
