"""The Grafana dashboard that people import: it is complete, and each panel shows something."""

import json
import re
from collections.abc import Iterator
from itertools import combinations
from typing import Any

import psycopg
import pytest
import yaml
from psycopg import sql

from extract.warehouse.roles import ensure_roles
from tests.conftest import Demo
from tests.dbt_project import ROOT

DOCS = ROOT / "dbt_project" / "docs"
DASHBOARD = json.loads((DOCS / "grafana.json").read_text())
PANELS = [panel for panel in DASHBOARD["panels"] if panel["type"] != "row"]
EACH_PANEL = pytest.mark.parametrize("panel", PANELS, ids=lambda panel: panel["title"])
# The demo's days in Europe/Berlin, in the format of Grafana's time range.
FROM, TO = "'2025-06-06T22:00:00Z'", "'2025-06-12T21:59:59.999Z'"
TIMESTAMPTZ, TEXT = 1184, 25
NUMBERS = {20, 21, 23, 700, 701, 1700}
# Grafana shows an unknown unit as a word after the number.
UNITS = {"kwatt", "m", "none", "percentunit"}


def as_grafana_sends(query: str) -> str:
    """The query with Grafana's macros replaced; an unknown macro is a KeyError."""

    def replaced(macro: re.Match[str]) -> str:
        name, argument = macro.groups()
        return {
            "__timeFilter": f"{argument.strip()} BETWEEN {FROM} AND {TO}",
            "__timeFrom": FROM,
            "__timeTo": TO,
        }[name]

    return re.sub(r"\$([_a-zA-Z0-9]+)\(([^)]*)\)", replaced, query)


@pytest.fixture(scope="module")
def reader(shared_demo: Demo) -> Iterator[psycopg.Connection]:
    """A session on the demo with the rights of vpp_reader that leaves no trace."""
    with (
        shared_demo.warehouse.connect() as connection,
        connection.transaction(force_rollback=True),
    ):
        ensure_roles(connection, {})
        connection.execute("set local role vpp_reader")
        connection.execute("set local transaction_read_only to on")
        yield connection


def answer(reader: psycopg.Connection, panel: dict[str, Any]) -> psycopg.Cursor:
    """What the panel's query returns for the days of the demo."""
    [target] = panel["targets"]
    with reader.transaction():
        return reader.execute(sql.SQL(as_grafana_sends(target["rawSql"])))


@EACH_PANEL
def test_a_panel_shows_something(reader: psycopg.Connection, panel: dict[str, Any]) -> None:
    found = answer(reader, panel)
    columns = {column.name: column.type_code for column in found.description or ()}
    rows = found.fetchall()
    assert rows
    overridden = {one["matcher"]["options"] for one in panel["fieldConfig"]["overrides"]}
    assert overridden <= set(columns)
    if panel["targets"][0]["format"] == "time_series":
        # With `metric` there is one column of values and a series for each metric.
        assert columns.pop("time") == TIMESTAMPTZ
        assert columns.pop("metric", TEXT) == TEXT
        assert columns
        assert set(columns.values()) <= NUMBERS
        names = [column.name for column in found.description or ()]
        assert "metric" not in names or len(names) == 3
        instants = [row[names.index("time")] for row in rows]
        assert instants == sorted(instants)
        empty = {name for name in columns if all(row[names.index(name)] is None for row in rows)}
        assert not empty


def test_a_source_that_never_came_is_shown_whatever_the_time_range(shared_demo: Demo) -> None:
    [panel] = [one for one in PANELS if one["title"] == "Missing data"]
    query = as_grafana_sends(panel["targets"][0]["rawSql"])
    with shared_demo.warehouse.connect() as connection:
        # A temporary table is found before the mart of its name.
        connection.execute("""
            create temporary table missing_data as
            select 'live-infeed' as source, 'live infeed never came' as sentence,
                null::date as first_delivery_date, null::date as last_delivery_date
        """)
        assert connection.execute(sql.SQL(query)).fetchall() == [
            ("live infeed never came", None, None)
        ]


@EACH_PANEL
def test_a_panel_is_whole(panel: dict[str, Any]) -> None:
    assert panel["title"]
    assert panel["description"].endswith(".")
    [chosen] = DASHBOARD["__inputs"]
    source = {"type": chosen["pluginId"], "uid": f"${{{chosen['name']}}}"}
    [target] = panel["targets"]
    assert panel["datasource"] == target["datasource"] == source
    assert (target["refId"], target["editorMode"], target["rawQuery"]) == ("A", "code", True)
    assert target["format"] == ("table" if panel["type"] == "table" else "time_series")
    # Only the time range, which the reader chooses, says when.
    assert not re.search(r"\b(now|current_\w+|localtime\w*)\b", target["rawSql"])
    assert "$__time" in target["rawSql"] or "whatever the time range" in panel["description"]
    settings = panel["fieldConfig"]
    properties = [one for override in settings["overrides"] for one in override["properties"]]
    units = {one["value"] for one in properties if one["id"] == "unit"}
    assert units | {settings["defaults"].get("unit", "none")} <= UNITS


def test_panels_have_ids_and_places_of_their_own() -> None:
    panels = DASHBOARD["panels"]
    assert len({panel["id"] for panel in panels}) == len(panels)
    places = [panel["gridPos"] for panel in panels]
    assert all(place["x"] >= 0 and place["x"] + place["w"] <= 24 for place in places)
    for one, other in combinations(places, 2):
        assert (
            one["x"] + one["w"] <= other["x"]
            or other["x"] + other["w"] <= one["x"]
            or one["y"] + one["h"] <= other["y"]
            or other["y"] + other["h"] <= one["y"]
        ), (one, other)


def test_the_exposure_names_the_marts_of_the_dashboard() -> None:
    queries = " ".join(panel["targets"][0]["rawSql"] for panel in PANELS)
    marts = set(re.findall(r"\b(?:from|join) (\w+)", queries))
    exposures = yaml.safe_load((ROOT / "dbt_project" / "models" / "exposures.yml").read_text())
    [grafana] = [one for one in exposures["exposures"] if one["name"] == "grafana"]
    assert set(grafana["depends_on"]) == {f'ref("{mart}")' for mart in marts}


def test_grafanas_macros_are_replaced_as_grafana_does() -> None:
    assert as_grafana_sends("$__timeFilter(a) and b > $__timeFrom()::date") == (
        f"a BETWEEN {FROM} AND {TO} and b > {FROM}::date"
    )
    with pytest.raises(KeyError):
        as_grafana_sends("$__timeFiler(a)")


def test_the_query_of_the_page_runs(reader: psycopg.Connection) -> None:
    page = (DOCS / "dashboards.md").read_text()
    [query] = re.findall(r"`(select delivery_start_utc as time,.*?)`", page, re.S)
    with reader.transaction():
        assert reader.execute(sql.SQL(as_grafana_sends(query))).fetchone()


def test_a_reader_is_shown_no_keys_and_all_comments(reader: psycopg.Connection) -> None:
    # What Metabase reads: the page says that keys are set by hand, and descriptions are not.
    keys = "select from information_schema.table_constraints where constraint_type = 'PRIMARY KEY'"
    undescribed = """
        select relname from pg_class
        inner join pg_attribute on pg_class.oid = attrelid and attnum > 0 and not attisdropped
        where relnamespace = 'public'::regnamespace and relkind in ('r', 'v')
            and (obj_description(pg_class.oid, 'pg_class') is null
                or col_description(pg_class.oid, attnum) is null)
    """
    with reader.transaction():
        assert reader.execute(keys).fetchall() == []
        assert reader.execute(undescribed).fetchall() == []
