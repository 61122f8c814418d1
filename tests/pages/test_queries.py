"""The queries that people copy from the pages and the README: each runs on the demo."""

import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import psycopg
import pytest
import yaml
from psycopg import sql

from tests.conftest import Demo
from tests.dbt_project import ROOT
from tests.marts import KEYS
from tests.pages.rule_pages import RULES

DOCS = ROOT / "dbt_project" / "docs"
QUERIES = DOCS / "queries.md"
DASHBOARDS = DOCS / "dashboards.md"
DEVELOPMENT = DOCS / "development.md"
WRONG_NUMBER = DOCS / "wrong-number.md"
README = ROOT / "README.md"
PAGES = (QUERIES, DASHBOARDS, WRONG_NUMBER, *RULES, README)
# The demo's grid operator makes no mistakes.
EMPTY_ON_THE_DEMO = {
    "Production that counts for no asset, and why",
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


@pytest.mark.parametrize(("name", "query"), [one for page in PAGES for one in sql_blocks(page)])
def test_a_query_that_people_copy_shows_something(shared_demo: Demo, name: str, query: str) -> None:
    with shared_demo.warehouse.connect() as connection:
        rows = connection.execute(sql.SQL(query)).fetchall()
    assert bool(rows) == (name not in EMPTY_ON_THE_DEMO)


def psql(shared_demo: Demo, *arguments: str) -> list[str]:
    """What `make psql` prints, in lines."""
    said = subprocess.run(
        [sys.executable, "-m", "extract.warehouse", "psql", "--no-psqlrc", *arguments],
        env=shared_demo.environment,
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    return [line.rstrip() for line in said.stdout.splitlines() if line]


def test_the_readme_shows_what_make_run_ends_with(shared_demo: Demo) -> None:
    section = README.read_text().split("## Two commands")[1].split("\n## ")[0]
    shown = section.split("```")[3].splitlines()
    printed = psql(shared_demo, "--quiet", "--file", "dbt_project/analyses/summary.psql")
    lines = [line.removesuffix("| …") for line in shown if not re.match(r"-|\s*…|$", line)]
    assert len(lines) == 7
    for line in lines:
        assert any(one.startswith(line) for one in printed), line


def test_the_change_that_development_shows_has_the_effect_it_shows(shared_demo: Demo) -> None:
    """A lower threshold gives a value to the rows whose coverage is between the two."""
    page = DEVELOPMENT.read_text()
    [(before, after)] = re.findall(r"live_min_coverage: ([\d.]+)/live_min_coverage: ([\d.]+)", page)
    project = (ROOT / "dbt_project" / "dbt_project.yml").read_text()
    assert f"  live_min_coverage: {before}\n" in project
    shown = re.findall(r"^ +([A-Z]+-DE-\d+) \| (\S+ \S+)\+00 \| +([\d.]+) \|", page, re.M)
    query = """
        select
            asset_id,
            delivery_start_utc::timestamp::text,
            round(coverage_ratio::numeric, 2)::text
        from live_infeed
        where coverage_ratio >= {} and coverage_ratio < {} and power_kw is null
        order by asset_id, delivery_start_utc
    """
    with shared_demo.warehouse.connect() as connection:
        rows = connection.execute(sql.SQL(query).format(float(after), float(before))).fetchall()
    assert shown == rows
    assert len(shown) == 5


def shown_results(page: Path) -> list[Any]:
    """The SQL blocks of a page that are followed by a result from psql, with that result."""
    return [
        pytest.param(query, shown, id=f"{page.stem}: {number}")
        for number, (query, shown) in enumerate(
            re.findall(
                r"^```sql\n((?:(?!```).)*)^```\n```\n(.*?)^```$", page.read_text(), re.M | re.S
            ),
            start=1,
        )
    ]


@pytest.mark.parametrize(("query", "shown"), [one for page in PAGES for one in shown_results(page)])
def test_a_shown_result_is_what_its_query_says(shared_demo: Demo, query: str, shown: str) -> None:
    with shared_demo.warehouse.connect() as connection:
        found = connection.execute(sql.SQL(query))
        names = [column.name for column in found.description or ()]
        assert found.pgresult is not None
        # As the server writes them, without Python types in between.
        values = [
            [(found.pgresult.get_value(row, place) or b"").decode() for place in range(len(names))]
            for row in range(found.pgresult.ntuples)
        ]
    header, _, *lines = shown.splitlines()
    cells = [[cell.strip() for cell in line.split("|")] for line in (header, *lines)]
    if cells[-1] == ["…"]:
        cells.pop()
        values = values[: len(cells) - 1]
    assert cells == [names, *values]


def test_the_amounts_of_the_page_add_up(shared_demo: Demo) -> None:
    with shared_demo.warehouse.connect() as connection:
        [(total,)] = connection.execute(
            "select sum(eur) from forecast_error_bridge where delivery_date = '2025-06-08'"
        )
    assert f"add up to {total:.2f} EUR" in (DOCS / "market-gates.md").read_text()


def test_the_keys_of_the_page_are_those_of_the_marts(shared_demo: Demo) -> None:
    [block] = sql_blocks(DASHBOARDS)
    with shared_demo.warehouse.connect() as connection:
        rows = connection.execute(sql.SQL(block.values[1])).fetchall()
        tables = connection.execute("select tablename from pg_tables where schemaname = 'public'")
        with_key = {table for (table,) in tables}
    assert {row[0] for row in rows} == set(KEYS)
    for mart, a_row_is, primary_key, refers_to in rows:
        assert a_row_is
        assert primary_key == (", ".join(KEYS[mart]) if mart in with_key else None)
        if "asset_id" in KEYS[mart] and mart != "assets":
            assert "asset_id → assets.asset_id" in refers_to
        if "gate" in KEYS[mart] and mart != "market_gates":
            assert "gate → market_gates.gate" in refers_to


def query_of(heading: str) -> str:
    """The query under a heading of the page."""
    [query] = [block.values[1] for block in sql_blocks(QUERIES) if heading in block.values[0]]
    assert isinstance(query, str)
    return query


def test_tomorrow_is_the_newest_whole_day(shared_demo: Demo) -> None:
    query = query_of("tomorrow, by")
    with shared_demo.warehouse.connect() as connection:
        rows = connection.execute(sql.SQL(query)).fetchall()
    # The newest version was made on 2025-06-10 (UTC) and reaches 48 hours ahead.
    assert [row[0] for row in rows] == [f"2025-06-11 {hour:02}:00" for hour in range(24)]


def test_the_newest_settled_day_is_the_one_that_is_settled(shared_demo: Demo) -> None:
    with shared_demo.warehouse.connect() as connection:
        [settled] = connection.execute(sql.SQL(query_of("newest settled day"))).fetchall()
        open_days = connection.execute(sql.SQL(query_of("not settled"))).fetchall()
    # For the 9th, two of five plants are settled.
    assert (str(settled[0]), *settled[1:5]) == ("2025-06-08", 88, 96, 4, 5)
    assert [str(row[0]) for row in open_days] == ["2025-06-10", "2025-06-09", "2025-06-07"]


def sums(shared_demo: Demo, query: str) -> list[dict[str, Any]]:
    """The rows of a query, by column name."""
    with shared_demo.warehouse.connect() as connection:
        found = connection.execute(sql.SQL(query))
        names = [column.name for column in found.description or ()]
        return [dict(zip(names, row, strict=True)) for row in found]


def test_the_sums_by_hour_and_month_are_those_of_the_days(shared_demo: Demo) -> None:
    days = sums(shared_demo, "select * from portfolio_days order by delivery_date")
    [day] = [one for one in days if str(one["delivery_date"]) == "2025-06-08"]
    hours = sums(shared_demo, query_of("Energy by hour, and"))
    [month] = sums(shared_demo, query_of("The months"))
    for of_query, of_day in (
        ("forecast_mwh", "forecast_energy_mwh"),
        ("forecast_quarter_hours", "complete_quarter_hour_count"),
        ("measured_mwh", "measured_energy_mwh"),
        ("final_mwh", "final_energy_mwh"),
    ):
        total = sum(one[of_query] or 0 for one in hours)
        assert total == pytest.approx(day[of_day])
        assert month[of_query] == pytest.approx(sum(one[of_day] or 0 for one in days))
    assert (month["local_month"], month["quarter_hours"]) == ("2025-06", 30 * 96)
    for unit in ("mwh", "eur"):
        parts = month[f"by_forecast_error_{unit}"] + month[f"by_redispatch_{unit}"]
        assert month[f"imbalance_{unit}"] == pytest.approx(parts)
    # One asset never sent final production, so no such sum is complete; all were measured.
    assert {one["final_quarter_hours"] for one in hours} == {0}
    assert (
        sum(one["measured_quarter_hours"] for one in hours) == month["measured_quarter_hours"] - 8
    )
    assert sum(one["is_complete"] for one in hours) == 22
    assert not month["is_complete"]


@pytest.mark.parametrize(
    ("day", "quarter_hours"), [("2025-03-30", 31 * 96 - 4), ("2025-10-26", 31 * 96 + 4)]
)
def test_a_month_is_as_long_as_the_clocks_say(
    shared_demo: Demo, day: str, quarter_hours: int
) -> None:
    made = """
        create temporary table portfolio_days as
        select * from public.portfolio_days where delivery_date = '2025-06-08';
        update portfolio_days set delivery_date = {}
    """
    with shared_demo.warehouse.connect() as connection:
        # A temporary table is found before the mart of its name.
        connection.execute(sql.SQL(made).format(day))
        [row] = connection.execute(sql.SQL(query_of("The months"))).fetchall()
    assert row[:2] == (day[:7], quarter_hours)


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
