"""Well-formed documents in the sources' formats, for tests that change one thing."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pendulum

from extract.documents import Delivery

VERSION = datetime(2025, 6, 8, 6, 15, tzinfo=UTC)
RECEIVED = pendulum.datetime(2025, 6, 8, 6, 16)

TECHNICAL_NAME = "technical_data_2025-06-01T125000Z.json"
CONTRACTS_NAME = "asset_contracts_20250608_043831.csv"
LIVE_NAME = "WND03_20250608.json"
FINAL_NAME = "final_production_MP-WND-003_20250609.csv"
REDISPATCH_NAME = "redispatch_flag_MP-WND-003_20250609_1201.csv"
COMPENSATION_NAME = "redispatch_compensation_2025-06-20.csv"
ESTIMATION_NAME = "imbalance_price_estimation_2025-06-07T041800Z.csv"
FINAL_PRICES_NAME = "imbalance_price_final_20250608_170800.csv"

CONTRACTS = """\
contract_id,asset_id,metering_point_id,capacity,technology,contract_begin,contract_end,\
price_model,price,fee_model,fee,fee_percent,email
CON1_WND-DE-003,WND-DE-003,MP-WND-003,5.6,wind,2024-09-01,,fixed,,fixed_as_produced,,7.0,owner@example.com
CON2_SOL-DE-001,SOL-DE-001,,1.088,solar,2023-01-01,2025-12-31,market,,,,,other@example.com
"""
FINAL = """\
delivery_start__utc_,MP-WND-003__kw_
2025-06-08 00:00:00.000000 UTC,306.72
2025-06-08 00:15:00.000000 UTC,310.5
"""
REDISPATCH = """\
delivery_start,delivery_end,is_redispatched
2025-06-08T10:00:00Z,2025-06-08T10:15:00Z,1
2025-06-08T10:15:00Z,2025-06-08T10:30:00Z,0
"""
COMPENSATION = """\
delivery_start__utc_,delivery_end__utc_,price__euro_per_mwh_
2025-06-08 10:00:00.000000 UTC,2025-06-08 10:15:00.000000 UTC,71.48
2025-06-08 10:15:00.000000 UTC,2025-06-08 11:00:00.000000 UTC,
"""
ESTIMATION = """\
Datum;Zeitzone;von;bis;Datenkategorie;Datentyp;Einheit;AEP-Schätzer;Status
03.06.2025;UTC;23:15;23:30;AEP-Schätzer;Betrieblich;EUR/MWh;144,24;0,00
03.06.2025;UTC;23:45;00:00;AEP-Schätzer;Betrieblich;EUR/MWh;-12,5;0,00
"""
FINAL_PRICES = """\
Datum;Zeitzone;von;bis;Datenkategorie;Datentyp;Einheit;reBAP unterdeckt;reBAP ueberdeckt
08.06.2025;UTC;00:00;00:15;reBAP;Qualitätsgesichert;EUR/MWh;87,11;87,11
08.06.2025;CEST;02:15;02:30;reBAP;Qualitätsgesichert;EUR/MWh;90,00;-1.234,56
"""


def delivery(content: bytes | str | dict[str, Any], name: str = "document.json") -> Delivery:
    """The content as it would have been received."""
    if isinstance(content, dict):
        content = json.dumps(content)
    received = content.encode() if isinstance(content, str) else content
    return Delivery(f"file:///source/{name}", name, received, RECEIVED)


def forecast(
    asset_id: str = "WND-DE-003", version: datetime = VERSION, count: int = 193, power: float = 1.5
) -> dict[str, Any]:
    """A forecast response: seconds under the label ms, as the API sends it."""
    first = int(version.timestamp())
    starts = [first + 900 * n for n in range(count)]
    return {
        "key": {"asset_id": asset_id, "type_id": "pv-forecast-real"},
        "column_ids": ["start", "end", "version", "power"],
        "units": ["ms", "ms", "ms", "kW"],
        "values": [
            starts,
            [start + 900 for start in starts],
            [first] * count,
            [power + n for n in range(count)],
        ],
    }


def forecast_for(target: str, **changes: Any) -> bytes:
    """The response to a request for /forecasts?asset_id=…&version=…"""
    question = parse_qs(urlsplit(target).query)
    version = datetime.fromisoformat(question["version"][0])
    return json.dumps(forecast(question["asset_id"][0], version, **changes)).encode()


def technical_data() -> dict[str, Any]:
    """A technical data file of one wind farm."""
    return {
        "assets": [
            {
                "asset_id": "WND-DE-003",
                "name": "North Frisia Wind Farm",
                "type": "wind",
                "location": {
                    "latitude": 54.7805,
                    "longitude": 8.8281,
                    "timezone": "Europe/Berlin",
                },
                "technical_attributes": {
                    "capacity_kw": 5600.0,
                    "turbine_count": 2,
                    "commissioning_date": "2024-03-15",
                },
                "status": "operational",
                "owner": {"name": "Nordfriesland Wind GmbH"},
            }
        ]
    }


def live_infeed(asset_id: str = "WND-DE-003") -> dict[str, Any]:
    """A live file of three samples, really in milliseconds."""
    return {
        "key": {"asset_id": asset_id, "type_id": "power-measurement-live"},
        "column_ids": ["timestamp", "value", "quality"],
        "units": ["ms", "kW", "factor"],
        "values": [
            [1749333600000.0, 1749333660000.0, 1749333720000.0],
            [1875.5, -3.0, None],
            [1.0, 0.4, None],
        ],
    }


def write_sources(directory: Path) -> dict[str, str]:
    """One good file for each file source; returns the settings that lead there."""
    files = {
        f"technical/{TECHNICAL_NAME}": json.dumps(technical_data()),
        f"contracts/{CONTRACTS_NAME}": CONTRACTS,
        f"live/{LIVE_NAME}": json.dumps(live_infeed()),
        f"dso/{FINAL_NAME}": FINAL,
        f"dso/{REDISPATCH_NAME}": REDISPATCH,
        f"dso/{COMPENSATION_NAME}": COMPENSATION,
        f"prices/{ESTIMATION_NAME}": ESTIMATION,
        f"prices/{FINAL_PRICES_NAME}": FINAL_PRICES,
    }
    for name, content in files.items():
        path = directory / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content)
    return {
        "TECHNICAL_DATA_URL": str(directory / "technical"),
        "ASSET_CONTRACTS_URL": str(directory / "contracts"),
        "LIVE_INFEED_URL": str(directory / "live"),
        "DSO_URL": str(directory / "dso"),
        "IMBALANCE_PRICES_URL": str(directory / "prices"),
    }
