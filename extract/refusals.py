"""What becomes of a document that was refused: it is kept, as far as it may be kept."""

from collections.abc import Callable

from extract.documents import Delivery, QuarantinedDocument
from extract.errors import DocumentRefused
from extract.messages import bytes_without_mail_addresses, visible, without_mail_addresses

LARGEST_KEPT_BYTES = 16 * 1024 * 1024


def quarantined(
    source: str, refusal: DocumentRefused, delivery: Delivery, storable: Callable[[bytes], bytes]
) -> QuarantinedDocument:
    """The document for the quarantine of this source.

    `storable` makes of the bytes those that we may keep; mail addresses are taken out of all.
    """
    return QuarantinedDocument(
        source=source,
        reason=visible(without_mail_addresses(refusal.reason)),
        content=bytes_without_mail_addresses(storable(delivery.content))[:LARGEST_KEPT_BYTES],
        content_bytes=delivery.content_bytes,
        source_uri=delivery.source_uri,
        content_sha256=delivery.content_sha256,
        received_utc=delivery.received_utc,
    )


def kept_whole(document: QuarantinedDocument) -> bool:
    """Whether its bytes are there, and all of them: else it cannot be decoded again."""
    return document.content_bytes <= LARGEST_KEPT_BYTES and bool(
        document.content or not document.content_bytes
    )
