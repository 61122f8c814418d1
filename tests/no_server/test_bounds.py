"""Where SQL looks only so far for documents, the extractor lets none reach further."""

import re

from extract.sources.instants import LONGEST_DAYS, QUARTER_HOUR_SECONDS
from extract.vpp.forecast import LATEST_START_SECONDS
from tests.dbt_project import ROOT

FORECAST_HOURS = (LATEST_START_SECONDS + QUARTER_HOUR_SECONDS) / 3_600
# How far the documents reach that a file of SQL looks for.
REACH_HOURS = {
    "newest_version_with_value.sql": FORECAST_HOURS,
    "versions_in_force.sql": FORECAST_HOURS,
    "versions_in_force_by_the_clock.sql": FORECAST_HOURS,
    "int_final_production_newest.sql": LONGEST_DAYS * 24,
}


def _intervals(unit: str) -> dict[str, list[str]]:
    return {
        path.name: found
        for folder in ("models", "macros", "engines")
        for path in (ROOT / "dbt_project" / folder).rglob("*.sql")
        if (found := re.findall(rf"interval '(\d+) {unit}", path.read_text()))
    }


def test_sql_looks_as_far_as_documents_reach() -> None:
    far = {
        name: [int(one) for one in found if len(one) > 2]
        for name, found in _intervals("hours").items()
    }
    looked_hours = {name: min(hours) for name, hours in far.items() if hours}
    assert looked_hours.keys() == REACH_HOURS.keys()
    assert {name for name, hours in looked_hours.items() if hours < REACH_HOURS[name]} == set()


def test_no_reach_is_counted_in_days() -> None:
    """A day before an instant is 23 to 25 hours, by the time zone of the session.

    One day is counted on local times only.
    """
    assert {name for name, found in _intervals("day").items() if set(found) != {"1"}} == set()
