"""The forecasts: which versions are wanted, which have landed, and how to get the rest."""

import random
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import psycopg

from extract.console import Meter, Tally
from extract.documents import QuarantinedDocument
from extract.errors import (
    AccessDenied,
    DocumentRefused,
    ExtractError,
    ForecastNotFound,
    NoAnswer,
    SourceUnavailable,
)
from extract.forecast_request import QUARTER_HOUR, ForecastRequest, count_versions, first_version
from extract.refusals import quarantined
from extract.run import Run
from extract.vpp.client import VppClient
from extract.vpp.forecast import Forecast
from extract.vpp.silence import Asked, Silence
from extract.warehouse.absences import Absence, AbsenceReason, absences, note_absences
from extract.warehouse.held_documents import quarantine
from extract.warehouse.landing import land_forecasts
from extract.workers import answers

# A transaction holds as many answers as this, or as many bytes of refused ones.
BATCH_FORECASTS = 500
BATCH_BYTES = 16 * 1024 * 1024
SLICE = timedelta(days=1)
"""How much of the window is looked up at a time for versions already landed."""
_FEWEST_UNANSWERED = 8
_ASK_AGAIN_AFTER = [timedelta(minutes=n) for n in (15, 15, 30, 60, 120, 240, 480, 960)]
"""How long after the first, second, ... failure a version is retried. Then no more."""
_DUE_AFTER = timedelta(minutes=15)
"""A version younger than this may simply not exist yet: every run asks for it."""
_EARLY = timedelta(minutes=3)
"""A retry may be this much early: a run every 15 minutes is not exactly punctual."""

Question = tuple[str, datetime]


def load_forecasts(run: Run, client: VppClient, request: ForecastRequest, tally: Tally) -> None:
    """Land the versions asked for that have not landed yet; counts go to the tally.

    Raises SourceUnavailable when the API does not answer; what was landed before that stays.
    """
    assets = request.assets or known_assets(run.connection)
    if not assets:
        raise SourceUnavailable(
            "no asset is known: run python -m extract technical-data (or asset-contracts) first, "
            "or give --assets"
        )
    load = _Load(run, client, replace(request, assets=assets), tally)
    total = len(assets) * count_versions(request)
    with run.reporter.progress(tally.source, total) as meter:
        load.ask_all(meter)
    load.report()


def known_assets(connection: psycopg.Connection) -> tuple[str, ...]:
    """The assets that any landed technical data or contracts name, in order."""
    rows = connection.execute(
        """
        select asset ->> 'asset_id' as asset_id
        from raw.technical_data cross join lateral jsonb_array_elements(assets) as asset
        union
        select contract ->> 'asset_id'
        from raw.asset_contracts cross join lateral jsonb_array_elements(contracts) as contract
        order by asset_id
        """
    )
    return tuple(asset_id for (asset_id,) in rows)


class _Load:
    """One load under way: asks, sorts the answers, lands them in batches."""

    def __init__(self, run: Run, client: VppClient, request: ForecastRequest, tally: Tally) -> None:
        self.run, self.client, self.request, self.tally = run, client, request, tally
        # In random order: neighbours in the alphabet may well fail together.
        self.assets = random.sample(request.assets, len(request.assets))
        self.silence = Silence(len(self.assets), max(request.concurrency, _FEWEST_UNANSWERED))
        self.missing: Counter[str] = Counter()
        self.not_there_yet = 0
        self.exists: set[str] = set()
        """Assets with a version in the window, landed before or now."""
        self.waiting: list[Forecast] = []
        self.refused: list[QuarantinedDocument] = []
        self.refused_bytes = 0
        self.in_vain: list[Absence] = []
        self.too_early_because: Counter[AbsenceReason] = Counter()
        """Number of versions not retried yet, by why they failed last."""
        self.left: Counter[str] = Counter()
        """Number of versions not asked for because their asset was given up, by asset."""

    def ask_all(self, meter: Meter) -> None:
        """Ask everything. Raises SourceUnavailable once it is clear that nobody answers."""
        try:
            questions = self.questions(meter)
            for asked in answers(self.ask, questions, self.request.concurrency, self.land):
                meter.advance()
                self.take(asked)
            if self.silence.is_all_there_was:
                raise self.nobody_answers()
            self.blame(self.silence.pending)
        except ExtractError:
            # Land what has arrived all the same.
            self.land()
            raise
        self.land()

    def questions(self, meter: Meter) -> Iterator[Question]:
        """The wanted versions without those that are landed already.

        The newest come first: they are what can still be traded on.
        """
        begin = first_version(self.request.begin)
        end = begin + count_versions(self.request) * QUARTER_HOUR
        while begin < end:
            slice_begin = max(begin, end - SLICE)
            refetch = self.request.refetch
            landed = set() if refetch else self.landed(slice_begin, end)
            too_early = {} if refetch else self.too_early(slice_begin, end)
            while slice_begin < end:
                end -= QUARTER_HOUR
                for asset_id in self.assets:
                    if (asset_id, end) in landed:
                        self.tally.unchanged += 1
                        self.exists.add(asset_id)
                        meter.advance()
                    elif (asset_id, end) in too_early:
                        self.too_early_because[too_early[asset_id, end]] += 1
                        meter.advance()
                    else:
                        self.silence.assets.add(asset_id)
                        yield asset_id, end

    def landed(self, begin: datetime, end: datetime) -> set[Question]:
        """The versions in this part of the window that are landed."""
        rows = self.run.connection.execute(
            """
            select asset_id, version_utc
            from raw.forecast_version
            where asset_id = any(%s) and version_utc >= %s and version_utc < %s
            """,
            [self.assets, begin, end],
        )
        return set(rows)

    def too_early(self, begin: datetime, end: datetime) -> dict[Question, AbsenceReason]:
        """The versions in this part of the window that failed lately or too often, and why."""
        now = datetime.now(UTC)
        return {
            (last.asset_id, last.version_utc): last.reason
            for last, count in absences(self.run.connection, self.assets, begin, end)
            if count > len(_ASK_AGAIN_AFTER)
            or now < last.asked_utc + _ASK_AGAIN_AFTER[count - 1] - _EARLY
        }

    def ask(self, question: Question) -> Asked:
        """Ask one question, in a thread of its own; a failure is an answer too."""
        asset_id, version = question
        begin = time.monotonic()
        outcome: Forecast | Exception | None = None
        if asset_id not in self.silence.given_up:
            try:
                outcome = self.client.get_forecast(asset_id=asset_id, version=version)
            except Exception as error:
                outcome = error
        return Asked(asset_id, version, begin, time.monotonic(), outcome)

    def take(self, asked: Asked) -> None:
        """Sort one answer. Raises SourceUnavailable once it is clear that nobody answers."""
        outcome = asked.outcome
        if outcome is None:
            self.left[asked.asset_id] += 1
            return
        if isinstance(outcome, NoAnswer | AccessDenied):
            self.blame(self.silence.unheard(asked))
            if self.silence.is_everywhere:
                raise self.nobody_answers()
            return
        if isinstance(outcome, Forecast):
            self.exists.add(asked.asset_id)
            self.waiting.append(outcome)
        elif isinstance(outcome, ForecastNotFound) and not _is_due(asked.version_utc):
            self.not_there_yet += 1
        elif isinstance(outcome, ForecastNotFound):
            self.missing[asked.asset_id] += 1
            self.note(asked, AbsenceReason.MISSING)
        elif isinstance(outcome, DocumentRefused):
            self.exists.add(asked.asset_id)
            self.refuse(outcome)
            self.note(asked, AbsenceReason.REFUSED)
        else:
            raise outcome
        self.blame(self.silence.heard(asked))
        if (
            len(self.waiting) + len(self.in_vain) >= BATCH_FORECASTS
            or self.refused_bytes >= BATCH_BYTES
        ):
            self.land()

    def blame(self, silent: Sequence[Asked]) -> None:
        """Count versions that the API does not give us, though it answers for others."""
        for asked in silent:
            if isinstance(asked.outcome, AccessDenied):
                self.exists.add(asked.asset_id)
                self.refuse(asked.outcome.refusal)
                self.note(asked, AbsenceReason.REFUSED)
            else:
                self.tally.refused += 1
                self.run.reporter.refused(str(asked.outcome))
                self.note(asked, AbsenceReason.UNANSWERED)

    def nobody_answers(self) -> SourceUnavailable:
        """The error for that. No version is to blame, so none is noted."""
        is_denied = isinstance(self.silence.pending[-1].outcome, AccessDenied)
        leads = "" if is_denied else " (check VPP_API_URL)"
        return SourceUnavailable(f"{self.client.address}: {self.silence.reason}{leads}")

    def note(self, asked: Asked, why: AbsenceReason) -> None:
        """Note that a version could not be had."""
        absence = Absence(asked.asset_id, asked.version_utc, datetime.now(UTC), why)
        self.in_vain.append(absence)

    def refuse(self, refusal: DocumentRefused) -> None:
        """Put an answer in quarantine."""
        assert refusal.delivery is not None
        # The client, which knows the secrets, has taken them out.
        document = quarantined(self.tally.source, refusal, refusal.delivery, bytes)
        self.refused.append(document)
        self.refused_bytes += len(document.content)

    def land(self) -> None:
        """Land what waits, in one transaction."""
        if not self.waiting and not self.in_vain:
            return
        connection, run_id = self.run.connection, self.run.run_id
        with connection.transaction():
            landed = land_forecasts(connection, run_id, self.waiting)
            refused = quarantine(connection, run_id, self.refused)
            note_absences(connection, run_id, self.in_vain)
        for document in refused:
            self.run.reporter.refused(f"{document.source_uri}: {document.reason}")
        self.tally.landed += landed
        self.tally.refused += len(refused)
        self.tally.unchanged += len(self.waiting) + len(self.refused) - landed - len(refused)
        self.waiting, self.refused, self.refused_bytes, self.in_vain = [], [], 0, []

    def report(self) -> None:
        """Say what was not landed: unknown assets by name, single versions by number."""
        name = self.tally.source
        for asset_id in self.request.assets:
            if self.missing[asset_id] and asset_id not in self.exists:
                self.run.reporter.line(
                    f"{name}: {asset_id}: the API knows none of the {self.missing[asset_id]:,} "
                    "versions asked for (404): is the asset id right?"
                )
        single = sum(count for asset_id, count in self.missing.items() if asset_id in self.exists)
        if single:
            what = "version does" if single == 1 else "versions do"
            self.run.reporter.line(f"{name}: {single:,} {what} not exist (404)")
        if self.not_there_yet:
            what = "version is" if self.not_there_yet == 1 else "versions are"
            self.run.reporter.line(f"{name}: {self.not_there_yet:,} {what} not available yet (404)")
        for asset_id, count in self.left.items():
            self.run.reporter.line(
                f"{name}: {asset_id}: gave up, as the API does not answer for it; "
                f"{count:,} of its versions are left to the next run"
            )
        if self.too_early_because:
            counts = ", ".join(
                f"{self.too_early_because[why]:,} {why.value}" for why in AbsenceReason
            )
            self.run.reporter.line(
                f"{name}: versions not retried yet: {counts} (--refetch retries them now)"
            )


def _is_due(version_utc: datetime) -> bool:
    return datetime.now(UTC) >= version_utc + _DUE_AFTER
