"""Technical data and contracts of the assets that have forecasts."""

from collections.abc import Iterator
from datetime import timedelta

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
