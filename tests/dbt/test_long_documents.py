"""A document as long as the envelope allows is unrolled in a moment.

Unrolling must read each array once. Taking each element by its position would read the whole array
again for every one of them: for a year of prices that took a quarter of a minute, for ten years
half an hour.
"""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest

from extract.documents import Document
from extract.sources.final_production import FinalProduction
from extract.sources.imbalance_prices import ImbalancePrices
from extract.sources.live_infeed import LiveInfeed
from extract.sources.redispatch import RedispatchFlag
from extract.sources.redispatch_compensation import RedispatchCompensation
from extract.warehouse.schema import ensure_schema
from tests.arrivals import QUARTER_HOUR, Arrival, land
from tests.dbt_project import dbt
from tests.warehouses import Warehouse

START = datetime(2024, 1, 1, tzinfo=UTC)
LONGEST = 400 * 96
ORIGIN: dict[str, Any] = {"content_sha256": b"\x01", "received_utc": START}


def quarter_hours(count: int) -> list[datetime]:
    return [START + n * QUARTER_HOUR for n in range(count)]


STARTS, ENDS = quarter_hours(LONGEST), quarter_hours(LONGEST + 1)[1:]
YEARS = quarter_hours(2 * 365 * 96)
SECONDS = [START + timedelta(seconds=n) for n in range(40_000)]
DOCUMENTS: dict[str, Document] = {
    "stg_tso__imbalance_prices": ImbalancePrices(
        price_status="final",
        made_utc=START,
        delivery_start_utc=YEARS,
        short_price_eur_per_mwh=[1.5] * len(YEARS),
        long_price_eur_per_mwh=[1.5] * len(YEARS),
        source_uri="file:///prices.csv",
        **ORIGIN,
    ),
    "stg_dso__final_production": FinalProduction(
        metering_point_id="MP",
        issued_date=START.date(),
        grid_start_utc=START,
        power_kw=[1.5] * LONGEST,
        source_uri="file:///production.csv",
        **ORIGIN,
    ),
    "stg_dso__redispatch_flags": RedispatchFlag(
        metering_point_id="MP",
        issued_utc=START,
        delivery_start_utc=STARTS,
        delivery_end_utc=ENDS,
        is_redispatched=[True] * LONGEST,
        source_uri="file:///flags.csv",
        **ORIGIN,
    ),
    "stg_dso__redispatch_compensation": RedispatchCompensation(
        issued_date=START.date(),
        delivery_start_utc=STARTS,
        delivery_end_utc=ENDS,
        price_eur_per_mwh=[1.5] * LONGEST,
        source_uri="file:///compensation.csv",
        **ORIGIN,
    ),
    "stg_live__samples": LiveInfeed(
        asset_id="A",
        measured_utc=SECONDS,
        power_kw=[1.5] * len(SECONDS),
        quality=[1.0] * len(SECONDS),
        source_uri="file:///live.json",
        **ORIGIN,
    ),
}
EXPECTED = {
    "stg_tso__imbalance_prices": len(YEARS),
    "stg_dso__final_production": LONGEST,
    "stg_dso__redispatch_flags": LONGEST,
    "stg_dso__redispatch_compensation": LONGEST,
    "stg_live__samples": len(SECONDS),
}


def test_the_longest_documents_are_unrolled_in_a_moment(
    warehouse: Warehouse, tmp_path: Path
) -> None:
    with warehouse.connect() as connection:
        ensure_schema(connection)
        arrivals = [Arrival((document,)) for document in DOCUMENTS.values()]
        assert land(connection, arrivals) == len(arrivals)
        assert dbt(warehouse.environment, tmp_path, "run", "-s", "path:models/staging").success
        connection.execute("set statement_timeout to '5s'")
        for view, expected in EXPECTED.items():
            # The text of a row requires all of its columns.
            query = f"select count(unrolled::text) from staging.{view} as unrolled"
            try:
                [(count,)] = connection.execute(query).fetchall()
            except psycopg.errors.QueryCanceled:
                pytest.fail(f"{view}: takes more than 5 seconds")
            assert count == expected, view
