"""The demo's past lands only in its own warehouse, not among somebody's documents."""

from datetime import UTC, datetime

import pytest

from extract.errors import UsageError
from extract.simulator.replay import replay
from extract.vpp.client import VppClient
from extract.warehouse.schema import ensure_schema
from tests.arrivals import land, technical_data
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
