"""Who does not answer: a version here and there, one asset, or the whole API."""

from collections import Counter
from dataclasses import dataclass
from datetime import datetime
from math import inf

from extract.errors import AccessDenied, NoAnswer
from extract.vpp.forecast import Forecast

_ENOUGH_ASSETS = 24
"""This many, taken at random, represent all of them."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A version that was asked for, and what came of it."""

    asset_id: str
    version_utc: datetime
    asked_at: float
    ended_at: float
    """Both on the monotonic clock, in seconds."""
    outcome: Forecast | Exception | None
    """None: not asked after all, as the asset had been given up."""


class Silence:
    """Judges questions that got no answer or were denied.

    They say nothing where something was heard after they were asked: what fails is the slowest to
    come back, after all that was asked with it. The others are `pending` until something is heard,
    and then it was them; or until nobody is left who could be heard, and then it is the API.
    """

    def __init__(self, asset_count: int, patience: int) -> None:
        """`patience`: after this many failures in a row an asset, or the API, is given up."""
        self._is_one_asset = asset_count == 1
        self._patience = patience
        self.assets: set[str] = set()
        """Assets with questions asked."""
        self._in_a_row: Counter[str] = Counter()
        self._heard_at: dict[str, float] = {}
        self._last_heard_at = -inf
        self.pending: list[Asked] = []
        self.given_up: set[str] = set()
        """Assets that no more questions are asked about."""

    def heard(self, asked: Asked) -> list[Asked]:
        """Note an answer; returns the questions that are known by it to be at fault themselves."""
        self._heard_at[asked.asset_id] = asked.ended_at
        self._last_heard_at = max(self._last_heard_at, asked.ended_at)
        self._in_a_row[asked.asset_id] = 0
        self.given_up.discard(asked.asset_id)
        guilty, self.pending = self.pending, []
        return guilty

    def unheard(self, asked: Asked) -> list[Asked]:
        """Note a question without an answer; returns those known to be at fault themselves."""
        asset_id = asked.asset_id
        if asked.asked_at > self._heard_at.get(asset_id, -inf):
            self._in_a_row[asset_id] += 1
        guilty: list[Asked] = []
        if asked.asked_at > self._last_heard_at:
            self.pending.append(asked)
        else:
            guilty.append(asked)
        if self._in_a_row[asset_id] >= self._patience and not self.is_everywhere:
            self.given_up.add(asset_id)
            guilty += [one for one in self.pending if one.asset_id == asset_id]
            self.pending = [one for one in self.pending if one.asset_id != asset_id]
        return guilty

    @property
    def is_everywhere(self) -> bool:
        """Whether nobody answers any more: many questions in a row, and about different assets."""
        silent = {one.asset_id for one in self.pending}
        asked_about = len(self.assets - self.given_up)
        return (
            len(self.pending) >= self._patience
            and len(silent) >= min(_ENOUGH_ASSETS, asked_about)
            and self._can_be_everywhere(silent)
        )

    @property
    def is_all_there_was(self) -> bool:
        """After the last question: whether nothing else was heard at all."""
        silent = {one.asset_id for one in self.pending}
        return bool(silent) and not self._heard_at and self._can_be_everywhere(silent)

    @property
    def reason(self) -> str:
        """Why the last of the pending questions has no answer."""
        outcome = self.pending[-1].outcome
        assert isinstance(outcome, NoAnswer | AccessDenied)
        return outcome.reason

    def _can_be_everywhere(self, silent: set[str]) -> bool:
        # Of one asset among several it is only known that it is silent itself.
        return len(silent) > 1 or (self._is_one_asset and not self._heard_at)
