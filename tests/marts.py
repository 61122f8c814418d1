"""What is in the marts, what should be, and where the two differ."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from zoneinfo import ZoneInfo

import psycopg
import yaml
from psycopg import sql

from extract.sources.technical_data import TechnicalData
from extract.vpp.forecast import Forecast
from tests.arrivals import Arrival, Retraction
from tests.dbt_project import ROOT
from tests.gates import Gate, forecasts_at
from tests.warehouses import PostgresServer, Warehouse
from tests.world_master_data import TIMEZONES


def _keys() -> dict[str, tuple[str, ...]]:
    """The key of each mart, as its YAML asserts it."""
    keys = {}
    for file in sorted((ROOT / "dbt_project" / "models" / "marts").glob("*.yml")):
        for model in yaml.safe_load(file.read_text())["models"]:
            name = "unique_combination_of_columns"
            [key] = [test[name] for test in model["data_tests"] if name in test]
            keys[model["name"]] = tuple(key["arguments"]["combination_of_columns"])
    return keys


KEYS = _keys()


def brute_force_forecasts(
    arrivals: Sequence[Arrival], retracted: Collection[Retraction] = ()
) -> set[tuple[object, ...]]:
    """The rows of asset_forecasts, by the definition written as loops."""
    gone = {id(retraction.document) for retraction in retracted}
    documents = sorted(
        (one for arrival in arrivals for one in arrival.documents if id(one) not in gone),
        key=lambda one: (one.received_utc, one.content_sha256),
    )
    files = {one.created_utc: one for one in documents if isinstance(one, TechnicalData)}
    zones: dict[str, str] = {}
    for _, file in sorted(files.items()):
        for asset in file.assets:
            zones[asset["asset_id"]] = asset["location"]["timezone"]
    versions = [one for one in documents if isinstance(one, Forecast)]
    latest, tradeable = forecasts_at(versions, Gate(0)), forecasts_at(versions, Gate(15))
    rows: set[tuple[object, ...]] = set()
    for (asset_id, start), forecast in latest.items():
        zone = zones.get(asset_id)
        known = zone if zone in TIMEZONES[:3] else "Europe/Berlin"
        day = start.astimezone(ZoneInfo(known or "")).date()
        sold = tradeable.get((asset_id, start), (None, None))
        rows.add((asset_id, start, day, *forecast, *sold))
    return rows


def forecast_rows(connection: psycopg.Connection) -> set[tuple[object, ...]]:
    """The rows of asset_forecasts, as brute force writes them."""
    rows = connection.execute(
        "select asset_id, delivery_start_utc, delivery_date, latest_version_utc, latest_power_kw,"
        " tradeable_version_utc, tradeable_power_kw from public.asset_forecasts"
    ).fetchall()
    assert len(set(rows)) == len(rows)
    return set(rows)


Marts = Mapping[str, Mapping[str, str]]
"""The rows of every mart as text, by their key as text."""


def marts(
    connection: psycopg.Connection, environment: str = "public", names: Iterable[str] = KEYS
) -> Marts:
    """What the marts of an environment hold now, at a single instant."""
    read: dict[str, dict[str, str]] = {}
    with connection.transaction():
        connection.execute("set transaction isolation level repeatable read")
        for mart in names:
            query = sql.SQL("select ({})::text, mart::text from {} as mart").format(
                sql.SQL("row({})").format(sql.SQL(", ").join(map(sql.Identifier, KEYS[mart]))),
                sql.Identifier(environment, mart),
            )
            rows = connection.execute(query).fetchall()
            read[mart] = dict(rows)
            assert len(read[mart]) == len(rows), f"{mart} holds a key twice"
    return read


def differences(found: Marts, expected: Marts, most: int = 8) -> list[str]:
    """The rows in which marts differ, a few for each mart, one line per row."""
    lines = []
    for mart, rows in expected.items():
        different = [
            f"  {key}: {found[mart].get(key)}, not {rows.get(key)}"
            for key in sorted({*rows, *found[mart]})
            if found[mart].get(key) != rows.get(key)
        ]
        if different:
            lines.append(f"{mart}: {len(different)} of {len(rows)} rows differ")
            lines.extend(different[:most])
    return lines


# Views over several tables: after a killed build, some of these may be old and others new. Marts
# are not switched all at once.
SIDE_BY_SIDE = {
    "best_of_infeed",
    "data_coverage",
    "imbalance",
    "missing_data",
    "portfolio_days",
    "production_reconciliation",
}


def torn(now: Marts, before: Marts, after: Marts) -> list[str]:
    """The rows of marts that are neither from before a build nor from after it."""
    return [
        f"{mart} {key}: {row}"
        for mart, rows in now.items()
        if mart not in SIDE_BY_SIDE
        for key in sorted({*rows, *before[mart]})
        if (row := rows.get(key)) not in (before[mart].get(key), after[mart].get(key))
    ]


def empty_warehouse(server: PostgresServer, name: str) -> Warehouse:
    """An empty database of this name; an existing one is dropped.

    dbt reads its whole project again when an environment variable of its profile changes, so
    successive databases under the same name are built much faster.
    """
    with server.connect("postgres") as connection:
        database = sql.Identifier(name)
        connection.execute(sql.SQL("drop database if exists {} with (force)").format(database))
        connection.execute(sql.SQL("create database {} template template0").format(database))
    return Warehouse(server, server.environment | {"PGDATABASE": name})
