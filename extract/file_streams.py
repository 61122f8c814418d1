"""The sources that are directories: find files, decode those that changed, land them."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from extract.console import Tally
from extract.documents import (
    AssetContracts,
    Delivery,
    Document,
    FinalProduction,
    ImbalancePrices,
    LiveInfeed,
    QuarantinedDocument,
    RedispatchCompensation,
    RedispatchFlag,
    TechnicalData,
)
from extract.errors import DocumentRefused, SourceUnavailable
from extract.refusals import quarantined
from extract.run import Run
from extract.sources import (
    asset_contracts,
    final_production,
    imbalance_prices,
    live_infeed,
    redispatch,
    redispatch_compensation,
    technical_data,
)
from extract.sources.directory import LARGEST_FILE_BYTES, Directory, ListedFile
from extract.warehouse.landing import (
    Observation,
    land_files,
    newest_observations,
    quarantine_files,
)

# A transaction holds as many files as this, or as many bytes, whichever is reached first.
BATCH_FILES = 200
BATCH_BYTES = 16 * 1024 * 1024
_LISTED_AT_ONCE = 5_000


@dataclass(frozen=True, slots=True)
class FileStream:
    """One kind of file: where it is, how it is called, and what becomes of it."""

    name: str
    variable: str
    """The environment variable that names its directory."""
    table: str
    pattern: re.Pattern[str]
    decode: Callable[[Delivery], Sequence[Document]]
    storable: Callable[[bytes], bytes] = bytes
    """Makes of a refused file's bytes those that we may keep."""


TECHNICAL_DATA = FileStream(
    "technical-data",
    "TECHNICAL_DATA_URL",
    TechnicalData.table,
    technical_data.PATTERN,
    technical_data.decode,
)
ASSET_CONTRACTS = FileStream(
    "asset-contracts",
    "ASSET_CONTRACTS_URL",
    AssetContracts.table,
    asset_contracts.PATTERN,
    asset_contracts.decode,
    asset_contracts.without_personal_data,
)
LIVE_INFEED = FileStream(
    "live-infeed",
    "LIVE_INFEED_URL",
    LiveInfeed.table,
    live_infeed.PATTERN,
    live_infeed.decode,
)
FINAL_PRODUCTION = FileStream(
    "final-production",
    "DSO_URL",
    FinalProduction.table,
    final_production.PATTERN,
    final_production.decode,
)
REDISPATCH = FileStream(
    "redispatch",
    "DSO_URL",
    RedispatchFlag.table,
    redispatch.PATTERN,
    redispatch.decode,
)
REDISPATCH_COMPENSATION = FileStream(
    "redispatch-compensation",
    "DSO_URL",
    RedispatchCompensation.table,
    redispatch_compensation.PATTERN,
    redispatch_compensation.decode,
)
IMBALANCE_PRICES = FileStream(
    "imbalance-prices",
    "IMBALANCE_PRICES_URL",
    ImbalancePrices.table,
    imbalance_prices.PATTERN,
    imbalance_prices.decode,
)


def load_directory(run: Run, stream: FileStream, url: str, tally: Tally) -> None:
    """Land every file of the directory that is new or has changed; counts go to the tally.

    A file that is refused goes into quarantine and is looked at again when it changes; one that
    cannot be read, by the next run. Raises SourceUnavailable when the directory cannot be read;
    what was landed before that stays.
    """
    directory = Directory(url)
    listed = directory.files()
    matching = [file for file in listed if stream.pattern.fullmatch(file.name)]
    tally.ignored += len(listed) - len(matching)
    with run.reporter.progress(stream.name, len(matching)) as meter:
        for start in range(0, len(matching), _LISTED_AT_ONCE):
            files = matching[start : start + _LISTED_AT_ONCE]
            observed = newest_observations(run.connection, [file.source_uri for file in files])
            known = {source_uri: stamp for source_uri, (stamp, _) in observed.items()}
            batch = _Batch(run, stream, tally)
            try:
                for file in files:
                    if file.stamp is not None and file.stamp == known.get(file.source_uri):
                        tally.unchanged += 1
                    else:
                        _read(directory, file, batch)
                    meter.advance()
            except SourceUnavailable:
                # What came in is landed all the same.
                batch.land()
                raise
            batch.land()


class _Batch:
    """Files that have been decoded or refused and wait to be landed together."""

    def __init__(self, run: Run, stream: FileStream, tally: Tally) -> None:
        self._run, self._stream, self._tally = run, stream, tally
        self._files: list[tuple[Observation, Sequence[Document]]] = []
        self._refused: list[tuple[Observation, QuarantinedDocument]] = []
        self._bytes = 0

    def add(self, stamp: str | None, delivery: Delivery) -> None:
        """Decode a file, or put it in quarantine."""
        observation = Observation(
            source_uri=delivery.source_uri,
            stamp=stamp or "",
            content_sha256=delivery.content_sha256,
            observed_utc=delivery.received_utc,
        )
        try:
            self._files.append((observation, _decoded(self._stream, delivery)))
        except DocumentRefused as refusal:
            document = quarantined(self._stream.name, refusal, delivery, self._stream.storable)
            self._refused.append((observation, document))
        self._bytes += len(delivery.content)
        if len(self._files) + len(self._refused) >= BATCH_FILES or self._bytes >= BATCH_BYTES:
            self.land()

    def unreadable(self, refusal: DocumentRefused) -> None:
        """Report a file of which there are no bytes."""
        self._tally.refused += 1
        self._run.reporter.refused(str(refusal))

    def land(self) -> None:
        """Land what is waiting, in one transaction."""
        if not self._files and not self._refused:
            return
        connection, run_id = self._run.connection, self._run.run_id
        with connection.transaction():
            landed = land_files(connection, run_id, self._files)
            refused = quarantine_files(connection, run_id, self._refused)
        for document in refused:
            self._run.reporter.refused(f"{document.source_uri}: {document.reason}")
        self._tally.landed += landed
        self._tally.refused += len(refused)
        self._tally.unchanged += len(self._files) + len(self._refused) - landed - len(refused)
        self._files, self._refused, self._bytes = [], [], 0


def _read(directory: Directory, file: ListedFile, batch: _Batch) -> None:
    try:
        stamp, delivery = directory.read(file)
    except DocumentRefused as refusal:
        batch.unreadable(refusal)
        return
    batch.add(stamp, delivery)


def _decoded(stream: FileStream, delivery: Delivery) -> Sequence[Document]:
    if delivery.content_bytes > len(delivery.content):
        size = LARGEST_FILE_BYTES // (1024 * 1024)
        raise DocumentRefused(delivery.source_uri, f"is larger than {size} MiB")
    return stream.decode(delivery)
