"""Received documents, one class per table of raw: what a decoder returns and what is landed.

All instants are aware and in UTC. `received_utc` belongs to the document: it is the instant at
which its bytes had been read, not the one at which it was landed.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, ClassVar

import pendulum


@dataclass(frozen=True, slots=True)
class Delivery:
    """The bytes that a source gave us, and where and when."""

    source_uri: str
    name: str
    content: bytes
    received_utc: pendulum.DateTime
    content_bytes: int = -1
    """How many bytes the source holds: more than `content` where there were too many to take."""
    content_sha256: bytes = b""
    """The hash of the bytes as received, also where `content` has lost what we may not keep."""

    def __post_init__(self) -> None:
        if self.content_bytes < 0:
            object.__setattr__(self, "content_bytes", len(self.content))
        if not self.content_sha256:
            object.__setattr__(self, "content_sha256", hashlib.sha256(self.content).digest())


@dataclass(frozen=True, kw_only=True, slots=True)
class Document:
    """A row of raw, before it has a document id and a run."""

    table: ClassVar[str]
    types: ClassVar[dict[str, str]]
    """The columns that are landed, with their PostgreSQL types."""

    source_uri: str
    content_sha256: bytes
    received_utc: datetime


ORIGIN_TYPES = {"source_uri": "text", "content_sha256": "bytea", "received_utc": "timestamptz"}


@dataclass(frozen=True, kw_only=True, slots=True)
class TechnicalData(Document):
    """Every asset that one technical data file lists, as received."""

    table: ClassVar = "technical_data"
    types: ClassVar = {"created_utc": "timestamptz", "assets": "jsonb", **ORIGIN_TYPES}

    created_utc: datetime
    assets: list[dict[str, Any]]


@dataclass(frozen=True, kw_only=True, slots=True)
class AssetContracts(Document):
    """Every row of one contract export, as text, without personal data."""

    table: ClassVar = "asset_contracts"
    types: ClassVar = {"exported_utc": "timestamptz", "contracts": "jsonb", **ORIGIN_TYPES}

    exported_utc: datetime
    contracts: list[dict[str, str | None]]


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


@dataclass(frozen=True, kw_only=True, slots=True)
class FinalProduction(Document):
    """One metering point of one final production file.

    `power_kw[n]` is the average power in kW of the quarter-hour that starts n quarter-hours after
    `grid_start_utc`; None: unknown.
    """

    table: ClassVar = "final_production"
    types: ClassVar = {
        "metering_point_id": "text",
        "issued_date": "date",
        "grid_start_utc": "timestamptz",
        "power_kw": "float8[]",
        **ORIGIN_TYPES,
    }

    metering_point_id: str
    issued_date: date
    grid_start_utc: datetime
    power_kw: list[float | None]


@dataclass(frozen=True, kw_only=True, slots=True)
class RedispatchFlag(Document):
    """The intervals of one redispatch file: equal lengths, in the order of the document."""

    table: ClassVar = "redispatch_flag"
    types: ClassVar = {
        "metering_point_id": "text",
        "issued_utc": "timestamptz",
        "delivery_start_utc": "timestamptz[]",
        "delivery_end_utc": "timestamptz[]",
        "is_redispatched": "boolean[]",
        **ORIGIN_TYPES,
    }

    metering_point_id: str
    issued_utc: datetime
    delivery_start_utc: list[datetime]
    delivery_end_utc: list[datetime]
    is_redispatched: list[bool]


@dataclass(frozen=True, kw_only=True, slots=True)
class RedispatchCompensation(Document):
    """The intervals and prices of one compensation file: equal lengths, None: no price."""

    table: ClassVar = "redispatch_compensation"
    types: ClassVar = {
        "issued_date": "date",
        "delivery_start_utc": "timestamptz[]",
        "delivery_end_utc": "timestamptz[]",
        "price_eur_per_mwh": "float8[]",
        **ORIGIN_TYPES,
    }

    issued_date: date
    delivery_start_utc: list[datetime]
    delivery_end_utc: list[datetime]
    price_eur_per_mwh: list[float | None]


@dataclass(frozen=True, kw_only=True, slots=True)
class ImbalancePrices(Document):
    """The quarter-hours and prices of one file of imbalance prices: equal lengths, None: no price.

    `price_status` is "final" or "estimate". An estimate is one price, which stands on both sides.
    """

    table: ClassVar = "imbalance_price"
    types: ClassVar = {
        "price_status": "text",
        "made_utc": "timestamptz",
        "delivery_start_utc": "timestamptz[]",
        "short_price_eur_per_mwh": "float8[]",
        "long_price_eur_per_mwh": "float8[]",
        **ORIGIN_TYPES,
    }

    price_status: str
    made_utc: datetime
    delivery_start_utc: list[datetime]
    short_price_eur_per_mwh: list[float | None]
    long_price_eur_per_mwh: list[float | None]


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


@dataclass(frozen=True, kw_only=True, slots=True)
class QuarantinedDocument(Document):
    """What was received and could not be landed, and why."""

    table: ClassVar = "quarantine"
    types: ClassVar = {
        "source": "text",
        "reason": "text",
        "content": "bytea",
        "content_bytes": "bigint",
        **ORIGIN_TYPES,
    }

    source: str
    """The stream, as the command line names it."""
    reason: str
    content: bytes
    """As received, but for personal data and secrets, up to a bound."""
    content_bytes: int
    """How many bytes there were."""
