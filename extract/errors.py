"""What can go wrong, as a small tree: every error that a run expects is an ExtractError."""

from extract.documents import Delivery


class ExtractError(Exception):
    """Base of all errors that this package raises on purpose: one line, meant to be read."""


class ConfigurationError(ExtractError):
    """A setting is missing or cannot be used."""


class UsageError(ExtractError):
    """The command was called with something that it cannot mean."""


class WarehouseUnavailable(ExtractError):
    """The warehouse cannot be reached, is too old, or refused what was asked of it."""


class SourceUnavailable(ExtractError):
    """A source as a whole cannot be read: a missing directory, an API that nobody answers."""


class SourceBusy(ExtractError):
    """Another run is loading the source."""

    def __init__(self, source: str, holder: str) -> None:
        super().__init__(f"{source}: {holder}; --wait waits for it")
        self.holder = holder


class LakeUnusable(ExtractError):
    """The folder of an archive cannot be reached, or holds what an archive cannot go on from."""


class NoAnswer(SourceUnavailable):
    """One question to the API got no usable answer, after all repetitions."""

    def __init__(self, address: str, reason: str) -> None:
        super().__init__(f"{address}: {reason}")
        self.address = address
        self.reason = reason


class ForecastNotFound(ExtractError):
    """The API knows no such version of such an asset (404)."""


class DocumentRefused(ExtractError):
    """One document is not what its source promises. The others are not touched by it.

    `delivery` is what was received, where something was.
    """

    def __init__(self, address: str, reason: str, delivery: Delivery | None = None) -> None:
        super().__init__(f"{address}: {reason}")
        self.address = address
        self.reason = reason
        self.delivery = delivery


class AccessDenied(SourceUnavailable):
    """The API did not let us in (401, 403).

    That may be for one document only, where others are answered: then `refusal` is what came of it.
    """

    def __init__(self, address: str, refusal: DocumentRefused) -> None:
        self.reason = f"{refusal.reason} (is VPP_API_TOKEN right?)"
        super().__init__(f"{address}: {self.reason}")
        self.refusal = refusal
