"""The master data that the simulator writes."""

from __future__ import annotations

import re

import pytest

from extract.simulator.files import SimulatedSources
from tests.no_server.simulated import (
    PLAN,
    csv_rows,
    json_documents,
)


def test_technical_data(sources: SimulatedSources) -> None:
    folder = sources.directory / "technical_data"
    names = sorted(path.name for path in folder.glob("*.json"))
    assert names[0] == "technical_data_2025-06-01T125000Z.json"
    assert all(re.fullmatch(r"technical_data_2025-06-0\dT12[345]\d{3}Z\.json", n) for n in names)
    # One of the nine days to 2025-06-09 is missing.
    assert len({name[:25] for name in names}) == len(names) == 8
    assert names[-1].startswith("technical_data_2025-06-09")

    documents = json_documents(folder)
    listed = [{asset["asset_id"] for asset in document["assets"]} for document in documents]
    assert "WND-DE-003" not in listed[0]
    assert all(ids == set(PLAN.assets_by_id) for ids in listed[1:])
    texts = [path.read_text() for path in sorted(folder.glob("*.json"))]
    assert any('"capacity_kw": 5600,' in text for text in texts)
    assert any('"capacity_kw": 5600.0,' in text for text in texts)
    solar, wind = documents[-1]["assets"][0], documents[-1]["assets"][-1]
    assert set(solar["technical_attributes"]) == {
        "capacity_kw",
        "panel_type",
        "tracking_type",
        "commissioning_date",
    }
    assert wind == {
        "asset_id": "WND-DE-003",
        "name": "North Frisia Wind Farm",
        "type": "wind",
        "location": {"latitude": 54.7805, "longitude": 8.8281, "timezone": "Europe/Berlin"},
        "technical_attributes": {
            "capacity_kw": 5600.0,
            "turbine_model": wind["technical_attributes"]["turbine_model"],
            "turbine_count": 2,
            "hub_height_meters": 120,
            "commissioning_date": "2024-03-15",
        },
        "status": "operational",
        "owner": wind["owner"],
    }


def test_asset_contracts(sources: SimulatedSources) -> None:
    first, second = sorted((sources.directory / "asset_contracts").glob("*.csv"))
    assert re.fullmatch(r"asset_contracts_20250601_\d{6}\.csv", first.name)
    assert second.name == "asset_contracts_20250608_043831.csv"
    assert {row["asset_id"] for row in csv_rows(first)} == set(PLAN.assets_by_id) - {"SOL-DE-002"}
    rows = {row["asset_id"]: row for row in csv_rows(second)}
    assert {asset_id: float(row["capacity"]) * 1000 for asset_id, row in rows.items()} == {
        asset.asset_id: pytest.approx(asset.capacity_kw) for asset in PLAN.assets
    }
    assert rows["SOL-DE-002"]["contract_begin"] == "2025-06-05"
    assert all(row["email"].endswith("@example.com") for row in rows.values())
    assert (
        "CON1_WND-DE-003,WND-DE-003,MP-WND-003,5.6,wind,2024-09-01,,fixed,,fixed_as_produced,,7.0,"
        "owner@example.com"
    ) in second.read_text().splitlines()
