"""What was forecast at each market gate, and what was known when: history is landed in steps.

After each step comes a build; what it showed is kept, compared with the definition written as
loops, and queried again when everything has landed.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from random import Random

import psycopg
import pytest
from psycopg import sql

from extract.vpp.forecast import Forecast
from extract.warehouse.schema import ensure_schema
from tests.arrivals import Arrival, Retraction, land
from tests.dbt_project import copy_of_project, dbt
from tests.engines.hostile_world import early_versions
from tests.gates import Gate, forecasts_at, market_gates, plain
from tests.marts import forecast_rows
from tests.warehouses import Warehouse
from tests.worlds import World

ALWAYS = ("2025-01-01 00:00+00", "2026-01-01 00:00+00")


@dataclass(frozen=True)
class Step:
    """What had been received by an instant, and what a build then showed."""

    known_at_utc: datetime
    documents: tuple[Forecast, ...]
    """Those that count at that time."""
    latest: set[tuple[object, ...]]


@dataclass(frozen=True)
class History:
    """A warehouse after all steps."""

    warehouse: Warehouse
    gates: Mapping[str, Gate]
    steps: Sequence[Step]


@pytest.fixture(scope="module")
def history(module_warehouse: Warehouse, tmp_path_factory: pytest.TempPathFactory) -> History:
    """Three steps; in each, some of what came before is retracted."""
    target = tmp_path_factory.mktemp("history")
    world = World(2).arrivals
    arrivals = [*world, *early_versions(world)]
    arrivals.sort(key=lambda one: one.received_utc)
    rng = Random(2)
    steps: list[Step] = []
    retracted: list[int] = []
    with module_warehouse.connect() as connection:
        ensure_schema(connection)
        for share in (0.3, 0.6, 1.0):
            known_at_utc = plain(arrivals[int(share * len(arrivals)) - 1].received_utc)
            received = [one for one in arrivals if one.received_utc <= known_at_utc]
            before = steps[-1].known_at_utc if steps else None
            land(connection, [one for one in received if not before or one.received_utc > before])
            for document in rng.sample(counting(received, retracted), 4):
                Retraction(document, known_at_utc).land(connection)
                retracted.append(id(document))
            built = dbt(module_warehouse.environment, target, "run")
            assert built.success, built.statuses
            documents = tuple(counting(received, retracted))
            gates = market_gates(connection)
            check_gates(connection, gates, documents)
            latest: set[tuple[object, ...]] = {
                (asset_id, start, version, power)
                for asset_id, start, _, version, power, *_ in forecast_rows(connection)
            }
            steps.append(Step(known_at_utc, documents, latest))
    return History(module_warehouse, gates, steps)


def counting(arrivals: Iterable[Arrival], retracted: Sequence[int]) -> list[Forecast]:
    """The forecast documents of these arrivals that are not retracted."""
    return [
        document
        for arrival in arrivals
        for document in arrival.documents
        if isinstance(document, Forecast) and id(document) not in retracted
    ]


def check_gates(
    connection: psycopg.Connection, gates: Mapping[str, Gate], documents: Sequence[Forecast]
) -> None:
    """The function and the portfolio's sums equal those of brute force, gate by gate."""
    members = connection.execute(
        "select asset_id, valid_from_utc::text, valid_to_utc::text"
        " from intermediate.int_portfolio_periods"
    ).fetchall()
    sums = {
        (start, gate): tuple(rest)
        for start, gate, *rest in connection.execute(
            "select delivery_start_utc, gate, gate_closes_utc, power_kw, asset_count"
            " from portfolio_forecast_by_gate"
        ).fetchall()
    }
    quarter_hours = {
        start
        for asset_id, start in forecasts_at(documents, Gate(0))
        if is_member(members, asset_id, start)
    }
    expected_keys = set()
    for name, gate in gates.items():
        forecasts = forecasts_at(documents, gate)
        rows = connection.execute(
            "select asset_id, delivery_start_utc, version_utc, power_kw"
            " from forecasts_at_gate(%s, %s, %s)",
            [name, *ALWAYS],
        ).fetchall()
        assert {row[:2]: row[2:] for row in rows} == forecasts, name
        assert len(rows) == len(forecasts)
        for start in quarter_hours:
            if gate.closes(start) is None:
                continue
            expected_keys.add((start, name))
            powers = [
                power
                for (asset_id, at), (_, power) in sorted(forecasts.items())
                if at == start and is_member(members, asset_id, start)
            ]
            total = None
            for power in powers:
                total = power if total is None else total + power
            assert sums[start, name] == (gate.closes(start), total, len(powers)), name
    assert set(sums) == expected_keys


def is_member(members: Sequence[tuple[str, str, str]], asset_id: str, start: datetime) -> bool:
    """Whether the asset belongs to the portfolio at that time."""
    return any(
        member == asset_id and instant(begin) <= start < instant(end)
        for member, begin, end in members
    )


def instant(text: str) -> datetime:
    """An instant as PostgreSQL writes it, including infinity."""
    ends = {"-infinity": "0001-01-02 00:00:00+00", "infinity": "9999-01-01 00:00:00+00"}
    return datetime.fromisoformat(ends.get(text, text))


def test_every_gate_tells_something(history: History) -> None:
    # If no forecast ever differed from the one before, all of this would be right by chance.
    documents = history.steps[-1].documents
    found = [forecasts_at(documents, gate) for gate in history.gates.values()]
    assert len(found) == 8
    assert all(one != other for number, one in enumerate(found) for other in found[:number])


def test_gates_that_asset_forecasts_has_are_its_columns(history: History) -> None:
    for name in ("latest", "tradeable"):
        assert (
            history.warehouse.value(
                "select count(*) from ("
                f" select asset_id, delivery_start_utc, {name}_version_utc, {name}_power_kw"
                f" from asset_forecasts where {name}_power_kw is not null"
                " except select asset_id, delivery_start_utc, version_utc, power_kw"
                f" from forecasts_at_gate('{name}', '{ALWAYS[0]}', '{ALWAYS[1]}')"
                ") as different"
            )
            == 0
        )


def test_what_was_known_is_what_a_build_showed(history: History) -> None:
    shown = [step.latest for step in history.steps]
    assert shown[0] != shown[1] != shown[2] != shown[0]
    for step in history.steps:
        rows = known_at(history, step.known_at_utc)
        assert {row[:4] for row in rows} == step.latest
        assert len(rows) == len(step.latest)


def test_a_document_is_known_from_when_it_is_received(history: History) -> None:
    first, second, _ = history.steps
    last = max(
        received
        for *_, received in known_at(history, first.known_at_utc)
        if isinstance(received, datetime)
    )
    just_before = known_at(history, last - timedelta(microseconds=1))
    assert last not in {received for *_, received in just_before}
    assert last in {received for *_, received in known_at(history, first.known_at_utc)}
    between = known_at(history, second.known_at_utc - timedelta(microseconds=1))
    assert between != known_at(history, second.known_at_utc)


def test_an_asset_and_day_has_each_gate_in_the_marts(history: History) -> None:
    for kind in ("latest", "tradeable"):
        assert history.warehouse.value(
            "select count(*) = count(*) filter (where"
            " (gates.mae_kw, gates.rmse_kw, gates.bias_kw, gates.nmae, gates.quarter_hour_count,"
            "  gates.left_out_count) is not distinct from (days.mae_kw, days.rmse_kw, days.bias_kw,"
            "  days.nmae, days.quarter_hour_count, days.redispatched_count)) and count(*) > 1"
            " from forecast_accuracy_by_gate as gates"
            " inner join forecast_accuracy as days using (asset_id, delivery_date)"
            f" where gates.gate = '{kind}' and days.forecast_kind = '{kind}'"
        )
        assert history.warehouse.value(
            "select count(*) = count(*) filter (where"
            " (gates.mae_kw, gates.nmae, gates.quarter_hour_count, gates.asset_quarter_hour_count)"
            " is not distinct from"
            " (days.mae_kw, days.nmae, days.quarter_hour_count, days.asset_quarter_hour_count)"
            ") and count(*) > 0"
            " from portfolio_accuracy_by_gate as gates"
            " inner join portfolio_forecast_accuracy as days using (delivery_date)"
            f" where gates.gate = '{kind}' and days.forecast_kind = '{kind}'"
        )


def test_edited_gates_are_in_the_next_build(history: History, tmp_path: Path) -> None:
    # The last test of this file, as it changes the warehouse.
    project = copy_of_project(tmp_path / "dbt_project")
    model = project / "models/marts/market_gates.sql"
    text = model.read_text()
    edited = text.replace('"60"', '"100"').replace("'22:00'", "'21:50'")
    edited = re.sub(r".*half_hour_ahead.*\n", "", edited)
    assert len(text.splitlines()) - len(edited.splitlines()) == 1
    model.write_text(edited)
    arguments = ("run", "--project-dir", str(project))
    built = dbt(history.warehouse.environment, tmp_path / "target", *arguments)
    assert built.success, built.statuses
    with history.warehouse.connect() as connection:
        gates = market_gates(connection)
        assert gates["hour_ahead"] == Gate(100)
        assert "half_hour_ahead" not in gates
        check_gates(connection, gates, history.steps[-1].documents)
        assert "half_hour_ahead" not in {
            gate for (gate,) in connection.execute("select gate from forecast_accuracy_by_gate")
        }


def known_at(history: History, known_at_utc: datetime) -> set[tuple[object, ...]]:
    """The rows of forecasts_known_at, `received_utc` last."""
    with history.warehouse.connect() as connection:
        rows = connection.execute(
            sql.SQL(
                "select asset_id, delivery_start_utc, version_utc, power_kw, received_utc"
                " from forecasts_known_at(%s, %s, %s)"
            ),
            [known_at_utc, *ALWAYS],
        ).fetchall()
    assert len(set(rows)) == len(rows)
    return set(rows)
