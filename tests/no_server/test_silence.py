"""Who does not answer: single versions, an asset, or the whole API."""

from dataclasses import dataclass, field
from itertools import count

from extract.errors import ForecastNotFound, NoAnswer
from extract.vpp.forecast import Forecast
from extract.vpp.silence import Asked, Silence
from tests.documents import VERSION


@dataclass
class Talk:
    """Questions to the API, one second after the other."""

    silence: Silence
    clock: "count[int]" = field(default_factory=lambda: count(1))

    def asked(self, asset_id: str, at: float, outcome: Forecast | Exception) -> Asked:
        self.silence.assets.add(asset_id)
        return Asked(asset_id, VERSION, at, next(self.clock), outcome)

    def hear(self, asset_id: str) -> int:
        """An answer to the question just asked; returns how many others are now to blame."""
        at = next(self.clock)
        return len(self.silence.heard(self.asked(asset_id, at, ForecastNotFound("none"))))

    def wait(self, *asset_ids: str, since: float | None = None) -> list[int]:
        """Questions without an answer; returns for each how many are now to blame."""
        return [
            len(self.silence.unheard(self.asked(asset_id, at, NoAnswer("there", "busy"))))
            for asset_id in asset_ids
            for at in [next(self.clock) if since is None else since]
        ]


def test_a_version_is_to_blame_once_something_else_is_heard() -> None:
    talk = Talk(Silence(asset_count=2, patience=3))
    assert talk.wait("A", "B") == [0, 0]
    assert talk.hear("A") == 2
    assert talk.wait("B", "A") == [0, 0]
    assert len(talk.silence.pending) == 2
    assert not talk.silence.is_all_there_was


def test_the_api_is_silent_when_the_assets_are_one_after_the_other() -> None:
    talk = Talk(Silence(asset_count=2, patience=3))
    talk.hear("A")
    talk.hear("B")
    talk.wait("A", "B")
    assert not talk.silence.is_everywhere
    talk.wait("A")
    assert talk.silence.is_everywhere
    assert talk.silence.reason == "busy"


def test_one_asset_that_is_silent_is_given_up_alone() -> None:
    talk = Talk(Silence(asset_count=2, patience=3))
    talk.hear("A")
    assert talk.wait("B", "B", "B") == [0, 0, 3]
    assert (talk.silence.given_up, talk.silence.pending) == ({"B"}, [])
    assert not talk.silence.is_everywhere
    # Questions under way fail too, or are answered after all.
    assert talk.wait("B") == [1]
    talk.hear("B")
    assert talk.silence.given_up == set()


def test_an_asset_is_given_up_although_others_are_heard_all_the_time() -> None:
    talk = Talk(Silence(asset_count=2, patience=3))
    for _ in range(2):
        talk.wait("B")
        talk.hear("A")
    assert talk.silence.given_up == set()
    talk.wait("B")
    assert talk.silence.given_up == {"B"}


def test_what_is_slow_to_fail_was_asked_with_what_was_heard() -> None:
    talk = Talk(Silence(asset_count=2, patience=3))
    for _ in range(5):
        talk.hear("A")
        talk.hear("B")
    # A cluster of bad versions, all requested before the others were answered.
    assert talk.wait(*"ABABABAB", since=0.5) == [1] * 8
    assert not talk.silence.is_everywhere
    assert talk.silence.given_up == set()


def test_some_of_many_assets_stand_for_all_of_them_but_not_a_few() -> None:
    talk = Talk(Silence(asset_count=100, patience=3))
    talk.silence.assets |= {f"A{number}" for number in range(100)}
    talk.wait(*(f"A{number}" for number in range(23)))
    assert not talk.silence.is_everywhere
    talk.wait("A23")
    assert talk.silence.is_everywhere


def test_of_one_asset_among_others_nothing_follows_for_them() -> None:
    talk = Talk(Silence(asset_count=2, patience=3))
    talk.wait("B", "B")
    assert not talk.silence.is_all_there_was
    talk.wait("B")
    assert talk.silence.given_up == {"B"}
    assert not talk.silence.is_everywhere


def test_where_there_is_one_asset_its_silence_is_that_of_the_api() -> None:
    talk = Talk(Silence(asset_count=1, patience=3))
    assert not talk.silence.is_all_there_was
    talk.wait("A", "A")
    assert talk.silence.is_all_there_was
    assert not talk.silence.is_everywhere
    talk.wait("A")
    assert talk.silence.is_everywhere
    # Unless it has answered before: then a few versions are bad, and older ones may be good.
    talk = Talk(Silence(asset_count=1, patience=3))
    talk.hear("A")
    assert talk.wait("A", "A", "A") == [0, 0, 3]
    assert not talk.silence.is_everywhere
