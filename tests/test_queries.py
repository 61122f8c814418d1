"""The queries that people copy, from their page and from the README: each runs on the demo."""

import re
from pathlib import Path
from typing import Any

import psycopg
import pytest
import yaml
from psycopg import sql

from tests.conftest import Demo
from tests.dbt_project import ROOT

QUERIES = ROOT / "dbt_project" / "docs" / "queries.md"
# Nothing is wrong with the demo's grid operator.
EMPTY_ON_THE_DEMO = {
    "Production that no contract names",
    "Quarter-hours that the grid operator restated",
}


def sql_blocks(page: Path) -> list[Any]:
    """The SQL of a Markdown page, each block under the heading (or the comment) that names it."""
    heading, blocks = "", []
    for title, block in re.findall(
        r"^#+ ([^\n]+)$|^```sql\n(.*?)^```$", page.read_text(), re.M | re.S
    ):
        if title:
            heading = title
        else:
            comment = re.match(r"-- (.+)", block)
            name = comment.group(1) if comment else heading
            blocks.append(pytest.param(name, block, id=f"{page.stem}: {name[:50]}"))
    return blocks


@pytest.mark.parametrize(("name", "query"), [*sql_blocks(QUERIES), *sql_blocks(ROOT / "README.md")])
def test_a_query_that_people_copy_shows_something(shared_demo: Demo, name: str, query: str) -> None:
    with shared_demo.warehouse.connect() as connection:
        rows = connection.execute(sql.SQL(query)).fetchall()
    assert bool(rows) == (name not in EMPTY_ON_THE_DEMO)


def test_the_grafana_query_runs(shared_demo: Demo) -> None:
    [query] = re.findall(r"`(select delivery_start_utc as time,.*?)`", QUERIES.read_text(), re.S)
    filtered = query.replace(
        "$__timeFilter(delivery_start_utc)", "delivery_start_utc > '2025-06-08'"
    )
    with shared_demo.warehouse.connect() as connection:
        assert connection.execute(sql.SQL(filtered)).fetchone() is not None


def test_tomorrow_is_the_newest_whole_day(shared_demo: Demo) -> None:
    [query] = [
        block.values[1] for block in sql_blocks(QUERIES) if "tomorrow, by" in block.values[0]
    ]
    with shared_demo.warehouse.connect() as connection:
        rows = connection.execute(sql.SQL(query)).fetchall()
    # The newest version was made on 2025-06-10 (UTC) and reaches 48 hours ahead.
    assert [row[0] for row in rows] == [f"2025-06-11 {hour:02}:00" for hour in range(24)]


def test_the_page_shows_every_mart_and_the_exposure_names_it() -> None:
    marts = {path.stem for path in (ROOT / "dbt_project" / "models" / "marts").glob("*.sql")}
    queries = " ".join(block.values[1] for block in sql_blocks(QUERIES))
    shown = {mart for mart in marts if re.search(rf"\b(from|join) {mart}\b", queries)}
    assert shown == marts
    exposures = yaml.safe_load((ROOT / "dbt_project" / "models" / "exposures.yml").read_text())
    [consumers] = [one for one in exposures["exposures"] if one["name"] == "sql_consumers"]
    assert set(consumers["depends_on"]) == {f'ref("{mart}")' for mart in marts}


def test_a_wrong_query_would_be_seen(shared_demo: Demo) -> None:
    with shared_demo.warehouse.connect() as connection, pytest.raises(psycopg.Error):
        connection.execute("select power_mw from asset_forecasts")
