"""The owner of the database creates the roles, superuser or not."""

from pathlib import Path

from psycopg import sql

from tests.extract_command import extract
from tests.extractor.role_house import (
    LOADER,
    MADE,
    READER,
    TRANSFORMER,
    WINDOW,
    House,
    connect,
    fresh_roles,
    roles,
)
from tests.warehouses import PostgresServer


def test_an_owner_without_superuser_can_make_them(
    role_server: PostgresServer, demo_sources: dict[str, str], tmp_path: Path
) -> None:
    # As on a managed server: may create roles, and owns the database.
    with fresh_roles(role_server, "administrator") as warehouse:
        database = sql.Identifier(warehouse.environment["PGDATABASE"])
        with warehouse.connect() as connection:
            connection.execute("create role administrator login")
        house = House(warehouse, demo_sources, tmp_path)
        # Each missing right is named in one line, and nothing was done.
        for missing, grant in (
            ("raw.document_id is missing", "grant create on database {} to administrator"),
            ("permission denied to create role", "alter role administrator createrole"),
            ("no privileges could be revoked", "alter database {} owner to administrator"),
        ):
            refused = roles(house.environment("administrator"))
            assert (refused.returncode, refused.stdout) == (1, "")
            [line] = refused.stderr.splitlines()
            assert line.startswith("error: "), line
            assert missing in line and "administrator" in line, line
            with warehouse.connect() as connection:
                connection.execute(sql.SQL(grant).format(database))
        assert not warehouse.rows("select from pg_roles where rolname ~ '^vpp_'")

        with connect(warehouse, "administrator") as connection:
            connection.execute("create schema intermediate")
            connection.execute("create table intermediate.left_behind (number integer)")
        made = roles(house.environment("administrator"))
        assert made.returncode == 0, made.stderr
        assert (
            warehouse.value("select tableowner from pg_tables where tablename = 'left_behind'")
            == TRANSFORMER
        )
        again = roles(house.environment("administrator"))
        assert again.returncode == 0, again.stderr
        assert again.stdout.startswith(MADE)
        # It says what only a superuser can do.
        assert again.stdout.endswith("large objects: have one run this too\n")
        by_superuser = roles(warehouse.environment)
        assert by_superuser.stdout == MADE

        # From an empty warehouse: land, then build all.
        landed = extract(house.environment(LOADER), "all", *WINDOW)
        assert landed.returncode == 0, landed.stderr
        house.build(TRANSFORMER)
        with house.connect(READER) as connection:
            assert connection.execute("select count(*) from asset_forecasts").fetchone() != (0,)
