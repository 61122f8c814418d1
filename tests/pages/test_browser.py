"""What people open, in a real browser: from disk, without a network, in another time zone.

Screenshots are kept in dbt_project/target/screenshots.
"""

import json
import re
from datetime import date
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from dbt_project.report.page import page as report_page
from dbt_project.report.shape import page_data
from tests.browser import visit, wait_for_report
from tests.pages.seen import CHARTS, assert_quiet, choose, drawing, hours, keep, marks
from tests.report_pages import answers

# The lineage site.


# The report.


def test_every_chart_of_the_report_has_marks(browser: Browser, report_file: Path) -> None:
    with visit(browser, report_file) as seen:
        assert wait_for_report(seen.page).startswith("2025-06-08 SOL-DE-001 ")
        choose(seen.page, "asset-choice", "WND-DE-003")
        assert [chart for chart in CHARTS if marks(seen.page, chart) == 0] == []
        for chart in set(CHARTS) - {"revisions", "lead"}:
            assert hours(seen.page, chart) == [f"{hour:02}:00" for hour in (*range(0, 24, 3), 0)]
        # First what was found, then what is missing.
        said = seen.page.locator("#missing li").all_text_contents()
        assert said[0].startswith("SOL-DE-002: live infeed of 9 June has")
        assert any(sentence.startswith("4 assets have no") for sentence in said)
        assert seen.page.locator("#glance li").count() == 3
        assert seen.page.locator("#accuracy tbody tr").count() == 4
        keep(seen.page, "report")
        assert_quiet(seen)


def test_choosing_changes_what_is_drawn(browser: Browser, report_file: Path) -> None:
    with visit(browser, report_file) as seen:
        # The first drawing may differ by the pixels that labels took.
        choose(seen.page, "asset-choice", "SOL-DE-002")
        first = {chart: drawing(seen.page, chart) for chart in CHARTS}
        choose(seen.page, "asset-choice", "WND-DE-003")
        other_asset = {chart: drawing(seen.page, chart) for chart in CHARTS}
        assert {chart for chart in CHARTS if first[chart] != other_asset[chart]} == {
            "asset",
            "revisions",
            "lead",
        }
        choose(seen.page, "stack", "final_power_kw")
        assert drawing(seen.page, "portfolio") != other_asset["portfolio"]
        choose(seen.page, "scope", "asset")
        assert drawing(seen.page, "energy") != other_asset["energy"]
        start = seen.page.locator("#quarter-hour option").first.get_attribute("value") or ""
        choose(seen.page, "quarter-hour", start)
        assert drawing(seen.page, "revisions") != other_asset["revisions"]
        seen.page.click("#earlier")
        seen.page.wait_for_function("document.body.dataset.drawn.startsWith('2025-06-07')")
        for chart in ("portfolio", "asset"):
            assert drawing(seen.page, chart) != other_asset[chart]
        # Nothing was settled on that day, and the page says so instead of drawing an empty chart.
        assert seen.page.locator("#reconciliation-empty").inner_text() == (
            "No asset is reconciled on this day."
        )
        assert not seen.page.locator("#reconciliation").is_visible()
        keep(seen.page, "report-unsettled")
        seen.page.click("#later")
        seen.page.wait_for_function("document.body.dataset.drawn.startsWith('2025-06-08')")
        assert len(hours(seen.page, "reconciliation")) == 9
        assert_quiet(seen)


def test_an_asset_without_a_line_is_not_told_to_have_one(
    browser: Browser, report_file: Path
) -> None:
    with visit(browser, report_file) as seen:
        wait_for_report(seen.page)
        told = seen.page.locator("#lead-asset")
        assert told.inner_text() == "SOL-DE-001 is dark, the other assets are light"
        choose(seen.page, "asset-choice", "WND-DE-001")
        assert told.inner_text().startswith("WND-DE-001 has no line")


def test_a_narrow_page_does_not_scroll_sideways(browser: Browser, report_file: Path) -> None:
    with visit(browser, report_file, width=420) as seen:
        wait_for_report(seen.page)
        assert seen.page.locator("#accuracy tbody tr").count() > 0
        assert seen.page.evaluate("document.documentElement.scrollWidth") <= 420
        keep(seen.page, "report-narrow")


def test_the_moved_forecast_can_be_read(browser: Browser, report_file: Path) -> None:
    with visit(browser, report_file) as seen:
        wait_for_report(seen.page)
        labels = seen.page.locator("#revisions .role-axis-label text tspan").all_text_contents()
        assert labels[-2:] == ["12:00", "8 Jun"]
        # What was produced is near the highest forecast, and its rule would cross the other label.
        gate, produced = (
            seen.page.locator("#revisions text", has_text=text).bounding_box()
            for text in ("the gate", "produced")
        )
        assert gate and produced
        assert gate["y"] > produced["y"] + 100


def test_a_gate_that_has_not_closed_closes(browser: Browser, report_file: Path) -> None:
    with visit(browser, report_file) as seen:
        wait_for_report(seen.page)
        gate = seen.page.locator("#revisions text", has_text="the gate")
        assert gate.inner_html() == "the gate closed after the version of 11:45"
        choose(seen.page, "day", "2025-06-11")
        assert gate.inner_html() == "the gate closes after the version of 11:45"


def test_a_gap_is_a_gap(browser: Browser, report_file: Path) -> None:
    with visit(browser, report_file) as seen:
        wait_for_report(seen.page)
        choose(seen.page, "asset-choice", "WND-DE-002")
        courses = [
            seen.page.locator("#asset .mark-line path").nth(place).get_attribute("d") or ""
            for place in range(seen.page.locator("#asset .mark-line path").count())
        ]
        # Live infeed of this plant has holes on this day: its line begins more than once.
        assert max(course.count("M") for course in courses) > 1


def test_redispatch_is_marked(browser: Browser, report_file: Path) -> None:
    with visit(browser, report_file) as seen:
        wait_for_report(seen.page)
        band = seen.page.locator("#asset path[fill='#CC79A7']")
        assert band.count() == 0
        choose(seen.page, "asset-choice", "WND-DE-003")
        assert band.count() == 4
        assert seen.page.locator("#reconciliation path[fill='#CC79A7']").count() == 4
        for chart in ("energy", "cost"):
            bars = seen.page.locator(f"#{chart} path[fill='#CC79A7']")
            told = [
                bars.nth(place).get_attribute("aria-label") or "" for place in range(bars.count())
            ]
            assert len(told) == 4
            assert all("redispatched: WND-DE-003" in text for text in told)
        choose(seen.page, "scope", "asset")
        assert seen.page.locator("#energy path[fill='#CC79A7']").count() == 4
        choose(seen.page, "asset-choice", "SOL-DE-002")
        assert seen.page.locator("#energy path[fill='#CC79A7']").count() == 0


def test_hovering_tells_local_time_and_utc(browser: Browser, report_file: Path) -> None:
    with visit(browser, report_file) as seen:
        wait_for_report(seen.page)
        seen.page.locator("#portfolio").hover()
        told = seen.page.locator("#vg-tooltip-element").inner_text()
        assert "CEST" in told
        assert re.search(r"UTC\s+2025-06-08 \d\d:\d\d UTC", told)
        assert "kW" in told
        keep(seen.page, "report-hover")


@pytest.mark.parametrize(
    ("day", "quarter_hour_count", "labels"),
    [
        (date(2025, 3, 30), 92, ["00:00", "03:00", "06:00"]),
        (date(2025, 10, 26), 100, ["00:00", "03:00", "06:00"]),
    ],
)
def test_the_axis_does_not_fold_where_the_clocks_change(
    browser: Browser, tmp_path: Path, day: date, quarter_hour_count: int, labels: list[str]
) -> None:
    file = tmp_path / "report.html"
    file.write_text(report_page(page_data(answers(day, asset_count=1))))
    with visit(browser, file) as seen:
        wait_for_report(seen.page)
        assert hours(seen.page, "asset")[:3] == labels
        cells = seen.page.locator("#reconciliation .mark-rect path[aria-label]")
        told = [
            cells.nth(place).get_attribute("aria-label") or "" for place in range(cells.count())
        ]
        local = [re.findall(r"local time: ([^;]*)", text)[0] for text in told]
        assert len(set(local)) == quarter_hour_count
        boxes = [cells.nth(place).bounding_box() for place in (0, 8, 12, 91)]
        assert len({round(box["x"], 2) for box in boxes if box}) == 4
        keep(seen.page, f"report-{day}")
        assert_quiet(seen)


def test_a_hundred_assets_for_ten_days(browser: Browser, tmp_path: Path) -> None:
    file = tmp_path / "report.html"
    many = answers(date(2025, 6, 1), day_count=10, asset_count=100)
    file.write_text(report_page(page_data(many)))
    with visit(browser, file) as seen:
        assert wait_for_report(seen.page).startswith("2025-06-10 A-000 ")
        choose(seen.page, "asset-choice", "A-099")
        keep(seen.page, "report-100-assets")
        assert_quiet(seen)


def test_an_asset_may_have_any_name(browser: Browser, tmp_path: Path) -> None:
    ids = ["__proto__", "constructor", "toString", "null", "<i>", "a.b[0]"]
    written = json.dumps(page_data(answers(date(2025, 6, 8), asset_count=len(ids))))
    for number, asset_id in enumerate(ids):
        written = written.replace(f"A-{number:03}", asset_id)
    data = json.loads(written)
    data["accuracyByLead"] = {
        asset_id: {"lead_minutes": [0, 15]}
        | {name: [0.1, 0.2] for name in ("nmae", "mae_kw", "rmse_kw", "quarter_hour_count")}
        for asset_id in ids
    }
    file = tmp_path / "report.html"
    file.write_text(report_page(data))
    with visit(browser, file) as seen:
        wait_for_report(seen.page)
        for asset_id in reversed(ids):
            choose(seen.page, "asset-choice", asset_id)
            assert [chart for chart in CHARTS if marks(seen.page, chart) == 0] == []
        labels = seen.page.locator("#reconciliation .role-axis-label text").all_text_contents()
        assert labels[-len(ids) :] == ids
        assert seen.page.locator("#portfolio .mark-area path").count() == len(ids)
        assert seen.page.locator("#lead .mark-line path").count() == len(ids)
        assert_quiet(seen)


def test_without_data_the_report_says_so(browser: Browser, tmp_path: Path) -> None:
    file = tmp_path / "report.html"
    file.write_text(report_page(page_data(answers(None))))
    with visit(browser, file) as seen:
        assert wait_for_report(seen.page) == "nothing"
        assert seen.page.locator("#missing").inner_text().startswith("Everything: no forecast")
        assert seen.page.locator("#charts").count() == 0
        keep(seen.page, "report-empty")
        assert_quiet(seen)


def test_a_request_and_an_error_would_be_seen(browser: Browser, tmp_path: Path) -> None:
    file = tmp_path / "page.html"
    file.write_text('<img src="https://example.com/a.png"><script>throw new Error("no")</script>')
    with visit(browser, file) as seen:
        assert seen.requests == ["https://example.com/a.png"]
        assert seen.errors != []
