"""The stand-in for the VPP and the grid operator: the formats that it promises, oddities included.

Whether its world makes sense, the demo shows (tests/pages).
"""

from __future__ import annotations

import csv
import datetime as dt
import json
import re
import socket
import subprocess
import sys
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import requests

from extract.simulator.__main__ import main
from extract.simulator.files import SimulatedSources, write_files
from extract.simulator.forecasts import (
    GAPPY,
    MISSING,
    NULLS,
    SHORT,
    forecast_response,
    oddity,
)
from extract.simulator.plan import SimulationPlan
from extract.simulator.production import produced_power_kw
from extract.simulator.server import ForecastServer

PLAN = SimulationPlan()
NOON = dt.datetime(2025, 6, 8, 12, 0, tzinfo=dt.UTC)
QUARTER_HOUR = dt.timedelta(minutes=15)
PROJECT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def sources(tmp_path_factory: pytest.TempPathFactory) -> SimulatedSources:
    return write_files(PLAN, tmp_path_factory.mktemp("with a space") / "sources")


@pytest.fixture(scope="module")
def server() -> Iterator[ForecastServer]:
    with ForecastServer(PLAN) as server:
        yield server


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


def test_a_version_has_193_quarter_hours_in_seconds_labelled_ms(server: ForecastServer) -> None:
    response = ask(server, asset_id="WND-DE-003", version=NOON.isoformat())
    assert response.status_code == 200
    assert response.headers["Content-Type"] == "application/json"
    document = response.json()
    assert document["key"] == {"asset_id": "WND-DE-003", "type_id": "pv-forecast-real"}
    assert document["column_ids"] == ["start", "end", "version", "power"]
    assert document["units"] == ["ms", "ms", "ms", "kW"]
    starts, ends, version, power = document["values"]
    noon = int(NOON.timestamp())
    assert starts == [noon + 900 * step for step in range(193)]
    assert ends == [start + 900 for start in starts]
    assert version == [noon] * 193
    assert all(value == round(value, 2) for value in power)
    assert document == forecast_response(PLAN, "WND-DE-003", NOON)


def test_another_time_zone_is_another_question(server: ForecastServer) -> None:
    utc = ask(server, asset_id="WND-DE-003", version="2025-06-08T12:00:00+00:00").json()["values"]
    local = ask(server, asset_id="WND-DE-003", version="2025-06-08T14:00:00+02:00").json()["values"]
    assert utc[:3] == local[:3]
    assert utc[3] != local[3]


@pytest.mark.parametrize(
    ("asset_id", "version", "reason"),
    [
        ("WND-DE-999", "2025-06-08T12:00:00Z", "WND-DE-999"),
        ("WND-DE-003", "2025-06-08T12:05:00Z", "2025-06-08T12:05"),
        ("WND-DE-003", "2025-06-08T12:00:00.5Z", "2025-06-08T12:00"),
        ("WND-DE-003", "2025-06-06T23:45:00Z", "2025-06-06"),
        ("WND-DE-003", "2025-06-10T00:00:00Z", "2025-06-10"),
    ],
)
def test_what_does_not_exist_is_not_found(
    server: ForecastServer, asset_id: str, version: str, reason: str
) -> None:
    response = ask(server, asset_id=asset_id, version=version)
    assert response.status_code == 404
    assert reason in response.json()["error"]


@pytest.mark.parametrize(
    ("parameters", "reason"),
    [
        ({"version": "2025-06-08T12:00:00Z"}, "asset_id"),
        ({"asset_id": "WND-DE-003"}, "version"),
        ({"asset_id": "WND-DE-003", "version": "yesterday"}, "yesterday"),
        ({"asset_id": "WND-DE-003", "version": "2025-06-08T12:00:00"}, "time zone"),
    ],
)
def test_a_bad_question_is_told_why(
    server: ForecastServer, parameters: dict[str, str], reason: str
) -> None:
    response = ask(server, **parameters)
    assert response.status_code == 400
    assert reason in response.json()["error"]


def test_odd_versions(server: ForecastServer) -> None:
    asset_id, version = version_of_kind(MISSING)
    assert ask(server, asset_id=asset_id, version=version.isoformat()).status_code == 404
    values = {}
    for kind in (NULLS, SHORT, GAPPY):
        asset_id, version = version_of_kind(kind)
        values[kind] = ask(server, asset_id=asset_id, version=version.isoformat()).json()["values"]
    assert len(values[NULLS][3]) == 193
    assert 2 <= values[NULLS][3].count(None) <= 15
    assert len(values[SHORT][3]) == 96
    starts = values[GAPPY][0]
    steps = [later - earlier for earlier, later in pairwise(starts)]
    assert len(starts) < 193
    assert sum(step > 900 for step in steps) == 1
    assert starts[-1] - starts[0] == 192 * 900
    assert len({len(column) for column in values[GAPPY]}) == 1


def test_the_same_plan_gives_the_same_bytes_in_another_process(
    sources: SimulatedSources, tmp_path: Path
) -> None:
    command = [sys.executable, "-m", "extract.simulator", "files", "--directory", str(tmp_path)]
    subprocess.run(command, cwd=PROJECT, check=True, capture_output=True)
    assert contents(tmp_path) == contents(sources.directory)
    assert contents(write_files(SimulationPlan(seed=1), tmp_path / "other").directory) != contents(
        sources.directory
    )


def test_technical_data(sources: SimulatedSources) -> None:
    folder = sources.directory / "technical_data"
    names = sorted(path.name for path in folder.glob("*.json"))
    assert names[0] == "technical_data_2025-06-01T125000Z.json"
    assert all(re.fullmatch(r"technical_data_2025-06-0\dT12[345]\d{3}Z\.json", n) for n in names)
    # One of the nine days to 2025-06-09 is missing.
    assert len({name[:25] for name in names}) == len(names) == 8
    assert names[-1].startswith("technical_data_2025-06-09")

    documents = json_documents(folder)
    listed = [{asset["asset_id"] for asset in document["assets"]} for document in documents]
    assert "WND-DE-003" not in listed[0]
    assert all(ids == set(PLAN.assets_by_id) for ids in listed[1:])
    texts = [path.read_text() for path in sorted(folder.glob("*.json"))]
    assert any('"capacity_kw": 5600,' in text for text in texts)
    assert any('"capacity_kw": 5600.0,' in text for text in texts)
    solar, wind = documents[-1]["assets"][0], documents[-1]["assets"][-1]
    assert set(solar["technical_attributes"]) == {
        "capacity_kw",
        "panel_type",
        "tracking_type",
        "commissioning_date",
    }
    assert wind == {
        "asset_id": "WND-DE-003",
        "name": "North Frisia Wind Farm",
        "type": "wind",
        "location": {"latitude": 54.7805, "longitude": 8.8281, "timezone": "Europe/Berlin"},
        "technical_attributes": {
            "capacity_kw": 5600.0,
            "turbine_model": wind["technical_attributes"]["turbine_model"],
            "turbine_count": 2,
            "hub_height_meters": 120,
            "commissioning_date": "2024-03-15",
        },
        "status": "operational",
        "owner": wind["owner"],
    }


def test_asset_contracts(sources: SimulatedSources) -> None:
    first, second = sorted((sources.directory / "asset_contracts").glob("*.csv"))
    assert re.fullmatch(r"asset_contracts_20250601_\d{6}\.csv", first.name)
    assert second.name == "asset_contracts_20250608_043831.csv"
    assert {row["asset_id"] for row in csv_rows(first)} == set(PLAN.assets_by_id) - {"SOL-DE-002"}
    rows = {row["asset_id"]: row for row in csv_rows(second)}
    assert {asset_id: float(row["capacity"]) * 1000 for asset_id, row in rows.items()} == {
        asset.asset_id: pytest.approx(asset.capacity_kw) for asset in PLAN.assets
    }
    assert rows["SOL-DE-002"]["contract_begin"] == "2025-06-05"
    assert all(row["email"].endswith("@example.com") for row in rows.values())
    assert (
        "CON1_WND-DE-003,WND-DE-003,MP-WND-003,5.6,wind,2024-09-01,,fixed,,fixed_as_produced,,7.0,"
        "owner@example.com"
    ) in second.read_text().splitlines()


def test_live_infeed_covers_berlin_days(sources: SimulatedSources) -> None:
    folder = sources.directory / "live_infeed"
    names = {path.name for path in folder.glob("*.json")}
    plants = ("SOL02", "WND01", "WND02", "WND03")
    assert names == {f"{plant}_2025060{day}.json" for plant in plants for day in (7, 8, 9)}
    document = json.loads((folder / "WND03_20250608.json").read_bytes())
    assert document["column_ids"] == ["timestamp", "value", "quality"]
    assert document["units"] == ["ms", "kW", "factor"]
    timestamps = document["values"][0]
    assert all(isinstance(timestamp, float) for timestamp in timestamps)
    assert len({len(column) for column in document["values"]}) == 1
    midnight = dt.datetime(2025, 6, 7, 22, 0, tzinfo=dt.UTC).timestamp() * 1000
    assert midnight <= min(timestamps) < midnight + 3 * 3_600_000
    keys = [document["key"] for document in json_documents(folder)]
    assert {tuple(key) for key in keys} == {("asset_id", "type_id"), ("entity_id", "type_id")}
    assert {key["type_id"] for key in keys} == {"power-measurement-live"}


def test_live_infeed_has_the_oddities_of_the_real_one(sources: SimulatedSources) -> None:
    counts = dict.fromkeys(("samples", "late", "twice", "null", "doubtful", "pauses"), 0)
    longest_pause_minutes = 0.0
    for document in json_documents(sources.directory / "live_infeed"):
        timestamps, values, quality = document["values"]
        pauses_minutes = np.diff(sorted(set(timestamps))) / 60_000
        assert np.median(pauses_minutes) == 1.0
        longest_pause_minutes = max(longest_pause_minutes, pauses_minutes.max())
        counts["samples"] += len(values)
        counts["twice"] += len(timestamps) - len(set(timestamps))
        counts["late"] += timestamps != sorted(timestamps)
        counts["null"] += values.count(None)
        counts["doubtful"] += sum(value < 0.5 for value in quality)
        counts["pauses"] += int((pauses_minutes > 5).sum())
        assert all(0 <= value <= 1 for value in quality)
    assert counts["samples"] > 12 * 1000
    assert longest_pause_minutes > 60
    assert min(counts.values()) > 0
    assert counts["null"] + counts["doubtful"] + counts["twice"] < 0.05 * counts["samples"]


def good_samples(document: dict[str, Any]) -> dict[float, float]:
    """The samples that count: of two for an instant the last."""
    rows = zip(*document["values"], strict=True)
    last = {timestamp: (value, quality) for timestamp, value, quality in rows}
    return {
        timestamp: value
        for timestamp, (value, quality) in last.items()
        if value is not None and quality >= 0.5
    }


def test_live_files_overlap_and_agree(sources: SimulatedSources) -> None:
    shared_count = 0
    for plant in ("SOL02", "WND01", "WND02", "WND03"):
        documents = [
            good_samples(json.loads(path.read_bytes()))
            for path in sorted((sources.directory / "live_infeed").glob(f"{plant}_*.json"))
        ]
        for earlier, later in pairwise(documents):
            shared = earlier.keys() & later.keys()
            shared_count += len(shared)
            assert all(earlier[timestamp] == later[timestamp] for timestamp in shared)
    assert shared_count > 0


def test_final_production_is_that_of_one_day_without_wnd_de_001(sources: SimulatedSources) -> None:
    files = sorted((sources.directory / "dso").glob("final_production_*.csv"))
    values: dict[str, list[float]] = {}
    column_counts = []
    for path in files:
        assert re.fullmatch(r"final_production_MP-\S+_20250609\.csv", path.name)
        rows = csv_rows(path)
        starts = [row.pop("delivery_start__utc_") for row in rows]
        assert starts[0] == "2025-06-08 00:00:00.000000 UTC"
        assert starts[-1] == "2025-06-08 23:45:00.000000 UTC"
        assert len(set(starts)) == len(starts) == 96
        column_counts.append(len(rows[0]))
        for column in rows[0]:
            assert all(re.fullmatch(r"\d+\.\d\d", row[column]) for row in rows)
            values[column] = [float(row[column]) for row in rows]
    assert sorted(column_counts) == [1, 1, 2]
    assert sum(len(column) for column in values.values()) == 384
    assert set(values) == {
        f"{asset.metering_point_id}__kw_" for asset in PLAN.assets if asset.asset_id != "WND-DE-001"
    }
    for asset in PLAN.assets:
        if asset.asset_id != "WND-DE-001":
            produced = produced_power_kw(PLAN, asset, dt.date(2025, 6, 8))
            assert values[f"{asset.metering_point_id}__kw_"] == pytest.approx(produced, abs=0.0051)


def test_redispatch_flags(sources: SimulatedSources) -> None:
    (path,) = (sources.directory / "dso").glob("redispatch_flag_*")
    assert path.name == "redispatch_flag_MP-WND-003_20250609_1201.csv"
    rows = csv_rows(path)
    assert list(rows[0]) == ["delivery_start", "delivery_end", "is_redispatched"]
    assert [row["is_redispatched"] for row in rows] == ["0"] * 4 + ["1"] * 4 + ["0"] * 4
    assert all(re.fullmatch(r"2025-06-08T\d\d:\d\d:00Z", row["delivery_start"]) for row in rows)
    assert all(row["delivery_end"] == after["delivery_start"] for row, after in pairwise(rows))


def test_redispatch_compensation_covers_the_day_of_the_redispatch(
    sources: SimulatedSources,
) -> None:
    (path,) = (sources.directory / "dso").glob("redispatch_compensation_*")
    assert path.name == "redispatch_compensation_2025-06-20.csv"
    rows = csv_rows(path)
    assert list(rows[0]) == [
        "delivery_start__utc_",
        "delivery_end__utc_",
        "price__euro_per_mwh_",
    ]
    assert len(rows) == 96
    assert rows[0]["delivery_start__utc_"] == "2025-06-08 00:00:00.000000 UTC"
    assert rows[-1]["delivery_end__utc_"] == "2025-06-09 00:00:00.000000 UTC"
    assert all(
        row["delivery_end__utc_"] == after["delivery_start__utc_"] for row, after in pairwise(rows)
    )
    assert all(re.fullmatch(r"\d+\.\d+", row["price__euro_per_mwh_"]) for row in rows)


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


def test_final_imbalance_prices_have_holes_that_the_estimate_fills(
    sources: SimulatedSources,
) -> None:
    folder = sources.directory / "imbalance_prices"
    names = [path.name for path in sorted(folder.glob("imbalance_price_final_*.csv"))]
    assert names == [f"imbalance_price_final_2025060{day}_170800.csv" for day in (7, 8, 9)]
    estimates = {
        start_utc(row)
        for path in folder.glob("imbalance_price_estimation_*.csv")
        for row in price_rows(path)
    }
    midnight = dt.datetime(2025, 6, 8, tzinfo=dt.UTC)
    day = {midnight + QUARTER_HOUR * n for n in range(96)}
    assert day <= estimates
    rows = {start_utc(row): row for row in price_rows(folder / names[1])}
    assert rows.keys() < day
    assert len(rows) > 80
    for row in rows.values():
        assert list(row)[-2:] == ["reBAP unterdeckt", "reBAP ueberdeckt"]
        assert (row["Datenkategorie"], row["Datentyp"]) == ("reBAP", "Qualitätsgesichert")
        assert row["Einheit"] == "EUR/MWh"
    short = [german(row["reBAP unterdeckt"]) for row in rows.values()]
    long = [german(row["reBAP ueberdeckt"]) for row in rows.values()]
    assert min(long) < 0 < max(long)
    # Being short costs what being long brings, and seldom more.
    assert all(s >= p for s, p in zip(short, long, strict=True))
    assert 0 < sum(s > p for s, p in zip(short, long, strict=True)) < 10


def test_estimated_imbalance_prices(sources: SimulatedSources) -> None:
    paths = sorted((sources.directory / "imbalance_prices").glob("imbalance_price_estimation_*"))
    assert paths[0].name == "imbalance_price_estimation_2025-06-07T041800Z.csv"
    assert len(paths) == 12
    documents = [price_rows(path) for path in paths]
    assert all(list(rows[0])[-2:] == ["AEP-Schätzer", "Status"] for rows in documents)
    assert {row["Zeitzone"] for rows in documents for row in rows} == {"UTC", "CEST"}
    assert all(any((row["von"], row["bis"]) == ("23:45", "00:00") for row in r) for r in documents)
    assert {len(rows) for rows in documents} == {96}
    # The newest file comes closer.
    first, second = (
        {start_utc(row): german(row["AEP-Schätzer"]) for row in rows} for rows in documents[:2]
    )
    changed = [start for start in first.keys() & second.keys() if first[start] != second[start]]
    assert len(changed) == 4


def test_imbalance_price_files_come_in_several_encodings(sources: SimulatedSources) -> None:
    files = list((sources.directory / "imbalance_prices").glob("*.csv"))
    starts = {path.read_bytes()[:3] for path in files}
    assert starts == {b"\xef\xbb\xbf", b"Dat"}
    assert any(b"Sch\xe4tzer" in path.read_bytes() for path in files)
    assert any("Schätzer".encode() in path.read_bytes() for path in files)


def test_days_of_clock_changes_have_files_of_23_and_25_hours(tmp_path: Path) -> None:
    for first_day, hours in ((dt.date(2025, 3, 30), 23), (dt.date(2025, 10, 26), 25)):
        plan = SimulationPlan(asset_count=3, first_day=first_day, day_count=1)
        directory = write_files(plan, tmp_path / str(hours)).directory
        (path,) = (directory / "live_infeed").glob("WND01_*.json")
        timestamps = json.loads(path.read_bytes())["values"][0]
        covered_hours = (max(timestamps) - min(timestamps)) / 3_600_000
        # A file can reach into the next day by up to 25 minutes, or begin or end with a gap.
        assert hours - 2.6 < covered_hours < hours + 0.5
        assert not list((directory / "dso").glob("redispatch_*"))


def test_around_runs_the_command_with_everything_set(tmp_path: Path) -> None:
    script = (
        "import os, sys, urllib.request\n"
        "url = os.environ['VPP_API_URL'] + '/forecasts?asset_id=SOL-DE-001'\n"
        "answer = urllib.request.urlopen(url + '&version=2025-06-08T12:00:00Z').read()\n"
        "assert b'pv-forecast-real' in answer\n"
        "assert os.path.isdir(os.environ['DSO_URL'])\n"
        "sys.exit(7)\n"
    )
    options = ["around", "--directory", str(tmp_path / "a b"), "--assets", "2"]
    assert main([*options, "--", sys.executable, "-c", script]) == 7


def test_what_cannot_be_done_is_one_line(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "file"
    file.write_text("in the way")
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        assert main(["serve", "--port", port]) == 1
        assert capfd.readouterr().err.count("\n") == 1
    assert main(["files", "--directory", str(file)]) == 1
    assert capfd.readouterr().err.count("\n") == 1
    assert main(["around", "--directory", str(tmp_path), "--", "no-such-command"]) == 127
    assert capfd.readouterr().err.count("\n") == 1
