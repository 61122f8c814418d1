"""Technical data files: every asset of the plant as it was known when the file was created."""

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar

from extract.documents import ORIGIN_TYPES, Delivery, Document
from extract.errors import DocumentRefused
from extract.messages import shown
from extract.sources.amounts import LARGEST_POWER_KW, SMALLEST_AMOUNT
from extract.sources.identifiers import identifier
from extract.sources.instants import instant_of_name, iso_date
from extract.sources.json_documents import fits_jsonb, read_json

PATTERN = re.compile(r"technical_data_([0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{6}Z?)\.json")


@dataclass(frozen=True, kw_only=True, slots=True)
class TechnicalData(Document):
    """Every asset that one technical data file lists, as received."""

    table: ClassVar = "technical_data"
    types: ClassVar = {"created_utc": "timestamptz", "assets": "jsonb", **ORIGIN_TYPES}

    created_utc: datetime
    assets: list[dict[str, Any]]


def decode(delivery: Delivery) -> list[TechnicalData]:
    """One document with all assets of the file, each as received. Raises DocumentRefused.

    Only what the warehouse computes with is checked; an unknown type or attribute is kept.
    """
    name = PATTERN.fullmatch(delivery.name)
    if name is None:
        raise DocumentRefused(delivery.source_uri, "the name is not that of a technical data file")
    created_utc = instant_of_name(delivery, name[1])
    assets = read_json(delivery).get("assets")
    if not isinstance(assets, list):
        raise DocumentRefused(delivery.source_uri, "has no list of assets")
    # A torn file, not the end of the business: it would end every asset.
    if not assets:
        raise DocumentRefused(delivery.source_uri, "lists no asset")
    for asset in assets:
        _check_asset(delivery, asset)
    return [
        TechnicalData(
            created_utc=created_utc,
            assets=assets,
            source_uri=delivery.source_uri,
            content_sha256=delivery.content_sha256,
            received_utc=delivery.received_utc,
        )
    ]


def _check_asset(delivery: Delivery, asset: Any) -> None:
    if not isinstance(asset, dict):
        raise DocumentRefused(delivery.source_uri, "an asset is not an object")
    asset_id = identifier(delivery, asset.get("asset_id"), "asset_id")
    if not fits_jsonb(asset):
        raise DocumentRefused(delivery.source_uri, f"{asset_id} holds text that cannot be stored")
    location = _object(delivery, asset, "location")
    attributes = _object(delivery, asset, "technical_attributes")
    for field, value, least, most in (
        ("latitude", location.get("latitude"), -90, 90),
        ("longitude", location.get("longitude"), -180, 180),
        ("capacity_kw", attributes.get("capacity_kw"), 0, LARGEST_POWER_KW),
    ):
        if value is not None and not _within(value, least, most):
            reason = f"is {shown(value)}, not a number from {least:g} to {most:g}"
            raise DocumentRefused(delivery.source_uri, f"{field} of {asset_id} {reason}")
    commissioned = attributes.get("commissioning_date")
    if commissioned is not None and (
        not isinstance(commissioned, str) or iso_date(commissioned) is None
    ):
        raise DocumentRefused(
            delivery.source_uri,
            f"commissioning_date of {asset_id} is {shown(commissioned)}, not a date (YYYY-MM-DD)",
        )


def _object(delivery: Delivery, asset: dict[str, Any], field: str) -> dict[str, Any]:
    value = asset.get(field)
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise DocumentRefused(
            delivery.source_uri, f"{field} of {asset['asset_id']} is not an object"
        )
    return value


def _within(value: object, least: float, most: float) -> bool:
    return (
        (type(value) is int or type(value) is float)
        and least <= value <= most
        and (value == 0 or abs(value) >= SMALLEST_AMOUNT)
    )
