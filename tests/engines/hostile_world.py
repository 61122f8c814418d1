"""A world that is hard on both engines: all that goes wrong in practice, on three kinds of day.

A random world around the day the clocks go back (100 quarter-hours); its documents again around the
day they go forward (92) and around one in between (96); forecast versions with only nulls, with
leading nulls, with two values, from more than a day before, for the year 2040; and some documents
of each kind retracted.
"""

from collections.abc import Iterator, Sequence
from dataclasses import fields, replace
from datetime import UTC, date, datetime, timedelta
from hashlib import sha256
from itertools import groupby
from random import Random
from typing import Any

import psycopg

from extract.sources.asset_contracts import AssetContracts
from extract.sources.technical_data import TechnicalData
from extract.vpp.forecast import Forecast
from tests.arrivals import MIDNIGHT, QUARTER_HOUR, Arrival, Retraction, land
from tests.worlds import World

CLOCKS_GO_FORWARD = datetime(2025, 3, 30, tzinfo=UTC)
BETWEEN = datetime(2025, 7, 6, tzinfo=UTC)
FAR_FUTURE = datetime(2040, 7, 1, tzinfo=UTC)


def land_hostile_world(connection: psycopg.Connection, seed: int) -> None:
    """Land the world of this seed, then retract some of it."""
    arrivals = hostile_world(seed)
    assert land(connection, arrivals) == len(arrivals)
    for retraction in retractions(arrivals, Random(seed)):
        retraction.land(connection)


def hostile_world(seed: int) -> list[Arrival]:
    """The arrivals in a random order."""
    of_autumn = World(seed).arrivals
    about_days = [one for one in of_autumn if not is_master_data(one)]
    arrivals = [
        *of_autumn,
        *(shifted(one, CLOCKS_GO_FORWARD - MIDNIGHT) for one in about_days),
        *(shifted(one, BETWEEN - MIDNIGHT) for one in about_days),
        *odd_versions(of_autumn),
        *early_versions(of_autumn),
        *far_versions(of_autumn),
    ]
    Random(seed).shuffle(arrivals)
    return arrivals


def is_master_data(arrival: Arrival) -> bool:
    """Whether it is about assets or contracts."""
    return isinstance(arrival.documents[0], AssetContracts | TechnicalData)


def shifted(arrival: Arrival, by: timedelta) -> Arrival:
    """The same documents, with all instants and dates moved."""

    def moved(value: Any) -> Any:
        if isinstance(value, datetime | date):
            return value + by
        if isinstance(value, list | tuple):
            return type(value)(map(moved, value))
        return value

    return Arrival(
        tuple(
            replace(
                document,
                **{one.name: moved(getattr(document, one.name)) for one in fields(document)}
                | {
                    "source_uri": f"{document.source_uri}_{by.days}",
                    "content_sha256": sha256(
                        document.content_sha256 + bytes(str(by), "ascii")
                    ).digest(),
                },
            )
            for document in arrival.documents
        )
    )


def odd_versions(arrivals: Sequence[Arrival]) -> Iterator[Arrival]:
    """For every fourth version, one soon after it, or a re-run that comes later and holds less."""
    versions = [one.documents[0] for one in arrivals if isinstance(one.documents[0], Forecast)]
    for number, version in enumerate(versions[::4]):
        assert isinstance(version, Forecast)
        values: tuple[float | None, ...] = (
            (None,) * 20,
            (None,) * 8 + version.power_kw[8:],
            (-0.0, 17.25),
            (None, None),
            version.power_kw[: len(version.power_kw) // 2] or (1.0,),
        )[number % 5]
        is_rerun = number % 2 == 0
        made = version.version_utc if is_rerun else version.version_utc + QUARTER_HOUR / 3
        yield Arrival(
            (
                replace(
                    version,
                    version_utc=made,
                    power_kw=values,
                    received_utc=version.received_utc + timedelta(hours=11),
                    content_sha256=sha256(f"odd {number} {made}".encode()).digest(),
                ),
            )
        )


def early_versions(arrivals: Sequence[Arrival]) -> Iterator[Arrival]:
    """For every third version, a long one made before the market gates of its day."""
    versions = [one.documents[0] for one in arrivals if isinstance(one.documents[0], Forecast)]
    for number, version in enumerate(versions[::3]):
        assert isinstance(version, Forecast)
        yield Arrival(
            (
                replace(
                    version,
                    version_utc=version.version_utc - timedelta(hours=30),
                    grid_start_utc=version.grid_start_utc - timedelta(hours=30),
                    power_kw=(version.power_kw * 240)[:240] or (1.0,),
                    content_sha256=sha256(f"early {number}".encode()).digest(),
                ),
            )
        )


def far_versions(arrivals: Sequence[Arrival]) -> Iterator[Arrival]:
    """Some versions from the future, whose instants do not fit into 32 bits."""
    versions = [one for one in arrivals if isinstance(one.documents[0], Forecast)]
    for arrival in versions[:20]:
        [version] = shifted(arrival, FAR_FUTURE - MIDNIGHT).documents
        # It claims to have been made then, but was received now.
        yield Arrival((replace(version, received_utc=arrival.received_utc),))


def retractions(arrivals: Sequence[Arrival], rng: Random) -> Iterator[Retraction]:
    """About one in ten of each table's documents, at least one."""
    by_table = sorted(arrivals, key=lambda one: one.table)
    for _, group in groupby(by_table, key=lambda one: one.table):
        documents = [document for one in group for document in one.documents]
        for document in rng.sample(documents, 1 + len(documents) // 10):
            yield Retraction(document)
