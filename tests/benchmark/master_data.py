"""What surrounds the forecasts: technical data, contracts, measurements, final production."""

from collections.abc import Iterator
from datetime import datetime, timedelta

import pendulum
import psycopg

from extract.documents import Delivery, Document
from extract.simulator.master_data import contract_files, technical_data_files
from extract.simulator.plan import SimulationPlan
from extract.sources import asset_contracts, technical_data
from extract.warehouse.landing import Observation, land_files
from tests.benchmark.sizes import HISTORY_END

_RUN_ID = 1
_RECEIVED_UTC = pendulum.instance(HISTORY_END - timedelta(days=60))


def land_master_data(connection: psycopg.Connection, plan: SimulationPlan) -> None:
    """Land the newest technical data and contracts of the simulator, received before all else."""
    for files, decode in (
        (technical_data_files(plan), technical_data.decode),
        (contract_files(plan), asset_contracts.decode),
    ):
        delivery = _newest(files)
        documents: list[Document] = list(decode(delivery))
        observation = Observation(
            delivery.source_uri, "stamp", delivery.content_sha256, delivery.received_utc
        )
        land_files(connection, _RUN_ID, [(observation, documents)])


def _newest(files: Iterator[tuple[str, bytes]]) -> Delivery:
    *_, (name, content) = files
    return Delivery(f"file:///benchmark/{name}", name, content, _RECEIVED_UTC)


def write_production(connection: psycopg.Connection, plan: SimulationPlan, day_count: int) -> None:
    """Write live files and final production of the days before HISTORY_END.

    A live sample every 5 minutes, one file a day; final production of all days but the last.
    """
    assets = [asset.asset_id for asset in plan.assets]
    connection.execute(
        """
        insert into raw.live_infeed (
            asset_id, measured_utc, power_kw, quality,
            source_uri, content_sha256, received_utc, run_id
        )
        select
            asset_id,
            array(select generate_series(day_utc, day_utc + '1435 minutes', '5 minutes')),
            array(select 5000 * random() from generate_series(1, 288)),
            array_fill(1::double precision, array[288]),
            'file:///benchmark/live/' || asset_id || '_' || day_utc::date,
            sha256(convert_to(asset_id || day_utc, 'UTF8')),
            day_utc + interval '1 day',
            %(run_id)s
        from
            generate_series(%(end)s - %(days)s * interval '1 day', %(end)s, '1 day') as day_utc,
            unnest(%(assets)s::text []) as asset_id
        where day_utc < %(end)s
        """,
        {"run_id": _RUN_ID, "end": HISTORY_END, "days": day_count, "assets": assets},
    )
    _write_final_production(
        connection, plan, HISTORY_END - timedelta(days=day_count), HISTORY_END - timedelta(days=1)
    )


def write_last_final_production(connection: psycopg.Connection, plan: SimulationPlan) -> None:
    """Write the final production that `write_production` left out: a day of every asset."""
    _write_final_production(connection, plan, HISTORY_END - timedelta(days=1), HISTORY_END)


def _write_final_production(
    connection: psycopg.Connection, plan: SimulationPlan, begin: datetime, end: datetime
) -> None:
    connection.execute(
        """
        insert into raw.final_production (
            metering_point_id, issued_date, grid_start_utc, power_kw,
            source_uri, content_sha256, received_utc, run_id
        )
        select
            metering_point_id,
            day_utc::date + 1,
            day_utc,
            array(select 5000 * random() from generate_series(1, 96)),
            'file:///benchmark/dso/' || metering_point_id || '_' || day_utc::date,
            sha256(convert_to(metering_point_id || day_utc, 'UTF8')),
            day_utc + interval '36 hours',
            %(run_id)s
        from
            generate_series(%(begin)s, %(end)s, '1 day') as day_utc,
            unnest(%(metering_points)s::text []) as metering_point_id
        where day_utc < %(end)s
        """,
        {
            "run_id": _RUN_ID,
            "begin": begin,
            "end": end,
            "metering_points": [asset.metering_point_id for asset in plan.assets],
        },
    )
