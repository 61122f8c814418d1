"""Takes the pictures of the pages: `python -m tests.pictures TARGET`, after `make docs report`."""

import sys
from pathlib import Path

from tests.browser import chromium, open_browser, visit, wait_for_report
from tests.dbt_project import ROOT

PICTURES = ROOT / "dbt_project" / "docs" / "pictures"


def main(target: Path) -> int:
    """Write the pictures of the report and of the lineage; returns the exit status."""
    executable = chromium()
    if executable is None:
        print("error: there is no Chromium: apt-get install chromium", file=sys.stderr)
        return 1
    PICTURES.mkdir(exist_ok=True)
    with open_browser(executable) as browser:
        for scheme in ("light", "dark"):
            with visit(browser, target / "report.html", height=940, scheme=scheme) as seen:
                wait_for_report(seen.page)
                seen.page.screenshot(path=PICTURES / f"report-{scheme}.png")
        address = "?model=model.vpp_warehouse.asset_forecasts&parents=2&children=1"
        with visit(
            browser, target / "site" / "lineage.html", address, width=1500, height=860
        ) as seen:
            seen.page.locator(".react-flow__node", has_text="portfolio_forecast").first.wait_for()
            # The graph moves into place.
            seen.page.wait_for_timeout(2000)
            seen.page.screenshot(path=PICTURES / "lineage.png")
    print(f"Look at them: {PICTURES.relative_to(ROOT)}")
    return 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]).resolve()))
