"""The functions for readers: kept with the marts, callable only with a grant, and no loophole.

They run with their owner's rights, so nothing but their answers may be obtained through them.
"""

from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from psycopg import sql

from extract.warehouse.roles import ROLES
from tests.dbt_project import DbtOutcome, copy_of_project, dbt
from tests.extractor.role_house import (
    DEVELOPER,
    LOADER,
    READER,
    TRANSFORMER,
    fresh_roles,
    refusal,
    roles,
)
from tests.warehouses import PostgresServer, Warehouse

AT_GATE = "forecasts_at_gate('day_ahead', '2025-06-08', '2025-06-09')"
KNOWN_AT = "forecasts_known_at('2025-06-08', '2025-06-08', '2025-06-09')"
FUNCTIONS = ("forecasts_at_gate", "forecasts_known_at")
SELECT = ("run", "--select", *FUNCTIONS)
PRIVILEGE = "42501"


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A copy of the dbt project, for tests to change."""
    return copy_of_project(tmp_path / "dbt_project")


@pytest.fixture
def house(built_warehouse: Warehouse, postgres_server: PostgresServer) -> Iterator[Warehouse]:
    """Built by the owner of the database, before the roles are made."""
    with fresh_roles(postgres_server, "analyst"):
        with postgres_server.connect("postgres") as connection:
            connection.execute("create role analyst")
        made = roles(built_warehouse.environment)
        assert made.returncode == 0, made.stderr
        yield built_warehouse
        with built_warehouse.connect() as connection:
            connection.execute("drop owned by analyst")
            for name in map(sql.Identifier, ROLES):
                connection.execute(sql.SQL("reassign owned by {} to current_user").format(name))
                connection.execute(sql.SQL("drop owned by {}").format(name))


def build(warehouse: Warehouse, project: Path, role: str, *arguments: str) -> DbtOutcome:
    environment = {**warehouse.environment, "PGUSER": role}
    command = (*(arguments or SELECT), "--project-dir", str(project))
    return dbt(environment, project.parent / "target" / role, *command)


def state(warehouse: Warehouse) -> list[tuple[object, ...]]:
    """For each function, its properties, including when it was made."""
    return warehouse.rows(
        "select proname::text, pg_get_userbyid(proowner)::text, proacl::text, xmin::text"
        " from pg_proc where pronamespace = 'public'::regnamespace order by 1"
    )


def test_readers_call_them_and_see_nothing_else(house: Warehouse) -> None:
    for function in (AT_GATE, KNOWN_AT):
        assert refusal(house, READER, f"select from {function}") is None
        assert refusal(house, DEVELOPER, f"select from {function}") is None
        # Without a grant, nobody may call it.
        assert refusal(house, LOADER, f"select from {function}") == PRIVILEGE
    assert refusal(house, READER, "select from raw.forecast_version") == PRIVILEGE
    settings = house.rows(
        "select prosecdef, 'search_path=pg_catalog, pg_temp' = any(proconfig)"
        " from pg_proc where pronamespace = 'public'::regnamespace"
    )
    assert settings == [(True, True)] * 2


def test_a_name_of_the_callers_own_is_not_taken_for_ours(house: Warehouse) -> None:
    # The reader may not make temporary tables; for a role that may, ours is still the one read.
    with house.connect() as connection:
        connection.execute("create temporary table market_gates (gate text)")
        connection.execute("insert into market_gates values ('mine')")
        connection.execute("set search_path = pg_temp, public")
        assert connection.execute(f"select count(*) from public.{AT_GATE}").fetchone() == (0,)
        with pytest.raises(psycopg.errors.InvalidParameterValue, match="no gate"):
            connection.execute(f"select from public.{AT_GATE.replace('day_ahead', 'mine')}")


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (
            "forecasts_at_gate('noon', '2025-06-08', '2025-06-09')",
            'forecasts_at_gate: there is no gate "noon": use one of day_ahead, intraday_auction_1,'
            " intraday_auction_2, intraday_auction_3, hour_ahead, half_hour_ahead, tradeable,"
            " latest",
        ),
        (
            "forecasts_at_gate(null, '2025-06-08', '2025-06-09')",
            "forecasts_at_gate: gate is null",
        ),
        (
            "forecasts_at_gate('latest', '2025-06-08', 'infinity')",
            "forecasts_at_gate: to_utc is infinity: give an instant in the years 1 to 9999",
        ),
        (
            "forecasts_known_at('2025-06-08', '2025-06-09 12:00+00', '2025-06-09 11:00+00')",
            "forecasts_known_at: from_utc (2025-06-09 12:00:00) is after"
            " to_utc (2025-06-09 11:00:00)",
        ),
        (
            "forecasts_known_at(null, '2025-06-08', '2025-06-09')",
            "forecasts_known_at: known_at_utc is null",
        ),
    ],
)
def test_wrong_arguments_are_answered_in_one_line(
    built_warehouse: Warehouse, call: str, message: str
) -> None:
    with (
        built_warehouse.connect() as connection,
        pytest.raises(psycopg.errors.InvalidParameterValue) as raised,
    ):
        connection.execute(sql.SQL(f"select from {call}"))
    assert raised.value.diag.message_primary == message


def test_one_that_is_the_same_is_left_alone(house: Warehouse, project: Path) -> None:
    before = state(house)
    assert build(house, project, TRANSFORMER).success
    assert state(house) == before
    with house.connect() as connection:
        connection.execute(f"drop function {FUNCTIONS[0]}")
    assert build(house, project, TRANSFORMER).success
    assert [row[:2] for row in state(house)] == [(name, TRANSFORMER) for name in FUNCTIONS]
    assert refusal(house, READER, f"select from {AT_GATE}") is None
    assert refusal(house, LOADER, f"select from {AT_GATE}") == PRIVILEGE


def test_a_changed_signature_keeps_owner_and_grants(house: Warehouse, project: Path) -> None:
    with house.connect() as connection:
        connection.execute(
            sql.SQL("grant execute on function {} to analyst").format(sql.SQL(FUNCTIONS[0]))
        )
    swap_columns(project)
    assert build(house, project, "postgres").success
    # Its columns have changed places, and there is only one function of that name.
    assert house.rows(
        "select pg_get_function_result(oid) like 'TABLE(delivery_start_utc%', proowner::regrole"
        f"::text from pg_proc where proname = '{FUNCTIONS[0]}'"
    ) == [(True, TRANSFORMER)]
    for role, may in (("analyst", None), (READER, None), (LOADER, PRIVILEGE)):
        in_role = f"set local role {role}; select from {AT_GATE}"
        assert refusal(house, "postgres", in_role) == may, role


def test_what_others_built_on_one_is_not_lost(
    house: Warehouse, project: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    with house.connect() as connection:
        connection.execute(f"create view analysis as select * from {AT_GATE}")
    swap_columns(project)
    assert not build(house, project, TRANSFORMER).success
    assert "without losing what others built on it: drop it yourself" in capfd.readouterr().out
    assert house.value("select count(*) from analysis") == 0


def test_a_function_of_somebody_elses_is_refused(
    house: Warehouse, project: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    with house.connect() as connection:
        connection.execute(f"drop function {FUNCTIONS[0]}")
        connection.execute(
            f"create function {FUNCTIONS[0]}() returns integer language sql return 1"
        )
    assert not build(house, project, TRANSFORMER).success
    assert "and this project did not make it" in capfd.readouterr().out
    assert house.value(f"select {FUNCTIONS[0]}()") == 1


def swap_columns(project: Path) -> None:
    """Another signature: the first two columns change places."""
    folder = project / "engines/postgres/models/marts"
    for file, one, other in (
        (folder / "forecasts_at_gate.sql", "    asset_id,\n", "    delivery_start_utc,\n"),
        (folder / "forecasts_at_gate.yml", column("asset_id"), column("delivery_start_utc")),
    ):
        text = file.read_text()
        assert one + other in text
        file.write_text(text.replace(one + other, other + one))


def column(name: str) -> str:
    data_type = "text" if name == "asset_id" else "timestamptz"
    return (
        f"      - name: {name}\n        description: \"{{{{ doc('{name}') }}}}\"\n"
        f"        data_type: {data_type}\n"
    )
