"""Where SQL looks only so far for documents, the extractor lets none reach further."""

import re

from extract.sources.instants import LONGEST_DAYS, QUARTER_HOUR_SECONDS
from extract.vpp.forecast import LATEST_START_SECONDS
from tests.dbt_project import ROOT

FORECAST_DAYS = (LATEST_START_SECONDS + QUARTER_HOUR_SECONDS) / 86_400
# How far the documents reach that a file of SQL looks for.
REACH_DAYS = {
    "newest_version_with_value.sql": FORECAST_DAYS,
    "versions_in_force.sql": FORECAST_DAYS,
    "versions_in_force_by_the_clock.sql": FORECAST_DAYS,
    "int_final_production_newest.sql": LONGEST_DAYS,
}


def test_sql_looks_as_far_as_documents_reach() -> None:
    looked_days = {
        path.name: min(map(int, days))
        for folder in ("models", "macros", "engines")
        for path in (ROOT / "dbt_project" / folder).rglob("*.sql")
        if (days := re.findall(r"interval '(\d+) days'", path.read_text()))
    }
    assert looked_days.keys() == REACH_DAYS.keys()
    assert {name for name, days in looked_days.items() if days < REACH_DAYS[name]} == set()
