"""What a page shows in the browser."""

from playwright.sync_api import Page

from tests.browser import Visit, wait_for_report
from tests.dbt_project import ROOT

SCREENSHOTS = ROOT / "dbt_project" / "target" / "screenshots"
OF_A_DAY = ("portfolio", "stack", "asset", "energy", "value", "price")
CHARTS = (*OF_A_DAY, "revisions", "gates", "bridge", "lead")


def hours(page: Page, chart: str) -> list[str]:
    """The visible hours on the axis of a chart, in order."""
    frame = page.locator(f"#{chart} svg").bounding_box()
    labels = page.locator(f"#{chart} .role-axis-label text")
    seen = []
    for place in range(labels.count()):
        text, box = labels.nth(place).text_content() or "", labels.nth(place).bounding_box()
        assert frame and box
        if ":" in text and box["y"] + box["height"] <= frame["y"] + frame["height"] + 1:
            seen.append(text)
    return sorted(seen)


def keep(page: Page, name: str) -> None:
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=SCREENSHOTS / f"{name}.png", full_page=True)


def assert_quiet(seen: Visit) -> None:
    """Nothing went wrong and nothing was requested from the network."""
    assert seen.errors == []
    assert seen.requests == []


def marks(page: Page, chart: str) -> int:
    """How many bars, areas, lines and rules a chart draws."""
    return page.locator(f"#{chart} svg g[class*='mark-'] path[d]:not([d=''])").count()


def choose(page: Page, select: str, value: str) -> str:
    """Choose by value; returns what the report has then drawn."""
    before = wait_for_report(page)
    page.select_option(f"#{select}", value)
    page.wait_for_function("before => document.body.dataset.drawn !== before", arg=before)
    return wait_for_report(page)


def drawing(page: Page, chart: str) -> str:
    return page.locator(f"#{chart} svg").inner_html()
