"""The rules of the decoders of live infeed, final production and redispatch."""

from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any

import pytest

from extract.errors import DocumentRefused
from tests.documents import (
    FINAL,
    REDISPATCH,
    live_infeed,
)
from tests.no_server.decoded import RECEIVED_SECONDS, changed, final_of, flags_of, live_of, set_cell


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
        # In seconds this is the year 2025; it is a clock counting milliseconds, reset 20 days ago.
        1_749_333_600,
    ],
)
def test_a_live_sample_of_an_impossible_instant_has_none(instant: float | None) -> None:
    """The sample does not count; the day does."""
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
        (lambda d: d.update(key={}), "names no asset, or two different ones"),
        (lambda d: d["key"].update(entity_id="X"), "names no asset, or two different ones"),
        (lambda d: d["key"].update(asset_id=""), "not an id"),
        (lambda d: d["key"].update(asset_id={}), "not an id"),
        (set_cell(0, "now"), "timestamp holds 'now', not a number"),
        (set_cell(0, True), "timestamp holds True, not a number"),
        (set_cell(1, "1"), "value holds '1', not a number"),
        (set_cell(1, False), "value holds False, not a number"),
        (set_cell(2, "1"), "quality holds '1', not a number"),
        (set_cell(2, 1.01), "not a number from 0 to 1"),
        (set_cell(2, -0.1), "not a number from 0 to 1"),
        (set_cell(2, -(10**400)), "not a number from 0 to 1"),
        (set_cell(2, True), "quality holds True, not a number"),
        (lambda d: d["values"][2].pop(), "differ in length"),
        (lambda d: d["values"].__setitem__(0, [0, 1, None]), "no sample with a plausible time"),
    ],
)
def test_live_is_refused(change: Callable[[dict[str, Any]], object], reason: str) -> None:
    with pytest.raises(DocumentRefused) as refusal:
        live_of(changed(live_infeed(), change))
    assert reason in refusal.value.reason


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
        ("delivery_start__utc_", "start", "lacks column delivery_start__utc_"),
        ("__kw_", "_mw", "has no column for a metering point"),
        (",MP-WND-003__kw_", ",\x07__kw_", "not a well-formed id"),
        ("00:15:00.000000 UTC", "00:10:00.000000 UTC", "not the start of a quarter-hour"),
        ("00:15:00.000000 UTC", "00:15:00.000001 UTC", "not the start of a quarter-hour"),
        ("00:15:00.000000 UTC", "00:15:00.000000", "not the start of a quarter-hour"),
        ("00:15:00.000000 UTC", "25:15:00.000000 UTC", "not the start of a quarter-hour"),
        ("2025-06-08 00:15", "1025-06-08 00:15", "not the start of a quarter-hour"),
        ("2025-06-08 00:15", "2026-08-08 00:15", "more than 400 days"),
        (",310.5", ',"310,5"', "not a power in kW with a decimal point"),
        (",310.5", ",310,5", "row 3 has 3 cells, but the header has 2"),
        (",310.5", ",inf", "not a power in kW"),
        (",310.5", ",1e9", "not a power in kW"),
        (",310.5", ",1e999", "not a power in kW"),
        (",310.5", "", "row 3 has 1 cells, but the header has 2"),
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
    with pytest.raises(DocumentRefused, match="the name holds no valid date and time"):
        final_of(FINAL, "final_production_A_20250231.csv")


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
        ("is_redispatched", "flag", "lacks column is_redispatched"),
        ("T10:00:00Z", "T10:00:00", "not an instant with a time zone"),
        ("2025-06-08T10:00:00Z", "yesterday", "not an instant with a time zone"),
        ("2025-06-08T10:00:00Z", "0001-01-01T00:00:00+14:00", "not an instant with a time zone"),
        ("T10:00:00Z", "T10:05:00Z", "not on a quarter-hour"),
        ("T10:00:00Z", "T10:15:00Z", "has an interval from"),
        ("2025-06-08T10:00:00Z", "2023-06-08T10:00:00Z", "covers more than 400 days in all"),
        ("15:00Z,1", "15:00Z,2", "is_redispatched holds '2', not 1 or 0"),
        ("15:00Z,1", "15:00Z", "row 2 has 2 cells, but the header has 3"),
    ],
)
def test_redispatch_is_refused(old: str, new: str, reason: str) -> None:
    with pytest.raises(DocumentRefused) as refusal:
        flags_of(REDISPATCH.replace(old, new, 1))
    assert reason in refusal.value.reason


def test_redispatch_of_more_quarter_hours_than_a_file_can_tell_of_is_refused() -> None:
    """A few kB could become millions of rows."""
    row = "2025-01-01T00:00:00Z,2025-07-20T00:00:00Z,1\n"
    header = REDISPATCH.splitlines(keepends=True)[0]
    assert len(flags_of(header + 2 * row).is_redispatched) == 2
    with pytest.raises(DocumentRefused, match="covers more than 400 days in all"):
        flags_of(header + 2 * row + REDISPATCH.splitlines()[1])
