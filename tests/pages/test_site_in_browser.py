"""The lineage site in a real browser."""

import re
from pathlib import Path

from playwright.sync_api import Browser

from tests.browser import visit
from tests.pages.seen import assert_quiet, keep


def test_the_front_page_leads_to_pages_that_open(browser: Browser, lineage_site: Path) -> None:
    with visit(browser, lineage_site / "index.html") as seen:
        keep(seen.page, "site")
        ways = seen.page.locator("a.way")
        targets = [ways.nth(place).get_attribute("href") or "" for place in range(ways.count())]
        assert_quiet(seen)
    assert len(targets) == 4
    for target in targets:
        name, rest = re.match(r"([a-z.]+)(.*)", target).groups()  # type: ignore[union-attr]
        text = "Queries to copy" if name == "pages.html" else "asset_forecasts"
        with visit(browser, lineage_site / name, rest) as seen:
            seen.page.get_by_text(text).filter(visible=True).first.wait_for()
            assert_quiet(seen)


def test_the_overview_is_this_project_s(browser: Browser, lineage_site: Path) -> None:
    with visit(browser, lineage_site / "dbt.html") as seen:
        for heading in ("The layers", "The two clocks", "How a forecast becomes tradeable"):
            seen.page.get_by_role("heading", name=heading).wait_for()
        keep(seen.page, "overview")
        assert_quiet(seen)


def test_the_queries_can_be_copied_from_the_site(browser: Browser, lineage_site: Path) -> None:
    with visit(
        browser, lineage_site / "dbt.html", "#!/exposure/exposure.vpp_warehouse.sql_consumers"
    ) as seen:
        seen.page.get_by_role("heading", name="Queries to copy").wait_for()
        assert seen.page.get_by_text("is_redispatched").count() > 0
        keep(seen.page, "queries")
        seen.page.get_by_role("link", name="market gates").click()
        seen.page.get_by_role("heading", name="On the demo").wait_for()
        keep(seen.page, "page")
        assert_quiet(seen)


def test_the_site_says_how_to_connect(browser: Browser, lineage_site: Path) -> None:
    with visit(
        browser, lineage_site / "dbt.html", "#!/exposure/exposure.vpp_warehouse.grafana"
    ) as seen:
        seen.page.get_by_role("heading", name="Dashboards").wait_for()
        assert seen.page.get_by_text("vpp_reader:PASSWORD@").count() == 1
        assert_quiet(seen)


def test_the_lineage_of_asset_forecasts_shows_its_parents(
    browser: Browser, lineage_site: Path
) -> None:
    address = "?model=model.vpp_warehouse.asset_forecasts&parents=2&children=1"
    with visit(browser, lineage_site / "lineage.html", address, width=1500) as seen:
        nodes = seen.page.locator(".react-flow__node")
        for name in ("int_forecasts_in_force", "int_power_by_source", "portfolio_forecast"):
            nodes.filter(has_text=name).first.wait_for()
        nodes.filter(has_text="tradeable_power_kw").first.wait_for()
        assert seen.page.locator(".react-flow__edge").count() >= 4
        keep(seen.page, "lineage")
        assert_quiet(seen)


def test_the_graph_of_dbt_shows_the_parents_too(browser: Browser, lineage_site: Path) -> None:
    address = "#!/model/model.vpp_warehouse.asset_forecasts?g_v=1&g_i=%2Basset_forecasts"
    with visit(browser, lineage_site / "dbt.html", address) as seen:
        seen.page.locator("#cy canvas, .graph-canvas canvas, canvas").first.wait_for()
        keep(seen.page, "graph")
        assert_quiet(seen)
