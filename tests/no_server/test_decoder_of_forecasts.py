"""The rules of the forecast decoder: what passes, and what is refused for which reason."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from extract.errors import DocumentRefused
from extract.vpp.forecast import decode as decode_forecast
from tests.documents import (
    RECEIVED,
    VERSION,
    delivery,
    forecast,
)
from tests.no_server.decoded import START, changed, forecast_of, set_cell


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


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda d: d["key"].update(asset_id="WND-DE-001"), "is about 'WND-DE-001'"),
        (lambda d: d.update(key=None), "is about nothing"),
        (lambda d: d.update(column_ids="start"), "two lists"),
        (lambda d: d["values"].pop(), "two lists of equal length"),
        (lambda d: d["column_ids"].__setitem__(0, "begin"), "lacks column start"),
        (lambda d: d["column_ids"].__setitem__(0, "end"), "lacks column start"),
        (
            lambda d: (d["column_ids"].append("power"), d["values"].append([1, 2, 3])),
            "has more than one column power",
        ),
        (lambda d: d["values"].__setitem__(3, "abc"), "the column power is not a list"),
        (lambda d: d["values"][3].pop(), "differ in length: start 3, end 3, version 3, power 2"),
        (lambda d: [column.clear() for column in d["values"]], "holds no quarter-hours"),
        (set_cell(2, START + 900), "holds version"),
        (set_cell(0, START + 901), "not on a quarter-hour"),
        (set_cell(0, START + 900.5), "not on a quarter-hour"),
        (set_cell(1, START + 900), "not 15 minutes apart"),
        (set_cell(0, "2025-06-08"), "start holds '2025-06-08', not an instant"),
        (set_cell(0, True), "start holds True, not an instant"),
        (set_cell(0, None), "start holds nothing, not an instant"),
        (set_cell(0, 57000), "not a plausible instant"),
        (set_cell(0, 10**400), "not a plausible instant"),
        (set_cell(0, -START), "not a plausible instant"),
        (set_cell(3, "431.2"), "power holds '431.2', not a number"),
        (set_cell(3, False), "power holds False, not a number"),
        (set_cell(3, 1e9), "not a plausible power"),
        (set_cell(3, -1e300), "not a plausible power"),
        (set_cell(3, 10**400), "not a plausible power"),
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
    with pytest.raises(DocumentRefused, match="not a well-formed id"):
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
        (b'{"a": NaN}', "NaN is not a number"),
        (b'{"a": -Infinity}', "-Infinity is not a number"),
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
