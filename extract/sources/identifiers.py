"""The ids of assets, metering points and contracts, checked."""

from extract.documents import Delivery
from extract.errors import DocumentRefused
from extract.messages import shown, without_mail_addresses

LONGEST_ID_BYTES = 200
"""An index of PostgreSQL holds keys of up to 2,700 bytes, and a key may be of several ids."""


def identifier(delivery: Delivery, value: object, field: str) -> str:
    """An id: printable text, not empty, not longer than any real one, and no mail address.

    Raises DocumentRefused.
    """
    if not isinstance(value, str) or not value.strip():
        raise DocumentRefused(delivery.source_uri, f"{field} is {shown(value)}, not an id")
    if (
        not value.isprintable()
        or value != value.strip()
        or len(value.encode()) > LONGEST_ID_BYTES
        or without_mail_addresses(value) != value
    ):
        raise DocumentRefused(
            delivery.source_uri, f"{field} is {shown(value)}, not a well-formed id"
        )
    return value
