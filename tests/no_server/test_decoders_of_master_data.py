"""The rules of the decoders of technical data and contracts: what passes, what is refused."""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from extract.errors import DocumentRefused
from extract.sources import (
    asset_contracts,
)
from tests.documents import (
    CONTRACTS,
    technical_data,
)
from tests.no_server.decoded import changed, contracts_of, in_asset, technical_of


def test_technical_data_is_kept_as_received() -> None:
    content = technical_data()
    content["assets"].append({"asset_id": "BIO-DE-001", "type": "biogas", "engine": {"count": 3}})
    content["exported_by"] = "someone"
    document = technical_of(content)
    assert document.assets == content["assets"]
    assert document.created_utc == datetime(2025, 6, 1, 12, 50, tzinfo=UTC)


def test_technical_data_may_leave_out_what_it_does_not_know() -> None:
    content = technical_data()
    content["assets"][0]["technical_attributes"] = {"capacity_kw": None, "commissioning_date": None}
    content["assets"][0]["location"] = None
    assert technical_of(content).assets == content["assets"]


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("technical_data_2025-06-01T125000.json", datetime(2025, 6, 1, 10, 50, tzinfo=UTC)),
        ("technical_data_2025-01-01T125000.json", datetime(2025, 1, 1, 11, 50, tzinfo=UTC)),
        ("technical_data_2025-10-26T023000.json", datetime(2025, 10, 26, 0, 30, tzinfo=UTC)),
        # Skipped by Berlin's clocks, yet after a name of 01:45, which is 00:45 UTC.
        ("technical_data_2025-03-30T023000.json", datetime(2025, 3, 30, 1, 30, tzinfo=UTC)),
    ],
)
def test_names_without_z_are_berlin_time(name: str, expected: datetime) -> None:
    assert technical_of(technical_data(), name).created_utc == expected


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda d: d.pop("assets"), "has no list of assets"),
        (lambda d: d["assets"].clear(), "lists no asset"),
        (lambda d: d["assets"].append("WND"), "an asset is not an object"),
        (in_asset("asset_id", value=""), "not an id"),
        (in_asset("asset_id", value=7), "not an id"),
        (in_asset("asset_id", value="A\nB"), "not a well-formed id"),
        (in_asset("asset_id", value=" A"), "not a well-formed id"),
        (in_asset("asset_id", value="A" * 201), "not a well-formed id"),
        (in_asset("asset_id", value="\U0001f600" * 51), "not a well-formed id"),
        (in_asset("asset_id", value="\ud800"), "not a well-formed id"),
        (in_asset("location", value=[]), "location of WND-DE-003 is not an object"),
        (in_asset("location", "latitude", value=90.1), "not a number from -90 to 90"),
        (in_asset("location", "latitude", value="54"), "latitude of WND-DE-003 is '54'"),
        (in_asset("location", "longitude", value=-181), "not a number from -180 to 180"),
        (in_asset("technical_attributes", "capacity_kw", value=-1), "capacity_kw of WND-DE-003"),
        (in_asset("technical_attributes", "capacity_kw", value=True), "capacity_kw of WND-DE-003"),
        (in_asset("technical_attributes", "capacity_kw", value=5e-324), "capacity_kw of WND-DE"),
        (in_asset("technical_attributes", "capacity_kw", value=10**400), "capacity_kw of WND-DE"),
        (in_asset("technical_attributes", "capacity_kw", value="5,6"), "capacity_kw of WND-DE-003"),
        (
            in_asset("technical_attributes", "commissioning_date", value="15.03.2024"),
            "commissioning_date of WND-DE-003 is '15.03.2024', not a date",
        ),
        (
            in_asset("technical_attributes", "commissioning_date", value="2024-02-30"),
            "not a date",
        ),
        (in_asset("technical_attributes", "commissioning_date", value=2024), "not a date"),
        (in_asset("owner", "name", value="NUL \x00"), "cannot be stored"),
        (in_asset("owner", "name", value="\ud800"), "cannot be stored"),
        (in_asset("owner", "\x00", value=1), "cannot be stored"),
        (in_asset("owner", "name", value=json.loads("[" * 60 + "]" * 60)), "cannot be stored"),
    ],
)
def test_technical_data_is_refused(change: Callable[[dict[str, Any]], object], reason: str) -> None:
    with pytest.raises(DocumentRefused) as refusal:
        technical_of(changed(technical_data(), change))
    assert reason in refusal.value.reason


def test_a_name_with_an_impossible_instant_is_refused() -> None:
    with pytest.raises(DocumentRefused, match="the name holds no valid date and time"):
        technical_of(technical_data(), "technical_data_2025-13-01T125000Z.json")
    with pytest.raises(DocumentRefused, match="the name is not that of"):
        technical_of(technical_data(), "other.json")


def test_contracts_are_text_without_personal_data() -> None:
    document = contracts_of(CONTRACTS)
    assert document.exported_utc == datetime(2025, 6, 8, 2, 38, 31, tzinfo=UTC)
    assert document.contracts[0] == {
        "contract_id": "CON1_WND-DE-003",
        "asset_id": "WND-DE-003",
        "metering_point_id": "MP-WND-003",
        "capacity": "5.6",
        "technology": "wind",
        "contract_begin": "2024-09-01",
        "contract_end": None,
        "price_model": "fixed",
        "price": None,
        "fee_model": "fixed_as_produced",
        "fee": None,
        "fee_percent": "7.0",
    }
    assert "example.com" not in repr(document.contracts)


@pytest.mark.parametrize("column", ["email", "Mail", "contact", "Ansprechpartner", "region", ""])
def test_only_the_columns_of_the_format_are_kept(column: str) -> None:
    content = CONTRACTS.replace(",email\n", f",{column}\n").replace("owner@example.com", "Max Mu")
    assert contracts_of(content).contracts == contracts_of(CONTRACTS).contracts


def test_contracts_need_no_other_column() -> None:
    without = "\n".join(line.rpartition(",")[0] for line in CONTRACTS.splitlines())
    assert contracts_of(without).contracts == contracts_of(CONTRACTS).contracts


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ("owner@example.com", "(mail address)"),
        ("ask Max <owner@example.com>", "ask Max <(mail address)>"),
        ("fixed (owner@example.com)", "fixed (mail address)"),
    ],
)
def test_a_mail_address_in_a_cell_is_crossed_out(written: str, kept: str) -> None:
    for column, value in {
        "technology": "wind",
        "price_model": "fixed",
        "fee_percent": "7.0",
    }.items():
        content = CONTRACTS.replace(f",{value},", f",{written},", 1)
        assert contracts_of(content).contracts[0][column] == kept


@pytest.mark.parametrize(
    "value", ["CON1_WND-DE-003", "WND-DE-003", "MP-WND-003", "5.6", "2024-09-01"]
)
def test_a_mail_address_where_an_id_or_a_number_belongs_is_refused(value: str) -> None:
    """Once masked, all would share one id."""
    content = CONTRACTS.replace(f"{value},", "owner@example.com,", 1)
    with pytest.raises(DocumentRefused) as refusal:
        contracts_of(content)
    assert "example.com" not in str(refusal.value)
    with pytest.raises(DocumentRefused):
        contracts_of(asset_contracts.without_personal_data(content.encode()))


@pytest.mark.parametrize("capacity", ["0", "5", "+5.60", "999999.9", "0." + "0" * 59 + "1"])
def test_a_capacity_is_a_decimal_number(capacity: str) -> None:
    content = CONTRACTS.replace(",5.6,", f",{capacity},")
    assert contracts_of(content).contracts[0]["capacity"] == capacity


@pytest.mark.parametrize("day", ["1900-01-01", "9999-12-31"])
def test_a_contract_may_begin_and_end_as_far_away(day: str) -> None:
    content = CONTRACTS.replace("2024-09-01", day).replace("2025-12-31", day)
    one, other = contracts_of(content).contracts
    assert one["contract_begin"] == other["contract_end"] == day


def test_contracts_may_have_blank_lines() -> None:
    assert len(contracts_of(CONTRACTS.replace("\n", "\n\n")).contracts) == 2


@pytest.mark.parametrize("rows", ["", "\n\n", ",,,,,,,,,,,,\n"])
def test_an_export_without_a_contract_is_refused(rows: str) -> None:
    with pytest.raises(DocumentRefused):
        contracts_of(CONTRACTS.splitlines(keepends=True)[0] + rows)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252"])
def test_contracts_with_umlauts_in_every_encoding_seen(encoding: str) -> None:
    content = CONTRACTS.replace(",wind,", ",Börde,").encode(encoding)
    assert contracts_of(content).contracts[0]["technology"] == "Börde"


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        ("contract_id,", "id,", "lacks column contract_id"),
        (",email", ",price", "has more than one column price"),
        (",5.6,", ',"5,6",', "capacity of 'CON1_WND-DE-003' is '5,6'"),
        (",5.6,", ",5,6,", "row 2 has 14 cells, but the header has 13"),
        (",5.6,", ",nan,", "not a number of MW"),
        (",5.6,", ",-1,", "not a number of MW"),
        (",5.6,", ",1000000,", "not a number of MW"),
        ("CON1_WND-DE-003,", ",", "contract_id is nothing"),
        (",SOL-DE-001,", ",,", "asset_id of 'CON2_SOL-DE-001' is nothing"),
        ("MP-WND-003", "MP\x07", "metering_point_id of 'CON1_WND-DE-003'"),
        ("2024-09-01", "20240901", "contract_begin of 'CON1_WND-DE-003' is '20240901'"),
        (",5.6,", ",1e999,", "not a number of MW"),
        (",5.6,", ",1e-400,", "not a number of MW"),
        (",5.6,", ",5.6e0,", "not a number of MW"),
        (",5.6,", f",0.{'0' * 60}1,", "not a number of MW"),
        (",5.6,", f",{'0' * 20}5.6,", "not a number of MW"),
        ("2024-09-01", "0001-01-01", "contract_begin of 'CON1_WND-DE-003' is '0001-01-01'"),
        ("2025-12-31", "1899-12-31", "contract_end of 'CON2_SOL-DE-001' is '1899-12-31'"),
        ("2024-09-01", "01.09.2024", "contract_begin of 'CON1_WND-DE-003' is '01.09.2024'"),
        ("2025-12-31", "2025-02-29", "contract_end of 'CON2_SOL-DE-001' is '2025-02-29'"),
        (",7.0,owner@example.com", "", "row 2 has 11 cells, but the header has 13"),
        ("CON1_WND-DE-003,", '"CON1_WND-DE-003,', "is not CSV"),
        ("wind", "w\x00nd", "is neither UTF-8 nor Windows-1252 text"),
    ],
)
def test_contracts_are_refused(old: str, new: str, reason: str) -> None:
    with pytest.raises(DocumentRefused) as refusal:
        contracts_of(CONTRACTS.replace(old, new, 1))
    assert reason in refusal.value.reason


def test_a_reason_never_quotes_a_mail_address() -> None:
    with pytest.raises(DocumentRefused) as refusal:
        contracts_of(CONTRACTS.replace(",5.6,", ",owner@example.com,"))
    assert "example.com" not in str(refusal.value)


def test_contracts_of_nothing_or_of_other_bytes_are_refused() -> None:
    with pytest.raises(DocumentRefused, match="is empty"):
        contracts_of("")
    with pytest.raises(DocumentRefused, match="neither UTF-8 nor Windows-1252"):
        contracts_of(CONTRACTS.encode() + b"\x81\x8d")
