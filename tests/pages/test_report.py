"""The report: its file, and what stands in it. What it looks like: test_browser.py."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

import pendulum
import pytest

from dbt_project.report.days import local_day
from dbt_project.report.page import page
from dbt_project.report.shape import page_data, rounded, series_by_day
from extract.vpp.forecast import Forecast
from extract.warehouse.schema import ensure_schema
from tests.arrivals import EPOCH, Arrival, land
from tests.conftest import Demo
from tests.dbt_project import ROOT, dbt
from tests.extract_command import extract
from tests.pages.asked_report import asked
from tests.report_pages import BERLIN, answers, quarter_hours
from tests.warehouses import Warehouse


def write_report(
    environment: Mapping[str, str], output: Path, *arguments: str
) -> subprocess.CompletedProcess[str]:
    """`python -m dbt_project.report` on the warehouse of `environment`."""
    return subprocess.run(
        [sys.executable, "-m", "dbt_project.report", "--output", str(output), *arguments],
        cwd=ROOT,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=False,
    )


def data_of(html: str) -> dict[str, Any]:
    """What the page holds."""
    [found] = re.findall(r'<script type="application/json" id="data">(.*?)</script>', html, re.S)
    data: dict[str, Any] = json.loads(found)
    return data


@pytest.mark.parametrize(
    ("day", "quarter_hour_count"),
    [(date(2025, 3, 30), 92), (date(2025, 6, 8), 96), (date(2025, 10, 26), 100)],
)
def test_no_quarter_hour_is_lost_where_the_clocks_change(
    day: date, quarter_hour_count: int
) -> None:
    local = local_day(day, BERLIN, False, False)
    assert local.quarter_hour_count == quarter_hour_count
    rows = [
        {"delivery_start_utc": start, "power_kw": float(place)}
        for place, start in enumerate(quarter_hours(local))
    ]
    series = series_by_day(rows, [local])
    assert series == {day.isoformat(): {"power_kw": list(range(quarter_hour_count))}}


def test_what_is_not_known_is_null_and_what_is_outside_is_not_there() -> None:
    days = [local_day(date(2025, 6, 8), BERLIN, True, True)]
    first = days[0].start_utc
    rows: list[dict[str, Any]] = [
        {"delivery_start_utc": first, "final_power_kw": None, "live_power_kw": 1.04},
        {"delivery_start_utc": days[0].end_utc, "final_power_kw": 9.0, "live_power_kw": 9.0},
    ]
    assert series_by_day(rows, days) == {"2025-06-08": {"live_power_kw": [1, *[None] * 95]}}
    assert series_by_day(rows, []) == {}


@pytest.mark.parametrize(
    ("column", "value", "shown"),
    [
        ("power_kw", 12.345, 12.3),
        ("power_kw", 12.0, 12),
        ("imbalance_eur", -1.005, -1.0),
        ("nmae", 0.012345, 0.0123),
        ("power_kw", float("nan"), None),
        ("is_redispatched", True, True),
        ("delivery_date", date(2025, 6, 8), "2025-06-08"),
    ],
)
def test_values_are_as_fine_as_their_unit(column: str, value: Any, shown: Any) -> None:
    assert rounded(column, value) == shown


def test_no_name_can_end_the_data(tmp_path: Path) -> None:
    data = data_of(page(page_data(answers(date(2025, 6, 8)))))
    assert data["assets"][0]["name"] == "Plant </script> 0"


def test_a_hundred_assets_stay_readable_by_a_browser() -> None:
    # The default number of days; thirty are three times as much.
    html = page(page_data(answers(date(2025, 6, 1), day_count=10, asset_count=100)))
    assert len(html) < 15_000_000


def test_the_page_shows_what_the_marts_hold(shared_demo: Demo, report_file: Path) -> None:
    data = data_of(report_file.read_text())
    assert [day["date"] for day in data["days"]] == [f"2025-06-{day:02}" for day in range(7, 13)]
    assert [day["date"] for day in data["days"] if day["isSettled"]] == ["2025-06-08"]
    assert len(data["assets"]) == 5
    columns = ("latest_power_kw", "tradeable_power_kw", "live_power_kw", "final_power_kw")
    expected = shared_demo.warehouse.rows(
        f"select {', '.join(columns)} from production_reconciliation"
        " where asset_id = 'WND-DE-003' and delivery_date = '2025-06-08'"
        " order by delivery_start_utc"
    )
    series = data["byAsset"]["WND-DE-003"]["2025-06-08"]
    shown = zip(*(series[column] for column in columns), strict=True)
    for row, values in zip(expected, shown, strict=True):
        assert values == tuple(rounded("power_kw", value) for value in row)
    redispatched = [place for place, is_so in enumerate(series["is_redispatched"]) if is_so]
    # 09:00 to 10:00 UTC.
    assert redispatched == [44, 45, 46, 47]


def test_the_words_say_what_is_missing_and_what_was_produced(
    shared_demo: Demo, report_file: Path
) -> None:
    data = data_of(report_file.read_text())
    sentences = [row["sentence"] for row in data["missing"] if row["isNothing"]]
    found = [one for (one,) in shared_demo.warehouse.rows("select detail from data_findings")]
    assert set(sentences[: len(found)]) == {f"{detail}." for detail in found}
    assert sentences[len(found) :] == [
        "4 assets have no live infeed on 10 June: SOL-DE-001, WND-DE-001, WND-DE-002, WND-DE-003.",
        "SOL-DE-001 has no live infeed on 7 June, 8 June, 9 June.",
        "WND-DE-001 has no final production on 8 June, 9 June.",
    ]
    tomorrow, yesterday, cost = data["glance"]
    assert re.fullmatch(
        r"Wednesday, 11 June 2025: \d+\.\d MWh can be traded on, forecast by 5 of 5 assets\.",
        tomorrow,
    )
    assert re.fullmatch(
        r"Sunday, 8 June 2025: \d+\.\d MWh were produced in 88 of 96 quarter-hours where"
        r" \d+\.\d MWh had been traded on, by 4 of 5 assets: \d+\.\d MWh less than traded on"
        r" \(3\.5 MWh less in redispatched quarter-hours\); in the others the forecast was"
        r" \d+\.\d MWh too (high|low)\.",
        yesterday,
    )
    assert re.fullmatch(
        r"Sunday, 8 June 2025: the imbalance (brought|cost) \d+ EUR in 88 of 96 quarter-hours\.",
        cost,
    )


def test_the_moved_forecast_marks_what_the_marts_name(shared_demo: Demo, report_file: Path) -> None:
    data = data_of(report_file.read_text())
    named = {
        (asset_id, str(start)): row
        for asset_id, start, *row in shared_demo.warehouse.rows(
            "select asset_id, extract(epoch from delivery_start_utc)::bigint,"
            " extract(epoch from delivery_start_utc - tradeable_version_utc)::integer / 60,"
            " tradeable_power_kw,"
            " extract(epoch from delivery_start_utc - latest_version_utc)::integer / 60,"
            " latest_power_kw from asset_forecasts"
        )
    }
    shown = [
        (asset_id, start, moved)
        for asset_id, of_asset in data["revisions"].items()
        for start, moved in of_asset.items()
    ]
    # Of each hour, those that are still open included.
    assert {int(start) for _, start, _ in shown} >= set(
        range(data["days"][2]["start"], data["days"][-1]["start"], 3600)
    )
    for asset_id, start, moved in shown:
        powers_kw = dict(zip(moved["lead_minutes"], moved["power_kw"], strict=True))
        tradeable_lead, tradeable, latest_lead, latest = named[asset_id, start]
        assert moved.get("tradeable") == tradeable_lead
        assert powers_kw.get(tradeable_lead) == rounded("power_kw", tradeable)
        assert moved["latest"] == latest_lead
        assert powers_kw[latest_lead] == rounded("power_kw", latest)


def test_the_gate_closes_when_the_build_says(warehouse: Warehouse, tmp_path: Path) -> None:
    first = pendulum.instance(EPOCH)
    versions = [first.add(minutes=15 * number) for number in range(8)]
    with warehouse.connect() as connection:
        ensure_schema(connection)
        forecasts = [
            Forecast(
                asset_id="A",
                version_utc=version,
                grid_start_utc=version,
                received_utc=version,
                power_kw=(1.0,) * 96,
                source_uri=f"https://forecasts/{version}",
                content_sha256=b"1",
            )
            for version in versions
        ]
        land(connection, [Arrival((forecast,)) for forecast in forecasts])
    for gate_closure_minutes in (30, 15):
        variables = f"{{gate_closure_minutes: {gate_closure_minutes}}}"
        assert dbt(warehouse.environment, tmp_path, "run", "--vars", variables).success
        result = write_report(warehouse.environment, tmp_path / "report.html")
        assert result.returncode == 0, result.stderr
        data = data_of((tmp_path / "report.html").read_text())
        assert data["lastTradeableLeadMinutes"] == gate_closure_minutes


def test_lead_times_of_few_pairs_are_left_out(warehouse: Warehouse) -> None:
    marts = {
        "forecast_accuracy_by_lead": (
            "select *, 1.0 as mae_kw, 1.0 as rmse_kw, 0.1 as nmae from (values"
            " ('A', 15, 99), ('A', 30, 100), ('A', 45, 50), ('A', 60, 49), ('B', 15, 2))"
            " as measures (asset_id, lead_minutes, quarter_hour_count)"
        ),
    }
    shown = [row[:2] for row in asked(warehouse, "accuracy_by_lead", marts)]
    assert shown == [("A", 15), ("A", 30), ("A", 45), ("B", 15)]


def test_fewer_days_make_a_smaller_file(shared_demo: Demo, tmp_path: Path) -> None:
    result = write_report(shared_demo.warehouse.environment, tmp_path / "two.html", "--days", "2")
    assert result.returncode == 0, result.stderr
    data = data_of((tmp_path / "two.html").read_text())
    assert [day["date"] for day in data["days"]] == ["2025-06-11", "2025-06-12"]


def test_without_marts_one_line_says_what_to_do(warehouse: Warehouse, tmp_path: Path) -> None:
    result = write_report(warehouse.environment, tmp_path / "report.html")
    assert (result.returncode, result.stdout) == (1, "")
    [line] = result.stderr.splitlines()
    assert line.startswith("error: the marts are not there")
    assert line.endswith("build them first (make run)")


def test_marts_without_data_make_a_report_that_says_so(
    warehouse: Warehouse, tmp_path: Path
) -> None:
    assert extract(warehouse.environment, "schema").returncode == 0
    assert dbt(warehouse.environment, tmp_path, "run").success
    result = write_report(warehouse.environment, tmp_path / "report.html")
    assert result.returncode == 0, result.stderr
    data = data_of((tmp_path / "report.html").read_text())
    assert (data["days"], data["assets"], data["newestVersion"]) == ([], [], None)
    assert data["lastTradeableLeadMinutes"] is None
