"""The report in a real browser: from disk, without a network, in another time zone.

Screenshots are kept in dbt_project/target/screenshots.
"""

import re
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from dbt_project.report.page import page as report_page
from tests.browser import visit, wait_for_report
from tests.pages.seen import CHARTS, OF_A_DAY, assert_quiet, choose, drawing, hours, keep, marks
from tests.report_pages import answers

EVERY_THIRD_HOUR = ["00:00", *(f"{hour:02}:00" for hour in range(0, 24, 3))]


def test_the_first_screen_answers_three_questions(browser: Browser, report_file: Path) -> None:
    with visit(browser, report_file, height=800) as seen:
        wait_for_report(seen.page)
        assert seen.page.locator(".card h2").all_inner_texts() == [
            "Tomorrow Wednesday 11 June",
            "Yesterday Monday 9 June",
            "Cost June, 3 days",
        ]
        for card in ("tomorrow", "yesterday", "cost"):
            box = seen.page.locator(f"#{card}").bounding_box()
            assert box and box["y"] + box["height"] <= 800
            assert seen.page.locator(f"#{card} [role=img] svg path").count() > 0
        told = seen.page.locator("#yesterday").inner_text()
        assert "Provisional" in told
        assert "findings in the data ask for a look first" in told
        assert seen.page.locator(".attention").first.locator("li").count() == 5
        keep(seen.page, "report")
        assert_quiet(seen)


def test_what_is_wrong_is_folded_beyond_five(browser: Browser, report_file: Path) -> None:
    with visit(browser, report_file) as seen:
        folded = seen.page.locator("details li")
        assert not folded.first.is_visible()
        summary = seen.page.locator("summary")
        assert summary.inner_text() == f"and {folded.count()} more"
        summary.focus()
        seen.page.keyboard.press("Enter")
        assert folded.last.is_visible()


def test_every_chart_of_the_report_has_marks(browser: Browser, report_file: Path) -> None:
    with visit(browser, report_file) as seen:
        assert wait_for_report(seen.page).startswith("2025-06-09 SOL-DE-001 ")
        choose(seen.page, "day", "2025-06-08")
        choose(seen.page, "asset-choice", "WND-DE-003")
        assert [chart for chart in CHARTS if marks(seen.page, chart) == 0] == []
        for chart in OF_A_DAY:
            assert hours(seen.page, chart) == EVERY_THIRD_HOUR
        assert seen.page.locator("#worst tbody tr").count() == 10
        assert seen.page.locator("#accuracy tbody tr").count() == 4
        keep(seen.page, "report-settled")
        assert_quiet(seen)


def test_choosing_changes_what_is_drawn(browser: Browser, report_file: Path) -> None:
    with visit(browser, report_file) as seen:
        choose(seen.page, "day", "2025-06-08")
        first = {chart: drawing(seen.page, chart) for chart in CHARTS}
        choose(seen.page, "asset-choice", "WND-DE-003")
        other_asset = {chart: drawing(seen.page, chart) for chart in CHARTS}
        assert {chart for chart in CHARTS if first[chart] != other_asset[chart]} == {
            "asset",
            "lead",
        }
        choose(seen.page, "stack-choice", "final_power_kw")
        assert drawing(seen.page, "stack") != other_asset["stack"]
        seen.page.locator("#worst tbody button").nth(3).click()
        seen.page.wait_for_function("/ 3 final_power_kw$/.test(document.body.dataset.drawn)")
        assert drawing(seen.page, "revisions") != other_asset["revisions"]
        assert seen.page.locator("#worst tbody tr[aria-current=true]").count() == 1
        seen.page.click("#earlier")
        seen.page.wait_for_function("document.body.dataset.drawn.startsWith('2025-06-07')")
        for chart in ("portfolio", "asset"):
            assert drawing(seen.page, chart) != other_asset[chart]
        # Nothing was settled on that day, and the page says so instead of drawing an empty chart.
        empty = "No forecast of this day can be compared with final production yet."
        assert seen.page.locator("#gates + .empty").inner_text() == empty
        assert not seen.page.locator("#gates").is_visible()
        keep(seen.page, "report-unsettled")
        seen.page.click("#later")
        seen.page.wait_for_function("document.body.dataset.drawn.startsWith('2025-06-08')")
        assert seen.page.locator("#gates").is_visible()
        assert seen.page.locator("#gates + .empty").count() == 0
        assert_quiet(seen)


def test_choices_that_follow_each_other_at_once_draw_the_last(
    browser: Browser, report_file: Path
) -> None:
    with visit(browser, report_file) as seen:
        wait_for_report(seen.page)
        # Neither day has been read yet; the asset is chosen before its day has been.
        seen.page.evaluate(
            "() => { const choose = (id, place) => {"
            " const control = document.getElementById(id);"
            " control.selectedIndex = place; control.dispatchEvent(new Event('change')); };"
            " choose('day', 0); choose('day', 1); choose('asset-choice', 2); }"
        )
        seen.page.wait_for_function("document.body.dataset.drawn.startsWith('2025-06-08 WND-')")
        told = ["portfolio", "asset", "gates", "bridge", "energy", "value", "price"]
        for chart in told:
            assert "Sunday 8 June" in (
                seen.page.locator(f"#{chart}").get_attribute("aria-label") or ""
            )
        # When another asset is chosen, only the visible part of the next day has been drawn.
        seen.page.evaluate(
            "() => { const shown = document.body.dataset.shown;"
            " const choose = (id, place) => {"
            " const control = document.getElementById(id);"
            " control.selectedIndex = place; control.dispatchEvent(new Event('change')); };"
            " new MutationObserver((_, observer) => {"
            " observer.disconnect(); choose('asset-choice', 3);"
            " }).observe(document.body, { attributeFilter: ['data-shown'] });"
            " choose('day', 2); }"
        )
        seen.page.wait_for_function(
            "document.body.dataset.drawn.startsWith('2025-06-09 WND-DE-002')"
        )
        for chart in told:
            assert "Monday 9 June" in (
                seen.page.locator(f"#{chart}").get_attribute("aria-label") or ""
            )
        assert_quiet(seen)


def test_like_is_compared_with_like(browser: Browser, report_file: Path) -> None:
    hatched = "#portfolio .mark-area path[fill='url(#not-compared)']"
    with visit(browser, report_file) as seen:
        choose(seen.page, "day", "2025-06-08")
        # One of the five assets is not settled, so its forecast is shown separately.
        area = seen.page.locator(hatched).bounding_box()
        assert area and area["height"] > 10
        assert "4 of 5" not in seen.page.locator("#portfolio-values").inner_text()
        assert (
            "of it by the 4 assets compared" in seen.page.locator("#portfolio-values").inner_text()
        )
        # Nothing has been produced yet, so nothing is shown separately.
        choose(seen.page, "day", "2025-06-11")
        assert seen.page.locator(f"{hatched}[d]:not([d=''])").count() == 0
        assert seen.page.locator("#portfolio-values").inner_text().endswith("produced not known")


def test_an_asset_without_a_line_is_not_told_to_have_one(
    browser: Browser, report_file: Path
) -> None:
    with visit(browser, report_file) as seen:
        wait_for_report(seen.page)
        told = seen.page.locator("#lead-note")
        assert told.inner_text() == "SOL-DE-001 is dark, the other assets are light"
        choose(seen.page, "asset-choice", "WND-DE-001")
        assert told.inner_text().startswith("WND-DE-001 has no line")


def test_revisions_show_the_gates(browser: Browser, report_file: Path) -> None:
    with visit(browser, report_file) as seen:
        choose(seen.page, "day", "2025-06-08")
        labels = seen.page.locator("#revisions .mark-text.role-mark text").all_text_contents()
        assert labels[0] == "Day-ahead auction"
        assert labels[-2:] == ["Gate closure", "Delivery"]
        # The latest and the tradeable version.
        assert seen.page.locator("#revisions .mark-symbol path").count() == 2


def test_before_delivery_the_peak_can_be_asked_about(browser: Browser, report_file: Path) -> None:
    with visit(browser, report_file) as seen:
        choose(seen.page, "day", "2025-06-11")
        assert seen.page.locator("#worst-note").inner_text().startswith("Nothing is produced yet")
        assert seen.page.locator("#worst tbody tr").count() == 5
        assert marks(seen.page, "revisions") > 0


def test_a_gap_is_a_gap(browser: Browser, report_file: Path) -> None:
    with visit(browser, report_file) as seen:
        choose(seen.page, "day", "2025-06-08")
        choose(seen.page, "asset-choice", "WND-DE-002")
        courses = seen.page.locator("#asset .mark-line path").evaluate_all(
            "paths => paths.map(path => path.getAttribute('d') ?? '')"
        )
        # Live infeed of this plant has holes on this day: its line begins more than once.
        assert max(course.count("M") for course in courses) > 1


def test_redispatch_is_marked(browser: Browser, report_file: Path) -> None:
    with visit(browser, report_file) as seen:
        choose(seen.page, "day", "2025-06-08")
        band = seen.page.locator("#asset path[fill='url(#redispatched)']")
        assert band.count() == 0
        for chart in ("energy", "value"):
            assert seen.page.locator(f"#{chart} path[fill='url(#redispatched)']").count() == 4
        choose(seen.page, "asset-choice", "WND-DE-003")
        assert band.count() == 4
        assert "redispatched in 4 quarter-hours" in seen.page.locator("#asset-note").inner_text()


def test_pointing_at_a_quarter_hour_tells_its_values_beside_the_chart(
    browser: Browser, report_file: Path
) -> None:
    with visit(browser, report_file) as seen:
        wait_for_report(seen.page)
        seen.page.locator("#portfolio").hover()
        told = seen.page.locator("#portfolio-values")
        pointed = told.inner_text()
        assert re.match(r"\d\d:\d\d–\d\d:\d\d (CEST|GMT\+2): forecast [\d.]+ [kM]W", pointed)
        assert "UTC" in seen.page.locator("#at-text").inner_text()
        # The values shown do not cover the chart.
        chart, values = (one.bounding_box() for one in (seen.page.locator("#portfolio"), told))
        assert chart and values and values["y"] >= chart["y"] + chart["height"] - 1
        # The same by keyboard.
        seen.page.focus("#at")
        seen.page.keyboard.press("ArrowRight")
        assert told.inner_text() != pointed
        keep(seen.page, "report-hover")


def test_nothing_on_the_page_says_null(browser: Browser, report_file: Path) -> None:
    with visit(browser, report_file) as seen:
        wait_for_report(seen.page)
        for day in seen.page.locator("#day option").evaluate_all("all => all.map(o => o.value)"):
            if seen.page.locator("#day").input_value() != day:
                choose(seen.page, "day", day)
            for place in (0, 50, 95):
                seen.page.locator("#at").fill(str(place))
                told = seen.page.locator("body").inner_text()
                assert not re.search(r"\b(null|undefined|NaN|Infinity)\b", told)
        assert_quiet(seen)


@pytest.mark.parametrize(
    ("day", "quarter_hour_count"), [(date(2025, 3, 30), 92), (date(2025, 10, 26), 100)]
)
def test_the_axis_does_not_fold_where_the_clocks_change(
    browser: Browser, tmp_path: Path, day: date, quarter_hour_count: int
) -> None:
    file = tmp_path / "report.html"
    file.write_text(report_page(answers(day, asset_count=1)))
    with visit(browser, file) as seen:
        wait_for_report(seen.page)
        assert hours(seen.page, "asset") == EVERY_THIRD_HOUR
        slider = seen.page.locator("#at")
        assert slider.get_attribute("max") == str(quarter_hour_count - 1)
        told = set()
        for place in range(quarter_hour_count):
            slider.fill(str(place))
            told.add(slider.get_attribute("aria-valuetext"))
        # The offset distinguishes the repeated hour.
        assert len(told) == quarter_hour_count
        keep(seen.page, f"report-{day}")
        assert_quiet(seen)


def test_an_asset_may_have_any_name(browser: Browser, tmp_path: Path) -> None:
    ids = ["__proto__", "constructor", "toString", "null", "<i>", "a.b[0]"]
    world = answers(date(2025, 6, 8), asset_count=len(ids))
    names = {f"A-{number:03}": asset_id for number, asset_id in enumerate(ids)}
    rows = {
        query: [
            {**row, "asset_id": names[row["asset_id"]]} if row.get("asset_id") else row
            for row in of_query
        ]
        for query, of_query in world.rows.items()
    }
    file = tmp_path / "report.html"
    file.write_text(report_page(replace(world, rows=rows)))
    with visit(browser, file) as seen:
        wait_for_report(seen.page)
        for asset_id in reversed(ids):
            choose(seen.page, "asset-choice", asset_id)
            assert [chart for chart in CHARTS if marks(seen.page, chart) == 0] == []
            assert seen.page.locator("#asset-title").inner_text().startswith(asset_id)
        assert seen.page.locator("#stack .mark-area path").count() == len(ids)
        assert seen.page.locator("#lead .mark-line path").count() == len(ids)
        assert sorted(seen.page.locator("#worst tbody th").all_inner_texts()) == sorted(ids)
        assert_quiet(seen)


def test_without_data_the_report_says_so(browser: Browser, tmp_path: Path) -> None:
    file = tmp_path / "report.html"
    file.write_text(report_page(answers(None)))
    with visit(browser, file) as seen:
        assert wait_for_report(seen.page) == "nothing"
        assert seen.page.locator(".attention li").all_inner_texts() == [
            "No forecast of the portfolio has landed: there is nothing to show yet"
        ]
        assert seen.page.locator(".card").count() == 3
        assert seen.page.locator("#details").count() == 0
        keep(seen.page, "report-empty")
        assert_quiet(seen)


def test_a_request_and_an_error_would_be_seen(browser: Browser, tmp_path: Path) -> None:
    file = tmp_path / "page.html"
    file.write_text('<img src="https://example.com/a.png"><script>throw new Error("no")</script>')
    with visit(browser, file) as seen:
        assert seen.requests == ["https://example.com/a.png"]
        assert seen.errors != []
