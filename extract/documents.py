"""Received documents, one class per table of raw: what a decoder returns and what is landed.

All instants are aware and in UTC. `received_utc` belongs to the document: it is the instant at
which its bytes had been read, not the one at which it was landed.
"""

import hashlib
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

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
    """The source, as the command line names it."""
    reason: str
    content: bytes
    """As received, without personal data and secrets, up to a size limit."""
    content_bytes: int
    """How many bytes there were."""
