"""The forecasts: which versions are wanted, which are landed, how the rest gets here."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

import psycopg

from extract.console import Meter, Tally
from extract.documents import Forecast, QuarantinedDocument
from extract.errors import (
    DocumentRefused,
    ForecastNotFound,
    NoAnswer,
    SourceUnavailable,
)
from extract.refusals import quarantined
from extract.run import Run
from extract.vpp.client import VppClient
from extract.warehouse.landing import absences, land_forecasts, note_absences, quarantine
from extract.workers import answers

QUARTER_HOUR = timedelta(minutes=15)
# A transaction holds as many answers as this, or as many bytes of refused ones.
BATCH_FORECASTS = 500
BATCH_BYTES = 16 * 1024 * 1024
_SLICE = timedelta(days=1)
"""What is landed already is looked up for as much of the window at a time."""
_FEWEST_UNANSWERED = 8
_ASK_AGAIN_AFTER = [timedelta(minutes=n) for n in (15, 15, 30, 60, 120, 240, 480, 960)]
"""How long after the first, second, ... time in vain a version is asked for again. Then no more."""
_EARLY = timedelta(minutes=3)
"""So much earlier is soon enough: a run every 15 minutes is not always exactly that."""

Question = tuple[str, datetime]


@dataclass(frozen=True, slots=True)
class ForecastRequest:
    """Which forecasts are wanted: versions from `begin` up to, not including, `end` (UTC)."""

    begin: datetime
    end: datetime
    assets: tuple[str, ...] = ()
    """Empty: every asset that landed technical data or contracts name."""
    refetch: bool = False
    """Whether versions are asked for that are landed already, or were in vain just before."""
    concurrency: int = 8


def load_forecasts(run: Run, client: VppClient, request: ForecastRequest, tally: Tally) -> None:
    """Land the versions asked for that are not landed yet; counts go to the tally.

    Raises SourceUnavailable when the API does not answer; what was landed before that stays.
    """
    assets = request.assets or known_assets(run.connection)
    if not assets:
        raise SourceUnavailable(
            "no asset is known: load technical data or contracts first, or give --assets"
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


def first_version(begin: datetime) -> datetime:
    """The first quarter-hour at or after this instant."""
    past = timedelta(seconds=begin.timestamp() % QUARTER_HOUR.total_seconds())
    return begin + (QUARTER_HOUR - past) if past else begin


def count_versions(request: ForecastRequest) -> int:
    """How many quarter-hours the window holds."""
    return max(0, -((first_version(request.begin) - request.end) // QUARTER_HOUR))


class _Load:
    """One load under way: asks, sorts the answers, lands them in batches."""

    def __init__(self, run: Run, client: VppClient, request: ForecastRequest, tally: Tally) -> None:
        self.run, self.client, self.request, self.tally = run, client, request, tally
        self.missing: Counter[str] = Counter()
        self.exists: set[str] = set()
        """Assets of which the window holds a version, landed before or now."""
        self.waiting: list[Forecast] = []
        self.refused: list[QuarantinedDocument] = []
        self.refused_bytes = 0
        self.in_vain: list[tuple[str, datetime, datetime, bool]] = []
        self.left_out: Counter[bool] = Counter()
        """Versions not asked for again yet, by whether their last answer was refused."""
        self.unanswered: list[NoAnswer] = []
        """In a row, in the order asked: what follows tells whether it is them or the API.

        (In the order of arrival a few bad versions would be a row too: they take the longest.)
        """
        self.answered = False

    def ask_all(self, meter: Meter) -> None:
        """Ask everything. Raises SourceUnavailable once it is clear that nobody answers."""
        failure: SourceUnavailable | None = None
        patience = max(self.request.concurrency, _FEWEST_UNANSWERED)
        for question, outcome in answers(self.ask, self.questions(meter), self.request.concurrency):
            meter.advance()
            if isinstance(outcome, NoAnswer):
                self.unanswered.append(outcome)
                if len(self.unanswered) >= patience:
                    break
            elif isinstance(outcome, SourceUnavailable):
                failure = outcome
                break
            else:
                self.take(question, outcome)
        if self.unanswered and (not self.answered or len(self.unanswered) >= patience):
            failure = SourceUnavailable(f"{self.client.address}: {self.unanswered[-1].reason}")
        if failure is None:
            self.refuse_unanswered()
        self.land()
        if failure is not None:
            raise failure

    def questions(self, meter: Meter) -> Iterator[Question]:
        """The wanted versions, oldest first, without those that are landed already."""
        version = first_version(self.request.begin)
        while version < self.request.end:
            slice_end = min(version + _SLICE, self.request.end)
            refetch = self.request.refetch
            landed = set() if refetch else self.landed(version, slice_end)
            too_early = {} if refetch else self.too_early(version, slice_end)
            while version < slice_end:
                for asset_id in self.request.assets:
                    if (asset_id, version) in landed:
                        self.tally.unchanged += 1
                        self.exists.add(asset_id)
                        meter.advance()
                    elif (asset_id, version) in too_early:
                        self.left_out[too_early[asset_id, version]] += 1
                        meter.advance()
                    else:
                        yield asset_id, version
                version += QUARTER_HOUR

    def landed(self, begin: datetime, end: datetime) -> set[Question]:
        """The versions in this part of the window that are landed."""
        rows = self.run.connection.execute(
            """
            select asset_id, version_utc
            from raw.forecast_version
            where asset_id = any(%s) and version_utc >= %s and version_utc < %s
            """,
            [list(self.request.assets), begin, end],
        )
        return set(rows)

    def too_early(self, begin: datetime, end: datetime) -> dict[Question, bool]:
        """The versions in this part of the window that were asked for in vain, lately or too often.

        True: the last answer was refused; False: the version did not exist.
        """
        now = datetime.now(UTC)
        return {
            (asset_id, version): is_refused
            for asset_id, version, count, asked_utc, is_refused in absences(
                self.run.connection, self.request.assets, begin, end
            )
            if count > len(_ASK_AGAIN_AFTER)
            or now < asked_utc + _ASK_AGAIN_AFTER[count - 1] - _EARLY
        }

    def ask(self, question: Question) -> tuple[Question, Forecast | Exception]:
        """Ask one question, in a thread of its own; what goes wrong is an answer too."""
        asset_id, version = question
        try:
            return question, self.client.get_forecast(asset_id=asset_id, version=version)
        except Exception as error:
            return question, error

    def take(self, question: Question, outcome: Forecast | Exception) -> None:
        """Sort one answer."""
        asset_id, version = question
        self.answered = True
        self.refuse_unanswered()
        if isinstance(outcome, Forecast):
            self.exists.add(asset_id)
            self.waiting.append(outcome)
        elif isinstance(outcome, ForecastNotFound):
            self.missing[asset_id] += 1
            self.in_vain.append((asset_id, version, datetime.now(UTC), False))
        elif isinstance(outcome, DocumentRefused):
            self.exists.add(asset_id)
            self.refuse(outcome)
            self.in_vain.append((asset_id, version, datetime.now(UTC), True))
        else:
            raise outcome
        if (
            len(self.waiting) + len(self.in_vain) >= BATCH_FORECASTS
            or self.refused_bytes >= BATCH_BYTES
        ):
            self.land()

    def refuse(self, refusal: DocumentRefused) -> None:
        """Put an answer in quarantine."""
        assert refusal.delivery is not None
        # Secrets are taken out where they are known: by the client.
        document = quarantined(self.tally.source, refusal, refusal.delivery, bytes)
        self.refused.append(document)
        self.refused_bytes += len(document.content)

    def refuse_unanswered(self) -> None:
        """Count versions that got no answer from an API that does answer."""
        for outcome in self.unanswered:
            self.tally.refused += 1
            self.run.reporter.refused(str(outcome))
        self.unanswered.clear()

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
        if self.left_out:
            self.run.reporter.line(
                f"{name}: not asked for again yet: {self.left_out[False]:,} that did not exist, "
                f"{self.left_out[True]:,} whose answer was refused (--refetch asks at once)"
            )
