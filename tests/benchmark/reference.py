"""What the engine is compared with: the naive query, as most people would write it."""

import psycopg

from tests.benchmark.report import Rows, check_equal
from tests.warehouses import Warehouse

MART = "public.asset_forecasts"
STORED_MART = "benchmark.asset_forecasts"
STORED_VALUES = "benchmark.forecast_value"
UNNESTED_VALUES = """(
    select
        asset_id,
        version_utc,
        grid_start_utc + (position - 1) * interval '15 minutes' as delivery_start_utc,
        forecast.power_kw
    from raw.forecast_version as versions
    cross join unnest(versions.power_kw) with ordinality as forecast (power_kw, position)
    where forecast.power_kw is not null
)"""
"""Every value of every version, one row each. Each version is in raw once."""


def store_values(connection: psycopg.Connection) -> None:
    """Explode raw into a table, and make the keyed table of the reference."""
    connection.execute("create schema benchmark")
    query = f"create table {STORED_VALUES} as select * from {UNNESTED_VALUES} as forecast"
    connection.execute(query)
    connection.execute(
        """
        create table benchmark.asset_forecasts (
            asset_id text,
            delivery_start_utc timestamptz,
            delivery_end_utc timestamptz not null,
            delivery_date date not null,
            latest_version_utc timestamptz not null,
            latest_power_kw double precision not null,
            tradeable_version_utc timestamptz,
            tradeable_power_kw double precision,
            primary key (asset_id, delivery_start_utc)
        )
        """
    )


def ranked(values: str, gate_minutes: int) -> str:
    """For each asset and quarter-hour, the newest value made at least this long before it."""
    return f"""
        select asset_id, delivery_start_utc, version_utc, power_kw
        from (
            select
                asset_id,
                delivery_start_utc,
                version_utc,
                power_kw,
                row_number() over (
                    partition by asset_id, delivery_start_utc order by version_utc desc
                ) as recency
            from {values} as forecast
            where version_utc <= delivery_start_utc - interval '{gate_minutes} minutes'
        ) as ranked
        where recency = 1
    """


def aggregated(rows: str) -> str:
    """Count and sum of an engine's rows: all are computed, none is sent or written."""
    return f"select count(*), sum(power_kw) from ({rows}) as engine"


def asset_forecasts(values: str) -> str:
    """The mart, by `row_number()` twice."""
    return f"""
        select
            latest.asset_id,
            latest.delivery_start_utc,
            latest.delivery_start_utc + interval '15 minutes' as delivery_end_utc,
            (latest.delivery_start_utc at time zone 'Europe/Berlin')::date as delivery_date,
            latest.version_utc as latest_version_utc,
            latest.power_kw as latest_power_kw,
            tradeable.version_utc as tradeable_version_utc,
            tradeable.power_kw as tradeable_power_kw
        from ({ranked(values, 0)}) as latest
        left join ({ranked(values, 15)}) as tradeable
            on
                latest.asset_id = tradeable.asset_id
                and latest.delivery_start_utc = tradeable.delivery_start_utc
    """


def fill_mart(connection: psycopg.Connection) -> None:
    """Write the mart by `row_number()` into the keyed table of `store_values`."""
    connection.execute(f"insert into {STORED_MART} {asset_forecasts(STORED_VALUES)}")


_MART_ROWS = """
    select
        asset_id, delivery_start_utc, delivery_end_utc, delivery_date,
        latest_version_utc, latest_power_kw, tradeable_version_utc, tradeable_power_kw
    from {} as mart order by asset_id, delivery_start_utc
"""


def mart_rows(connection: psycopg.Connection, relation: str) -> Rows:
    """All rows of the mart or of a computation of it, in the order of their key."""
    return connection.execute(_MART_ROWS.format(relation)).fetchall()


def check_mart(warehouse: Warehouse, what: str) -> None:
    """The mart equals what `row_number()` makes of raw now. Raises Disagreement."""
    with warehouse.connect() as connection:
        found = mart_rows(connection, MART)
        check_equal(what, found, mart_rows(connection, f"({asset_forecasts(UNNESTED_VALUES)})"))
