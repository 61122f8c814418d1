"""The roles: each can log in, does its work, and is refused everything else."""

from pathlib import Path

import psycopg
import pytest
from psycopg import sql

from extract.warehouse.roles import password_variable
from tests.dbt_project import dbt
from tests.extract_command import extract
from tests.extractor.role_house import (
    DEVELOPER,
    LOADER,
    MADE,
    READ_BY_THE_DEVELOPER,
    READER,
    REFUSED_TO_THE_DEVELOPER,
    REFUSED_TO_THE_LOADER,
    REFUSED_TO_THE_READER,
    REFUSED_TO_THE_TRANSFORMER,
    TRANSFORMER,
    House,
    rights,
    roles,
    warehouse_command,
)
from tests.marts import KEYS
from tests.warehouses import PostgresServer


def test_making_them_again_changes_nothing(house: House) -> None:
    before = rights(house.warehouse)
    again = roles(house.warehouse.environment)
    assert (again.returncode, again.stderr) == (0, "")
    assert again.stdout == MADE
    assert rights(house.warehouse) == before


def test_what_an_administrator_set_stays(house: House) -> None:
    with house.warehouse.connect() as connection:
        database = sql.Identifier(house.warehouse.environment["PGDATABASE"])
        alter = "alter role vpp_reader in database {} set statement_timeout to {}"
        connection.execute(sql.SQL(alter).format(database, sql.Literal("1min")))
        assert roles(house.warehouse.environment).stdout == MADE
        with house.connect(READER) as reader:
            assert reader.execute("show statement_timeout").fetchone() == ("1min",)
        connection.execute(sql.SQL(alter).format(database, sql.Literal("5min")))


def test_the_models_are_the_transformers_and_nothing_else_is(house: House) -> None:
    owners = house.warehouse.rows(
        "select nspname::text, relname::text from pg_class"
        " inner join pg_namespace on relnamespace = pg_namespace.oid"
        " where nspname in ('raw', 'staging', 'intermediate', 'build', 'public')"
        "  and relkind in ('r', 'v', 'S')"
        "  and (relowner = 'vpp_transformer'::regrole)"
        "   <> (nspname <> 'raw' and relname <> 'somebodys')"
    )
    assert owners == []


@pytest.mark.parametrize("statement", REFUSED_TO_THE_LOADER)
def test_the_loader_may_do_nothing_else(house: House, statement: str) -> None:
    assert house.refusal(LOADER, statement) == "42501"


@pytest.mark.parametrize("role", [TRANSFORMER, DEVELOPER, READER])
@pytest.mark.parametrize("mode", ["row share", "row exclusive", "share", "access exclusive"])
def test_nobody_else_can_hold_landing_up_by_its_lock(house: House, role: str, mode: str) -> None:
    assert house.refusal(role, f"lock table raw.landing_lock in {mode} mode") == "42501"


def test_nobody_else_can_hold_landing_up_by_a_name(house: House) -> None:
    with house.connect(READER) as reader, house.connect(LOADER) as loader:
        reader.execute("set application_name to 'extract live-infeed run 1'")
        landed = extract(house.environment(LOADER), "live-infeed")
        assert (landed.returncode, landed.stderr) == (0, "")
        loader.execute("set application_name to 'extract live-infeed run 1'")
        assert extract(house.environment(LOADER), "live-infeed").returncode == 4


def test_the_loader_sees_the_status(house: House) -> None:
    shown = extract(house.environment(LOADER), "status")
    assert (shown.returncode, shown.stderr) == (0, "")
    assert "forecasts" in shown.stdout


def test_the_loader_is_told_what_to_do_where_a_table_is_missing(house: House) -> None:
    with house.warehouse.connect() as connection:
        connection.execute("alter table raw.retraction rename to elsewhere")
    try:
        refused = extract(house.environment(LOADER), "schema")
    finally:
        with house.warehouse.connect() as connection:
            connection.execute("alter table raw.elsewhere rename to retraction")
    assert (refused.returncode, refused.stdout) == (1, "")
    assert refused.stderr == (
        "error: raw.retraction is missing and vpp_loader may not make it: run "
        '"python -m extract.warehouse roles" once as the owner of the database\n'
    )


def test_a_table_that_is_new_in_raw_can_be_loaded_and_read(house: House) -> None:
    # The owner upgrades with `python -m extract schema`, but forgets the roles.
    with house.warehouse.connect() as connection:
        connection.execute("create table raw.newcomer (number integer)")
    try:
        assert house.refusal(LOADER, "insert into raw.newcomer values (1)") is None
        assert house.refusal(LOADER, "delete from raw.newcomer") == "42501"
        assert house.refusal(TRANSFORMER, "select from raw.newcomer") is None
    finally:
        with house.warehouse.connect() as connection:
            connection.execute("drop table raw.newcomer")


@pytest.mark.parametrize("statement", REFUSED_TO_THE_TRANSFORMER)
def test_the_transformer_may_not_touch_what_was_received(house: House, statement: str) -> None:
    assert house.refusal(TRANSFORMER, statement) == "42501"


def test_a_developer_builds_beside_production_and_changes_nothing_of_it(house: House) -> None:
    before = rights(house.warehouse)
    jane = {**house.environment(DEVELOPER), "DBT_SCHEMA": "dev_jane"}
    built = dbt(jane, house.target / "dev_jane", "run", "--target", "dev")
    assert built.success, built.statuses
    assert house.warehouse.value("select count(*) from dev_jane.asset_forecasts") != 0
    own = "dev_jane."
    assert [
        row
        for row in rights(house.warehouse)
        if row[0] != "schema" and not str(row[1]).startswith(own)
    ] == [row for row in before if row[0] != "schema"]
    # Nobody else sees it.
    for schema in ("dev_jane", "dev_jane_staging", "dev_jane_intermediate", "dev_jane_build"):
        for role in (LOADER, READER):
            assert not house.warehouse.value(
                f"select has_schema_privilege('{role}', '{schema}', 'usage')"
            )
    dropped = warehouse_command(jane, "environments", "--drop", "dev_jane")
    assert (dropped.returncode, dropped.stdout, dropped.stderr) == (0, "dropped: dev_jane\n", "")
    assert house.warehouse.rows("select from pg_namespace where nspname ~ '^dev_jane'") == []


@pytest.mark.parametrize("statement", REFUSED_TO_THE_DEVELOPER)
def test_the_developer_may_not_touch_production(house: House, statement: str) -> None:
    assert house.refusal(DEVELOPER, statement) == "42501"


@pytest.mark.parametrize("relation", READ_BY_THE_DEVELOPER)
def test_the_developer_reads_what_a_build_may_defer_to(house: House, relation: str) -> None:
    assert house.refusal(DEVELOPER, f"select from {relation}") is None


def test_the_transformer_builds_in_full(house: House) -> None:
    house.build(TRANSFORMER, "build", "--full-refresh", "--exclude-resource-type", "unit_test")


def test_the_reader_reads_every_mart(house: House) -> None:
    with house.connect(READER) as connection:
        counts = {
            mart: connection.execute(
                sql.SQL("select count(*) from {}").format(sql.Identifier(mart))
            ).fetchone()
            for mart in sorted(KEYS)
        }
    # Also through views on what it may not read itself.
    assert counts["asset_forecasts"] != (0,)
    assert counts["source_status"] != (0,)


@pytest.mark.parametrize("statement", REFUSED_TO_THE_READER)
def test_the_reader_may_do_nothing_else(house: House, statement: str) -> None:
    # Regardless of its read-only sessions: those can be switched off, a missing right cannot.
    assert house.refusal(READER, f"set transaction read write; {statement}") == "42501"


def test_the_readers_sessions_are_bounded_and_read_only(house: House) -> None:
    with house.connect(READER) as connection:
        assert connection.execute("show statement_timeout").fetchone() == ("5min",)
        idle = connection.execute("show idle_in_transaction_session_timeout")
        assert idle.fetchone() == ("5min",)
        assert connection.execute("show transaction_read_only").fetchone() == ("on",)


def test_new_marts_become_readable_and_other_grants_stay(house: House) -> None:
    with house.warehouse.connect() as connection:
        connection.execute("create role analyst")
        connection.execute("grant select on public.portfolio_forecast to analyst")
        connection.execute("drop view public.data_coverage cascade")
    try:
        house.build(
            TRANSFORMER, "run", "--vars",
            "{asset_forecasts_table: my_forecasts, portfolio_forecast_table: portfolio_forecast}",
        )  # fmt: skip
        for mart in ("data_coverage", "missing_data", "my_forecasts"):
            assert house.refusal(READER, f"select from {mart}") is None, mart
        assert house.refusal(READER, "select from somebodys") == "42501"
        assert house.warehouse.value(
            "select has_table_privilege('analyst', 'public.portfolio_forecast', 'select')"
        )
        # Another name is no reason to hand over what belongs to somebody else.
        with house.warehouse.connect() as connection:
            connection.execute("alter view public.my_forecasts owner to postgres")
            connection.execute("alter view public.asset_forecasts owner to postgres")
            connection.execute("comment on view public.asset_forecasts is 'somebody''s'")
        assert roles(house.warehouse.environment).stdout == MADE
        assert house.warehouse.rows(
            "select viewowner::text from pg_views"
            " where viewname in ('my_forecasts', 'asset_forecasts') order by viewname"
        ) == [("postgres",), (TRANSFORMER,)]
    finally:
        with house.warehouse.connect() as connection:
            connection.execute("drop view public.asset_forecasts cascade")
            connection.execute("drop view public.my_forecasts cascade")
            connection.execute("drop owned by analyst")
            connection.execute("drop role analyst")
        house.build(TRANSFORMER)


def test_what_the_owner_builds_is_the_transformers(house: House) -> None:
    variables = "{asset_forecasts_table: owners_forecasts, portfolio_forecast_table: owners_sum}"
    try:
        house.build("postgres", "run", "--vars", variables)
        for mart in ("owners_forecasts", "owners_sum", "production_reconciliation"):
            assert house.refusal(READER, f"select from {mart}") is None, mart
            assert house.refusal(DEVELOPER, f"select from {mart}") is None, mart
        house.build(TRANSFORMER, "run", "--vars", variables)
    finally:
        house.build(TRANSFORMER)
        with house.warehouse.connect() as connection:
            connection.execute("drop view public.owners_forecasts")
            connection.execute("drop table public.owners_sum")


def test_a_table_of_somebody_elses_is_refused_with_what_to_do(
    house: House, capfd: pytest.CaptureFixture[str]
) -> None:
    owner = "alter table public.portfolio_forecast owner to {}"
    with house.warehouse.connect() as connection:
        connection.execute(sql.SQL(owner).format(sql.Identifier("postgres")))
    try:
        capfd.readouterr()
        target = house.target / TRANSFORMER
        built = dbt(house.environment(TRANSFORMER), target, "run", "--select", "portfolio_forecast")
        assert built.statuses["portfolio_forecast"] == "error"
        said = " ".join(capfd.readouterr().out.split())
        assert (
            'belongs to postgres, and vpp_transformer is not a member of that role: run "python'
            in said
        )
    finally:
        assert roles(house.warehouse.environment).stdout == MADE
    house.build(TRANSFORMER)


def test_passwords_come_from_the_environment_and_are_shown_nowhere(house: House) -> None:
    hba = Path(str(house.warehouse.value("show hba_file")))
    log = next(path for path in (hba.parent / "log", hba.parent.parent / "log") if path.is_file())
    secret, before = "marker of a password", hba.read_text()
    with house.warehouse.connect() as connection:
        connection.execute("alter system set log_statement to 'all'")
        hba.write_text(f"local all vpp_reader scram-sha-256\n{before}")
        connection.execute("select pg_reload_conf()")
    try:
        made = roles(house.warehouse.environment, **{password_variable(READER): secret})
        assert made.returncode == 0, made.stderr
        assert "vpp_reader: password set from VPP_READER_PASSWORD" in made.stdout
        assert "alter role" in log.read_text().lower()
        assert secret not in made.stdout + made.stderr + log.read_text()
        environment = {**house.warehouse.server.environment, "PGUSER": READER}
        database = house.warehouse.environment["PGDATABASE"]
        with PostgresServer({**environment, "PGPASSWORD": secret}).connect(database):
            pass
        for wrong in ({}, {"PGPASSWORD": "another"}):
            with pytest.raises(psycopg.OperationalError):
                PostgresServer({**environment, **wrong}).connect(database)
    finally:
        hba.write_text(before)
        with house.warehouse.connect() as connection:
            connection.execute("alter system reset log_statement")
            connection.execute("select pg_reload_conf()")


def test_a_role_that_no_grant_limits_is_refused(house: House) -> None:
    with house.warehouse.connect() as connection:
        connection.execute("alter role vpp_reader superuser")
    try:
        refused = roles(house.warehouse.environment)
    finally:
        with house.warehouse.connect() as connection:
            connection.execute("alter role vpp_reader nosuperuser")
    assert refused.returncode == 1
    [line] = refused.stderr.splitlines()
    assert "vpp_reader" in line and "superuser" in line
