"""What can go wrong, as a small tree: every error that a run expects is an ExtractError."""

from extract.documents import Delivery


class ExtractError(Exception):
    """Base of all errors that this package raises on purpose: one line, meant to be read."""


class ConfigurationError(ExtractError):
    """A setting is missing or cannot be used."""


class UsageError(ExtractError):
    """The command was called with arguments it cannot accept."""


class WarehouseUnavailable(ExtractError):
    """The warehouse cannot be reached, is too old, or refused what was asked of it."""


class SourceUnavailable(ExtractError):
    """A source as a whole cannot be read: a missing directory, an API that does not answer."""


class SourceBusy(ExtractError):
    """Another run is loading the source."""

    def __init__(self, source: str, holder: str) -> None:
        super().__init__(f"{source}: {holder}; --wait waits for it")


class LakeUnusable(ExtractError):
    """The folder of an archive cannot be reached, or holds something an archive cannot continue."""


class NoAnswer(SourceUnavailable):
    """One question to the API got no usable answer, after all repetitions."""

    def __init__(self, address: str, reason: str) -> None:
        super().__init__(f"{address}: {reason}")
        self.reason = reason


class ForecastNotFound(ExtractError):
    """The API has no such version of this asset (404)."""


class DocumentRefused(ExtractError):
    """One document is not what its source promises. Others are not affected.

    `delivery` is what was received, where something was.
    """

    def __init__(self, address: str, reason: str, delivery: Delivery | None = None) -> None:
        super().__init__(f"{address}: {reason}")
        self.address = address
        self.reason = reason
        self.delivery = delivery


class AccessDenied(SourceUnavailable):
    """The API did not let us in (401, 403).

    It may refuse one document and answer others: then `refusal` is the result for that one.
    """

    def __init__(self, address: str, refusal: DocumentRefused) -> None:
        self.reason = f"{refusal.reason} (is VPP_API_TOKEN right?)"
        super().__init__(f"{address}: {self.reason}")
        self.refusal = refusal
