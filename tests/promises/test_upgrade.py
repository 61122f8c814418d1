"""A warehouse that an older version of the project made becomes one of today's by the next run."""

from extract.warehouse.schema import ensure_schema
from tests.conftest import Warehouse


def test_raw_gains_what_it_lacks(warehouse: Warehouse) -> None:
    with warehouse.connect() as connection:
        ensure_schema(connection)
        connection.execute("alter table raw.forecast_version drop column value_count cascade")
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


def test_raw_gains_a_column_that_alone_is_missing(warehouse: Warehouse) -> None:
    with warehouse.connect() as connection:
        ensure_schema(connection)
        connection.execute("alter table raw.forecast_version drop column value_count cascade")
        # The index went with the column: here nothing but the column tells that it is missing.
        connection.execute(
            "create index forecast_version_in_order on raw.forecast_version (asset_id)"
        )
        assert ensure_schema(connection)
        assert not ensure_schema(connection)
    assert warehouse.rows("select value_count from raw.forecast_version") == []
