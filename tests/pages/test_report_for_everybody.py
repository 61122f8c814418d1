"""The report by keyboard and screen reader, for any eye, on small screens, dark, and on paper."""

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import vl_convert
from playwright.sync_api import Browser, Page

from dbt_project.report.page import page as report_page
from tests.browser import visit, wait_for_report
from tests.pages.colours import closest, contrast
from tests.pages.seen import assert_quiet, choose, keep
from tests.report_pages import answers

# WCAG 2.2: text (1.4.3), and graphics needed to understand the content (1.4.11).
TEXT, GRAPHICS = 4.5, 3.0
# Below about 2 nobody sees a difference; two lines in a chart need several times that.
APART = 10.0
CONTROLS = {"button", "combobox", "slider", "link", "checkbox", "radio", "textbox", "spinbutton"}
# Lines and bars that share a chart.
TOGETHER = (("produced", "forecast", "latest", "live"), ("error", "redispatched"))
COLORS = """() => {
  const swatch = document.body.appendChild(document.createElement("i"));
  const seen = {};
  for (const name of ["paper", "raised", "ink", "soft", "warn", "edge",
      "produced", "forecast", "latest", "live", "error", "redispatched"]) {
    swatch.style.color = `var(--${name})`;
    seen[name] = getComputedStyle(swatch).color;
  }
  swatch.remove();
  return seen;
}"""
# The colour of each visible text, its background, and the text.
TEXTS = """() => {
  const told = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  const opaque = (color) => !/rgba\\(.*, 0\\)|transparent/.test(color);
  while (walker.nextNode()) {
    const element = walker.currentNode.parentElement;
    const text = walker.currentNode.textContent.trim();
    if (!text || element.closest("script, style, option, :disabled")) continue;
    if (!element.checkVisibility()) continue;
    let behind = element;
    while (behind && !opaque(getComputedStyle(behind).backgroundColor)) {
      behind = behind.parentElement;
    }
    const style = getComputedStyle(element);
    const color = element instanceof SVGElement ? style.fill : style.color;
    told.push([color, getComputedStyle(behind ?? document.body).backgroundColor, text]);
  }
  return told;
}"""


@pytest.fixture(params=["light", "dark"])
def scheme(request: pytest.FixtureRequest) -> str:
    """The colour scheme that the reader prefers."""
    return str(request.param)


def nodes(page: Page) -> Iterator[tuple[str, str]]:
    """Role and name of everything a screen reader encounters."""
    tree: dict[str, Any] = page.context.new_cdp_session(page).send("Accessibility.getFullAXTree")
    for node in tree["nodes"]:
        if not node.get("ignored"):
            yield node["role"]["value"], node.get("name", {}).get("value", "")


def test_no_control_and_no_chart_is_without_a_name(browser: Browser, report_file: Path) -> None:
    with visit(browser, report_file) as seen:
        choose(seen.page, "day", "2025-06-08")
        met = list(nodes(seen.page))
        assert [role for role, name in met if role in CONTROLS and not name.strip()] == []
        names = [name for role, name in met if role in CONTROLS]
        for name in ("Day", "Asset", "Quarter-hour", "The day before", "The day after"):
            assert name in names
        drawings = [name for role, name in met if role in {"image", "img"}]
        # Three cards, ten charts.
        assert len(drawings) == 13
        assert all(len(name) > 20 for name in drawings)
        # Jumping from heading to heading reaches each part.
        assert len([name for role, name in met if role == "heading"]) == 13


def test_everything_can_be_reached_by_the_keyboard(browser: Browser, report_file: Path) -> None:
    with visit(browser, report_file) as seen:
        wait_for_report(seen.page)
        reached = []
        for _ in range(40):
            seen.page.keyboard.press("Tab")
            reached.append(
                seen.page.evaluate("document.activeElement.id || document.activeElement.tagName")
            )
        for control in (
            "SUMMARY",
            "earlier",
            "day",
            "asset-choice",
            "at",
            "stack-choice",
            "BUTTON",
        ):
            assert control in reached
        seen.page.focus("#day")
        before = wait_for_report(seen.page)
        seen.page.keyboard.press("ArrowUp")
        seen.page.wait_for_function("before => document.body.dataset.drawn !== before", arg=before)
        outline = seen.page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
        assert outline != "none"


def test_text_and_lines_stand_out(browser: Browser, report_file: Path, scheme: str) -> None:
    with visit(browser, report_file, scheme=scheme) as seen:
        choose(seen.page, "day", "2025-06-08")
        faint = {
            (text, color, behind)
            for color, behind, text in seen.page.evaluate(TEXTS)
            if contrast(color, behind) < TEXT
        }
        assert faint == set()
        colors = seen.page.evaluate(COLORS)
        for name in ("produced", "forecast", "latest", "live", "error", "redispatched", "edge"):
            assert contrast(colors[name], colors["paper"]) >= GRAPHICS, name
            assert contrast(colors[name], colors["raised"]) >= GRAPHICS, name
        keep(seen.page, f"report-{scheme}")
        assert_quiet(seen)


def test_colours_stay_apart_for_every_eye(browser: Browser, report_file: Path, scheme: str) -> None:
    with visit(browser, report_file, scheme=scheme) as seen:
        colors = seen.page.evaluate(COLORS)
    for names in TOGETHER:
        distance, which = closest({name: colors[name] for name in names})
        assert distance >= APART, which


def test_colours_that_a_colour_blind_person_mixes_up_would_be_seen() -> None:
    # Red and green of the same lightness.
    distance, which = closest({"red": "#b1403a", "green": "#4b7a34"})
    assert distance < APART
    assert which.startswith("('red', 'green'), ")
    assert contrast("#000000", "#ffffff") == pytest.approx(21)


def test_a_narrow_page_does_not_scroll_sideways(browser: Browser, report_file: Path) -> None:
    with visit(browser, report_file, width=390) as seen:
        choose(seen.page, "day", "2025-06-08")
        assert seen.page.evaluate("document.documentElement.scrollWidth") <= 390
        for chart in seen.page.locator(".chart svg, .card svg").all():
            box = chart.bounding_box()
            assert box and box["x"] >= 0 and box["x"] + box["width"] <= 390
        keep(seen.page, "report-narrow")


def test_a_long_name_does_not_widen_the_page(browser: Browser, tmp_path: Path) -> None:
    world = answers(date(2025, 10, 26), day_count=2)
    world.rows["assets"][0]["asset_name"] = "x" * 200
    world.rows["attention"] = [{"sentence": f"{'y' * 200} never came"}]
    file = tmp_path / "report.html"
    file.write_text(report_page(world))
    with visit(browser, file, width=390) as seen:
        wait_for_report(seen.page)
        assert seen.page.evaluate("document.documentElement.scrollWidth") <= 390


def test_it_can_be_printed(browser: Browser, report_file: Path, tmp_path: Path) -> None:
    with visit(browser, report_file, scheme="dark") as seen:
        choose(seen.page, "day", "2025-06-08")
        seen.page.emulate_media(media="print")
        colors = seen.page.evaluate(COLORS)
        # Ink on paper, however dark the screen was.
        assert contrast(colors["ink"], "#ffffff") > TEXT
        assert contrast(colors["latest"], "#ffffff") >= GRAPHICS
        pdf = seen.page.pdf(path=tmp_path / "report.pdf", format="A4")
        assert pdf.startswith(b"%PDF") and pdf.count(b"/Type /Page\n") < 12


def test_a_hundred_assets_for_thirty_days_stay_quick(browser: Browser, tmp_path: Path) -> None:
    file = tmp_path / "report.html"
    file.write_text(report_page(answers(date(2025, 6, 1), day_count=30, asset_count=100)))
    with visit(browser, file) as seen:
        seen.page.wait_for_selector("#portfolio svg")
        first = seen.page.evaluate("performance.now()")
        wait_for_report(seen.page)
        choose(seen.page, "asset-choice", "A-099")
        assert seen.page.locator("#stack .mark-area path").count() == 11
        assert seen.page.locator("#stack-values").inner_text().count("·") == 10
        changes = [seen.page.evaluate(CHANGE_OF_DAY) for _ in range(5)]
        keep(seen.page, "report-100-assets")
        assert_quiet(seen)
    empty = empty_chart(browser, tmp_path)
    print(f"first chart {first:.0f} ms, a change of day {sorted(changes)[2]:.0f} ms, ")
    print(f"an empty Vega-Lite page {empty:.0f} ms")
    # On a busy machine, a page with one small chart takes longer too.
    assert first < 2000 * max(1.0, empty / 300)
    assert sorted(changes)[2] < 500 * max(1.0, empty / 300)


CHANGE_OF_DAY = """async () => {
  const began = performance.now();
  const before = document.body.dataset.shown;
  document.getElementById("earlier").click();
  while (document.body.dataset.shown === before) {
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
  const took = performance.now() - began;
  while (!document.body.dataset.drawn.startsWith(document.getElementById("day").value)) {
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  return took;
}"""


def empty_chart(browser: Browser, directory: Path) -> float:
    """How long (ms) a page with one Vega-Lite chart without data takes."""
    library = vl_convert.javascript_bundle("window.vegaEmbed = vegaEmbed;")
    file = directory / "empty.html"
    specification = '{"data": {"values": []}, "mark": "line", "encoding": {}}'
    file.write_text(
        f"<!doctype html><div id=chart></div><script>{library}</script>"
        f"<script>vegaEmbed('#chart', {specification}, {{renderer: 'svg'}})</script>"
    )
    with visit(browser, file) as seen:
        seen.page.wait_for_selector("#chart svg")
        return float(seen.page.evaluate("performance.now()"))
