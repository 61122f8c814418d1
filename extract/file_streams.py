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
    RedispatchCompensation,
    RedispatchFlag,
    TechnicalData,
)
from extract.errors import DocumentRefused
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
from extract.sources.directory import Directory, ListedFile
from extract.warehouse.landing import Observation, land_files, newest_observations

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

    A file that is refused is looked at again by the next run. Raises SourceUnavailable when the
    directory cannot be read; what was landed before that stays.
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
            batch = _Batch(run, stream.table, tally)
            for file in files:
                if file.stamp is not None and file.stamp == known.get(file.source_uri):
                    tally.unchanged += 1
                else:
                    _read(directory, file, stream, batch)
                meter.advance()
            batch.land()


class _Batch:
    """Files that have been decoded and wait to be landed together."""

    def __init__(self, run: Run, table: str, tally: Tally) -> None:
        self._run, self._table, self._tally = run, table, tally
        self._files: list[tuple[Observation, Sequence[Document]]] = []
        self._bytes = 0

    def add(self, observation: Observation, documents: Sequence[Document], size: int) -> None:
        self._files.append((observation, documents))
        self._bytes += size
        if len(self._files) >= BATCH_FILES or self._bytes >= BATCH_BYTES:
            self.land()

    def refuse(self, refusal: DocumentRefused) -> None:
        self._tally.refused += 1
        self._run.reporter.refused(str(refusal))

    def land(self) -> None:
        if not self._files:
            return
        landed = land_files(self._run.connection, self._run.run_id, self._table, self._files)
        self._tally.landed += landed
        self._tally.unchanged += len(self._files) - landed
        self._files, self._bytes = [], 0


def _read(directory: Directory, file: ListedFile, stream: FileStream, batch: _Batch) -> None:
    try:
        stamp, delivery = directory.read(file)
        documents = stream.decode(delivery)
    except DocumentRefused as refusal:
        batch.refuse(refusal)
        return
    observation = Observation(
        source_uri=file.source_uri,
        stamp=stamp or "",
        content_sha256=delivery.content_sha256,
        observed_utc=delivery.received_utc,
    )
    batch.add(observation, documents, len(delivery.content))
