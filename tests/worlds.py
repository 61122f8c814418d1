"""Small random portfolios: the documents that tell of one, each received at an instant of its own.

A world holds what goes wrong in practice: versions that are late, missing, short, full of holes or
made twice, live files that grow, overlap and contradict each other, restated production, metering
points that nobody knows or that move to another asset, assets that come, change and vanish,
contracts that are renewed, handed over, corrected, nested, left out and listed again.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from itertools import groupby
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

import pendulum
import psycopg
import yaml
from psycopg import sql

from extract.documents import Document
from extract.sources.asset_contracts import AssetContracts
from extract.sources.final_production import FinalProduction
from extract.sources.imbalance_prices import ImbalancePrices
from extract.sources.live_infeed import LiveInfeed
from extract.sources.redispatch import RedispatchFlag
from extract.sources.redispatch_compensation import RedispatchCompensation
from extract.sources.technical_data import TechnicalData
from extract.vpp.forecast import Forecast
from extract.warehouse.landing import Observation, begin_run, land_files, land_forecasts
from tests.conftest import PostgresServer, Warehouse
from tests.dbt_project import ROOT


def _keys() -> dict[str, tuple[str, ...]]:
    """The key of each mart, as its YAML asserts it."""
    keys = {}
    for file in sorted((ROOT / "dbt_project" / "models" / "marts").glob("*.yml")):
        for model in yaml.safe_load(file.read_text())["models"]:
            name = "unique_combination_of_columns"
            [key] = [test[name] for test in model["data_tests"] if name in test]
            keys[model["name"]] = tuple(key["arguments"]["combination_of_columns"])
    return keys


KEYS = _keys()

# In Berlin the next day begins two hours later, and is the one on which clocks go back.
EPOCH = datetime(2025, 10, 25, 20, 0, tzinfo=UTC)
QUARTER_HOUR = timedelta(minutes=15)
MIDNIGHT = datetime(2025, 10, 26, tzinfo=UTC)
LAST_VERSION = 100

PRODUCING = ("A", "B", "C", "D", "E")
"""Assets that anything is measured of; F is only forecast, G is only under contract."""
METERING_POINTS = tuple(f"MP{number}" for number in range(1, 8))
CONTRACT_IDS = ("contract_id", "asset_id", "metering_point_id")
DAYS = ("2025-10-25", "2025-10-26", "2025-10-27")
"""On which contracts begin and end."""
TIMEZONES = ("Europe/Berlin", "Europe/London", "Asia/Kathmandu", "Not/AZone", None)

Contract = dict[str, str | None]


@dataclass(frozen=True)
class Arrival:
    """What one delivery brings: the documents of a file, or a forecast version."""

    documents: tuple[Document, ...]

    @property
    def table(self) -> str:
        return self.documents[0].table

    @property
    def received_utc(self) -> datetime:
        return self.documents[0].received_utc

    @property
    def address(self) -> object:
        """What it shares with those that it may replace."""
        first = self.documents[0]
        if isinstance(first, Forecast):
            return first.asset_id, first.version_utc
        return first.source_uri

    def __str__(self) -> str:
        """The documents on one line, instants in hours from EPOCH."""
        shown = []
        for document in self.documents:
            values = {name: getattr(document, name) for name in document.types}
            values["content_sha256"] = document.content_sha256.hex()[:4]
            shown.append(" ".join(f"{name}={_shown(value)}" for name, value in values.items()))
        return f"{self.table}: {' | '.join(shown)}"


def _shown(value: object) -> str:
    if isinstance(value, datetime):
        return f"{(value.timestamp() - EPOCH.timestamp()) / 3600:+.4g}h"
    if isinstance(value, list | tuple):
        return f"[{' '.join('-' if one is None else _shown(one) for one in value)}]"
    return str(value)


class World:
    """The arrivals of one random world, in no particular order."""

    def __init__(self, seed: int) -> None:
        self._random = Random(seed)
        self._seed = seed
        self._made = 0
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

    def _origin(self, source_uri: str, received_utc: datetime) -> dict[str, Any]:
        self._made += 1
        return {
            "source_uri": f"file:///{source_uri}",
            "content_sha256": sha256(f"{self._seed}/{self._made}".encode()).digest(),
            "received_utc": pendulum.instance(received_utc),
        }

    def _received(self, nominal: datetime) -> datetime:
        """Soon after `nominal`, or late; whole minutes, so that some are equal."""
        soon = self._random.random() < 0.7
        return nominal + timedelta(minutes=self._random.randint(0, 5 if soon else 1500))

    def _power(self) -> float:
        """Sums of such numbers depend on the order of summation."""
        return round(self._random.uniform(-5, 5000), 3)

    def _instants(self, count: int) -> list[datetime]:
        """When files are made, in order; two are made again, with other content."""
        hours = self._random.sample(range(-50, 80), count)
        return [EPOCH + timedelta(hours=hour) for hour in sorted((*hours, *hours[:2]))]

    def _technical_data(self) -> list[Arrival]:
        rng = self._random
        assets = {asset_id: self._asset(asset_id) for asset_id in (*PRODUCING, "F")}
        listed = set(rng.sample(sorted(assets), 4))
        arrivals = []
        for created in self._instants(5):
            for asset_id in rng.sample(sorted(assets), 2):
                assets[asset_id] = self._asset(asset_id)
            listed ^= set(rng.sample(sorted(assets), rng.choice((0, 1, 2))))
            elements = [assets[asset_id] for asset_id in sorted(listed)]
            if elements and rng.random() < 0.3:
                # Listed twice: the last mention counts.
                elements.append(self._asset(str(elements[0]["asset_id"])))
            rng.shuffle(elements)
            name = f"technical/technical_data_{created:%Y-%m-%dT%H%M%SZ}.json"
            document = TechnicalData(
                created_utc=created,
                assets=elements,
                # Some tell of a time that the newest document has not reached.
                **self._origin(name, self._received(min(created, EPOCH))),
            )
            arrivals.append(Arrival((document,)))
        return arrivals

    def _asset(self, asset_id: str) -> dict[str, Any]:
        rng = self._random
        return {
            "asset_id": asset_id,
            "name": f"Plant {asset_id}",
            "type": "wind",
            "location": {"latitude": 54.5, "longitude": 8.8, "timezone": rng.choice(TIMEZONES)},
            "technical_attributes": {
                "capacity_kw": rng.choice((1000.1, 1000.1, 2000.2, None)),
                "turbine_count": rng.choice((2, 2, 3)),
            },
            "status": rng.choice(("operational", "operational", "maintenance")),
            "owner": {"name": "Owner"},
        }

    def _contracts(self) -> list[Arrival]:
        rng = self._random
        if rng.random() < 0.1:
            return []
        listed = [
            self._contract(f"CON{n}", asset_id, METERING_POINTS[n])
            for n, asset_id in enumerate((*PRODUCING[:4], "G"))
        ]
        left: list[Contract] = []
        arrivals = []
        for exported in self._instants(4):
            for _ in range(rng.choice((1, 2, 3))):
                self._change_contracts(listed, left)
            elements = list(listed)
            if elements and rng.random() < 0.2:
                # A row twice, on other terms: the last mention counts.
                elements.append({**rng.choice(elements), **self._terms()})
            rng.shuffle(elements)
            document = AssetContracts(
                exported_utc=exported,
                contracts=elements,
                **self._origin(
                    f"contracts/asset_contracts_{exported:%Y%m%d_%H%M%SZ}.csv",
                    self._received(exported),
                ),
            )
            arrivals.append(Arrival((document,)))
        return arrivals

    def _change_contracts(self, listed: list[Contract], left: list[Contract]) -> None:
        """What happens to contracts from one export to the next."""
        rng = self._random
        if not listed or rng.random() < 0.1:
            # Listed again, as before.
            listed += left
            left.clear()
            return
        row = listed.pop(rng.randrange(len(listed)))
        contract_id, asset_id, point = (row[name] for name in CONTRACT_IDS)
        other = f"CON{rng.randrange(7)}"
        match rng.choice(("left", "new terms", "renewed", "handed over", "another row", "changed")):
            case "left":
                left.append(row)
            case "new terms":
                listed.append({**row, **self._terms()})
            case "renewed":
                successor = self._contract(rng.choice((contract_id, other)), asset_id, point)
                listed.append({**successor, "contract_begin": "2025-10-26"})
                left.append({**row, "contract_end": "2025-10-25"})
                if rng.random() < 0.5:
                    listed.append(left.pop())
            case "handed over":
                successor = self._contract(other, rng.choice((*PRODUCING, "G")), point)
                listed.append({**successor, "contract_begin": rng.choice(DAYS)})
                left.append(row)
            case "another row":
                listed.append(row)
                point = rng.choice((point, *METERING_POINTS[:6], None))
                listed.append(self._contract(contract_id, asset_id, point))
            case _:
                # A begin or a metering point is corrected, or the number goes to another asset.
                asset_id = rng.choice((asset_id, *PRODUCING, "G"))
                listed.append(
                    self._contract(contract_id, asset_id, rng.choice((point, *METERING_POINTS[:6])))
                )

    def _contract(
        self, contract_id: str | None, asset_id: str | None, metering_point_id: str | None
    ) -> Contract:
        return {
            "contract_id": contract_id,
            "asset_id": asset_id,
            "metering_point_id": metering_point_id,
            "technology": self._random.choice(("wind", "wind", "solar")),
            "contract_begin": self._random.choice((None, "2024-01-01", "2024-01-01", *DAYS)),
            "price_model": "market",
            "price": None,
            "fee_model": None,
            "fee": None,
            "fee_percent": None,
            **self._terms(),
        }

    def _terms(self) -> Contract:
        """What a newer listing of a row changes; some end before they begin."""
        return {
            "capacity": self._random.choice(("1.1", "2.3", None)),
            "contract_end": self._random.choice((None, None, *DAYS, "2025-12-31")),
        }

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
                # The file is overwritten as the day goes on.
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
        """Flags that adjoin, overlap and contradict each other, also of a point nobody knows."""
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
        """Estimates that are revised, final prices with holes; files made again at one instant."""
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


def technical_data(day: int, capacity_kw: float) -> Arrival:
    """A file of technical data, made so many days after EPOCH, with the one asset A."""
    created = EPOCH + timedelta(days=day)
    document = TechnicalData(
        created_utc=created,
        assets=[
            {
                "asset_id": "A",
                "location": {"timezone": "Europe/Berlin"},
                "technical_attributes": {"capacity_kw": capacity_kw},
                "status": "operational",
            }
        ],
        source_uri=f"file:///technical/{day}",
        content_sha256=bytes([day]),
        received_utc=pendulum.instance(created),
    )
    return Arrival((document,))


def land(connection: psycopg.Connection, arrivals: Iterable[Arrival]) -> int:
    """Land these in their order, through the extractor's own functions; how many were new."""
    run_id = begin_run(connection, "test")
    # The ages of sources are as of the newest document, not of the day on which a test runs.
    connection.execute("update raw.run set started_utc = %s where run_id = %s", [EPOCH, run_id])
    landed = 0
    for table, group in groupby(arrivals, key=lambda arrival: arrival.table):
        if table == Forecast.table:
            documents = [one for arrival in group for one in arrival.documents]
            forecasts = [one for one in documents if isinstance(one, Forecast)]
            landed += land_forecasts(connection, run_id, forecasts)
            continue
        files = []
        for arrival in group:
            first = arrival.documents[0]
            sha256_hex = first.content_sha256.hex()
            observation = Observation(
                first.source_uri, sha256_hex, first.content_sha256, first.received_utc
            )
            files.append((observation, arrival.documents))
        landed += land_files(connection, run_id, files)
    return landed


@dataclass(frozen=True)
class Retraction:
    """A document of an arrival that is not to count any more."""

    document: Document

    def land(self, connection: psycopg.Connection) -> None:
        """Note the retraction in raw."""
        point = getattr(self.document, "metering_point_id", None)
        landed = connection.execute(
            sql.SQL(
                "select document_id from raw.{} as landed"
                " where source_uri = %s and content_sha256 = %s"
                " and coalesce(to_jsonb(landed) ->> 'metering_point_id' = %s, true)"
            ).format(sql.Identifier(self.document.table)),
            [self.document.source_uri, self.document.content_sha256, point],
        ).fetchall()
        [(document_id,)] = landed
        connection.execute(
            "insert into raw.retraction (retracted_document_id, reason, received_utc, run_id)"
            " values (%s, 'nonsense', %s, 1)",
            [document_id, EPOCH],
        )


def brute_force_forecasts(
    arrivals: Sequence[Arrival], retracted: Collection[Retraction] = ()
) -> set[tuple[object, ...]]:
    """The rows of asset_forecasts, by the definition written down as loops."""
    gone = {id(retraction.document) for retraction in retracted}
    documents = sorted(
        (one for arrival in arrivals for one in arrival.documents if id(one) not in gone),
        key=lambda one: (one.received_utc, one.content_sha256),
    )
    files = {one.created_utc: one for one in documents if isinstance(one, TechnicalData)}
    zones: dict[str, str] = {}
    for _, file in sorted(files.items()):
        for asset in file.assets:
            zones[asset["asset_id"]] = asset["location"]["timezone"]
    versions = {
        (one.version_utc, one.asset_id): one for one in documents if isinstance(one, Forecast)
    }
    newest: dict[tuple[str, datetime, int], tuple[datetime, float]] = {}
    for (version_utc, asset_id), document in sorted(versions.items()):
        for position, power_kw in enumerate(document.power_kw):
            start = plain(document.grid_start_utc) + position * QUARTER_HOUR
            for gate in (0, 1):
                if power_kw is not None and plain(version_utc) + gate * QUARTER_HOUR <= start:
                    newest[asset_id, start, gate] = plain(version_utc), power_kw
    rows: set[tuple[object, ...]] = set()
    for asset_id, start, gate in newest:
        if gate == 0:
            zone = zones.get(asset_id)
            known = zone if zone in TIMEZONES[:3] else "Europe/Berlin"
            day = start.astimezone(ZoneInfo(known or "")).date()
            tradeable = newest.get((asset_id, start, 1), (None, None))
            rows.add((asset_id, start, day, *newest[asset_id, start, 0], *tradeable))
    return rows


def plain(instant: datetime) -> datetime:
    """The instant as psycopg returns it."""
    return datetime.fromtimestamp(instant.timestamp(), UTC)


def forecast_rows(connection: psycopg.Connection) -> set[tuple[object, ...]]:
    """The rows of asset_forecasts, as brute force writes them."""
    rows = connection.execute(
        "select asset_id, delivery_start_utc, delivery_date, latest_version_utc, latest_power_kw,"
        " tradeable_version_utc, tradeable_power_kw from public.asset_forecasts"
    ).fetchall()
    assert len(set(rows)) == len(rows)
    return set(rows)


Marts = Mapping[str, Mapping[str, str]]
"""The rows of every mart as text, by their key as text."""


def marts(
    connection: psycopg.Connection, environment: str = "public", names: Iterable[str] = KEYS
) -> Marts:
    """What the marts of an environment hold now, of one instant."""
    read: dict[str, dict[str, str]] = {}
    with connection.transaction():
        connection.execute("set transaction isolation level repeatable read")
        for mart in names:
            query = sql.SQL("select ({})::text, mart::text from {} as mart").format(
                sql.SQL("row({})").format(sql.SQL(", ").join(map(sql.Identifier, KEYS[mart]))),
                sql.Identifier(environment, mart),
            )
            rows = connection.execute(query).fetchall()
            read[mart] = dict(rows)
            assert len(read[mart]) == len(rows), f"{mart} holds a key twice"
    return read


def differences(found: Marts, expected: Marts, most: int = 8) -> list[str]:
    """The rows in which marts differ, a few of each mart, one line for a row."""
    lines = []
    for mart, rows in expected.items():
        different = [
            f"  {key}: {found[mart].get(key)}, not {rows.get(key)}"
            for key in sorted({*rows, *found[mart]})
            if found[mart].get(key) != rows.get(key)
        ]
        if different:
            lines.append(f"{mart}: {len(different)} of {len(rows)} rows differ")
            lines.extend(different[:most])
    return lines


# Views over several tables: after a build that was killed, one of these may be as it was, another
# one as it is to be. Marts are not switched all at once.
SIDE_BY_SIDE = {"best_of_infeed", "data_coverage", "imbalance", "production_reconciliation"}


def torn(now: Marts, before: Marts, after: Marts) -> list[str]:
    """The rows of marts that are neither those before a build nor those after it."""
    return [
        f"{mart} {key}: {row}"
        for mart, rows in now.items()
        if mart not in SIDE_BY_SIDE
        for key in sorted({*rows, *before[mart]})
        if (row := rows.get(key)) not in (before[mart].get(key), after[mart].get(key))
    ]


def empty_warehouse(server: PostgresServer, name: str) -> Warehouse:
    """A database of this name in which nothing ever was; one that has the name is dropped.

    dbt reads its whole project again when an environment variable of its profile changes:
    databases that follow each other under one name are built much faster.
    """
    with server.connect("postgres") as connection:
        database = sql.Identifier(name)
        connection.execute(sql.SQL("drop database if exists {} with (force)").format(database))
        connection.execute(sql.SQL("create database {} template template0").format(database))
    return Warehouse(server, server.environment | {"PGDATABASE": name})
