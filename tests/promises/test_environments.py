"""Two environments of one warehouse: neither sees, blocks or changes the other.

One is production; the other is Jane's, whose profile differs only in the schema.
"""

import signal
import warnings
from collections.abc import Iterator
from random import Random
from typing import Any

import psycopg
import pytest
from dbt.cli.main import dbtRunner

from extract.warehouse.schema import ensure_schema
from tests.dbt_project import ROOT, copy_of_project, environment_of
from tests.marts import differences
from tests.promises.environment_house import BUILT, CHOSEN, JANE, House
from tests.warehouses import PostgresServer, fresh_warehouse
from tests.watched_server import Barrier, watched_server
from tests.worlds import World

BUILD_SECONDS = 300
QUIETLY = ("--quiet", "--no-use-colors", "--log-level-file", "none")


@pytest.fixture(scope="module")
def house(
    postgres_server: PostgresServer, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[House]:
    """A third of a world has landed, and production is built."""
    directory = tmp_path_factory.mktemp("environments")
    project = copy_of_project(directory / "dbt_project")
    arrivals = World(12).arrivals
    Random(12).shuffle(arrivals)
    with fresh_warehouse(postgres_server) as warehouse, watched_server(postgres_server) as watched:
        with warehouse.connect() as connection:
            ensure_schema(connection)
        house = House(warehouse, watched, directory, project, arrivals, [])
        house.land(len(arrivals) // 3)
        house.build("public")
        yield house


def test_whoever_builds_first_takes_nothing_from_the_other(house: House) -> None:
    before = house.marts("public")
    for first, second in ((JANE, "public"), ("public", JANE), (JANE, "public")):
        house.land(20)
        house.build(first)
        house.build(second)
        assert differences(house.marts(JANE), house.marts("public")) == []
    after = house.marts("public")
    assert [mart for mart in BUILT if before[mart] == after[mart]] == []
    house.build("public", "--full-refresh")
    assert differences(after, house.marts("public")) == []


def test_a_rule_that_jane_changes_is_in_her_environment_alone(house: House) -> None:
    house.build(JANE)
    before = house.marts("public")
    definitions = "select model, definition from build.model_state order by model"
    built_from = house.warehouse.rows(definitions)
    model = house.project / "models/staging/stg_technical_data__assets.sql"
    rule = model.read_text()
    doubled = rule.replace("}} as capacity_kw", "}} * 2 as capacity_kw")
    assert doubled != rule
    model.write_text(doubled)
    try:
        house.build(JANE)
        assert house.marts(JANE)["assets"] != before["assets"]
        house.build("public")
        assert differences(house.marts("public"), before) == []
        assert house.warehouse.rows(definitions) == built_from
    finally:
        model.write_text(rule)
    house.build(JANE)
    assert differences(house.marts(JANE), before) == []


def test_both_build_at_once(house: House) -> None:
    house.land(20)
    barrier = Barrier("live_infeed", "create temporary table")
    with house.watched.watched_by(barrier), house.start(JANE) as process:
        assert barrier.reached.wait(BUILD_SECONDS)
        house.build("public")
        refused = house.environments("--drop", JANE)
        barrier.open()
        said, _ = process.communicate(timeout=BUILD_SECONDS)
    assert process.returncode == 0, said
    assert (refused.returncode, refused.stdout) == (1, "")
    told = "error: dev_jane: a build or a reader is using it"
    assert refused.stderr.startswith(told), refused.stderr
    # What landed is in both, though Jane's build began before production's and ended after.
    assert differences(house.marts(JANE), house.marts("public")) == []


@pytest.mark.parametrize(("killed", "other"), [(JANE, "public"), ("public", JANE)])
def test_a_build_that_is_killed_is_in_nobodys_way(house: House, killed: str, other: str) -> None:
    house.land(20)
    before = house.marts(killed)
    barrier = Barrier("portfolio_imbalance", "commit")
    with house.watched.watched_by(barrier), house.start(killed) as process:
        assert barrier.reached.wait(BUILD_SECONDS)
        process.send_signal(signal.SIGKILL)
        process.wait()
        # Its server process still holds everything it had.
        house.build(other)
        barrier.cut()
    assert house.marts(killed)["portfolio_imbalance"] == before["portfolio_imbalance"]
    house.build(killed)
    assert differences(house.marts(JANE), house.marts("public")) == []


def test_environments_are_listed_and_dropped(house: House) -> None:
    house.build(JANE)
    listed = house.environments()
    assert (listed.returncode, listed.stderr) == (0, "")
    names = [line.split()[0] for line in listed.stdout.splitlines()[2:]]
    assert names == ["public", JANE]
    for name, reason in (("public", "is production"), ("raw", "is not an environment")):
        refused = house.environments("--drop", name)
        assert (refused.returncode, refused.stdout) == (2, "")
        assert refused.stderr.startswith(f"error: {name} {reason}"), refused.stderr

    before = house.marts("public")
    with house.warehouse.connect() as connection:
        connection.execute(f"create view public.mine as select * from {JANE}.assets")
        refused = house.environments("--drop", JANE)
        assert refused.returncode == 1
        assert "mine reads it" in refused.stderr
        connection.execute("drop view public.mine")
    assert house.environments("--drop", JANE).returncode == 0
    assert house.warehouse.rows(f"select from pg_namespace where nspname ~ '^{JANE}'") == []
    assert house.marts("public") == before
    house.build(JANE)
    assert differences(house.marts(JANE), before) == []


def test_what_only_looks_like_an_environment_is_none(house: House) -> None:
    with house.warehouse.connect() as connection:
        connection.execute(
            "create schema evil_build; create table evil_build.ran ();"
            " create function evil_build.run() returns timestamptz language plpgsql as"
            " $$ begin drop table evil_build.ran; return now(); end $$;"
            " create view evil_build.run as select 1::bigint as build_number, 1::bigint as"
            " documents_upto, evil_build.run() as started_utc, now() as finished_utc;"
            " create schema odd_build; create table odd_build.run (documents_upto bigint)"
        )
        listed = house.environments()
        assert (listed.returncode, listed.stderr) == (0, "")
        assert "public" in listed.stdout
        assert "evil" not in listed.stdout
        assert "odd" not in listed.stdout
        assert house.environments("--drop", "evil").returncode == 2
        # None of their code ran with our rights.
        assert connection.execute("select to_regclass('evil_build.ran')").fetchone() != (None,)
        connection.execute("drop schema evil_build, odd_build cascade")


def test_what_reads_an_environment_whose_name_is_a_word_of_sql_is_not_lost(house: House) -> None:
    with house.warehouse.connect() as connection:
        connection.execute(
            'create schema "order"; create table "order".assets ();'
            " create schema order_build; create table order_build.run"
            ' (like build.run); create view public.mine as select from "order".assets'
        )
        refused = house.environments("--drop", "order")
        assert refused.returncode == 1
        assert "mine reads it" in refused.stderr
        connection.execute("drop view public.mine")
    assert house.environments("--drop", "order").returncode == 0


def test_a_name_that_a_reader_takes_keeps_no_environment_from_being_dropped(house: House) -> None:
    settings = house.warehouse.environment
    with house.warehouse.connect() as connection:
        # As left by a killed build.
        connection.execute(
            "create schema dead_build; create table dead_build.run (like build.run);"
            " insert into dead_build.run (build_number, invocation_id, started_utc, documents_upto)"
            " values (1, '', now(), 0); create role passer_by login"
        )
        with psycopg.connect(
            host=settings["PGHOST"],
            dbname=settings["PGDATABASE"],
            user="passer_by",
            application_name="dbt dead",
            autocommit=True,
        ):
            dropped = house.environments("--drop", "dead")
        connection.execute("drop role passer_by")
    assert (dropped.returncode, dropped.stderr) == (0, "")


@pytest.fixture(scope="module")
def runner(house: House) -> Iterator[dbtRunner]:
    """dbt with the project as once read, for any schema of the target."""
    directories = {
        "DBT_PROJECT_DIR": str(ROOT / "dbt_project"),
        "DBT_PROFILES_DIR": str(ROOT / "profiles"),
        "DBT_TARGET_PATH": str(house.targets / "public"),
        "DBT_LOG_PATH": str(house.targets / "logs"),
    }
    with environment_of({**house.warehouse.environment, **directories}), warnings.catch_warnings():
        # dbt's libraries warn of their own deprecations.
        warnings.simplefilter("ignore")
        parsed: Any = dbtRunner().invoke([*QUIETLY, "parse"])
        yield dbtRunner(parsed.result)


@pytest.mark.parametrize(
    ("schema", "reason"),
    [
        ("raw", "reserves that name"),
        ("build", "reserves that name"),
        ("staging", "reserves that name"),
        ("pg_jane", "reserves that name"),
        ("information_schema", "reserves that name"),
        # What Jane's environment would have beside it.
        ("dev_jane_intermediate", "reserves that name"),
        ("Jane", "lower-case"),
        ("dev-jane", "lower-case"),
        ("1jane", "lower-case"),
        ("j" * 48, "too long"),
        ("theirs", "did not make"),
        # Dropping it would drop what is theirs.
        ("sales", "sales_staging holds objects that this project did not make"),
    ],
)
def test_a_schema_that_cannot_be_an_environment_is_refused_before_anything_is_made(
    house: House, runner: dbtRunner, schema: str, reason: str
) -> None:
    schemas = "select nspname from pg_namespace where nspname !~ '^pg_temp' order by nspname"
    with house.warehouse.connect() as connection:
        connection.execute("create schema if not exists theirs")
        connection.execute("create table if not exists theirs.figures (number integer)")
        connection.execute("create schema if not exists sales_staging")
        connection.execute("create table if not exists sales_staging.orders (number integer)")
    before = house.warehouse.rows(schemas)
    with environment_of({"DBT_SCHEMA": schema}):
        refused = runner.invoke([*QUIETLY, "run", "--target", "dev", *CHOSEN])
    assert not refused.success
    [line] = [line for line in str(refused.exception).splitlines() if schema in line]
    assert reason in line
    assert house.warehouse.rows(schemas) == before


@pytest.mark.parametrize(
    ("settings", "schema"),
    [({"USER": "Jane.Doe-2"}, "dev_jane_doe_2"), ({"DBT_SCHEMA": "ci_branch"}, "ci_branch")],
)
def test_an_environment_is_named_after_its_user_or_as_told(
    runner: dbtRunner, settings: dict[str, str], schema: str
) -> None:
    with environment_of(settings):
        compiled: Any = runner.invoke(
            [*QUIETLY, "compile", "--target", "dev", "--inline", "select '{{ target.schema }}'"]
        )
    [result] = compiled.result.results
    assert result.node.compiled_code == f"select '{schema}'"
