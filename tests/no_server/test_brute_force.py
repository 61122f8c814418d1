"""The brute force that builds are compared with, against rows worked out by hand."""

from datetime import UTC, datetime, timedelta

import pendulum

from extract.vpp.forecast import Forecast
from tests.arrivals import Arrival, Retraction
from tests.marts import brute_force_forecasts


def noon(minutes: int) -> datetime:
    """This many minutes from 12:00 UTC, in January: 13:00 in Berlin."""
    return datetime(2025, 1, 8, 12, tzinfo=UTC) + timedelta(minutes=minutes)


def version(minutes: int, *power_kw: float | None, received: int | None = None) -> Arrival:
    """A version made this many minutes from noon, with values from then on."""
    made = pendulum.instance(noon(minutes))
    document = Forecast(
        asset_id="A",
        version_utc=made,
        grid_start_utc=made,
        received_utc=pendulum.instance(noon(minutes if received is None else received)),
        power_kw=power_kw,
        source_uri="https://vpp/forecasts",
        content_sha256=repr((minutes, received, power_kw)).encode(),
    )
    return Arrival((document,))


def forecasts(*arrivals: Arrival, retracted: tuple[Arrival, ...] = ()) -> dict[datetime, object]:
    """The latest and the tradeable forecast of each quarter-hour: version and power."""
    gone = [Retraction(arrival.documents[0]) for arrival in retracted]
    return {row[1]: row[3:] for row in brute_force_forecasts(arrivals, gone)}  # type: ignore[misc]


def test_the_latest_is_made_at_delivery_and_the_tradeable_a_quarter_of_an_hour_before() -> None:
    found = forecasts(version(-15, 1.0, 2.0), version(0, 3.0, 4.0), version(15, 5.0))
    assert found == {
        noon(-15): (noon(-15), 1.0, None, None),
        noon(0): (noon(0), 3.0, noon(-15), 2.0),
        noon(15): (noon(15), 5.0, noon(0), 4.0),
    }


def test_what_a_version_does_not_tell_the_one_before_it_does() -> None:
    found = forecasts(version(-15, 1.0, 2.0, 2.5), version(0, None, 4.0))
    assert found[noon(0)] == (noon(-15), 2.0, noon(-15), 2.0)
    assert found[noon(15)] == (noon(0), 4.0, noon(0), 4.0)


def test_of_a_version_that_was_made_again_the_last_received_counts_as_a_whole() -> None:
    arrivals = (version(0, 7.0, received=60), version(0, 3.0, 4.0))
    assert forecasts(*arrivals) == {noon(0): (noon(0), 7.0, None, None)}
    assert forecasts(*arrivals, retracted=arrivals[:1])[noon(0)] == (noon(0), 3.0, None, None)
