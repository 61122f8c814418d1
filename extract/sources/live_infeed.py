"""Live measured infeed: irregular samples of one asset, some of them spoilt by loggers.

A spoilt sample (NaN, a clock reset to 1970) does not cost the asset its day: it lands with
None where it makes no sense, and the models count it as if it had not arrived.
"""

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, ClassVar

from extract.documents import ORIGIN_TYPES, Delivery, Document
from extract.errors import DocumentRefused
from extract.messages import shown
from extract.sources.amounts import LARGEST_POWER_KW, amount, numbers
from extract.sources.identifiers import identifier
from extract.sources.instants import EARLIEST_SECONDS
from extract.sources.json_documents import columns_of, read_json

PATTERN = re.compile(r"[^.].*_[0-9]{8}\.json")
_LATEST_AFTER_RECEIPT_SECONDS = 86_400
_MILLISECONDS, _SECONDS = 1000, 1


@dataclass(frozen=True, kw_only=True, slots=True)
class LiveInfeed(Document):
    """The samples of one asset in one live file: equal lengths, in the order of the document.

    None: an instant that cannot be, a power that is not there or cannot be, a quality not stated.
    """

    table: ClassVar = "live_infeed"
    types: ClassVar = {
        "asset_id": "text",
        "measured_utc": "timestamptz[]",
        "power_kw": "float8[]",
        "quality": "float8[]",
        **ORIGIN_TYPES,
    }

    asset_id: str
    measured_utc: Sequence[datetime | None]
    power_kw: list[float | None]
    quality: list[float | None]


def decode(delivery: Delivery) -> list[LiveInfeed]:
    """One document with the samples in the file's order. The asset is the key's, never the name's.

    Raises DocumentRefused.
    """
    document = read_json(delivery, finite=False)
    key = document.get("key")
    if not isinstance(key, dict):
        raise DocumentRefused(delivery.source_uri, "has no key")
    named = [key[field] for field in ("asset_id", "entity_id") if key.get(field) is not None]
    if not named or any(name != named[0] for name in named):
        raise DocumentRefused(delivery.source_uri, "the key names no asset, or two different ones")
    asset_id = identifier(delivery, named[0], "the key's asset")
    timestamps, values, qualities = columns_of(
        delivery, document, ("timestamp", "value", "quality")
    )
    return [
        LiveInfeed(
            asset_id=asset_id,
            measured_utc=_instants(delivery, timestamps),
            power_kw=[_power(value) for value in numbers(delivery, values, "value")],
            quality=[
                _quality(delivery, quality) for quality in numbers(delivery, qualities, "quality")
            ],
            source_uri=delivery.source_uri,
            content_sha256=delivery.content_sha256,
            received_utc=delivery.received_utc,
        )
    ]


def _instants(delivery: Delivery, cells: list[Any]) -> list[datetime | None]:
    """The instants of epochs in one unit: the one in which more of them are possible.

    None for an impossible one: before 2000, or more than a day after the document was received.
    Cell by cell, a clock that began anew at 1970 would tell milliseconds that pass for seconds.
    """
    epochs = numbers(delivery, cells, "timestamp")
    latest = delivery.received_utc.timestamp() + _LATEST_AFTER_RECEIPT_SECONDS

    def possible(epoch: float | None, unit: int) -> bool:
        # Compared before it is divided: 400 digits have no float.
        return epoch is not None and EARLIEST_SECONDS * unit <= epoch <= latest * unit

    unit = max(
        _MILLISECONDS, _SECONDS, key=lambda unit: sum(possible(epoch, unit) for epoch in epochs)
    )
    instants = [
        datetime.fromtimestamp(epoch / unit, UTC)
        if epoch is not None and possible(epoch, unit)
        else None
        for epoch in epochs
    ]
    if instants and not any(instants):
        raise DocumentRefused(delivery.source_uri, "has no sample with a plausible time")
    return instants


def _power(value: float | None) -> float | None:
    if value is None or not -LARGEST_POWER_KW < value < LARGEST_POWER_KW:
        return None
    return amount(float(value))


def _quality(delivery: Delivery, quality: float | None) -> float | None:
    if quality is None:
        return None
    if 0 <= quality <= 1:
        return float(quality)
    if isinstance(quality, float) and math.isnan(quality):
        return 0.0
    raise DocumentRefused(
        delivery.source_uri, f"quality holds {shown(quality)}, not a number from 0 to 1"
    )
