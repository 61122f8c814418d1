"""From what the sources send to the rows of the marts, with figures worked out by hand."""

import json
from collections.abc import Iterator
from datetime import date, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from tests.dbt_project import dbt
from tests.extract_command import extract
from tests.warehouses import Warehouse

# Versions of 2025-06-08 by asset and clock time (UTC): the values of consecutive quarter-hours.
VERSIONS: dict[tuple[str, str], list[float | None]] = {
    ("WND-DE-001", "09:45"): [10.0, 11.0, 12.0, 13.0],
    ("WND-DE-001", "10:00"): [20.0, None, 22.0],
    ("WND-DE-001", "10:30"): [40.0, 41.0],
    ("SOL-DE-001", "10:00"): [5.0, 6.0, 7.0],
}


class ForecastApi(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        question = parse_qs(urlsplit(self.path).query)
        asset_id, version = question["asset_id"][0], question["version"][0]
        power_kw = VERSIONS.get((asset_id, version.removeprefix("2025-06-08T")[:5]))
        body, status = b"{}", 404
        if power_kw is not None:
            start = int(datetime.fromisoformat(version).timestamp())
            starts = [start + 900 * position for position in range(len(power_kw))]
            ends = [second + 900 for second in starts]
            document = {
                "key": {"asset_id": asset_id, "type_id": "pv-forecast-real"},
                "column_ids": ["start", "end", "version", "power"],
                "units": ["ms", "ms", "ms", "kW"],
                "values": [starts, ends, [start] * len(starts), power_kw],
            }
            body, status = json.dumps(document).encode(), 200
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *arguments: object) -> None:
        """Nothing: a test's output is its own."""


@pytest.fixture(scope="module")
def api_url() -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), ForecastApi) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()


def technical_asset(asset_id: str, kind: str, capacity_kw: float) -> dict[str, Any]:
    return {
        "asset_id": asset_id,
        "name": f"Plant {asset_id}",
        "type": kind,
        "location": {"latitude": 54.0, "longitude": 9.0, "timezone": "Europe/Berlin"},
        "technical_attributes": {"capacity_kw": capacity_kw, "commissioning_date": "2024-03-15"},
        "status": "operational",
        "owner": {"name": "Owner"},
    }


def write_sources(root: Path) -> dict[str, str]:
    folders = {
        "TECHNICAL_DATA_URL": root / "technical",
        "ASSET_CONTRACTS_URL": root / "contracts",
        "LIVE_INFEED_URL": root / "live",
        "DSO_URL": root / "dso",
    }
    for folder in folders.values():
        folder.mkdir(parents=True)
        (folder / "README.txt").write_text("not a document")
    wind, solar = "WND-DE-001", "SOL-DE-001"

    technical = folders["TECHNICAL_DATA_URL"]
    for name, assets in {
        "2025-06-01T125000Z": [technical_asset(wind, "wind", 1000)],
        "2025-06-02T124500Z": [
            technical_asset(wind, "wind", 1000.0),
            technical_asset(solar, "solar", 500.0),
        ],
    }.items():
        (technical / f"technical_data_{name}.json").write_text(json.dumps({"assets": assets}))

    header = (
        "contract_id,asset_id,metering_point_id,capacity,technology,contract_begin,contract_end,"
        "price_model,price,fee_model,fee,fee_percent,email\n"
    )
    wind_row = f"C1,{wind},MP-WND-1,1.0,wind,2024-09-01,,fixed,70,percent,,7.0,a@example.com\n"
    solar_row = f"C2,{solar},MP-SOL-1,0.5,solar,2025-06-01,,market,,percent,,7.0,b@example.com\n"
    contracts = folders["ASSET_CONTRACTS_URL"]
    (contracts / "asset_contracts_20250601_043812.csv").write_text(header + wind_row)
    (contracts / "asset_contracts_20250608_043831.csv").write_text(header + wind_row + solar_row)

    # 12:00 to 12:15 local time: 100 kW for ten minutes, then 40 kW, held for five: 80 kW.
    noon = int(datetime.fromisoformat("2025-06-08T10:00:00+00:00").timestamp()) * 1000.0
    minutes = [*range(11)]
    live = {
        "key": {"entity_id": wind, "type_id": "power-measurement-live"},
        "column_ids": ["timestamp", "value", "quality"],
        "units": ["ms", "kW", "factor"],
        "values": [
            # Three that do not count: not a number, a clock reset to 1970, bad quality.
            [*(noon + 60000 * minute for minute in minutes), noon + 90000, 0, noon + 150000],
            [*[100.0] * 10, 40.0, float("nan"), 7.0, 8.0],
            [*[1.0] * 11, 1.0, 1.0, 0.4],
        ],
    }
    (folders["LIVE_INFEED_URL"] / "WND01_20250608.json").write_text(json.dumps(live))

    dso = folders["DSO_URL"]
    (dso / "final_production_all_20250609.csv").write_text(
        "delivery_start__utc_,MP-WND-1__kw_,MP-UNKNOWN__kw_\n"
        "2025-06-08 10:00:00.000000 UTC,90.0,1.5\n"
        "2025-06-08 10:15:00.000000 UTC,91.0,\n"
        "2025-06-08 10:30:00.000000 UTC,92.0,\n"
    )
    (dso / "final_production_MP-WND-1_20250610.csv").write_text(
        "delivery_start__utc_,MP-WND-1__kw_\n"
        "2025-06-08 10:00:00.000000 UTC,\n"
        "2025-06-08 10:15:00.000000 UTC,95.0\n"
    )
    return {name: str(folder) for name, folder in folders.items()}


@pytest.fixture(scope="module")
def built(
    module_warehouse: Warehouse, api_url: str, tmp_path_factory: pytest.TempPathFactory
) -> Warehouse:
    sources = write_sources(tmp_path_factory.mktemp("sources"))
    environment = {**module_warehouse.environment, **sources, "VPP_API_URL": api_url}
    window = ["--from", "2025-06-08T09:30Z", "--to", "2025-06-08T11:00Z"]
    landed = extract(environment, "all", *window)
    assert landed.returncode == 0, landed.stderr
    result = dbt(environment, tmp_path_factory.mktemp("target"), "run")
    assert result.success, result.statuses
    return module_warehouse


def test_asset_forecasts(built: Warehouse) -> None:
    assert built.rows(
        "select asset_id, to_char(delivery_start_utc, 'HH24:MI'), to_char(delivery_end_utc,"
        " 'HH24:MI'), to_char(latest_version_utc, 'HH24:MI'), latest_power_kw,"
        " to_char(tradeable_version_utc, 'HH24:MI'), tradeable_power_kw"
        " from asset_forecasts order by 1, 2",
    ) == [
        ("SOL-DE-001", "10:00", "10:15", "10:00", 5.0, None, None),
        ("SOL-DE-001", "10:15", "10:30", "10:00", 6.0, "10:00", 6.0),
        ("SOL-DE-001", "10:30", "10:45", "10:00", 7.0, "10:00", 7.0),
        ("WND-DE-001", "09:45", "10:00", "09:45", 10.0, None, None),
        ("WND-DE-001", "10:00", "10:15", "10:00", 20.0, "09:45", 11.0),
        # Version 10:00 holds no value for 10:15, so the version before it stands in, for both.
        ("WND-DE-001", "10:15", "10:30", "09:45", 12.0, "09:45", 12.0),
        # Version 10:15 does not exist.
        ("WND-DE-001", "10:30", "10:45", "10:30", 40.0, "10:00", 22.0),
        ("WND-DE-001", "10:45", "11:00", "10:30", 41.0, "10:30", 41.0),
    ]


def test_portfolio_forecast(built: Warehouse) -> None:
    assert built.rows(
        "select to_char(delivery_start_utc, 'HH24:MI'), delivery_date, latest_power_kw,"
        " tradeable_power_kw, tradeable_energy_mwh, expected_asset_count, latest_asset_count,"
        " tradeable_asset_count, expected_capacity_kw, tradeable_capacity_kw, is_complete"
        " from portfolio_forecast order by 1",
    ) == [
        ("09:45", date(2025, 6, 8), 10.0, None, None, 2, 1, 0, 1500.0, None, False),
        ("10:00", date(2025, 6, 8), 25.0, 11.0, 0.00275, 2, 2, 1, 1500.0, 1000.0, False),
        ("10:15", date(2025, 6, 8), 18.0, 18.0, 0.0045, 2, 2, 2, 1500.0, 1500.0, True),
        ("10:30", date(2025, 6, 8), 47.0, 29.0, 0.00725, 2, 2, 2, 1500.0, 1500.0, True),
        ("10:45", date(2025, 6, 8), 41.0, 41.0, 0.01025, 2, 1, 1, 1500.0, 1000.0, False),
    ]


def test_assets_and_their_history(built: Warehouse) -> None:
    assert built.rows(
        "select asset_id, technology, capacity_kw, metering_point_id from assets order by 1"
    ) == [
        ("SOL-DE-001", "solar", 500.0, "MP-SOL-1"),
        ("WND-DE-001", "wind", 1000.0, "MP-WND-1"),
    ]
    assert built.rows(
        "select asset_id, to_char(valid_from_utc, 'MM-DD HH24:MI'), valid_to_utc"
        " from assets_history order by 1",
    ) == [("SOL-DE-001", "06-02 12:45", None), ("WND-DE-001", "06-01 12:50", None)]


def test_live_infeed(built: Warehouse) -> None:
    assert built.rows(
        "select asset_id, to_char(delivery_start_utc, 'HH24:MI'), power_kw, coverage_ratio,"
        " measurement_count from live_infeed",
    ) == [("WND-DE-001", "10:00", 80.0, 1.0, 11)]


def test_how_many_samples_of_a_live_document_did_not_count(built: Warehouse) -> None:
    assert built.rows(
        "select asset_id, split_part(source_uri, '/live/', 2),"
        " to_char(measured_from_utc, 'YYYY-MM-DD HH24:MI'), to_char(measured_to_utc, 'HH24:MI'),"
        " sample_count, uncounted_sample_count"
        " from live_documents",
    ) == [("WND-DE-001", "WND01_20250608.json", "2025-06-08 10:00", "10:10", 14, 3)]


def test_final_production_mapped_and_unmapped(built: Warehouse) -> None:
    assert built.rows(
        "select asset_id, metering_point_id, to_char(delivery_start_utc, 'HH24:MI'), power_kw,"
        " energy_kwh, revision_count, source_file_name from dso_final_production order by 3",
    ) == [
        ("WND-DE-001", "MP-WND-1", "10:00", 90.0, 22.5, 1, "final_production_all_20250609.csv"),
        # Restated on the next day; the empty cell of 10:00 restates nothing.
        (
            *("WND-DE-001", "MP-WND-1", "10:15", 95.0, 23.75, 2),
            "final_production_MP-WND-1_20250610.csv",
        ),
        ("WND-DE-001", "MP-WND-1", "10:30", 92.0, 23.0, 1, "final_production_all_20250609.csv"),
    ]
    assert built.rows(
        "select metering_point_id, power_kw, energy_kwh from dso_unmapped_production"
    ) == [("MP-UNKNOWN", 1.5, 0.375)]


def test_reconciliation(built: Warehouse) -> None:
    assert built.rows(
        "select to_char(delivery_start_utc, 'HH24:MI'), latest_error_kw, tradeable_error_kw,"
        " live_error_kw, status from production_reconciliation where asset_id = 'WND-DE-001'"
        " order by 1",
    ) == [
        ("09:45", None, None, None, "missing_both"),
        ("10:00", -70.0, -79.0, -10.0, "reconciled"),
        ("10:15", -83.0, -83.0, None, "reconciled"),
        ("10:30", -52.0, -70.0, None, "reconciled"),
        ("10:45", None, None, None, "missing_final"),
    ]
    assert built.rows(
        "select to_char(delivery_start_utc, 'HH24:MI'), reconciled_asset_count,"
        " expected_asset_count, reconciled_capacity_kw, tradeable_power_kw, final_power_kw,"
        " tradeable_error_kw from portfolio_reconciliation where reconciled_asset_count > 0"
        " order by 1",
    ) == [
        ("10:00", 1, 2, 1000.0, 11.0, 90.0, -79.0),
        ("10:15", 1, 2, 1000.0, 12.0, 95.0, -83.0),
        ("10:30", 1, 2, 1000.0, 22.0, 92.0, -70.0),
    ]


def test_data_coverage(built: Warehouse) -> None:
    assert built.rows(
        "select source, asset_id, expected_count, received_count, missing_count, is_complete"
        " from data_coverage order by 1, 2",
    ) == [
        ("final_production", "SOL-DE-001", 96, 0, 96, False),
        ("final_production", "WND-DE-001", 96, 3, 93, False),
        ("forecast", "SOL-DE-001", 96, 3, 93, False),
        ("forecast", "WND-DE-001", 96, 5, 91, False),
        ("live", "SOL-DE-001", 96, 0, 96, False),
        ("live", "WND-DE-001", 96, 1, 95, False),
    ]
