"""What the report holds for each day, and how compactly."""

import itertools
import json
import re
from datetime import date
from typing import Any

import pytest
import yaml

from dbt_project.report.marts import QUERIES, Day, day_of
from dbt_project.report.packing import (
    columns,
    day_contents,
    differences,
    page_data,
    rounded,
    steps_kw,
)
from dbt_project.report.page import page
from tests.dbt_project import ROOT
from tests.report_pages import BERLIN, answers, quarter_hours, unpacked


def local_day(day: date) -> Day:
    """A day about which the marts know nothing."""
    return day_of({"delivery_date": day}, BERLIN)


@pytest.mark.parametrize(
    ("day", "quarter_hour_count"),
    [(date(2025, 3, 30), 92), (date(2025, 6, 8), 96), (date(2025, 10, 26), 100)],
)
def test_no_quarter_hour_is_lost_where_the_clocks_change(
    day: date, quarter_hour_count: int
) -> None:
    local = local_day(day)
    assert local.quarter_hour_count == quarter_hour_count
    rows = [
        {"delivery_start_utc": start, "power_kw": float(place)}
        for place, start in enumerate(quarter_hours(local))
    ]
    assert columns(rows, local) == {"power_kw": list(range(quarter_hour_count))}


def test_what_is_not_known_is_null() -> None:
    day = local_day(date(2025, 6, 8))
    rows: list[dict[str, Any]] = [
        {"delivery_start_utc": day.start_utc, "final_power_kw": None, "live_power_kw": 1.0}
    ]
    assert columns(rows, day) == {"live_power_kw": [1.0, *[None] * 95]}


def test_a_row_belongs_to_its_day_or_to_none() -> None:
    world = answers(date(2025, 6, 1), day_count=3, asset_count=1)
    # A day in the middle without a row of the portfolio.
    del world.days[1]
    first, last = day_contents(world, {"A-000": 1.0})
    for content, number in ((first, 0), (last, 192)):
        start = world.rows["asset_power"][number]["tradeable_power_kw"]
        assert content["assets"][0]["tradeable_power_kw"][0] == round(start)
        assert len(content["assets"][0]["tradeable_power_kw"]) == 96


def test_differences_add_up_to_the_values() -> None:
    values = [0.0, 12.4, None, 12.4, float("nan"), -3.0, 5000.0]
    told = differences(values, 0.5)
    assert told == [0, 25, None, 0, None, -31, 10006]
    sums = itertools.accumulate(value for value in told if value is not None)
    assert [value * 0.5 for value in sums] == [0.0, 12.5, 12.5, -3.0, 5000.0]


@pytest.mark.parametrize(
    ("capacity_kw", "greatest_kw", "step_kw"),
    [
        (5000.0, 4000.0, 5.0),
        (900.0, 0.0, 1.0),
        (3000.0, 6500.0, 10.0),
        (None, 20.0, 0.02),
        (None, 0.0, 1.0),
        (0.0, 0.0, 1.0),
    ],
)
def test_steps_are_about_a_thousandth_of_the_capacity(
    capacity_kw: float | None, greatest_kw: float, step_kw: float
) -> None:
    powers: dict[str, Any] = dict.fromkeys(
        ("tradeable_power_kw", "latest_power_kw", "final_power_kw")
    )
    rows = [{"asset_id": "A", "live_power_kw": -greatest_kw} | powers]
    steps = steps_kw([{"asset_id": "A", "capacity_kw": capacity_kw}], rows)
    assert steps == {"A": pytest.approx(step_kw)}


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


def test_no_name_can_end_the_data() -> None:
    html = page(answers(date(2025, 6, 8)))
    [found] = re.findall(r'<script type="application/json" id="data">(.*?)</script>', html, re.S)
    assert json.loads(found)["assets"][0]["name"] == "Plant </script> 0"


def test_a_page_is_the_same_for_the_same_answers() -> None:
    world = answers(date(2025, 6, 1), day_count=2)
    assert page_data(world) == page_data(world)
    assert [sorted(unpacked(text)) for text in page_data(world)["packed"].values()] == [
        ["accuracy_by_day", "assets", "bridge", "gates", "portfolio", "worst"]
    ] * 2


def test_a_hundred_assets_for_thirty_days_are_less_than_three_megabytes() -> None:
    html = page(answers(date(2025, 6, 1), day_count=30, asset_count=100))
    assert len(html.encode()) < 3_000_000


def test_the_exposure_names_what_the_report_reads() -> None:
    exposures = yaml.safe_load((ROOT / "dbt_project" / "models" / "exposures.yml").read_text())
    [exposure] = [one for one in exposures["exposures"] if one["name"] == "report"]
    marts = {path.stem for path in (ROOT / "dbt_project" / "models" / "marts").glob("*.sql")}
    text = "\n".join(path.read_text() for path in QUERIES.glob("*.sql"))
    read = {mart for mart in marts if re.search(rf"(from|join) {mart}\b", text)}
    assert set(exposure["depends_on"]) == {f'ref("{mart}")' for mart in read}
