"""The sources that are directories: find files, decode those that changed, land them."""

from collections.abc import Sequence

from extract.console import Tally
from extract.documents import Delivery, Document, QuarantinedDocument
from extract.errors import DocumentRefused, SourceUnavailable
from extract.refusals import quarantined
from extract.run import Run
from extract.sources.declared import FileFormat, Source
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


def load_directory(run: Run, source: Source, url: str, tally: Tally) -> None:
    """Land every file of the directory that is new or has changed; counts go to the tally.

    A file that is refused goes into quarantine and is looked at again when it changes; one that
    cannot be read, by the next run. Raises SourceUnavailable when the directory cannot be read;
    what was landed before that stays.
    """
    assert source.files is not None
    directory = Directory(url)
    listed = directory.files()
    matching = [file for file in listed if source.files.pattern.fullmatch(file.name)]
    tally.ignored += len(listed) - len(matching)
    with run.reporter.progress(source.name, len(matching)) as meter:
        for start in range(0, len(matching), _LISTED_AT_ONCE):
            files = matching[start : start + _LISTED_AT_ONCE]
            observed = newest_observations(run.connection, [file.source_uri for file in files])
            known = {source_uri: stamp for source_uri, (stamp, _) in observed.items()}
            batch = _Batch(run, source.name, source.files, tally)
            try:
                for file in files:
                    if file.stamp is not None and file.stamp == known.get(file.source_uri):
                        tally.unchanged += 1
                    else:
                        _read(directory, file, batch)
                    meter.advance()
            except SourceUnavailable:
                # Land what has arrived all the same.
                batch.land()
                raise
            batch.land()


class _Batch:
    """Files that have been decoded or refused and wait to be landed together."""

    def __init__(self, run: Run, source: str, files: FileFormat, tally: Tally) -> None:
        self._run, self._source, self._format, self._tally = run, source, files, tally
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
            self._files.append((observation, _decoded(self._format, delivery)))
        except DocumentRefused as refusal:
            document = quarantined(
                self._source, refusal, delivery, self._format.without_personal_data
            )
            self._refused.append((observation, document))
        self._bytes += len(delivery.content)
        if len(self._files) + len(self._refused) >= BATCH_FILES or self._bytes >= BATCH_BYTES:
            self.land()

    def unreadable(self, refusal: DocumentRefused) -> None:
        """Report a file whose bytes could not be read."""
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


def _decoded(files: FileFormat, delivery: Delivery) -> Sequence[Document]:
    if delivery.content_bytes > len(delivery.content):
        size = LARGEST_FILE_BYTES // (1024 * 1024)
        raise DocumentRefused(delivery.source_uri, f"is larger than {size} MiB")
    return files.decode(delivery)
