"""The simulator of the VPP and the grid operator: the formats it promises, oddities included.

The demo shows whether its world makes sense (tests/pages).
"""

from __future__ import annotations

import datetime as dt
import json
import re
import socket
import subprocess
import sys
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from extract.simulator.__main__ import main
from extract.simulator.files import SimulatedSources, write_files
from extract.simulator.forecasts import (
    GAPPY,
    MISSING,
    NULLS,
    SHORT,
    forecast_response,
)
from extract.simulator.plan import SimulationPlan
from extract.simulator.production import produced_power_kw
from extract.simulator.server import ForecastServer
from tests.no_server.simulated import (
    NOON,
    PLAN,
    PROJECT,
    ask,
    contents,
    csv_rows,
    good_samples,
    json_documents,
    version_of_kind,
)


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


def test_days_of_clock_changes_have_files_of_23_and_25_hours(tmp_path: Path) -> None:
    for first_day, hours in ((dt.date(2025, 3, 30), 23), (dt.date(2025, 10, 26), 25)):
        plan = SimulationPlan(asset_count=3, first_day=first_day, day_count=1)
        directory = write_files(plan, tmp_path / str(hours)).directory
        (path,) = (directory / "live_infeed").glob("WND01_*.json")
        timestamps = json.loads(path.read_bytes())["values"][0]
        covered_hours = (max(timestamps) - min(timestamps)) / 3_600_000
        # A file can reach up to 25 minutes into the next day, or begin or end with a gap.
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
