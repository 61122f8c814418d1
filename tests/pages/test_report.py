"""The report: its file and its contents. Its look: test_report_in_browser.py."""

import itertools
import json
import os
import re
import subprocess
import sys
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from dbt_project.report import __main__ as report_command
from dbt_project.report import words
from dbt_project.report.cards import cards
from dbt_project.report.marts import Answers, read
from dbt_project.report.packing import rounded
from dbt_project.report.page import page as report_page
from tests.conftest import Demo
from tests.dbt_project import ROOT, dbt
from tests.extract_command import extract
from tests.report_pages import BERLIN, unpacked
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


def numbers(warehouse: Warehouse, query: str) -> list[float]:
    """The numbers of the only row of a query."""
    [row] = warehouse.rows(query)
    return [float(str(value)) for value in row]


@pytest.fixture(scope="module")
def demo_answers(shared_demo: Demo) -> Answers:
    """What the marts of the demo answer."""
    with shared_demo.warehouse.connect() as connection:
        return read(connection, BERLIN, 10)


def test_the_page_shows_what_the_marts_hold(shared_demo: Demo, report_file: Path) -> None:
    data = data_of(report_file.read_text())
    assert [day["date"] for day in data["days"]] == [f"2025-06-{day:02}" for day in range(7, 13)]
    assert [day["date"] for day in data["days"] if day["isSettled"]] == ["2025-06-08"]
    assert (len(data["assets"]), data["opened"]) == (5, "2025-06-09")
    columns = ("latest_power_kw", "tradeable_power_kw", "live_power_kw", "final_power_kw")
    expected = shared_demo.warehouse.rows(
        f"select {', '.join(columns)} from production_reconciliation"
        " where asset_id = 'WND-DE-003' and delivery_date = '2025-06-08'"
        " order by delivery_start_utc"
    )
    [place] = [place for place, one in enumerate(data["assets"]) if one["id"] == "WND-DE-003"]
    step_kw = data["assets"][place]["step_kw"]
    assert step_kw <= 0.002 * data["assets"][place]["capacity_kw"]
    series = unpacked(data["packed"]["2025-06-08"])["assets"][place]
    for column, values in zip(columns, zip(*expected, strict=True), strict=True):
        sums = itertools.accumulate(value for value in series[column] if value is not None)
        shown = [None if value is None else next(sums) * step_kw for value in series[column]]
        assert [value is None for value in shown] == [value is None for value in values]
        known = [value for value in values if value is not None]
        # Rounding changes a value by at most half a step.
        assert [value for value in shown if value is not None] == pytest.approx(
            known, abs=0.5001 * step_kw
        )
    # 09:00 to 10:00 UTC.
    assert series["redispatched"] == [44, 45, 46, 47]


def test_tomorrow_yesterday_and_the_cost_are_those_of_the_marts(
    shared_demo: Demo, demo_answers: Answers
) -> None:
    tomorrow, yesterday, cost = cards(demo_answers)
    warehouse = shared_demo.warehouse
    # The newest version was made at 01:45 on 10 June, local time.
    assert (tomorrow.subject, yesterday.subject) == ("Wednesday 11 June", "Monday 9 June")
    mwh, peak_kw = numbers(
        warehouse,
        "select sum(tradeable_power_kw) / 4000, max(tradeable_power_kw) from portfolio_forecast"
        " where delivery_date = '2025-06-11'",
    )
    assert f"{tomorrow.number} {tomorrow.unit}" == f"{words.energy(mwh)} can be traded"
    assert f"The peak is {words.power(peak_kw)} at " in tomorrow.sentences[0]
    # Each asset by final production, else by live infeed, against its own forecast.
    of_9_june = (
        "from production_reconciliation where delivery_date = '2025-06-09'"
        " and tradeable_power_kw + coalesce(final_power_kw, live_power_kw) is not null"
    )
    produced, traded = numbers(
        warehouse,
        "select sum(coalesce(final_power_kw, live_power_kw)) / 4000,"
        f" sum(tradeable_power_kw) / 4000 {of_9_june}",
    )
    assert f"{yesterday.number} {yesterday.unit}" == (
        f"{words.energy(produced)} produced, {words.energy(traded)} forecast"
    )
    assert yesterday.sentences[0].startswith("Provisional, by live infeed where it is not settled")
    assert f"was {words.energy(traded - produced)} too high" in yesterday.sentences[1]
    # 8 June is settled: what was redispatched stands apart.
    errors, redispatched = numbers(
        warehouse,
        "select sum(compared_other_imbalance_eur), sum(compared_redispatched_imbalance_eur)"
        " from portfolio_days where delivery_date between '2025-06-07' and '2025-06-09'",
    )
    assert errors < 0 < redispatched
    assert f"{cost.number} {cost.unit}" == f"{words.money(-errors)} lost to forecast errors"
    assert (
        cost.sentences[0] == f"Redispatch brought {words.money(redispatched)}, not counted in that."
    )
    assert "2 of them provisional" in cost.sentences[1]


def test_what_is_wrong_is_told_in_the_words_of_the_marts(
    shared_demo: Demo, demo_answers: Answers
) -> None:
    told = [row["sentence"] for row in demo_answers.rows["attention"]]
    found = shared_demo.warehouse.rows(
        "select detail from data_findings where finding <> 'never_came'"
    )
    missing = shared_demo.warehouse.rows("select distinct sentence from missing_data")
    assert sorted(told) == sorted(str(sentence) for (sentence,) in [*found, *missing])
    assert set(told[: len(found)]) == {sentence for (sentence,) in found}


def test_what_is_redispatched_without_technical_data_has_its_place(
    shared_demo: Demo,
) -> None:
    with shared_demo.warehouse.connect() as connection:
        connection.execute(
            "create temporary table redispatch_lost_energy as"
            " select 'UNLISTED' as asset_id, '2025-06-09 10:00Z'::timestamptz as delivery_start_utc"
        )
        page = report_page(read(connection, BERLIN, 10))
    assert "UNLISTED" in [asset["id"] for asset in data_of(page)["assets"]]


def test_a_report_that_cannot_be_written_says_why(shared_demo: Demo, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    for output in (tmp_path / "file" / "report.html", tmp_path):
        outcome = write_report(shared_demo.warehouse.environment, output)
        assert outcome.returncode == 1
        [told] = outcome.stderr.splitlines()
        assert told.startswith("error: the report cannot be written: ")
        assert str(tmp_path) in told


def test_the_moved_forecast_marks_what_the_marts_name(shared_demo: Demo, report_file: Path) -> None:
    data = data_of(report_file.read_text())
    named = {
        (asset_id, start): row
        for asset_id, start, *row in shared_demo.warehouse.rows(
            "select asset_id, extract(epoch from delivery_start_utc)::bigint,"
            " extract(epoch from delivery_start_utc - tradeable_version_utc)::integer / 60,"
            " tradeable_power_kw,"
            " extract(epoch from delivery_start_utc - latest_version_utc)::integer / 60,"
            " latest_power_kw from asset_forecasts"
        )
    }
    for day in data["days"][1:-1]:
        worst = unpacked(data["packed"][day["date"]])["worst"]
        # Ten, or what is known of a day that has begun, and the peak of the largest assets.
        assert len(worst) == (10 if day["date"] < "2025-06-10" else 5)
        for one in worst:
            moved = one["versions"]
            powers_kw = dict(zip(moved["lead_minutes"], moved["power_kw"], strict=True))
            asset_id = data["assets"][one["asset"]]["id"]
            tradeable_lead, tradeable, latest_lead, latest = named[asset_id, one["start"]]
            assert moved.get("tradeable") == tradeable_lead
            assert powers_kw.get(tradeable_lead) == rounded("power_kw", tradeable)
            assert moved["latest"] == latest_lead
            assert powers_kw[latest_lead] == rounded("power_kw", latest)
            # Each gate closes when the marts say, earliest first.
            closings = [closes for _, closes in one["gates"]]
            assert closings == sorted(closings)
            assert (one["start"] - closings[-2], one["start"] - closings[-1]) == (900, 0)


def test_fewer_days_make_a_smaller_file(shared_demo: Demo, tmp_path: Path) -> None:
    result = write_report(shared_demo.warehouse.environment, tmp_path / "two.html", "--days", "2")
    assert result.returncode == 0, result.stderr
    data = data_of((tmp_path / "two.html").read_text())
    assert [day["date"] for day in data["days"]] == ["2025-06-11", "2025-06-12"]


def test_tomorrow_is_told_where_nothing_was_ever_produced(shared_demo: Demo) -> None:
    with shared_demo.warehouse.connect() as connection:
        world = read(connection, BERLIN, 2)
    assert [day.date for day in world.days] == [date(2025, 6, 11), date(2025, 6, 12)]
    tomorrow, yesterday, cost = cards(world)
    assert tomorrow.subject == "Wednesday 11 June"
    assert (yesterday.number, cost.number) == ("–", "–")


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
    html = (tmp_path / "report.html").read_text()
    data = data_of(html)
    assert (data["days"], data["assets"]) == ([], [])
    assert "no forecast version has landed" in html
    assert "imbalance prices never came" in html


def test_a_number_of_days_that_cannot_be_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    for text in ("0", "367", "ten"):
        with pytest.raises(SystemExit) as ending:
            report_command.main(["--days", text])
        assert ending.value.code == 2
        assert f"argument --days: '{text}' is not a number from 1 to 366" in capsys.readouterr().err
