"""Documents of every source as bytes, random within their formats, extremes included.

Now and then something in one is beyond the envelope: if a decoder lets it pass, a build must cope
with it.
"""

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from random import Random
from typing import TypeVar

import pendulum

from extract.documents import Delivery, Document
from extract.errors import DocumentRefused
from extract.sources import (
    asset_contracts,
    final_production,
    imbalance_prices,
    live_infeed,
    redispatch,
    redispatch_compensation,
    technical_data,
)
from extract.vpp import forecast
from tests.arrivals import QUARTER_HOUR, Arrival

# From the day Berlin's clocks go back; and where the envelope ends.
NEAR = datetime(2025, 10, 25, 20, 0, tzinfo=UTC)
FIRST, LAST = datetime(2000, 1, 1, tzinfo=UTC), datetime(2099, 12, 31, 23, 30, tzinfo=UTC)
RECEIVED = pendulum.datetime(2025, 10, 27)

ASSETS = ("A", "B", '{{ x }}\' \\ % "$1"', "\N{GRINNING FACE}" * 50)
POINTS = ("MP-1", "MP-2", "MP_{}'\\%", "\N{LATIN SMALL LETTER A WITH DIAERESIS}" * 100)
SMALL = ("0", "-0.0", "1e-400", "5e-324", "-1e-200", "1e-31", "1e-30", "-1e-30", "0.1", "7.5")
POWERS = (*SMALL, "999999999", "-999999999.9", "1000.1", "1000.2", "0." + "0" * 400 + "1")
PRICES = (*SMALL, "999999.99", "-999999", "71.48", "")
GERMAN_PRICES = ("", "N.E.", "\N{MINUS SIGN}12,5", "-0,0", f"0,{'0' * 400}1", "9.999,5", "999999,9")
CAPACITIES = ("", "0", "-0.0", "0." + "0" * 59 + "1", "999999.999", "5.6", "+1")
DAYS = ("", "1900-01-01", "2024-02-29", "2025-10-26", "2025-10-25", "2025-12-31", "9999-12-31")
ZONES = ("Europe/Berlin", "europe/berlin", "Asia/Kathmandu", "Pacific/Kiritimati", "Factory")
TEXTS = ("wind", "", "\x07\u2028\ufffe", "\N{GRINNING FACE}'\"\\", "x" * 10_000, "null", "1e-400")
ANY: tuple[object, ...] = (None, True, -0.0, 5e-324, 1.7e308, 10**400, [], {"": [{}]}, "\x01")

NO_IDS = tuple("".join(map(chr, range(0x4E00, 0x4E00 + count))) for count in (67, 3_000))
NO_POWERS = ("1e200", "-1e308")
NO_CAPACITIES = ("1e-400", "0." + "0" * 400 + "1", "1e300", "1" + "0" * 310)
NO_DAYS = ("0001-01-01", "0000-00-00", "infinity", "9999-99-99")

Kind = tuple[str, str, Callable[[Delivery], Sequence[Document]]]
"""A file's name, text and decoder."""
T = TypeVar("T")


@dataclass(frozen=True)
class Sent:
    """A document as it came, and what its decoder made of it."""

    delivery: Delivery
    arrival: Arrival

    def __str__(self) -> str:
        """The document, the beginning of a long one."""
        text = self.delivery.content.decode()
        return f"{self.arrival.table}: {self.delivery.name}\n{text[:4000]}"


class Sender:
    """Sends documents of every kind, each from its own address."""

    def __init__(self, seed: int) -> None:
        self._rng = Random(seed)
        self._number = 0
        self._is_to_go_beyond = False

    def accepted(self, of_each: int) -> list[Sent]:
        """This many documents of each kind that their decoders accept, in any order."""
        kinds = (
            self._technical_data,
            self._contracts,
            self._forecast,
            self._live_infeed,
            self._final_production,
            self._redispatch,
            self._compensation,
            self._final_prices,
            self._estimated_prices,
        )
        sent = [one for kind in kinds for one in self._accepted(kind, of_each)]
        self._rng.shuffle(sent)
        return sent

    def _accepted(self, kind: Callable[[], Kind], count: int) -> Iterator[Sent]:
        refusals = []
        while count:
            self._is_to_go_beyond = self._rng.random() < 0.7
            name, text, decode = kind()
            self._number += 1
            received = RECEIVED.add(minutes=self._rng.randrange(3))
            delivery = Delivery(f"file:///{self._number}/{name}", name, text.encode(), received)
            try:
                documents = decode(delivery)
            except DocumentRefused as refusal:
                refusals.append(str(refusal))
                # Documents within the format are mostly accepted, or nothing would be tested.
                assert len(refusals) < 50, refusals
                continue
            count -= 1
            yield Sent(delivery, Arrival(tuple(documents)))

    def _one(self, usual: Sequence[T], beyond: Sequence[T] = ()) -> T:
        """A usual value; now and then, one beyond the envelope."""
        if self._is_to_go_beyond and beyond and self._rng.random() < 0.1:
            self._is_to_go_beyond = False
            return self._rng.choice(beyond)
        return self._rng.choice(usual)

    def _instant(self) -> datetime:
        """On the quarter-hour grid: mostly of two days, now and then where the envelope ends."""
        if self._rng.random() < 0.1:
            return self._rng.choice((FIRST, LAST))
        return NEAR + self._rng.randrange(192) * QUARTER_HOUR

    def _technical_data(self) -> Kind:
        rng = self._rng
        assets = []
        for asset_id in rng.sample(ASSETS, rng.randint(1, len(ASSETS))):
            asset = {
                "asset_id": self._one((asset_id,), NO_IDS),
                "name": rng.choice((*TEXTS, *ANY)),
                "type": rng.choice((*TEXTS, *ANY)),
                "location": {
                    "latitude": self._one((90, -90.0, -0.0, 54.5, None), (5e-324, 91)),
                    "longitude": rng.choice((180, -180.0, 1e-30, None)),
                    "timezone": rng.choice((*ZONES, *TEXTS, *ANY)),
                },
                "technical_attributes": {
                    "capacity_kw": self._one(
                        (0, -0.0, 1e-30, 1000.1, 10**8, None), (5e-324, 1e300)
                    ),
                    "commissioning_date": self._one(("0001-01-01", "9999-12-31", None), NO_DAYS),
                    rng.choice(TEXTS): rng.choice(ANY),
                },
                "status": rng.choice(("operational", "operational", *ANY)),
                "owner": rng.choice(({"name": rng.choice(TEXTS)}, *ANY)),
            }
            for field in rng.sample(sorted(asset.keys() - {"asset_id"}), rng.randrange(3)):
                del asset[field]
            assets.append(asset)
        name = f"technical_data_{self._instant():%Y-%m-%dT%H%M%SZ}.json"
        return name, json.dumps({"assets": assets}), technical_data.decode

    def _contracts(self) -> Kind:
        rng = self._rng
        rows = []
        for _ in range(rng.randint(1, 6)):
            cells = (
                self._one(POINTS, NO_IDS),
                self._one(ASSETS, NO_IDS),
                self._one(("", *POINTS), NO_IDS),
                self._one(CAPACITIES, NO_CAPACITIES),
                self._one(TEXTS),
                self._one(DAYS, NO_DAYS),
                self._one(DAYS, NO_DAYS),
                *(self._one(TEXTS) for _ in range(5)),
            )
            rows.append(",".join('"{}"'.format(cell.replace('"', '""')) for cell in cells))
        name = f"asset_contracts_{self._instant():%Y%m%d_%H%M%SZ}.csv"
        return name, "\n".join([",".join(asset_contracts.COLUMNS), *rows]), asset_contracts.decode

    def _forecast(self) -> Kind:
        asset_id, version = self._one(ASSETS, NO_IDS), int(self._instant().timestamp())
        steps = self._one(
            (range(193), range(-96, 961), range(-96, -90), (0,), (-96, 960)), ((-97,), (0, 961))
        )
        starts = [version + 900 * step for step in steps]
        if FIRST.timestamp() > starts[0] or starts[-1] > LAST.timestamp():
            starts = [version]
        columns: list[list[object]] = [
            [*starts],
            [start + 900 for start in starts],
            [version] * len(starts),
            [self._one(("null", *POWERS), NO_POWERS) for _ in starts],
        ]
        text = columnar({"asset_id": asset_id}, ("start", "end", "version", "power"), columns)
        asked = datetime.fromtimestamp(version, UTC)
        return "forecast", text, lambda one: [forecast.decode(one, asset_id, asked)]

    def _live_infeed(self) -> Kind:
        first = RECEIVED.timestamp() * 1000 - self._one((0, 1e8, 2e8, 8e11))
        spoilt = (0, "NaN", "null", "1e400", 10**400, 946_684_800_000, first + 86_400_000)
        columns: list[list[object]] = [[], [], []]
        for n in range(self._one((0, 1, 50, 200))):
            instant = first + self._one((0.001, 1, 60_000, 61_000.5, 299_999)) * n
            columns[0].append(self._one(spoilt) if self._rng.random() < 0.1 else instant)
            columns[1].append(self._one(("null", "NaN", "-Infinity", "1e400", *POWERS)))
            columns[2].append(self._one(("null", "NaN", 0, 0.5, 1, 1, 1, "5e-324")))
        key = {"entity_id": self._one(ASSETS, NO_IDS)}
        text = columnar(key, ("timestamp", "value", "quality"), columns)
        return "x_20251026.json", text, live_infeed.decode

    def _final_production(self) -> Kind:
        rng = self._rng
        points = rng.sample(POINTS, rng.randint(1, len(POINTS)))
        first = self._instant()
        rows = []
        for n in (0, *rng.sample(range(1, 38_400), 3), *range(1, rng.choice((1, 100)))):
            powers = ",".join(self._one(("", *POWERS)) for _ in points)
            rows.append(f"{first + n * QUARTER_HOUR:%Y-%m-%d %H:%M:%S} UTC,{powers}")
        header = ",".join(["delivery_start__utc_", *(f"{point}__kw_" for point in points)])
        name = f"final_production_{self._instant():%Y%m%d}.csv"
        return name, "\n".join([header, *rows]), final_production.decode

    def _redispatch(self) -> Kind:
        rows = ["delivery_start,delivery_end,is_redispatched"]
        for _ in range(self._one((0, 1, 2, 20))):
            start = self._instant()
            end = start + self._one((1, 1, 2, 96, 1_000)) * QUARTER_HOUR
            flag = self._one("01")
            rows.append(f"{start:%Y-%m-%dT%H:%M:%SZ},{end:%Y-%m-%dT%H:%M:%SZ},{flag}")
        name = f"redispatch_flag_{self._one(POINTS)}_{self._instant():%Y%m%d_%H%M}Z.csv"
        return name, "\n".join(rows), redispatch.decode

    def _compensation(self) -> Kind:
        rows = ["delivery_start__utc_,delivery_end__utc_,price__euro_per_mwh_"]
        start = self._instant()
        for _ in range(self._one((1, 2, 50))):
            end = start + self._one((1, 1, 4, 700)) * QUARTER_HOUR
            price = self._one(PRICES)
            rows.append(f"{start:%Y-%m-%d %H:%M:%S} UTC,{end:%Y-%m-%d %H:%M:%S} UTC,{price}")
            start = end + self._one((0, 0, 3)) * QUARTER_HOUR
        name = f"redispatch_compensation_{self._instant():%Y-%m-%d}.csv"
        return name, "\n".join(rows), redispatch_compensation.decode

    def _final_prices(self) -> Kind:
        return self._imbalance_prices("final", ("reBAP unterdeckt", "reBAP ueberdeckt"))

    def _estimated_prices(self) -> Kind:
        return self._imbalance_prices("estimation", ("AEP-Schätzer",))

    def _imbalance_prices(self, kind: str, columns: Sequence[str]) -> Kind:
        rows = [";".join(["Datum", "Zeitzone", "von", "bis", "Einheit", *columns])]
        first = self._instant()
        # Days, or years.
        step = self._one((1, 1, 19 * 365))
        for n in range(self._one((1, 2, 192))):
            start = first + n * step * QUARTER_HOUR
            end = start + QUARTER_HOUR
            prices = ";".join(self._one(GERMAN_PRICES) for _ in columns)
            clocks = f"{start:%H:%M};{end:%H:%M}"
            rows.append(f"{start:%d.%m.%Y};utc;{clocks};EUR/MWh;{prices}")
        name = f"imbalance_price_{kind}_{self._instant():%Y-%m-%dT%H%M%SZ}.csv"
        return name, "\n".join(rows), imbalance_prices.decode


def columnar(
    key: dict[str, str], column_ids: Sequence[str], columns: Sequence[Sequence[object]]
) -> str:
    """A columnar JSON document whose cells are written literally: 1e-400 is not a float."""
    values = ",".join(f"[{','.join(map(str, column))}]" for column in columns)
    ids = json.dumps(list(column_ids))
    return f'{{"key": {json.dumps(key)}, "column_ids": {ids}, "values": [{values}]}}'
