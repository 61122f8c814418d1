"""The documents of a portfolio in raw, as the extractor would have landed them."""

import hashlib
import math
from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime, timedelta

import numpy as np
import pendulum
import psycopg

from extract.documents import Delivery, Document
from extract.simulator.master_data import contract_files, technical_data_files
from extract.simulator.noise import Floats
from extract.simulator.plan import QUARTER_HOUR_SECONDS, SimulatedAsset, SimulationPlan
from extract.sources import asset_contracts, technical_data
from extract.sources.final_production import FinalProduction
from extract.sources.live_infeed import LiveInfeed
from extract.sources.redispatch import RedispatchFlag
from extract.vpp.forecast import Forecast
from extract.warehouse.landing import Observation, land_files, land_forecasts
from tests.benchmark.data import source_uri
from tests.findings.days import FINAL, LIVE, bounds
from tests.findings.injection import Key
from tests.findings.series import Series

_RUN_ID = 1
_BEFORE_ALL = timedelta(days=14)
_HOUR = timedelta(hours=1)
_QUARTER_HOUR = timedelta(minutes=15)


def land_master_data(connection: psycopg.Connection, plan: SimulationPlan) -> None:
    """Technical data and contracts of the plan's assets, made and received before all else."""
    before = SimulationPlan(plan.seed, plan.asset_count, plan.first_day - _BEFORE_ALL, 3)
    received = pendulum.instance(datetime.combine(before.days[-1], datetime.min.time(), UTC))
    for files, decode in (
        (technical_data_files(before), technical_data.decode),
        (contract_files(before), asset_contracts.decode),
    ):
        *_, (name, content) = files
        delivery = Delivery(f"file:///findings/{name}", name, content, received)
        _land(connection, [list[Document](decode(delivery))])


def land_series(
    connection: psycopg.Connection, asset: SimulatedAsset, documents: Iterable[tuple[Key, Series]]
) -> None:
    """The live and final documents of one asset."""
    for source, document in ((LIVE, _live_infeed), (FINAL, _final_production)):
        files = [[document(asset, key[2], series)] for key, series in documents if key[0] == source]
        if files:
            _land(connection, files)


def land_redispatches(
    connection: psycopg.Connection, asset: SimulatedAsset, orders: Sequence[tuple[int, int]]
) -> None:
    """A file of flags for each order (seconds since 1970), with an hour on either side."""
    if orders:
        _land(connection, [[_redispatch_flag(asset, begin, end)] for begin, end in orders])


def land_versions(
    connection: psycopg.Connection, asset: SimulatedAsset, versions: Sequence[int], power_kw: Floats
) -> None:
    """Forecast versions (seconds since 1970) of one asset, each a row of average kW."""
    forecasts = []
    for epoch, values in zip(versions, power_kw, strict=True):
        version = pendulum.from_timestamp(epoch)
        forecasts.append(
            Forecast(
                asset_id=asset.asset_id,
                version_utc=version,
                grid_start_utc=version,
                power_kw=tuple(values.tolist()),
                source_uri=source_uri(asset.asset_id, version),
                content_sha256=hashlib.sha256(values.tobytes()).digest(),
                received_utc=version + timedelta(minutes=2),
            )
        )
    landed = land_forecasts(connection, _RUN_ID, forecasts)
    assert landed == len(forecasts)


def _land(connection: psycopg.Connection, files: Sequence[Sequence[Document]]) -> None:
    observed = [
        (
            Observation(
                documents[0].source_uri,
                "stamp",
                documents[0].content_sha256,
                documents[0].received_utc,
            ),
            documents,
        )
        for documents in files
    ]
    landed = land_files(connection, _RUN_ID, observed)
    assert landed == len(files)


def _live_infeed(asset: SimulatedAsset, day: date, series: Series) -> Document:
    uri = f"file:///findings/{asset.asset_id}_{day:%Y%m%d}.json"
    _, end = bounds(LIVE, day)
    return LiveInfeed(
        asset_id=asset.asset_id,
        measured_utc=[datetime.fromtimestamp(epoch, UTC) for epoch in series.epochs.tolist()],
        power_kw=_or_none(series.power_kw),
        quality=series.quality.tolist(),
        source_uri=uri,
        content_sha256=_sha256(uri, series),
        received_utc=datetime.fromtimestamp(end + 300, UTC),
    )


def _final_production(asset: SimulatedAsset, day: date, series: Series) -> Document:
    issued = day + timedelta(days=1)
    uri = f"file:///findings/final_production_{asset.metering_point_id}_{issued:%Y%m%d}.csv"
    _, end = bounds(FINAL, day)
    return FinalProduction(
        metering_point_id=asset.metering_point_id,
        issued_date=issued,
        grid_start_utc=datetime.fromtimestamp(series.epochs[0], UTC),
        power_kw=_or_none(series.power_kw),
        source_uri=uri,
        content_sha256=_sha256(uri, series),
        received_utc=datetime.fromtimestamp(end, UTC) + 12 * _HOUR,
    )


def _redispatch_flag(asset: SimulatedAsset, begin: int, end: int) -> Document:
    starts = range(begin - 3600, end + 3600, QUARTER_HOUR_SECONDS)
    day = datetime.fromtimestamp(begin, UTC).date()
    issued = datetime(day.year, day.month, day.day, 12, 1, tzinfo=UTC) + timedelta(days=1)
    uri = f"file:///findings/redispatch_flag_{asset.metering_point_id}_{issued:%Y%m%d_%H%M}.csv"
    instants = [datetime.fromtimestamp(start, UTC) for start in starts]
    return RedispatchFlag(
        metering_point_id=asset.metering_point_id,
        issued_utc=issued,
        delivery_start_utc=instants,
        delivery_end_utc=[instant + _QUARTER_HOUR for instant in instants],
        is_redispatched=[begin <= start < end for start in starts],
        source_uri=uri,
        content_sha256=hashlib.sha256(f"{uri} {begin} {end}".encode()).digest(),
        received_utc=issued + _HOUR,
    )


def _or_none(power_kw: Floats) -> list[float | None]:
    return [None if math.isnan(value) else value for value in power_kw.tolist()]


def _sha256(uri: str, series: Series) -> bytes:
    return hashlib.sha256(
        uri.encode() + np.stack([series.epochs, series.power_kw]).tobytes()
    ).digest()
