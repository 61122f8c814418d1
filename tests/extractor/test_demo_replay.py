"""The demo's past lands only in its own warehouse, not among somebody's documents."""

from datetime import UTC, datetime

import pytest
from psycopg import sql

from extract.errors import UsageError
from extract.simulator.replay import replay
from extract.vpp.client import VppClient
from extract.warehouse.schema import ensure_schema
from tests.arrivals import land, technical_data
from tests.extract_command import extract
from tests.warehouses import Warehouse

DAY = datetime(2025, 6, 7, tzinfo=UTC)


def test_the_demo_does_not_land_among_other_documents(warehouse: Warehouse) -> None:
    with warehouse.connect() as connection, VppClient("http://127.0.0.1:9") as client:
        ensure_schema(connection)
        assert replay(connection, client, [], DAY, DAY) == 0
        # After the demo's own documents it may continue.
        land(connection, [technical_data(2, 1100.0)])
        assert replay(connection, client, [], DAY, DAY) == 0
        connection.execute("delete from raw.run where command = 'simulator replay'")
        with pytest.raises(UsageError, match="not the demo's"):
            replay(connection, client, [], DAY, DAY)


def test_what_went_wrong_is_one_line(warehouse: Warehouse) -> None:
    def replayed() -> tuple[int, str]:
        days = ("--from", "2025-06-07", "--to", "2025-06-08")
        environment = {**warehouse.environment, "VPP_API_URL": "http://127.0.0.1:9"}
        outcome = extract(environment, "replay", *days, module="extract.simulator")
        return outcome.returncode, outcome.stderr

    with warehouse.connect() as connection:
        ensure_schema(connection)
        land(connection, [technical_data(2, 1100.0)])
        status, line = replayed()
        assert (status, line.count("\n")) == (2, 1)
        assert "not the demo's" in line
        connection.execute("delete from raw.technical_data")
        read_only = "alter database {} set default_transaction_read_only = on"
        database = sql.Identifier(warehouse.environment["PGDATABASE"])
        connection.execute(sql.SQL(read_only).format(database))
    status, line = replayed()
    assert (status, line.count("\n")) == (1, 1)
    assert line.startswith("error: the warehouse: ")
