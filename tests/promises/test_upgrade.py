"""The next run upgrades a warehouse made by an older version of the project."""

from pathlib import Path
from random import Random

import psycopg
import pytest
from psycopg import sql

from extract.errors import WarehouseUnavailable
from extract.warehouse import schema as raw_schema
from extract.warehouse.schema import ensure_schema
from tests.arrivals import land
from tests.dbt_project import dbt
from tests.extract_command import extract
from tests.marts import KEYS, differences, marts
from tests.warehouses import Warehouse
from tests.worlds import World

# How builds were recorded while each table of raw had its own bound.
ELEVEN_BOUNDS = """
    alter table build.run rename to new_run;
    alter table build.model_state rename to new_model_state;
    create table build.run (
        build_number bigint generated always as identity primary key,
        invocation_id text not null,
        started_utc timestamptz not null default clock_timestamp(),
        finished_utc timestamptz,
        as_of_utc timestamptz,
        technical_data_upto bigint not null default 0,
        asset_contracts_upto bigint not null default 0,
        forecast_version_upto bigint not null default 0,
        live_infeed_upto bigint not null default 0,
        final_production_upto bigint not null default 0,
        redispatch_flag_upto bigint not null default 0,
        retraction_upto bigint not null default 0,
        quarantine_upto bigint not null default 0,
        quarantine_release_upto bigint not null default 0,
        redispatch_compensation_upto bigint not null default 0,
        imbalance_price_upto bigint not null default 0,
        extracted_utc timestamptz,
        definitions jsonb,
        gate_closure_minutes numeric
    );
    create table build.model_state (
        model text primary key,
        definition text not null,
        build_number bigint not null
    );
    insert into build.run (
        invocation_id, started_utc, finished_utc, as_of_utc, technical_data_upto,
        asset_contracts_upto, forecast_version_upto, live_infeed_upto, final_production_upto,
        redispatch_flag_upto, redispatch_compensation_upto, imbalance_price_upto, extracted_utc,
        definitions, gate_closure_minutes
    )
    select
        invocation_id, started_utc, finished_utc, as_of_utc,
        (select coalesce(max(document_id), 0) from raw.technical_data),
        (select coalesce(max(document_id), 0) from raw.asset_contracts),
        (select coalesce(max(document_id), 0) from raw.forecast_version),
        (select coalesce(max(document_id), 0) from raw.live_infeed),
        (select coalesce(max(document_id), 0) from raw.final_production),
        (select coalesce(max(document_id), 0) from raw.redispatch_flag),
        (select coalesce(max(document_id), 0) from raw.redispatch_compensation),
        (select coalesce(max(document_id), 0) from raw.imbalance_price),
        extracted_utc, definitions, 15
    from build.new_run;
    insert into build.model_state select model, 'of old', 1 from build.new_model_state;
    create view build.progress as
    select
        model_state.model, model_state.build_number, run.as_of_utc, run.technical_data_upto,
        run.asset_contracts_upto, run.forecast_version_upto, run.live_infeed_upto,
        run.final_production_upto, run.redispatch_flag_upto, run.retraction_upto,
        run.quarantine_upto, run.quarantine_release_upto, run.redispatch_compensation_upto,
        run.imbalance_price_upto, run.gate_closure_minutes
    from build.model_state inner join build.run on model_state.build_number = run.build_number;
    create view build.current as select * from build.run order by build_number desc limit 1;
"""


def make_old(connection: psycopg.Connection) -> None:
    """Give a current warehouse the form that it had before landing had a single lock."""
    connection.execute("drop table raw.landing_lock")
    connection.execute(ELEVEN_BOUNDS)
    views = connection.execute(
        "select schemaname, viewname, definition from pg_views where definition ~ 'build.new_'"
    ).fetchall()
    assert len(views) > 10
    for schema, view, definition in views:
        # Every model read the bound of its own source.
        old = (
            definition.replace("build.new_run", "build.current")
            .replace("new_run.", "current.")
            .replace("build.new_model_state", "build.progress")
            .replace(".documents_upto", ".forecast_version_upto")
        )
        replace = sql.SQL("create or replace view {} as {}")
        connection.execute(replace.format(sql.Identifier(schema, view), sql.SQL(old)))
    connection.execute("drop table build.new_run, build.new_model_state")


def test_raw_gains_what_it_lacks(warehouse: Warehouse) -> None:
    with warehouse.connect() as connection:
        ensure_schema(connection)
        connection.execute("alter table raw.forecast_version drop column value_count cascade")
        connection.execute("drop view raw.document")
        connection.execute("drop table raw.quarantine, raw.imbalance_price")
        connection.execute(
            "insert into raw.forecast_version (version_utc, grid_start_utc, received_utc, run_id,"
            " asset_id, source_uri, content_sha256, power_kw)"
            " select now(), now(), now(), 1, 'A', 'http://x', '\\x01', '{1, 2, null}'"
        )
        assert ensure_schema(connection)
        assert not ensure_schema(connection)
    assert warehouse.rows("select value_count from raw.forecast_version") == [(3,)]
    assert warehouse.rows("select count(*) from raw.quarantine") == [(0,)]


def test_raw_gains_a_view_that_alone_is_missing_and_says_so_once(warehouse: Warehouse) -> None:
    with warehouse.connect() as connection:
        ensure_schema(connection)
        connection.execute("drop view raw.document")
        assert ensure_schema(connection)
        assert not ensure_schema(connection)
        # Another run has just made it; it is replaced.
        with connection.transaction(force_rollback=True):
            connection.execute(sql.SQL(raw_schema.DEFINITION.read_text()))
            assert not raw_schema.is_made_here(connection, ["document", "quarantine"])


def test_raw_gains_a_column_that_alone_is_missing(warehouse: Warehouse) -> None:
    with warehouse.connect() as connection:
        ensure_schema(connection)
        connection.execute("alter table raw.forecast_version drop column value_count cascade")
        # The index went with the column: only the column shows that it is missing.
        connection.execute(
            "create index forecast_version_in_order on raw.forecast_version (asset_id)"
        )
        assert ensure_schema(connection)
        assert not ensure_schema(connection)
    assert warehouse.rows("select value_count from raw.forecast_version") == []


def test_raw_is_not_changed_under_whoever_uses_it(
    warehouse: Warehouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("extract.warehouse.schema.PATIENCE_S", 0.2)
    with warehouse.connect() as connection:
        ensure_schema(connection)
        connection.execute("alter table raw.forecast_version drop column value_count cascade")
        with warehouse.connect() as reader, reader.transaction():
            reader.execute("select count(*) from raw.forecast_version")
            with pytest.raises(WarehouseUnavailable, match="while another session uses raw"):
                ensure_schema(connection)
        assert ensure_schema(connection)


def test_eleven_bounds_become_one(
    warehouse: Warehouse, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    arrivals = World(4).arrivals
    Random(4).shuffle(arrivals)
    documents = "select count(*), sum(hashtext(landed::text)) from raw.forecast_version as landed"
    of_old = "select relname from pg_class where relname in ('current', 'progress')"
    same = "select (select count(*) from mine) = (select count(*) from asset_forecasts)"
    with warehouse.connect() as connection:
        ensure_schema(connection)
        land(connection, arrivals[:-20])
        assert dbt(warehouse.environment, tmp_path, "run").success
        before = marts(connection)
        make_old(connection)
        assert differences(marts(connection), before) == []
        landed = connection.execute(documents).fetchall()
        connection.execute("create role analyst")
        connection.execute("create view public.mine as select * from public.asset_forecasts")
        grant = sql.SQL("grant select on {} to analyst")
        for mart in (*KEYS, "mine"):
            connection.execute(grant.format(sql.Identifier(mart)))
    try:
        # What the old version lands is not in the order that a current build relies on.
        assert not dbt(warehouse.environment, tmp_path, "run").success
        assert "the schema raw is missing or incomplete" in capfd.readouterr().out
        assert extract(warehouse.environment, "schema").stdout == "schema raw: created\n"
        # A reader who stays in a transaction is named, and no other reader waits behind the build.
        with warehouse.connect() as reader, reader.transaction():
            reader.execute("set application_name to 'a dashboard'")
            reader.execute("select from forecast_revisions")
            refused = dbt(warehouse.environment, tmp_path, "run", "--select", "+assets")
            assert not refused.success
            assert "while it is being read: end or wait for a dashboard" in capfd.readouterr().out
        # Old and current models side by side: what is not built yet is unchanged.
        assert dbt(warehouse.environment, tmp_path, "run", "--select", "+assets").success
        with warehouse.connect() as connection:
            assert len(connection.execute(of_old).fetchall()) == 2
            assert differences(marts(connection), before) == []
            assert connection.execute(documents).fetchall() == landed
            land(connection, arrivals[-20:])
        assert dbt(warehouse.environment, tmp_path, "run").success
        with warehouse.connect() as connection:
            assert connection.execute(of_old).fetchall() == []
            upgraded = marts(connection)
            assert upgraded["asset_forecasts"] != before["asset_forecasts"]
            assert connection.execute(same).fetchone() == (True,)
            for mart in (*KEYS, "mine"):
                granted = "select has_table_privilege('analyst', %s, 'select')"
                assert connection.execute(granted, [f"public.{mart}"]).fetchone() == (True,)
        assert dbt(warehouse.environment, tmp_path, "run", "--full-refresh").success
        with warehouse.connect() as connection:
            assert differences(upgraded, marts(connection)) == []
    finally:
        with warehouse.connect() as connection:
            connection.execute("drop owned by analyst")
            connection.execute("drop role analyst")
