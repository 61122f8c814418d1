"""Sources whose imbalances, prices and lost energy are worked out independently of the models."""

import io
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from hashlib import sha256
from random import Random
from zoneinfo import ZoneInfo

import pandas as pd
import pendulum
from psycopg import sql

from extract.documents import Delivery, Document
from extract.sources import imbalance_prices, redispatch_compensation
from extract.sources.asset_contracts import AssetContracts
from extract.sources.final_production import FinalProduction
from extract.sources.redispatch import RedispatchFlag
from extract.sources.technical_data import TechnicalData
from extract.vpp.forecast import Forecast
from tests.warehouses import Warehouse

BERLIN = ZoneInfo("Europe/Berlin")
QUARTER_HOUR = pd.Timedelta(minutes=15)
DAYS = {date(2025, 3, 30): 92, date(2025, 6, 8): 96, date(2025, 10, 26): 100}
RECEIVED = pendulum.datetime(2025, 12, 1)
# D left the portfolio before the first day; E has final production but no forecast.
ASSETS = ("A", "B", "C", "D", "E")
MEMBERS = ("A", "B", "C", "E")


@dataclass
class Source:
    """What was landed, as tables, with instants in UTC."""

    quarter_hours: pd.DatetimeIndex
    forecasts: pd.DataFrame
    final: pd.DataFrame
    prices: pd.DataFrame
    redispatched: pd.DataFrame
    compensation: pd.DataFrame


def quarter_hours_of(day: date) -> pd.DatetimeIndex:
    """The starts of the quarter-hours of a day in Berlin, in UTC."""
    start, end = pd.Timestamp(day, tz=BERLIN), pd.Timestamp(day + timedelta(days=1), tz=BERLIN)
    return pd.date_range(start, end, freq=QUARTER_HOUR, inclusive="left").tz_convert(UTC)


def origin(name: str) -> dict[str, object]:
    return {
        "source_uri": f"file:///{name}",
        "content_sha256": sha256(name.encode()).digest(),
        "received_utc": RECEIVED,
    }


def delivered(name: str, content: str) -> Delivery:
    return Delivery(f"file:///{name}", name, content.encode(), RECEIVED)


class Made:
    """The documents, and the tables they were made from."""

    def __init__(self, seed: int) -> None:
        self.random = Random(seed)
        self.documents: list[Document] = []
        self.quarter_hours = pd.DatetimeIndex(
            [start for day in DAYS for start in quarter_hours_of(day)]
        )
        self._master_data()
        self.source = Source(
            quarter_hours=self.quarter_hours,
            forecasts=self._forecasts(),
            final=self._final_production(),
            prices=self._prices(),
            redispatched=self._redispatch(),
            compensation=self._compensation(),
        )

    def _value(self, lowest: float, highest: float) -> float | None:
        """Sums of such numbers depend on their order; now and then there is no value."""
        is_known = self.random.random() < 0.93
        return round(self.random.uniform(lowest, highest), 3) if is_known else None

    def _power_kw(self, start: pd.Timestamp) -> float | None:
        """Every three hours nothing is forecast or produced, so the imbalance is exactly 0."""
        return 0.0 if start.hour % 3 == 0 and start.minute == 0 else self._value(0, 3000)

    def _master_data(self) -> None:
        created = datetime(2025, 1, 1, tzinfo=UTC)
        assets = [
            {
                "asset_id": asset_id,
                "type": "wind",
                "location": {"timezone": "Europe/Berlin"},
                "technical_attributes": {"capacity_kw": 3000.5},
                "status": "operational",
            }
            for asset_id in ASSETS
        ]
        contracts: list[dict[str, str | None]] = [
            {
                "contract_id": f"CON-{asset_id}",
                "asset_id": asset_id,
                "metering_point_id": f"MP-{asset_id}",
                "capacity": "3",
                "technology": "wind",
                "contract_begin": "2024-01-01",
                "contract_end": None if asset_id in MEMBERS else "2025-03-01",
                "price_model": "market",
                "price": None,
                "fee_model": None,
                "fee": None,
                "fee_percent": None,
            }
            for asset_id in ASSETS
        ]
        self.documents += [
            TechnicalData(created_utc=created, assets=assets, **origin("technical.json")),  # type: ignore[arg-type]
            AssetContracts(exported_utc=created, contracts=contracts, **origin("contracts.csv")),  # type: ignore[arg-type]
        ]

    def _forecasts(self) -> pd.DataFrame:
        rows = []
        for day in DAYS:
            first = quarter_hours_of(day)[0] - 8 * QUARTER_HOUR
            for asset_id in ASSETS[:4]:
                for number in range(108):
                    if self.random.random() < 0.6:
                        continue
                    version = first + number * QUARTER_HOUR
                    values = [
                        self._power_kw(version + n * QUARTER_HOUR)
                        for n in range(self.random.choice((2, 12, 40)))
                    ]
                    self.documents.append(
                        Forecast(
                            asset_id=asset_id,
                            version_utc=pendulum.instance(version.to_pydatetime()),
                            grid_start_utc=pendulum.instance(version.to_pydatetime()),
                            power_kw=tuple(values),
                            **origin(f"forecast/{asset_id}/{version}"),  # type: ignore[arg-type]
                        )
                    )
                    rows += [
                        (asset_id, version, version + n * QUARTER_HOUR, value)
                        for n, value in enumerate(values)
                    ]
        columns = ["asset_id", "version_utc", "delivery_start_utc", "power_kw"]
        return pd.DataFrame(rows, columns=columns).dropna()

    def _final_production(self) -> pd.DataFrame:
        rows = []
        for day in DAYS:
            starts = quarter_hours_of(day)
            for asset_id in ASSETS:
                values = [self._power_kw(start) for start in starts]
                self.documents.append(
                    FinalProduction(
                        metering_point_id=f"MP-{asset_id}",
                        issued_date=day + timedelta(days=1),
                        grid_start_utc=starts[0].to_pydatetime(),
                        power_kw=values,
                        **origin(f"final/{asset_id}/{day}"),  # type: ignore[arg-type]
                    )
                )
                rows += [(asset_id, *pair) for pair in zip(starts, values, strict=True)]
        columns = ["asset_id", "delivery_start_utc", "power_kw"]
        return pd.DataFrame(rows, columns=columns).dropna()

    def _prices(self) -> pd.DataFrame:
        """Files in Berlin time; the resulting price of each quarter-hour is worked out here."""
        head = "Datum;Zeitzone;von;bis;Datenkategorie;Datentyp;Einheit"
        rows = []
        for day in DAYS:
            final = [f"{head};reBAP unterdeckt;reBAP ueberdeckt"]
            estimate = [f"{head};AEP-Schätzer;Status"]
            for start in quarter_hours_of(day):
                guess, long, short = (round(self.random.uniform(-100, 300), 2) for _ in range(3))
                if self.random.random() < 0.7:
                    short = long
                kind = self.random.choice(("final", "final", "final", "estimate", None))
                when = self.when(start)
                if kind:
                    estimate.append(f"{when};AEP-Schätzer;Betrieblich;EUR/MWh;{comma(guess)};0,00")
                if kind == "final":
                    pair = f"{comma(short)};{comma(long)}"
                    final.append(f"{when};reBAP;Qualitätsgesichert;EUR/MWh;{pair}")
                    rows.append((start, "final", short, long))
                elif kind == "estimate":
                    rows.append((start, "estimate", guess, guess))
            for lines, name in (
                (estimate, f"imbalance_price_estimation_{day}T235900Z.csv"),
                (final, f"imbalance_price_final_{day:%Y%m%d}_170800.csv"),
            ):
                self.documents += imbalance_prices.decode(delivered(name, "\n".join(lines)))
        columns = ["delivery_start_utc", "price_status", "short", "long"]
        return pd.DataFrame(rows, columns=columns)

    @staticmethod
    def when(start: pd.Timestamp) -> str:
        local = start.tz_convert(BERLIN)
        # In the offset of the start: 01:45 CET ends at 02:00, whatever clocks do then.
        end = local.replace(tzinfo=None) + QUARTER_HOUR
        return f"{local:%d.%m.%Y};{local.tzname()};{local:%H:%M};{end:%H:%M}"

    def _redispatch(self) -> pd.DataFrame:
        """Two or three hours of A and B around local noon, with an hour's gap in between."""
        rows = []
        for day in DAYS:
            starts = quarter_hours_of(day)
            for asset_id, ranges in (("A", ((0, 14), (18, 20))), ("B", ((40, 52), (52, 56)))):
                flags = [(starts[first], starts[last]) for first, last in ranges]
                self.documents.append(
                    RedispatchFlag(
                        metering_point_id=f"MP-{asset_id}",
                        issued_utc=starts[-1].to_pydatetime(),
                        delivery_start_utc=[one.to_pydatetime() for one, _ in flags],
                        delivery_end_utc=[one.to_pydatetime() for _, one in flags],
                        is_redispatched=[True, True],
                        **origin(f"redispatch/{asset_id}/{day}"),  # type: ignore[arg-type]
                    )
                )
                for first, last in ranges:
                    rows += [(asset_id, starts[n]) for n in range(first, last)]
        return pd.DataFrame(rows, columns=["asset_id", "delivery_start_utc"])

    def _compensation(self) -> pd.DataFrame:
        rows = []
        for day in DAYS:
            lines = ["delivery_start__utc_,delivery_end__utc_,price__euro_per_mwh_"]
            for start in quarter_hours_of(day):
                price = self._value(-50, 100)
                cells = [f"{one:%Y-%m-%d %H:%M:%S.%f} UTC" for one in (start, start + QUARTER_HOUR)]
                lines.append(",".join([*cells, "" if price is None else str(price)]))
                rows.append((start, price))
            name = f"redispatch_compensation_{day + timedelta(days=12)}.csv"
            self.documents += redispatch_compensation.decode(delivered(name, "\n".join(lines)))
        columns = ["delivery_start_utc", "price_eur_per_mwh"]
        return pd.DataFrame(rows, columns=columns).dropna()


def comma(number: float) -> str:
    return str(number).replace(".", ",")


def mart(warehouse: Warehouse, name: str, key: list[str]) -> pd.DataFrame:
    """A mart as a table, for the tested days."""
    wanted = ", ".join(f"'{day}'" for day in DAYS)
    query = f"copy (select * from {name} where delivery_date in ({wanted})) to stdout csv header"
    with (
        warehouse.connect() as connection,
        connection.cursor() as cursor,
        cursor.copy(sql.SQL(query)) as copy,
    ):
        content = b"".join(bytes(block) for block in copy)
    table = pd.read_csv(io.BytesIO(content))
    for column in table.columns:
        if column.endswith("_utc"):
            table[column] = pd.to_datetime(table[column], utc=True)
    return table.sort_values(key).reset_index(drop=True)


def equal(found: pd.DataFrame, expected: pd.DataFrame, columns: list[str]) -> None:
    """These columns are equal: text and instants exactly, numbers apart from rounding."""
    pd.testing.assert_frame_equal(
        found[columns],
        expected[columns].reset_index(drop=True),
        check_dtype=False,
        rtol=1e-12,
        atol=1e-9,
    )


def tradeable(source: Source) -> pd.DataFrame:
    """The newest version made at least a quarter of an hour before delivery that holds a value."""
    ahead = source.forecasts["delivery_start_utc"] - source.forecasts["version_utc"]
    known = source.forecasts[ahead >= QUARTER_HOUR]
    newest = known.sort_values("version_utc").groupby(["asset_id", "delivery_start_utc"])
    return newest["power_kw"].last().rename("tradeable_power_kw").reset_index()


def expected_imbalance(source: Source) -> pd.DataFrame:
    """For each asset with both sides: imbalance, price of its side, value."""
    final = source.final.rename(columns={"power_kw": "final_power_kw"})
    both = tradeable(source).merge(final, on=["asset_id", "delivery_start_utc"])
    both = both[both["delivery_start_utc"].isin(source.quarter_hours)]
    both["imbalance_kwh"] = (both["final_power_kw"] - both["tradeable_power_kw"]) / 4
    priced = both.merge(source.prices, on="delivery_start_utc", how="left")
    is_long = priced["imbalance_kwh"] >= 0
    priced["price_eur_per_mwh"] = priced["long"].where(is_long, priced["short"])
    priced["imbalance_eur"] = priced["imbalance_kwh"] / 1000 * priced["price_eur_per_mwh"]
    return priced.sort_values(["asset_id", "delivery_start_utc"]).reset_index(drop=True)
