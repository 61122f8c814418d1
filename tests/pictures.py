"""Takes the pictures of the README: `python -m tests.pictures TARGET`, after `make docs report`."""

import sys
from pathlib import Path

from tests.browser import chromium, open_browser, visit, wait_for_report
from tests.dbt_project import ROOT

PICTURES = ROOT / "dbt_project" / "docs" / "pictures"


def main(target: Path) -> int:
    """Write report.png and lineage.png; returns the exit status."""
    executable = chromium()
    if executable is None:
        print("error: there is no Chromium: apt-get install chromium", file=sys.stderr)
        return 1
    PICTURES.mkdir(exist_ok=True)
    with open_browser(executable) as browser:
        with visit(browser, target / "report.html", height=1530) as seen:
            before = wait_for_report(seen.page)
            seen.page.select_option("#asset-choice", "WND-DE-003")
            seen.page.wait_for_function(
                "before => document.body.dataset.drawn !== before", arg=before
            )
            seen.page.screenshot(path=PICTURES / "report.png")
        address = "?model=model.vpp_warehouse.asset_forecasts&parents=2&children=1"
        with visit(
            browser, target / "site" / "lineage.html", address, width=1500, height=860
        ) as seen:
            seen.page.locator(".react-flow__node", has_text="portfolio_forecast").first.wait_for()
            # The graph moves into its place.
            seen.page.wait_for_timeout(2000)
            seen.page.screenshot(path=PICTURES / "lineage.png")
    print(f"Look at them: {PICTURES.relative_to(ROOT)}")
    return 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]).resolve()))
