"""Live measured infeed: irregular samples of one asset."""

import re
from datetime import UTC, datetime

from extract.documents import Delivery, LiveInfeed
from extract.errors import DocumentRefused
from extract.messages import shown
from extract.sources.instants import epochs, powers
from extract.sources.json_documents import columns_of, identifier, read_json

PATTERN = re.compile(r"[^.].*_[0-9]{8}\.json")


def decode(delivery: Delivery) -> list[LiveInfeed]:
    """One document with the samples in the file's order. The asset is the key's, never the name's.

    Raises DocumentRefused.
    """
    document = read_json(delivery)
    key = document.get("key")
    if not isinstance(key, dict):
        raise DocumentRefused(delivery.source_uri, "has no key")
    named = [key[field] for field in ("asset_id", "entity_id") if key.get(field) is not None]
    if not named or any(name != named[0] for name in named):
        raise DocumentRefused(delivery.source_uri, "the key names no asset, or two")
    asset_id = identifier(delivery, named[0], "the key's asset")
    timestamps, values, qualities = columns_of(
        delivery, document, ("timestamp", "value", "quality")
    )
    return [
        LiveInfeed(
            asset_id=asset_id,
            measured_utc=[
                datetime.fromtimestamp(epoch, UTC)
                for epoch in epochs(delivery, timestamps, "timestamp")
            ],
            power_kw=powers(delivery, values, "value"),
            quality=[_quality(delivery, quality) for quality in qualities],
            source_uri=delivery.source_uri,
            content_sha256=delivery.content_sha256,
            received_utc=delivery.received_utc,
        )
    ]


def _quality(delivery: Delivery, value: object) -> float | None:
    if value is None:
        return None
    if (type(value) is not int and type(value) is not float) or not 0 <= value <= 1:
        raise DocumentRefused(
            delivery.source_uri, f"quality holds {shown(value)}, which is not from 0 to 1"
        )
    return float(value)
