"""`python -m dbt_project.report`: write the report."""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import yaml

from dbt_project.report.marts import read
from dbt_project.report.page import page
from extract.errors import ExtractError
from extract.settings import PROJECT_ROOT, Settings
from extract.warehouse.connection import connect

_DBT_PROJECT = PROJECT_ROOT / "dbt_project"


def main(arguments: Sequence[str] | None = None) -> int:
    """Write the report; returns the exit status (0 written, 1 not possible, 2 wrong usage)."""
    options = _parser().parse_args(arguments)
    timezone = ZoneInfo(project_variables()["portfolio_timezone"])
    try:
        with connect(Settings.from_environment()) as connection:
            answers = read(connection, timezone, options.days)
    except ExtractError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    html = page(answers)
    try:
        options.output.parent.mkdir(parents=True, exist_ok=True)
        options.output.write_text(html, encoding="utf-8")
    except OSError as error:
        print(f"error: the report cannot be written: {error}", file=sys.stderr)
        return 1
    print(f"The report ({len(html) / 1e6:.1f} MB): open {options.output}")
    return 0


def project_variables() -> dict[str, Any]:
    """The variables of the dbt project, as its file gives them."""
    project: dict[str, Any] = yaml.safe_load((_DBT_PROJECT / "dbt_project.yml").read_text())
    variables: dict[str, Any] = project["vars"]
    return variables


def _day_count(text: str) -> int:
    if not (text.isascii() and text.isdecimal()) or not 1 <= int(text) <= 366:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number from 1 to 366")
    return int(text)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m dbt_project.report",
        description="Write the report: one HTML file made from the marts, which needs no network.",
    )
    parser.add_argument(
        "--days",
        type=_day_count,
        default=10,
        help="how many delivery days, the newest that is forecast included (default 10)",
    )
    parser.add_argument(
        "--output",
        type=Path,
        default=Path("dbt_project/target/report.html"),
        help="the file to write (default dbt_project/target/report.html)",
    )
    return parser


if __name__ == "__main__":
    sys.exit(main())
