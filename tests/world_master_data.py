"""Random technical data and contracts."""

from datetime import datetime, timedelta
from hashlib import sha256
from random import Random
from typing import Any

import pendulum

from extract.sources.asset_contracts import AssetContracts
from extract.sources.technical_data import TechnicalData
from tests.arrivals import EPOCH, Arrival

LAST_VERSION = 100
PRODUCING = ("A", "B", "C", "D", "E")
"""Assets with measurements; F is only forecast, G is only under contract."""
METERING_POINTS = tuple(f"MP{number}" for number in range(1, 8))
CONTRACT_IDS = ("contract_id", "asset_id", "metering_point_id")
DAYS = ("2025-10-25", "2025-10-26", "2025-10-27")
"""Days on which contracts begin and end."""
TIMEZONES = ("Europe/Berlin", "Europe/London", "Asia/Kathmandu", "Not/AZone", None)
Contract = dict[str, str | None]


class RandomSource:
    """What a seed produces: instants, values, origins."""

    def __init__(self, seed: int) -> None:
        self._random = Random(seed)
        self._seed = seed
        self._made = 0

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
        """When files are made, in order; two are made again with different content."""
        hours = self._random.sample(range(-50, 80), count)
        return [EPOCH + timedelta(hours=hour) for hour in sorted((*hours, *hours[:2]))]


class MasterData(RandomSource):
    """Random technical data and contracts that change over time."""

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
                # Some are about a time that the newest document has not reached.
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
                # A row listed twice, on other terms: the last mention counts.
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
                # A start or a metering point is corrected, or the number goes to another asset.
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
        """What a newer listing of a row changes; some contracts end before they begin."""
        return {
            "capacity": self._random.choice(("1.1", "2.3", None)),
            "contract_end": self._random.choice((None, None, *DAYS, "2025-12-31")),
        }
