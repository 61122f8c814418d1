"""What each decoder makes of a slightly changed document."""

import copy
from collections.abc import Callable
from typing import Any

from extract.sources import (
    asset_contracts,
    final_production,
    imbalance_prices,
    redispatch,
    redispatch_compensation,
)
from extract.sources import (
    live_infeed as live,
)
from extract.sources import (
    technical_data as technical,
)
from extract.sources.asset_contracts import AssetContracts
from extract.sources.final_production import FinalProduction
from extract.sources.imbalance_prices import ImbalancePrices
from extract.sources.live_infeed import LiveInfeed
from extract.sources.redispatch import RedispatchFlag
from extract.sources.redispatch_compensation import RedispatchCompensation
from extract.sources.technical_data import TechnicalData
from extract.vpp.forecast import Forecast
from extract.vpp.forecast import decode as decode_forecast
from tests.documents import (
    COMPENSATION_NAME,
    CONTRACTS_NAME,
    FINAL_NAME,
    FINAL_PRICES,
    FINAL_PRICES_NAME,
    LIVE_NAME,
    RECEIVED,
    REDISPATCH_NAME,
    TECHNICAL_NAME,
    VERSION,
    delivery,
)

START = int(VERSION.timestamp())


def forecast_of(content: bytes | str | dict[str, Any]) -> Forecast:
    return decode_forecast(delivery(content), "WND-DE-003", VERSION)


def changed(document: dict[str, Any], change: Callable[[dict[str, Any]], object]) -> dict[str, Any]:
    document = copy.deepcopy(document)
    change(document)
    return document


def set_cell(column: int, value: object) -> Callable[[dict[str, Any]], None]:
    def change(document: dict[str, Any]) -> None:
        document["values"][column][1] = value

    return change


def technical_of(
    content: bytes | str | dict[str, Any], name: str = TECHNICAL_NAME
) -> TechnicalData:
    [document] = technical.decode(delivery(content, name))
    return document


def in_asset(*path: str, value: object) -> Callable[[dict[str, Any]], None]:
    def change(document: dict[str, Any]) -> None:
        place = document["assets"][0]
        for step in path[:-1]:
            place = place[step]
        place[path[-1]] = value

    return change


def contracts_of(content: bytes | str) -> AssetContracts:
    [document] = asset_contracts.decode(delivery(content, CONTRACTS_NAME))
    return document


def live_of(content: dict[str, Any]) -> LiveInfeed:
    [document] = live.decode(delivery(content, LIVE_NAME))
    return document


RECEIVED_SECONDS = RECEIVED.timestamp()


def final_of(content: bytes | str, name: str = FINAL_NAME) -> list[FinalProduction]:
    return final_production.decode(delivery(content, name))


def flags_of(content: str) -> RedispatchFlag:
    [document] = redispatch.decode(delivery(content, REDISPATCH_NAME))
    return document


def compensation_of(content: str, name: str = COMPENSATION_NAME) -> RedispatchCompensation:
    [document] = redispatch_compensation.decode(delivery(content, name))
    return document


def prices_of(content: bytes | str, name: str = FINAL_PRICES_NAME) -> ImbalancePrices:
    [document] = imbalance_prices.decode(delivery(content, name))
    return document


def price_row(day: str, zone: str, clocks: str) -> str:
    return f"{day};{zone};{clocks};reBAP;Qualitätsgesichert;EUR/MWh;1,0;2,0\n"


def starts_of(*rows: str) -> list[str]:
    document = prices_of(FINAL_PRICES.splitlines()[0] + "\n" + "".join(rows))
    return [f"{start:%Y-%m-%dT%H:%M}" for start in document.delivery_start_utc]
