"""Every rule of every decoder: what passes, and what is refused with which reason."""

import copy
import json
import unicodedata
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime
from hashlib import sha256
from typing import Any

import pytest

from extract.errors import DocumentRefused
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
    COMPENSATION,
    COMPENSATION_NAME,
    CONTRACTS,
    CONTRACTS_NAME,
    ESTIMATION,
    ESTIMATION_NAME,
    FINAL,
    FINAL_NAME,
    FINAL_PRICES,
    FINAL_PRICES_NAME,
    LIVE_NAME,
    RECEIVED,
    REDISPATCH,
    REDISPATCH_NAME,
    TECHNICAL_NAME,
    VERSION,
    delivery,
    forecast,
    live_infeed,
    technical_data,
)

START = int(VERSION.timestamp())


def forecast_of(content: bytes | str | dict[str, Any]) -> Forecast:
    return decode_forecast(delivery(content), "WND-DE-003", VERSION)


def changed(document: dict[str, Any], change: Callable[[dict[str, Any]], object]) -> dict[str, Any]:
    document = copy.deepcopy(document)
    change(document)
    return document


def test_forecast_has_the_grid_the_values_and_its_origin() -> None:
    document = delivery(forecast())
    decoded = decode_forecast(document, "WND-DE-003", VERSION)
    assert decoded.version_utc == VERSION
    assert decoded.version_utc.timezone_name == "UTC"
    assert decoded.grid_start_utc == VERSION
    assert len(decoded.power_kw) == 193
    assert decoded.power_kw[:2] == (1.5, 2.5)
    assert decoded.received_utc == RECEIVED
    assert decoded.source_uri == document.source_uri
    assert decoded.content_sha256 == document.content_sha256


def test_forecast_epochs_are_told_by_magnitude() -> None:
    document = forecast(count=2)
    document["values"][:3] = [
        [epoch * 1000.0 for epoch in column] for column in document["values"][:3]
    ]
    assert forecast_of(document).grid_start_utc == VERSION


def test_forecast_columns_are_found_by_id() -> None:
    document = forecast(count=3)
    document["column_ids"] = ["note", "power", "version", "end", "start"]
    document["values"] = [["x"], *reversed(document["values"])]
    assert forecast_of(document).power_kw == (1.5, 2.5, 3.5)


def test_forecast_rows_are_put_on_the_grid_and_holes_are_none() -> None:
    document = forecast(count=4)
    for column in document["values"]:
        column[:] = [column[3], column[0], column[1]]
    document["values"][3][1] = None
    decoded = forecast_of(document)
    assert decoded.grid_start_utc == VERSION
    assert decoded.power_kw == (None, 2.5, None, 4.5)


def test_forecast_may_say_the_same_twice() -> None:
    document = forecast(count=2)
    for column in document["values"]:
        column.append(column[0])
    assert forecast_of(document).power_kw == (1.5, 2.5)


def test_forecast_with_a_byte_order_mark() -> None:
    content = b"\xef\xbb\xbf" + json.dumps(forecast(count=1)).encode()
    assert forecast_of(content).power_kw == (1.5,)


def set_cell(column: int, value: object) -> Callable[[dict[str, Any]], None]:
    def change(document: dict[str, Any]) -> None:
        document["values"][column][1] = value

    return change


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda d: d["key"].update(asset_id="WND-DE-001"), "is about 'WND-DE-001'"),
        (lambda d: d.update(key=None), "is about nothing"),
        (lambda d: d.update(column_ids="start"), "two lists"),
        (lambda d: d["values"].pop(), "two lists of equal length"),
        (lambda d: d["column_ids"].__setitem__(0, "begin"), "misses the column start"),
        (lambda d: d["column_ids"].__setitem__(0, "end"), "misses the column start"),
        (
            lambda d: (d["column_ids"].append("power"), d["values"].append([1, 2, 3])),
            "more than once the column power",
        ),
        (lambda d: d["values"].__setitem__(3, "abc"), "the column power is not a list"),
        (lambda d: d["values"][3].pop(), "differ in length: start 3, end 3, version 3, power 2"),
        (lambda d: [column.clear() for column in d["values"]], "holds no quarter-hours"),
        (set_cell(2, START + 900), "holds the version"),
        (set_cell(0, START + 901), "on no quarter-hour"),
        (set_cell(0, START + 900.5), "on no quarter-hour"),
        (set_cell(1, START + 900), "not 15 minutes apart"),
        (set_cell(0, "2025-06-08"), "start holds '2025-06-08', no instant"),
        (set_cell(0, True), "start holds True, no instant"),
        (set_cell(0, None), "start holds nothing, no instant"),
        (set_cell(0, 57000), "no plausible instant"),
        (set_cell(0, 10**400), "no plausible instant"),
        (set_cell(0, -START), "no plausible instant"),
        (set_cell(3, "431.2"), "power holds '431.2', no number"),
        (set_cell(3, False), "power holds False, no number"),
        (set_cell(3, 1e9), "no plausible power"),
        (set_cell(3, -1e300), "no plausible power"),
        (set_cell(3, 10**400), "no plausible power"),
    ],
)
def test_forecast_is_refused(change: Callable[[dict[str, Any]], object], reason: str) -> None:
    document = changed(forecast(count=3), change)
    with pytest.raises(DocumentRefused) as refusal:
        forecast_of(document)
    assert reason in refusal.value.reason
    assert "\n" not in str(refusal.value)


@pytest.mark.parametrize("shift", [-97, 10 * 96 + 1])
def test_forecast_far_from_its_version_is_refused(shift: int) -> None:
    document = forecast(count=1)
    document["values"][0][0] += 900 * shift
    document["values"][1][0] += 900 * shift
    with pytest.raises(DocumentRefused, match="too far from its version"):
        forecast_of(document)


@pytest.mark.parametrize("shift", [-96, 10 * 96])
def test_forecast_may_reach_as_far(shift: int) -> None:
    document = forecast(count=1)
    document["values"][0][0] += 900 * shift
    document["values"][1][0] += 900 * shift
    assert len(forecast_of(document).power_kw) == 1


def test_forecast_of_an_asset_that_no_index_could_hold_is_refused() -> None:
    asset_id = "A" * 201
    with pytest.raises(DocumentRefused, match="no well-formed id"):
        decode_forecast(delivery(forecast(asset_id)), asset_id, VERSION)


def test_forecast_that_contradicts_itself_is_refused() -> None:
    document = forecast(count=2)
    for column, value in zip(document["values"], [START, START + 900, START, 7], strict=True):
        column.append(value)
    with pytest.raises(DocumentRefused, match="two values for the start"):
        forecast_of(document)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "is not JSON"),
        (b"<html>busy</html>", "is not JSON"),
        (json.dumps(forecast()).encode()[:-40], "is not JSON"),
        (b"[]", "is not a JSON object"),
        (b"\xff\xfe{}", "is not UTF-8"),
        (b'{"a": NaN}', "NaN is no number"),
        (b'{"a": -Infinity}', "-Infinity is no number"),
        (b'{"a": 1e999}', "1e999 is too large"),
        (b'{"a": ' + b"9" * 5000 + b"}", "is not JSON"),
        (b'{"a": ' + b"[" * 100_000, "is nested too deeply"),
    ],
)
def test_what_is_no_strict_json_is_refused(content: bytes, reason: str) -> None:
    with pytest.raises(DocumentRefused) as refusal:
        forecast_of(content)
    assert reason in refusal.value.reason
    assert len(refusal.value.reason) < 300


def technical_of(
    content: bytes | str | dict[str, Any], name: str = TECHNICAL_NAME
) -> TechnicalData:
    [document] = technical.decode(delivery(content, name))
    return document


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
    ],
)
def test_names_without_z_are_berlin_time(name: str, expected: datetime) -> None:
    assert technical_of(technical_data(), name).created_utc == expected


def in_asset(*path: str, value: object) -> Callable[[dict[str, Any]], None]:
    def change(document: dict[str, Any]) -> None:
        place = document["assets"][0]
        for step in path[:-1]:
            place = place[step]
        place[path[-1]] = value

    return change


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda d: d.pop("assets"), "holds no list of assets"),
        (lambda d: d["assets"].clear(), "lists no asset"),
        (lambda d: d["assets"].append("WND"), "an asset is not an object"),
        (in_asset("asset_id", value=""), "is no id"),
        (in_asset("asset_id", value=7), "is no id"),
        (in_asset("asset_id", value="A\nB"), "no well-formed id"),
        (in_asset("asset_id", value=" A"), "no well-formed id"),
        (in_asset("asset_id", value="A" * 201), "no well-formed id"),
        (in_asset("asset_id", value="\U0001f600" * 51), "no well-formed id"),
        (in_asset("asset_id", value="\ud800"), "no well-formed id"),
        (in_asset("location", value=[]), "location of WND-DE-003 is not an object"),
        (in_asset("location", "latitude", value=90.1), "no number from -90 to 90"),
        (in_asset("location", "latitude", value="54"), "latitude of WND-DE-003 is '54'"),
        (in_asset("location", "longitude", value=-181), "no number from -180 to 180"),
        (in_asset("technical_attributes", "capacity_kw", value=-1), "capacity_kw of WND-DE-003"),
        (in_asset("technical_attributes", "capacity_kw", value=True), "capacity_kw of WND-DE-003"),
        (in_asset("technical_attributes", "capacity_kw", value=5e-324), "capacity_kw of WND-DE"),
        (in_asset("technical_attributes", "capacity_kw", value=10**400), "capacity_kw of WND-DE"),
        (in_asset("technical_attributes", "capacity_kw", value="5,6"), "capacity_kw of WND-DE-003"),
        (
            in_asset("technical_attributes", "commissioning_date", value="15.03.2024"),
            "commissioning_date of WND-DE-003 is '15.03.2024', which is no date",
        ),
        (
            in_asset("technical_attributes", "commissioning_date", value="2024-02-30"),
            "which is no date",
        ),
        (in_asset("technical_attributes", "commissioning_date", value=2024), "which is no date"),
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
    with pytest.raises(DocumentRefused, match="the name holds no instant"):
        technical_of(technical_data(), "technical_data_2025-13-01T125000Z.json")
    with pytest.raises(DocumentRefused, match="the name is not that of"):
        technical_of(technical_data(), "other.json")


def contracts_of(content: bytes | str, name: str = CONTRACTS_NAME) -> AssetContracts:
    [document] = asset_contracts.decode(delivery(content, name))
    return document


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
    """Crossed out, it would be one id for all."""
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
        ("contract_id,", "id,", "misses the column contract_id"),
        (",email", ",price", "more than once the column price"),
        (",5.6,", ',"5,6",', "capacity of 'CON1_WND-DE-003' is '5,6'"),
        (",5.6,", ",5,6,", "row 2 has 14 cells, the header 13"),
        (",5.6,", ",nan,", "which is no number of MW"),
        (",5.6,", ",-1,", "which is no number of MW"),
        (",5.6,", ",1000000,", "which is no number of MW"),
        ("CON1_WND-DE-003,", ",", "contract_id is nothing"),
        (",SOL-DE-001,", ",,", "asset_id of 'CON2_SOL-DE-001' is nothing"),
        ("MP-WND-003", "MP\x07", "metering_point_id of 'CON1_WND-DE-003'"),
        ("2024-09-01", "20240901", "contract_begin of 'CON1_WND-DE-003' is '20240901'"),
        (",5.6,", ",1e999,", "which is no number of MW"),
        (",5.6,", ",1e-400,", "which is no number of MW"),
        (",5.6,", ",5.6e0,", "which is no number of MW"),
        (",5.6,", f",0.{'0' * 60}1,", "which is no number of MW"),
        (",5.6,", f",{'0' * 20}5.6,", "which is no number of MW"),
        ("2024-09-01", "0001-01-01", "contract_begin of 'CON1_WND-DE-003' is '0001-01-01'"),
        ("2025-12-31", "1899-12-31", "contract_end of 'CON2_SOL-DE-001' is '1899-12-31'"),
        ("2024-09-01", "01.09.2024", "contract_begin of 'CON1_WND-DE-003' is '01.09.2024'"),
        ("2025-12-31", "2025-02-29", "contract_end of 'CON2_SOL-DE-001' is '2025-02-29'"),
        (",7.0,owner@example.com", "", "row 2 has 11 cells, the header 13"),
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


def live_of(content: dict[str, Any]) -> LiveInfeed:
    [document] = live.decode(delivery(content, LIVE_NAME))
    return document


def test_live_samples_keep_their_order() -> None:
    content = live_infeed()
    for column in content["values"]:
        column.append(column[0])
    document = live_of(content)
    assert document.asset_id == "WND-DE-003"
    first = datetime(2025, 6, 7, 22, 0, tzinfo=UTC)
    assert document.measured_utc[0] == document.measured_utc[3] == first
    assert document.power_kw == [1875.5, -3.0, None, 1875.5]
    assert document.quality == [1.0, 0.4, None, 1.0]


def test_live_key_may_be_called_entity_id() -> None:
    content = live_infeed()
    content["key"] = {"entity_id": "WND-DE-001"}
    assert live_of(content).asset_id == "WND-DE-001"


def test_live_seconds_are_told_by_magnitude() -> None:
    content = live_infeed()
    content["values"][0] = [cell / 1000 for cell in content["values"][0]]
    assert live_of(content).measured_utc == live_of(live_infeed()).measured_utc


RECEIVED_SECONDS = RECEIVED.timestamp()


@pytest.mark.parametrize(
    "instant",
    [
        0,
        -1,
        None,
        float("nan"),
        float("inf"),
        -1e308,
        10**400,
        946_684_799_999,
        1000 * RECEIVED_SECONDS + 86_400_001,
        # As seconds the year 2025: a clock that began anew 20 days ago, counting milliseconds.
        1_749_333_600,
    ],
)
def test_a_live_sample_of_an_impossible_instant_has_none(instant: float | None) -> None:
    """It does not count; the day does."""
    document = live_of(changed(live_infeed(), set_cell(0, instant)))
    expected = live_of(live_infeed())
    assert document.measured_utc == [expected.measured_utc[0], None, expected.measured_utc[2]]
    assert document.power_kw == expected.power_kw
    assert document.quality == expected.quality


@pytest.mark.parametrize("instant", [946_684_800_000, 1000 * RECEIVED_SECONDS + 86_400_000])
def test_a_live_sample_may_be_from_2000_to_a_day_after_it_was_received(instant: float) -> None:
    document = live_of(changed(live_infeed(), set_cell(0, instant)))
    assert document.measured_utc[1] == datetime.fromtimestamp(instant / 1000, UTC)


def test_a_live_sample_in_seconds_may_have_no_instant_either() -> None:
    content = live_infeed()
    content["values"][0] = [1749333600, 1749333600000, 1749333720]
    expected = live_of(live_infeed()).measured_utc
    assert live_of(content).measured_utc == [expected[0], None, expected[2]]


@pytest.mark.parametrize("power", [float("nan"), float("-inf"), 1e9, -1e9, 3.4e38, 10**400])
def test_a_live_sample_of_an_impossible_power_has_none(power: float) -> None:
    document = live_of(changed(live_infeed(), set_cell(1, power)))
    assert document.power_kw == [1875.5, None, None]
    assert document.measured_utc == live_of(live_infeed()).measured_utc


def test_a_live_sample_whose_quality_is_no_number_is_of_the_worst() -> None:
    document = live_of(changed(live_infeed(), set_cell(2, float("nan"))))
    assert document.quality == [1.0, 0.0, None]


def test_live_file_may_still_be_empty() -> None:
    content = live_infeed()
    content["values"] = [[], [], []]
    assert live_of(content).measured_utc == []


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda d: d.update(key=[]), "has no key"),
        (lambda d: d.update(key={}), "names no asset, or two"),
        (lambda d: d["key"].update(entity_id="X"), "names no asset, or two"),
        (lambda d: d["key"].update(asset_id=""), "is no id"),
        (lambda d: d["key"].update(asset_id={}), "is no id"),
        (set_cell(0, "now"), "timestamp holds 'now', no number"),
        (set_cell(0, True), "timestamp holds True, no number"),
        (set_cell(1, "1"), "value holds '1', no number"),
        (set_cell(1, False), "value holds False, no number"),
        (set_cell(2, "1"), "quality holds '1', no number"),
        (set_cell(2, 1.01), "not from 0 to 1"),
        (set_cell(2, -0.1), "not from 0 to 1"),
        (set_cell(2, -(10**400)), "not from 0 to 1"),
        (set_cell(2, True), "quality holds True, no number"),
        (lambda d: d["values"][2].pop(), "differ in length"),
        (lambda d: d["values"].__setitem__(0, [0, 1, None]), "no sample of a possible instant"),
    ],
)
def test_live_is_refused(change: Callable[[dict[str, Any]], object], reason: str) -> None:
    with pytest.raises(DocumentRefused) as refusal:
        live_of(changed(live_infeed(), change))
    assert reason in refusal.value.reason


def final_of(content: bytes | str, name: str = FINAL_NAME) -> list[FinalProduction]:
    return final_production.decode(delivery(content, name))


def test_final_production_is_put_on_the_grid() -> None:
    [document] = final_of(FINAL + "2025-06-08 01:00:00 UTC,\n2025-06-07 23:45:00.0 UTC,-1e-2\n")
    assert document.metering_point_id == "MP-WND-003"
    assert document.issued_date == date(2025, 6, 9)
    assert document.grid_start_utc == datetime(2025, 6, 7, 23, 45, tzinfo=UTC)
    assert document.power_kw == [-0.01, 306.72, 310.5, None, None, None]


def test_final_production_brings_a_document_for_each_metering_point() -> None:
    content = (
        "note,MP-A__kw_,delivery_start__utc_,MP-B__kw_\n"
        "x,1,2025-06-08 00:00:00.000000 UTC,\n"
        "y,2,2025-06-08 00:15:00.000000 UTC,3\n"
    )
    documents = final_of(content, "final_production_20250609.csv")
    assert [(d.metering_point_id, d.power_kw) for d in documents] == [
        ("MP-A", [1.0, 2.0]),
        ("MP-B", [None, 3.0]),
    ]


def test_final_production_may_say_the_same_twice() -> None:
    last = FINAL.splitlines()[-1]
    assert final_of(f"{FINAL}{last}\n")[0].power_kw == [306.72, 310.5]


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        ("delivery_start__utc_", "start", "misses the column delivery_start__utc_"),
        ("__kw_", "_mw", "holds no column of a metering point"),
        (",MP-WND-003__kw_", ",\x07__kw_", "no well-formed id"),
        ("00:15:00.000000 UTC", "00:10:00.000000 UTC", "starts no quarter-hour"),
        ("00:15:00.000000 UTC", "00:15:00.000001 UTC", "starts no quarter-hour"),
        ("00:15:00.000000 UTC", "00:15:00.000000", "starts no quarter-hour"),
        ("00:15:00.000000 UTC", "25:15:00.000000 UTC", "starts no quarter-hour"),
        ("2025-06-08 00:15", "1025-06-08 00:15", "starts no quarter-hour"),
        ("2025-06-08 00:15", "2026-08-08 00:15", "more than 400 days"),
        (",310.5", ',"310,5"', "no power in kW with a decimal point"),
        (",310.5", ",310,5", "row 3 has 3 cells, the header 2"),
        (",310.5", ",inf", "no power in kW"),
        (",310.5", ",1e9", "no power in kW"),
        (",310.5", ",1e999", "no power in kW"),
        (",310.5", "", "row 3 has 1 cells, the header 2"),
        ("2025-06-08 00:15", "2025-06-08 00:00", "two values for 2025-06-08 00:00 UTC"),
    ],
)
def test_final_production_is_refused(old: str, new: str, reason: str) -> None:
    with pytest.raises(DocumentRefused) as refusal:
        final_of(FINAL.replace(old, new, 1))
    assert reason in refusal.value.reason


def test_final_production_without_rows_or_with_a_point_twice_is_refused() -> None:
    with pytest.raises(DocumentRefused, match="holds no quarter-hours"):
        final_of(FINAL.splitlines()[0])
    with pytest.raises(DocumentRefused, match="a metering point more than once"):
        final_of("delivery_start__utc_,A__kw_,A__kw_\n2025-06-08 00:00:00 UTC,1,2\n")
    with pytest.raises(DocumentRefused, match="the name holds no instant"):
        final_of(FINAL, "final_production_A_20250231.csv")


def flags_of(content: str, name: str = REDISPATCH_NAME) -> RedispatchFlag:
    [document] = redispatch.decode(delivery(content, name))
    return document


def test_redispatch_flags() -> None:
    document = flags_of(REDISPATCH.replace("10:15:00Z,1", "10:15:00Z,True"))
    assert document.metering_point_id == "MP-WND-003"
    assert document.issued_utc == datetime(2025, 6, 9, 10, 1, tzinfo=UTC)
    assert document.delivery_start_utc[0] == datetime(2025, 6, 8, 10, 0, tzinfo=UTC)
    assert document.delivery_end_utc[1] == datetime(2025, 6, 8, 10, 30, tzinfo=UTC)
    assert document.is_redispatched == [True, False]


def test_redispatch_instants_may_carry_an_offset() -> None:
    document = flags_of(REDISPATCH.replace("2025-06-08T10:00:00Z", "2025-06-08T12:00:00+02:00"))
    assert document.delivery_start_utc[0] == datetime(2025, 6, 8, 10, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        ("is_redispatched", "flag", "misses the column is_redispatched"),
        ("T10:00:00Z", "T10:00:00", "no instant with a zone"),
        ("2025-06-08T10:00:00Z", "yesterday", "no instant with a zone"),
        ("2025-06-08T10:00:00Z", "0001-01-01T00:00:00+14:00", "no instant with a zone"),
        ("T10:00:00Z", "T10:05:00Z", "on no quarter-hour"),
        ("T10:00:00Z", "T10:15:00Z", "holds an interval from"),
        ("2025-06-08T10:00:00Z", "2023-06-08T10:00:00Z", "tells of more than 400 days in all"),
        ("15:00Z,1", "15:00Z,2", "is_redispatched holds '2', not 1 or 0"),
        ("15:00Z,1", "15:00Z", "row 2 has 2 cells, the header 3"),
    ],
)
def test_redispatch_is_refused(old: str, new: str, reason: str) -> None:
    with pytest.raises(DocumentRefused) as refusal:
        flags_of(REDISPATCH.replace(old, new, 1))
    assert reason in refusal.value.reason


def test_redispatch_of_more_quarter_hours_than_a_file_can_tell_of_is_refused() -> None:
    """Of a few kB could be made millions of rows."""
    row = "2025-01-01T00:00:00Z,2025-07-20T00:00:00Z,1\n"
    header = REDISPATCH.splitlines(keepends=True)[0]
    assert len(flags_of(header + 2 * row).is_redispatched) == 2
    with pytest.raises(DocumentRefused, match="tells of more than 400 days in all"):
        flags_of(header + 2 * row + REDISPATCH.splitlines()[1])


def compensation_of(content: str, name: str = COMPENSATION_NAME) -> RedispatchCompensation:
    [document] = redispatch_compensation.decode(delivery(content, name))
    return document


def test_redispatch_compensation() -> None:
    # Rows may come in any order and twice; other columns mean nothing here.
    first, *rows = COMPENSATION.splitlines()
    document = compensation_of("\n".join([f"note,{first}", *(f"x,{r}" for r in rows[::-1] * 2)]))
    assert document.issued_date == date(2025, 6, 20)
    assert document.delivery_start_utc[0] == datetime(2025, 6, 8, 10, 0, tzinfo=UTC)
    assert document.delivery_end_utc == [
        datetime(2025, 6, 8, 10, 15, tzinfo=UTC),
        datetime(2025, 6, 8, 11, 0, tzinfo=UTC),
    ]
    assert document.price_eur_per_mwh == [71.48, None]


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        ("price__euro_per_mwh_", "price", "misses the column price__euro_per_mwh_"),
        ("10:15:00.000000 UTC,71", "10:15:00,71", "starts no quarter-hour"),
        ("10:15:00.000000 UTC,71", "10:20:00.000000 UTC,71", "starts no quarter-hour"),
        ("10:15:00.000000 UTC,71", "10:00:00.000000 UTC,71", "holds an interval from"),
        ("10:15:00.000000 UTC,71", "10:30:00.000000 UTC,71", "two prices for 2025-06-08 10:15 UTC"),
        ("2025-06-08 10:00", "2024-01-08 10:00", "holds an interval from"),
        (",71.48", ',"71,48"', "no price with a decimal point"),
        (",71.48", ",1e6", "no price with a decimal point"),
        (",71.48", ",71,48", "row 2 has 4 cells, the header 3"),
        (",71.48", "", "row 2 has 2 cells, the header 3"),
    ],
)
def test_redispatch_compensation_is_refused(old: str, new: str, reason: str) -> None:
    with pytest.raises(DocumentRefused) as refusal:
        compensation_of(COMPENSATION.replace(old, new, 1))
    assert reason in refusal.value.reason


def test_redispatch_compensation_that_cannot_be_told_is_refused() -> None:
    last = COMPENSATION.splitlines()[-1]
    with pytest.raises(DocumentRefused, match="gives two prices for 2025-06-08 10:15 UTC"):
        compensation_of(f"{COMPENSATION}{last}70\n")
    with pytest.raises(DocumentRefused, match="reaches over more than 400 days"):
        compensation_of(COMPENSATION + last.replace("2025", "2027"))
    with pytest.raises(DocumentRefused, match="reaches over more than 400 days"):
        compensation_of(COMPENSATION + "2025-06-09 00:00:00 UTC,2026-07-13 10:15:00 UTC,1\n")
    with pytest.raises(DocumentRefused, match="holds no intervals"):
        compensation_of(COMPENSATION.splitlines()[0])
    with pytest.raises(DocumentRefused, match="the name holds no instant"):
        compensation_of(COMPENSATION, "redispatch_compensation_2025-02-31.csv")


def prices_of(content: bytes | str, name: str = FINAL_PRICES_NAME) -> ImbalancePrices:
    [document] = imbalance_prices.decode(delivery(content, name))
    return document


def price_row(day: str, zone: str, clocks: str, prices: str = "1,0;2,0") -> str:
    return f"{day};{zone};{clocks};reBAP;Qualitätsgesichert;EUR/MWh;{prices}\n"


def starts_of(*rows: str) -> list[str]:
    document = prices_of(FINAL_PRICES.splitlines()[0] + "\n" + "".join(rows))
    return [f"{start:%Y-%m-%dT%H:%M}" for start in document.delivery_start_utc]


def test_estimated_prices_are_one_price_for_both_sides() -> None:
    document = prices_of(ESTIMATION, ESTIMATION_NAME)
    assert document.price_status == "estimate"
    assert document.made_utc == datetime(2025, 6, 7, 4, 18, tzinfo=UTC)
    assert document.delivery_start_utc == [
        datetime(2025, 6, 3, 23, 15, tzinfo=UTC),
        datetime(2025, 6, 3, 23, 45, tzinfo=UTC),
    ]
    assert document.short_price_eur_per_mwh == [144.24, -12.5]
    assert document.long_price_eur_per_mwh == [144.24, -12.5]


def test_final_prices_have_a_price_for_each_side() -> None:
    document = prices_of(FINAL_PRICES)
    assert document.price_status == "final"
    # Without a Z the name tells Berlin's time.
    assert document.made_utc == datetime(2025, 6, 8, 15, 8, tzinfo=UTC)
    assert document.delivery_start_utc == [
        datetime(2025, 6, 8, 0, 0, tzinfo=UTC),
        datetime(2025, 6, 8, 0, 15, tzinfo=UTC),
    ]
    assert document.short_price_eur_per_mwh == [87.11, 90.0]
    assert document.long_price_eur_per_mwh == [87.11, -1234.56]


@pytest.mark.parametrize(
    "content",
    [
        ESTIMATION.encode("cp1252"),
        ESTIMATION.encode("utf-8-sig"),
        unicodedata.normalize("NFD", ESTIMATION).encode(),
        ESTIMATION.replace("\n", "\r\n").encode(),
        ESTIMATION.replace("ä", "ae").upper().encode(),
    ],
)
def test_umlauts_come_in_many_ways(content: bytes) -> None:
    expected = prices_of(ESTIMATION, ESTIMATION_NAME)
    assert prices_of(content, ESTIMATION_NAME) == replace(
        expected, content_sha256=sha256(content).digest()
    )


def test_price_columns_are_found_by_name() -> None:
    rows = [line.split(";") for line in FINAL_PRICES.splitlines()]
    turned = "\n".join(";".join([*reversed(row), "Neu" if n == 0 else "x"])
                       for n, row in enumerate(rows))  # fmt: skip
    found, expected = prices_of(turned), prices_of(FINAL_PRICES)
    assert found.short_price_eur_per_mwh == expected.short_price_eur_per_mwh
    assert found.long_price_eur_per_mwh == expected.long_price_eur_per_mwh
    assert found.delivery_start_utc == expected.delivery_start_utc


def test_price_rows_may_come_in_any_order_and_twice() -> None:
    header, *rows = FINAL_PRICES.splitlines()
    turned = prices_of("\n".join([header, *rows[::-1], *rows]))
    assert turned.delivery_start_utc == prices_of(FINAL_PRICES).delivery_start_utc


def test_clock_times_are_at_the_offset_of_their_row() -> None:
    # The hour that Berlin's clocks repeat: the zone tells which one it is.
    assert starts_of(
        price_row("26.10.2025", "CEST", "01:45;02:00"),
        price_row("26.10.2025", "CEST", "02:45;03:00"),
        price_row("26.10.2025", "CET", "02:00;02:15"),
        price_row("26.10.2025", "CET", "02:45;03:00"),
    ) == ["2025-10-25T23:45", "2025-10-26T00:45", "2025-10-26T01:00", "2025-10-26T01:45"]
    # The last quarter-hour before the clocks change, its end told by the new time.
    assert starts_of(price_row("26.10.2025", "CEST", "02:45;02:00")) == ["2025-10-26T00:45"]
    assert starts_of(price_row("30.03.2025", "CET", "01:45;03:00")) == ["2025-03-30T00:45"]
    # Not what Berlin has then, and nevertheless an offset.
    assert starts_of(price_row("15.01.2025", "CEST", "01:45;02:00")) == ["2025-01-14T23:45"]


@pytest.mark.parametrize("zone", ["UTC", "CET", "CEST"])
def test_the_last_quarter_hour_ends_on_the_next_day(zone: str) -> None:
    hours = {"UTC": "23", "CET": "22", "CEST": "21"}[zone]
    rows = [
        price_row("31.12.2025", zone, "23:45;00:00"),
        price_row("01.01.2026", zone, "00:00;00:15"),
    ]
    assert starts_of(*rows)[0] == f"2025-12-31T{hours}:45"
    assert len(starts_of(*rows)) == 2


@pytest.mark.parametrize(
    ("written", "zone"),
    [("utc", "UTC"), ("Cet", "CET"), ("cest", "CEST"), ("mez", "CET"), ("MESZ", "CEST")],
)
def test_a_zone_has_several_names(written: str, zone: str) -> None:
    clocks = "02:45;03:00"
    assert starts_of(price_row("26.10.2025", written, clocks)) == starts_of(
        price_row("26.10.2025", zone, clocks)
    )


@pytest.mark.parametrize("zone", ["UTC", "CET", "CEST"])
def test_the_end_of_the_day_may_be_24(zone: str) -> None:
    for day in ("31.12.2025", "29.03.2025", "25.10.2025"):
        assert starts_of(price_row(day, zone, "23:45;24:00")) == starts_of(
            price_row(day, zone, "23:45;00:00")
        )


def test_prices_may_reach_over_years() -> None:
    rows = [price_row(f"01.0{1 + n % 2}.20{n:02}", "UTC", "00:00;00:15") for n in range(6, 26)]
    assert starts_of(*rows)[0] == "2006-01-01T00:00"
    assert len(starts_of(*rows)) == 20
    with pytest.raises(DocumentRefused, match="reaches over more than 20 years"):
        starts_of(price_row("01.01.2005", "UTC", "00:00;00:15"), *rows)


@pytest.mark.parametrize(
    ("written", "price"),
    [
        ("87", 87.0),
        ("+0,5", 0.5),
        ("-234567,5", -234567.5),
        ("12.345,67", 12345.67),
        ("-12,5", -12.5),
        ("\u221212,5", -12.5),
        ("\u22121.234,56", -1234.56),
        ("", None),
        ("-", None),
        ("\u2212", None),
        ("n.a.", None),
        ("N.E.", None),
        ("n.e.", None),
    ],
)
def test_prices_have_a_decimal_comma(written: str, price: float | None) -> None:
    assert prices_of(FINAL_PRICES.replace("87,11", written, 1)).short_price_eur_per_mwh[0] == price


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        ("reBAP unterdeckt", "reBAP", "misses the column reBAP unterdeckt"),
        (
            "reBAP ueberdeckt",
            "reBAP unterdeckt",
            "holds more than once the column reBAP unterdeckt",
        ),
        ("Zeitzone", "Zone", "misses the column Zeitzone"),
        (";", ",", "misses the column Datum"),
        ("UTC", "EET", "Zeitzone holds 'EET', which is none of UTC, CET, CEST, MEZ, MESZ"),
        ("08.06.2025", "2025-06-08", "starts no quarter-hour"),
        ("08.06.2025", "31.06.2025", "starts no quarter-hour"),
        ("08.06.2025", "08.06.1025", "starts no quarter-hour"),
        ("00:00;00:15", "00:05;00:20", "starts no quarter-hour"),
        ("00:00;00:15", "24:00;00:15", "starts no quarter-hour"),
        ("00:00;00:15", "23:30;24:00", "which is no quarter-hour"),
        ("00:00;00:15", "00:00;24:15", "which is no quarter-hour"),
        ("00:00;00:15", "00:00;01:00", "which is no quarter-hour"),
        ("00:00;00:15", "00:00;00:00", "which is no quarter-hour"),
        ("00:00;00:15", "00:00;02:15", "which is no quarter-hour"),
        ("00:00;00:15", "00:00;00:1", "which is no quarter-hour"),
        ("EUR/MWh", "ct/kWh", "gives prices in 'ct/kWh', not in EUR/MWh"),
        ("87,11", "87.11", "no price with a decimal comma"),
        ("87,11", "1.234", "no price with a decimal comma"),
        ("87,11", "1,234.56", "no price with a decimal comma"),
        ("87,11", "12.34,5", "no price with a decimal comma"),
        ("87,11", "1000000", "no price with a decimal comma"),
        ("87,11", "NaN", "no price with a decimal comma"),
        (";87,11;87,11", ";87,11", "row 2 has 8 cells, the header 9"),
        ("CEST;02:15;02:30", "CEST;02:00;02:15", "two prices for 2025-06-08 00:00 UTC"),
    ],
)
def test_final_prices_are_refused(old: str, new: str, reason: str) -> None:
    count = -1 if old == ";" else 1
    with pytest.raises(DocumentRefused) as refusal:
        prices_of(FINAL_PRICES.replace(old, new, count))
    assert reason in refusal.value.reason


def test_price_files_without_rows_or_of_another_name_are_refused() -> None:
    with pytest.raises(DocumentRefused, match="holds no quarter-hours"):
        prices_of(FINAL_PRICES.splitlines()[0])
    with pytest.raises(DocumentRefused, match="the name holds no instant"):
        prices_of(FINAL_PRICES, "imbalance_price_final_20250231_170800.csv")
    with pytest.raises(DocumentRefused, match="not that of an imbalance price file"):
        prices_of(FINAL_PRICES, "imbalance_price_final.csv")
    # The kind is in the name: final prices are no estimate.
    with pytest.raises(DocumentRefused, match="misses the column AEP-Schätzer"):
        prices_of(FINAL_PRICES, ESTIMATION_NAME)


@pytest.mark.parametrize("year", ["0001", "1999", "2100", "9999"])
def test_a_name_of_an_implausible_year_is_refused(year: str) -> None:
    for decode, name, content in (
        (technical.decode, f"technical_data_{year}-06-01T125000Z.json", technical_data()),
        (asset_contracts.decode, f"asset_contracts_{year}0608_043831.csv", CONTRACTS),
        (final_production.decode, f"final_production_A_{year}0609.csv", FINAL),
        (redispatch.decode, f"redispatch_flag_A_{year}0609_1201.csv", REDISPATCH),
        (
            redispatch_compensation.decode,
            f"redispatch_compensation_{year}-06-20.csv",
            COMPENSATION,
        ),
        (imbalance_prices.decode, f"imbalance_price_final_{year}0608_170800.csv", FINAL_PRICES),
    ):
        with pytest.raises(DocumentRefused, match="the name holds no instant"):
            decode(delivery(content, name))


@pytest.mark.parametrize("tiny", ["1e-400", "1e-320", "-1e-31", "0." + "0" * 100_000 + "1", "-0.0"])
def test_an_amount_too_small_to_reckon_with_is_nothing(tiny: str) -> None:
    """The square of 1e-320 has no double precision, and PostgreSQL refuses to round it to 0."""
    content = json.dumps(forecast(count=1)).replace("1.5", tiny)
    assert str(forecast_of(content).power_kw) == "(0.0,)"
    assert str(final_of(FINAL.replace("306.72", tiny))[0].power_kw) == "[0.0, 310.5]"
    [live_document] = live.decode(
        delivery(json.dumps(live_infeed()).replace("1875.5", tiny), LIVE_NAME)
    )
    assert str(live_document.power_kw[0]) == "0.0"
    prices = compensation_of(COMPENSATION.replace("71.48", tiny)).price_eur_per_mwh
    assert str(prices) == "[0.0, None]"
    if "e" not in tiny:
        written = tiny.replace(".", ",")
        prices = prices_of(FINAL_PRICES.replace("87,11", written)).short_price_eur_per_mwh
        assert str(prices) == "[0.0, 90.0]"


def test_small_amounts_are_kept() -> None:
    assert forecast_of(json.dumps(forecast(count=1)).replace("1.5", "-1e-30")).power_kw == (-1e-30,)


def test_a_final_production_file_cannot_fill_the_memory() -> None:
    columns = ",".join(f"MP-{n}__kw_" for n in range(2_000))
    cells = ",".join(["1"] * 2_000)
    rows = [f"2025-0{month}-01 00:00:00 UTC,{cells}" for month in (1, 4)]
    with pytest.raises(DocumentRefused, match="8,641 quarter-hours of 2,000 metering points"):
        final_of("\n".join([f"delivery_start__utc_,{columns}", *rows]))


@pytest.mark.parametrize("extra", [[], [1], "x", None, {"a": []}, [[1, 2], 3]])
def test_extra_columns_and_fields_of_any_kind_are_no_problem(extra: object) -> None:
    for document in (forecast(count=2), live_infeed()):
        document["column_ids"] += ["note", "note", 7]
        document["values"] += [extra, extra, extra]
        document["units"] = extra
        document["extra"] = document["key"]["extra"] = extra
        if "version" in document["column_ids"]:
            assert len(forecast_of(document).power_kw) == 2
        else:
            assert len(live_of(document).power_kw) == 3


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252"])
@pytest.mark.parametrize("line_end", ["\n", "\r\n", "\r"])
def test_csv_of_every_encoding_and_line_end(encoding: str, line_end: str) -> None:
    def written(text: str) -> bytes:
        head, *rows = text.rstrip().split("\n")
        lines = [f"{head},Größe", *(f"{row},wäre" for row in rows), ""]
        return line_end.join(lines).encode(encoding)

    [final] = final_of(written(FINAL))
    assert final.power_kw == [306.72, 310.5]
    [flags] = redispatch.decode(delivery(written(REDISPATCH), REDISPATCH_NAME))
    assert flags.is_redispatched == [True, False]


def test_json_that_breaks_off_anywhere_is_refused() -> None:
    for document, decode in (
        (forecast(count=2), forecast_of),
        (live_infeed(), lambda content: live.decode(delivery(content, LIVE_NAME))),
        (technical_data(), technical_of),
    ):
        content = json.dumps(document).encode()
        for end in range(len(content)):
            with pytest.raises(DocumentRefused):
                decode(content[:end])


def test_csv_that_breaks_off_is_refused_or_holds_whole_rows() -> None:
    """But for the last cell: where a file may end without a line end, nothing tells it is cut."""
    refused = 0
    for end in range(len(FINAL)):
        try:
            [document] = final_of(FINAL[:end])
        except DocumentRefused:
            refused += 1
            continue
        *rows, last = document.power_kw
        assert rows == [306.72, 310.5][: len(rows)]
        whole = str([306.72, 310.5][len(rows)])
        assert last is None or whole.startswith(f"{last:g}")
    assert refused > len(FINAL) * 0.8
