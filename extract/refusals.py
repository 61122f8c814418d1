"""What happens to a refused document: as much of it is kept as may be kept."""

from collections.abc import Callable

from extract.documents import Delivery, QuarantinedDocument
from extract.errors import DocumentRefused
from extract.messages import bytes_without_mail_addresses, visible, without_mail_addresses

LARGEST_KEPT_BYTES = 16 * 1024 * 1024


def quarantined(
    source: str,
    refusal: DocumentRefused,
    delivery: Delivery,
    without_personal_data: Callable[[bytes], bytes],
) -> QuarantinedDocument:
    """The document for the quarantine of this source; mail addresses are always taken out."""
    content = bytes_without_mail_addresses(without_personal_data(delivery.content))
    return QuarantinedDocument(
        source=source,
        reason=visible(without_mail_addresses(refusal.reason)),
        content=content[:LARGEST_KEPT_BYTES],
        content_bytes=delivery.content_bytes,
        source_uri=delivery.source_uri,
        content_sha256=delivery.content_sha256,
        received_utc=delivery.received_utc,
    )


def kept_whole(document: QuarantinedDocument) -> bool:
    """Whether all of its bytes were kept, as decoding it again needs them."""
    return document.content_bytes <= LARGEST_KEPT_BYTES and bool(
        document.content or not document.content_bytes
    )
