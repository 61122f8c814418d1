"""What the simulator says, read as a stranger would."""

from __future__ import annotations

import csv
import datetime as dt
import json
import re
from pathlib import Path
from typing import Any

import requests

from extract.simulator.forecasts import (
    oddity,
)
from extract.simulator.plan import SimulationPlan
from extract.simulator.server import ForecastServer

PLAN = SimulationPlan()
NOON = dt.datetime(2025, 6, 8, 12, 0, tzinfo=dt.UTC)
QUARTER_HOUR = dt.timedelta(minutes=15)
PROJECT = Path(__file__).resolve().parents[2]


def ask(server: ForecastServer, **parameters: str) -> requests.Response:
    return requests.get(f"{server.url}/forecasts", params=parameters, timeout=10)


def versions(plan: SimulationPlan) -> list[dt.datetime]:
    count = plan.day_count * 96
    first = dt.datetime.fromtimestamp(plan.first_version_epoch, dt.UTC)
    return [first + QUARTER_HOUR * index for index in range(count)]


def version_of_kind(kind: int) -> tuple[str, dt.datetime]:
    return next(
        (asset.asset_id, version)
        for asset in PLAN.assets
        for version in versions(PLAN)
        if oddity(PLAN, asset.asset_id, int(version.timestamp())) == kind
    )


def csv_rows(path: Path) -> list[dict[str, str]]:
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


def json_documents(folder: Path) -> list[dict[str, Any]]:
    return [json.loads(path.read_bytes()) for path in sorted(folder.glob("*.json"))]


def contents(directory: Path) -> dict[str, bytes]:
    files = (path for path in directory.rglob("*") if path.is_file())
    return {str(path.relative_to(directory)): path.read_bytes() for path in files}


def good_samples(document: dict[str, Any]) -> dict[float, float]:
    """The samples that count: the last of two for the same instant."""
    rows = zip(*document["values"], strict=True)
    last = {timestamp: (value, quality) for timestamp, value, quality in rows}
    return {
        timestamp: value
        for timestamp, (value, quality) in last.items()
        if value is not None and quality >= 0.5
    }


def price_rows(path: Path) -> list[dict[str, str]]:
    """The rows of a file of imbalance prices, whatever its encoding."""
    content = path.read_bytes()
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = content.decode("cp1252")
    return list(csv.DictReader(text.splitlines(), delimiter=";"))


def german(text: str) -> float:
    assert re.fullmatch(r"-?\d+,\d\d", text)
    return float(text.replace(",", "."))


def start_utc(row: dict[str, str]) -> dt.datetime:
    offset = {"UTC": 0, "CET": 1, "CEST": 2}[row["Zeitzone"]]
    zone = dt.timezone(dt.timedelta(hours=offset))
    local = dt.datetime.strptime(f"{row['Datum']} {row['von']}", "%d.%m.%Y %H:%M")
    assert row["bis"] == f"{local + QUARTER_HOUR:%H:%M}"
    return local.replace(tzinfo=zone).astimezone(dt.UTC)
