"""The command line of the stand-in: write files, serve forecasts, or both around a command."""

from __future__ import annotations

import argparse
import datetime as dt
import os
import subprocess
import sys
import threading
from collections.abc import Sequence
from pathlib import Path

import psycopg

from extract.errors import ExtractError, UsageError
from extract.messages import one_line
from extract.settings import Settings
from extract.simulator.files import SimulatedSources, write_files
from extract.simulator.plan import SimulationPlan
from extract.simulator.replay import replay
from extract.simulator.server import ForecastServer
from extract.vpp.client import VppClient
from extract.warehouse.connection import connect
from extract.warehouse.schema import ensure_schema

_DEFAULT_PLAN = SimulationPlan()


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; returns the exit status."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    # What follows the first -- is the command of `around`, whatever it looks like.
    split = words.index("--") if "--" in words else len(words)
    command = words[split + 1 :]
    parser = _parser()
    options = parser.parse_args(words[:split])
    if options.action == "around" and not command:
        parser.error("around: no COMMAND given after --")
    if options.action != "around" and split < len(words):
        parser.error(f"{options.action}: takes no COMMAND")
    plan = SimulationPlan(
        seed=options.seed,
        asset_count=options.assets,
        first_day=options.first_day,
        day_count=options.days,
        versions_complete=options.versions_complete,
        with_faults=options.with_faults,
    )
    try:
        return _act(options, plan, command)
    except ExtractError as error:
        return _fail(str(error), 2 if isinstance(error, UsageError) else 1)
    except psycopg.Error as error:
        return _fail(f"the warehouse: {one_line(error)}")
    except KeyboardInterrupt:
        return 130


def _act(options: argparse.Namespace, plan: SimulationPlan, command: list[str]) -> int:
    if options.action == "files":
        return _files(plan, options.directory)
    if options.action == "serve":
        return _serve(plan, options.port)
    if options.action == "replay":
        return _replay(plan, options.begin, options.end)
    return _around(plan, options.directory, options.port, command)


def _files(plan: SimulationPlan, directory: Path) -> int:
    sources = _written(plan, directory)
    print(
        f"{sources.directory}: {sources.written_file_count} files written, "
        f"{sources.unchanged_file_count} unchanged"
    )
    return 0


def _serve(plan: SimulationPlan, port: int) -> int:
    with _server(plan, port) as server:
        print(server.url, flush=True)
        try:
            threading.Event().wait()
        except KeyboardInterrupt:
            return 0
    return 0


def _replay(plan: SimulationPlan, first_day: dt.date, end_day: dt.date) -> int:
    begin, end = (
        dt.datetime.combine(day, dt.time(), tzinfo=dt.UTC) for day in (first_day, end_day)
    )
    settings = Settings.from_environment()
    assets = [asset.asset_id for asset in plan.assets]
    with connect(settings) as connection, VppClient.from_settings(settings) as client:
        ensure_schema(connection)
        landed = replay(connection, client, assets, begin, end)
    print(f"forecasts of {first_day} to {end_day}: {landed:,} landed, received as they were then")
    return 0


def _around(plan: SimulationPlan, directory: Path, port: int, command: list[str]) -> int:
    sources = _written(plan, directory)
    with _server(plan, port) as server:
        environment = os.environ | sources.environment(server.url)
        try:
            process = subprocess.Popen(command, env=environment)
        except OSError as error:
            # The statuses that shells give for a command not found or not to be run.
            status = 127 if isinstance(error, FileNotFoundError) else 126
            return _fail(f"cannot run {command[0]}: {error.strerror or error}", status)
        while True:
            try:
                status = process.wait()
                break
            except KeyboardInterrupt:
                # The command got the Ctrl-C too; how it ends is its own affair.
                continue
    return status if status >= 0 else 128 - status


def _written(plan: SimulationPlan, directory: Path) -> SimulatedSources:
    try:
        return write_files(plan, directory)
    except OSError as error:
        where = error.filename or directory
        raise ExtractError(f"cannot write to {where}: {error.strerror or error}") from error


def _server(plan: SimulationPlan, port: int) -> ForecastServer:
    try:
        return ForecastServer(plan, port)
    except OSError as error:
        reason = os.strerror(error.errno or 0)
        raise ExtractError(f"cannot serve on port {port}: {reason}") from error


def _fail(message: str, status: int = 1) -> int:
    print(f"error: {message}", file=sys.stderr)
    return status


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m extract.simulator",
        description="A stand-in for the VPP and the DSO: a real HTTP server for forecasts, and "
        "files in the formats of both. The same options give the same bytes.",
    )
    plan = argparse.ArgumentParser(add_help=False)
    group = plan.add_argument_group("what is simulated")
    group.add_argument(
        "--assets",
        type=_positive,
        default=_DEFAULT_PLAN.asset_count,
        metavar="N",
        help="number of assets (default: %(default)s)",
    )
    group.add_argument(
        "--days",
        type=_positive,
        default=_DEFAULT_PLAN.day_count,
        metavar="N",
        help="number of days with forecast versions (default: %(default)s)",
    )
    group.add_argument(
        "--first-day",
        type=_date,
        default=_DEFAULT_PLAN.first_day,
        metavar="DATE",
        help="first of these days, UTC (default: %(default)s)",
    )
    group.add_argument(
        "--seed",
        type=int,
        default=_DEFAULT_PLAN.seed,
        metavar="S",
        help="random seed: another gives other weather and other errors (default: %(default)s)",
    )
    group.add_argument(
        "--versions-complete",
        action="store_true",
        help="have no forecast version missing, short, gappy or with nulls",
    )
    group.add_argument(
        "--with-faults",
        action="store_true",
        help="put faults into live infeed and final production of 2025-06-07 to 2025-06-09: "
        "shifted, scaled, frozen and so on",
    )
    port = argparse.ArgumentParser(add_help=False)
    port.add_argument(
        "--port",
        type=_port,
        default=0,
        metavar="P",
        help="port on 127.0.0.1 (default: any free one)",
    )

    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    files = actions.add_parser("files", parents=[plan], help="write the files")
    files.add_argument(
        "--directory", type=Path, required=True, metavar="D", help="where to write them"
    )
    actions.add_parser(
        "serve", parents=[port, plan], help="serve the forecasts until Ctrl-C; prints the URL"
    )
    past = actions.add_parser(
        "replay",
        parents=[plan],
        help="land forecasts as if received when they were made",
        description="Land the forecast versions that VPP_API_URL serves as if each had been "
        "received two minutes after it was made, and those of an outage (2025-06-08, 07:10 to "
        "09:20 UTC) after it, so that the warehouse can tell what was known when.",
    )
    for name, which, destination in (
        ("--from", "first day", "begin"),
        ("--to", "day after the last", "end"),
    ):
        past.add_argument(
            name,
            type=_date,
            required=True,
            dest=destination,
            metavar="DATE",
            help=f"{which}, UTC",
        )
    around = actions.add_parser(
        "around",
        parents=[port, plan],
        usage="%(prog)s [options] -- COMMAND ...",
        help="write the files, serve the forecasts, run a command with both in its environment",
        description="Write the files, serve the forecasts and run COMMAND with VPP_API_URL, "
        "TECHNICAL_DATA_URL, LIVE_INFEED_URL, DSO_URL, ASSET_CONTRACTS_URL and "
        "IMBALANCE_PRICES_URL set to them. Ends with the exit status of COMMAND.",
    )
    around.add_argument(
        "--directory",
        type=Path,
        default=Path(".demo/sources"),
        metavar="D",
        help="where the files go (default: %(default)s)",
    )
    return parser


def _positive(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"not a positive whole number: {text}")
    return int(text)


def _port(text: str) -> int:
    if not text.isdecimal() or int(text) > 65_535:
        raise argparse.ArgumentTypeError(f"not a port: {text}")
    return int(text)


def _date(text: str) -> dt.date:
    try:
        day = dt.date.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"not a date like 2025-06-07: {text}") from None
    if not 1990 <= day.year <= 2100:
        raise argparse.ArgumentTypeError(f"not a date from 1990 to 2100: {text}")
    return day


if __name__ == "__main__":
    sys.exit(main())
