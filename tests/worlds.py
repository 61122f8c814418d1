"""Small random portfolios: the documents about one, each received at its own instant.

A world holds what goes wrong in practice: versions that are late, missing, short, full of holes or
made twice, live files that grow, overlap and contradict each other, restated production, metering
points that nobody knows or that move to another asset, assets that come, change and vanish,
contracts that are renewed, handed over, corrected, nested, left out and relisted.
"""

from datetime import UTC, datetime, timedelta

import pendulum

from extract.sources.final_production import FinalProduction
from extract.sources.imbalance_prices import ImbalancePrices
from extract.sources.live_infeed import LiveInfeed
from extract.sources.redispatch import RedispatchFlag
from extract.sources.redispatch_compensation import RedispatchCompensation
from extract.vpp.forecast import Forecast
from tests.arrivals import EPOCH, MIDNIGHT, QUARTER_HOUR, Arrival
from tests.world_master_data import (
    LAST_VERSION,
    METERING_POINTS,
    PRODUCING,
    MasterData,
)


class World(MasterData):
    """The arrivals of one random world, in no particular order."""

    def __init__(self, seed: int) -> None:
        super().__init__(seed)
        self.arrivals = [
            *self._technical_data(),
            *self._contracts(),
            *self._forecasts(),
            *self._live_infeed(),
            *self._final_production(),
            *self._redispatch(),
            *self._compensation(),
            *self._imbalance_prices(),
        ]

    def _forecasts(self) -> list[Arrival]:
        rng = self._random
        arrivals = []
        for asset_id in (*PRODUCING, "F"):
            share = rng.choice((0.1, 0.3))
            for number in range(LAST_VERSION):
                if rng.random() >= share:
                    continue
                version = EPOCH + number * QUARTER_HOUR
                received = self._received(version)
                for _ in range(rng.choice((1, 1, 1, 1, 2, 3))):  # the same version, run again
                    grid_start = version + rng.choice((0, 0, 0, 0, -3, 5)) * QUARTER_HOUR
                    document = Forecast(
                        asset_id=asset_id,
                        version_utc=pendulum.instance(version),
                        grid_start_utc=pendulum.instance(grid_start),
                        power_kw=self._forecast_values(),
                        **self._origin(f"forecasts/{asset_id}", received),
                    )
                    arrivals.append(Arrival((document,)))
                    received += timedelta(minutes=rng.choice((0, 10, 700)))
        return arrivals

    def _forecast_values(self) -> tuple[float | None, ...]:
        rng = self._random
        short, usual, far = rng.randint(1, 3), rng.randint(20, 30), rng.randint(60, 90)
        values: list[float | None] = [
            self._power() for _ in range(rng.choice((short, usual, usual, usual, far)))
        ]
        if rng.random() < 0.3:
            hole = rng.randrange(len(values))
            end = min(len(values), hole + rng.randint(1, 25))
            values[hole:end] = [None] * (end - hole)
        return tuple(values)

    def _live_infeed(self) -> list[Arrival]:
        rng = self._random
        arrivals = []
        for asset_id in PRODUCING:
            samples = []
            instant = MIDNIGHT - timedelta(hours=3, seconds=rng.randint(0, 900))
            while instant < MIDNIGHT + timedelta(hours=1.5):
                samples.append(instant)
                seconds = rng.choice((60, 110, 180.5, 240, 290, 300, 400))
                instant += timedelta(seconds=seconds if rng.random() < 0.97 else 2400)
            yesterday = [one for one in samples if one < MIDNIGHT]
            today = [one for one in samples if one >= MIDNIGHT]
            around = [one for one in samples if abs(one - MIDNIGHT) < timedelta(hours=0.5)]
            for day, of_day in (("20251025", yesterday), ("20251026", today), ("overlap", around)):
                # The file is overwritten during the day.
                lengths = sorted(rng.choices(range(1, len(of_day) + 1), k=rng.randint(1, 3)))
                lengths[-1] = rng.choice((lengths[-1], len(of_day)))
                for length in lengths:
                    seen = of_day[:length]
                    seen += rng.sample(seen, rng.choice((0, 0, 1)))
                    document = LiveInfeed(
                        asset_id=asset_id,
                        measured_utc=seen,
                        power_kw=[rng.choice((self._power(),) * 19 + (None,)) for _ in seen],
                        quality=[rng.choice((None, 1.0, 1.0, 1.0, 0.5, 0.4)) for _ in seen],
                        **self._origin(f"live/{asset_id}_{day}.json", self._received(seen[-1])),
                    )
                    arrivals.append(Arrival((document,)))
        return arrivals

    def _final_production(self) -> list[Arrival]:
        rng = self._random
        arrivals = []
        # MP6 and MP7 are mapped late or never; two metering points may share a file.
        for points in (("MP1",), ("MP2", "MP3"), ("MP4", "MP5"), ("MP6",), ("MP7",)):
            for day in (25, 26):
                start = datetime(2025, 10, day, tzinfo=UTC) + timedelta(hours=20 * (26 - day))
                issued = datetime(2025, 10, day + 1, tzinfo=UTC)
                for _ in range(rng.choice((1, 1, 2, 3))):
                    skipped = rng.choice((0, 0, 5))
                    origin = self._origin(
                        f"dso/final_production_{points[0]}_{issued:%Y%m%d}.csv",
                        self._received(issued + timedelta(hours=9)),
                    )
                    documents = (
                        FinalProduction(
                            metering_point_id=point,
                            issued_date=issued.date(),
                            grid_start_utc=start + skipped * QUARTER_HOUR,
                            power_kw=[
                                self._power() if rng.random() < 0.9 else None
                                for _ in range(rng.choice((4, 16, 30)))
                            ],
                            **origin,
                        )
                        for point in points
                    )
                    arrivals.append(Arrival(tuple(documents)))
                    # A restatement comes in a file of a later date, or replaces the file.
                    issued += timedelta(days=rng.choice((0, 1)))
        return arrivals

    def _redispatch(self) -> list[Arrival]:
        """Flags that adjoin, overlap and contradict each other, some for a point nobody knows."""
        rng = self._random
        arrivals = []
        for point in METERING_POINTS:
            for number in range(rng.choice((0, 1, 2, 3))):
                issued = EPOCH + timedelta(hours=rng.choice((0, number, 14)))
                starts = [
                    EPOCH + rng.randrange(40) * QUARTER_HOUR for _ in range(rng.choice((1, 2, 4)))
                ]
                name = f"dso/redispatch_flag_{point}_{issued:%Y%m%d_%H%M}Z.csv"
                document = RedispatchFlag(
                    metering_point_id=point,
                    issued_utc=issued,
                    delivery_start_utc=starts,
                    delivery_end_utc=[one + rng.randint(1, 8) * QUARTER_HOUR for one in starts],
                    is_redispatched=[rng.random() < 0.7 for _ in starts],
                    **self._origin(name, self._received(issued)),
                )
                arrivals.append(Arrival((document,)))
        return arrivals

    def _compensation(self) -> list[Arrival]:
        rng = self._random
        arrivals = []
        for _ in range(rng.choice((0, 2, 4))):
            issued = datetime(2025, 11, rng.choice((6, 6, 7)), tzinfo=UTC)
            starts = [
                EPOCH + n * 4 * QUARTER_HOUR for n in range(12) if n == 0 or rng.random() < 0.8
            ]
            document = RedispatchCompensation(
                issued_date=issued.date(),
                delivery_start_utc=starts,
                delivery_end_utc=[one + rng.choice((2, 4)) * QUARTER_HOUR for one in starts],
                price_eur_per_mwh=[self._price() for _ in starts],
                **self._origin(
                    f"dso/redispatch_compensation_{issued:%Y-%m-%d}.csv", self._received(issued)
                ),
            )
            arrivals.append(Arrival((document,)))
        return arrivals

    def _imbalance_prices(self) -> list[Arrival]:
        """Revised estimates, final prices with holes, and files made again at the same instant."""
        rng = self._random
        arrivals = []
        for status in ("estimate", "estimate", "estimate", "final", "final"):
            made = EPOCH + timedelta(hours=rng.choice((2, 4, 6)))
            for _ in range(rng.choice((1, 1, 2))):
                first = EPOCH + rng.randrange(-8, 24) * QUARTER_HOUR
                starts = [
                    first + n * QUARTER_HOUR
                    for n in range(rng.choice((8, 30)))
                    if n == 0 or rng.random() < 0.9
                ]
                long = [self._price() for _ in starts]
                is_symmetric = status == "estimate" or rng.random() < 0.3
                kind = "estimation" if status == "estimate" else status
                document = ImbalancePrices(
                    price_status=status,
                    made_utc=made,
                    delivery_start_utc=starts,
                    short_price_eur_per_mwh=long
                    if is_symmetric
                    else [self._price() for _ in starts],
                    long_price_eur_per_mwh=long,
                    **self._origin(
                        f"prices/imbalance_price_{kind}_{made:%Y-%m-%dT%H%M%SZ}.csv",
                        self._received(made),
                    ),
                )
                arrivals.append(Arrival((document,)))
        return arrivals

    def _price(self) -> float | None:
        rng = self._random
        return round(rng.uniform(-200, 400), 2) if rng.random() < 0.95 else None
