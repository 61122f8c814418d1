"""The decoder of one forecast response."""

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

import pendulum

from extract.documents import ORIGIN_TYPES, Delivery, Document
from extract.errors import DocumentRefused
from extract.messages import shown
from extract.sources.amounts import powers
from extract.sources.identifiers import identifier
from extract.sources.instants import QUARTER_HOUR_SECONDS, epochs
from extract.sources.json_documents import columns_of, read_json

_EARLIEST_START_SECONDS = -86_400
LATEST_START_SECONDS = 10 * 86_400
"""How long after its version a forecast's last quarter-hour may start: models rely on it."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Forecast(Document):
    """One version of one asset's forecast.

    `power_kw[n]` is the average power in kW of the quarter-hour that starts n quarter-hours after
    `grid_start_utc`; None: no forecast for it.
    """

    table: ClassVar = "forecast_version"
    types: ClassVar = {
        "version_utc": "timestamptz",
        "grid_start_utc": "timestamptz",
        "asset_id": "text",
        "power_kw": "float8[]",
        **ORIGIN_TYPES,
    }

    asset_id: str
    version_utc: pendulum.DateTime
    grid_start_utc: pendulum.DateTime
    received_utc: pendulum.DateTime
    power_kw: tuple[float | None, ...]


def decode(delivery: Delivery, asset_id: str, version_utc: datetime) -> Forecast:
    """The forecast that was asked for. Raises DocumentRefused, also for another asset or version.

    Rows may come in any order and with holes: each is put at its place on the quarter-hour grid.
    """
    document = read_json(delivery)
    key = document.get("key")
    answered = key.get("asset_id") if isinstance(key, dict) else None
    if answered != asset_id:
        raise DocumentRefused(
            delivery.source_uri, f"is about {shown(answered)}, but {shown(asset_id)} was asked for"
        )
    identifier(delivery, answered, "the key's asset")
    columns = columns_of(delivery, document, ("start", "end", "version", "power"))
    if not columns[0]:
        raise DocumentRefused(delivery.source_uri, "holds no quarter-hours")
    starts = epochs(delivery, columns[0], "start")
    ends = epochs(delivery, columns[1], "end")
    version = int(version_utc.timestamp())
    for held in set(epochs(delivery, columns[2], "version")) - {version}:
        reason = f"holds version {held:.15g}, but {version} was asked for (seconds since 1970)"
        raise DocumentRefused(delivery.source_uri, reason)
    values: dict[float, float | None] = {}
    for start, end, power in zip(starts, ends, powers(delivery, columns[3], "power"), strict=True):
        if start % QUARTER_HOUR_SECONDS:
            raise DocumentRefused(
                delivery.source_uri, f"start {start:.15g} is not on a quarter-hour"
            )
        if end != start + QUARTER_HOUR_SECONDS:
            reason = f"start {start:.15g} and end {end:.15g} are not 15 minutes apart"
            raise DocumentRefused(delivery.source_uri, reason)
        if values.setdefault(start, power) != power:
            raise DocumentRefused(
                delivery.source_uri, f"gives two values for the start {start:.15g}"
            )
    first, last = int(min(starts)), int(max(starts))
    if first - version < _EARLIEST_START_SECONDS or last - version > LATEST_START_SECONDS:
        reason = f"spans {first} to {last}, too far from its version {version}"
        raise DocumentRefused(delivery.source_uri, reason)
    grid = range(first, last + 1, QUARTER_HOUR_SECONDS)
    return Forecast(
        asset_id=asset_id,
        version_utc=pendulum.from_timestamp(version),
        grid_start_utc=pendulum.from_timestamp(first),
        power_kw=tuple(map(values.get, grid)),
        source_uri=delivery.source_uri,
        content_sha256=delivery.content_sha256,
        received_utc=delivery.received_utc,
    )
