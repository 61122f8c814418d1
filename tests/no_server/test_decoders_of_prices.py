"""The rules of the decoders of compensation and imbalance prices."""

import unicodedata
from dataclasses import replace
from datetime import UTC, date, datetime
from hashlib import sha256

import pytest

from extract.errors import DocumentRefused
from tests.documents import (
    COMPENSATION,
    ESTIMATION,
    ESTIMATION_NAME,
    FINAL_PRICES,
)
from tests.no_server.decoded import compensation_of, price_row, prices_of, starts_of


def test_redispatch_compensation() -> None:
    # Rows may come in any order and twice; other columns are ignored.
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
        ("price__euro_per_mwh_", "price", "lacks column price__euro_per_mwh_"),
        ("10:15:00.000000 UTC,71", "10:15:00,71", "not the start of a quarter-hour"),
        ("10:15:00.000000 UTC,71", "10:20:00.000000 UTC,71", "not the start of a quarter-hour"),
        ("10:15:00.000000 UTC,71", "10:00:00.000000 UTC,71", "has an interval from"),
        ("10:15:00.000000 UTC,71", "10:30:00.000000 UTC,71", "two prices for 2025-06-08 10:15 UTC"),
        ("2025-06-08 10:00", "2024-01-08 10:00", "has an interval from"),
        (",71.48", ',"71,48"', "not a price with a decimal point"),
        (",71.48", ",1e6", "not a price with a decimal point"),
        (",71.48", ",71,48", "row 2 has 4 cells, but the header has 3"),
        (",71.48", "", "row 2 has 2 cells, but the header has 3"),
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
    with pytest.raises(DocumentRefused, match="spans more than 400 days"):
        compensation_of(COMPENSATION + last.replace("2025", "2027"))
    with pytest.raises(DocumentRefused, match="spans more than 400 days"):
        compensation_of(COMPENSATION + "2025-06-09 00:00:00 UTC,2026-07-13 10:15:00 UTC,1\n")
    with pytest.raises(DocumentRefused, match="holds no intervals"):
        compensation_of(COMPENSATION.splitlines()[0])
    with pytest.raises(DocumentRefused, match="the name holds no valid date and time"):
        compensation_of(COMPENSATION, "redispatch_compensation_2025-02-31.csv")


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
    # Without a Z the name is in Berlin's time.
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
    # The hour that Berlin's clocks repeat: the zone says which one is meant.
    assert starts_of(
        price_row("26.10.2025", "CEST", "01:45;02:00"),
        price_row("26.10.2025", "CEST", "02:45;03:00"),
        price_row("26.10.2025", "CET", "02:00;02:15"),
        price_row("26.10.2025", "CET", "02:45;03:00"),
    ) == ["2025-10-25T23:45", "2025-10-26T00:45", "2025-10-26T01:00", "2025-10-26T01:45"]
    # The last quarter-hour before the clocks change, its end in the new time.
    assert starts_of(price_row("26.10.2025", "CEST", "02:45;02:00")) == ["2025-10-26T00:45"]
    assert starts_of(price_row("30.03.2025", "CET", "01:45;03:00")) == ["2025-03-30T00:45"]
    # Not Berlin's offset at that time, but still an offset.
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
    with pytest.raises(DocumentRefused, match="spans more than 20 years"):
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
        ("reBAP unterdeckt", "reBAP", "lacks column reBAP unterdeckt"),
        (
            "reBAP ueberdeckt",
            "reBAP unterdeckt",
            "has more than one column reBAP unterdeckt",
        ),
        ("Zeitzone", "Zone", "lacks column Zeitzone"),
        (";", ",", "lacks column Datum"),
        ("UTC", "EET", "Zeitzone holds 'EET', not one of UTC, CET, CEST, MEZ, MESZ"),
        ("08.06.2025", "2025-06-08", "not the start of a quarter-hour"),
        ("08.06.2025", "31.06.2025", "not the start of a quarter-hour"),
        ("08.06.2025", "08.06.1025", "not the start of a quarter-hour"),
        ("00:00;00:15", "00:05;00:20", "not the start of a quarter-hour"),
        ("00:00;00:15", "24:00;00:15", "not the start of a quarter-hour"),
        ("00:00;00:15", "23:30;24:00", "not a quarter-hour"),
        ("00:00;00:15", "00:00;24:15", "not a quarter-hour"),
        ("00:00;00:15", "00:00;01:00", "not a quarter-hour"),
        ("00:00;00:15", "00:00;00:00", "not a quarter-hour"),
        ("00:00;00:15", "00:00;02:15", "not a quarter-hour"),
        ("00:00;00:15", "00:00;00:1", "not a quarter-hour"),
        ("EUR/MWh", "ct/kWh", "gives prices in 'ct/kWh', not in EUR/MWh"),
        ("87,11", "87.11", "not a price with a decimal comma"),
        ("87,11", "1.234", "not a price with a decimal comma"),
        ("87,11", "1,234.56", "not a price with a decimal comma"),
        ("87,11", "12.34,5", "not a price with a decimal comma"),
        ("87,11", "1000000", "not a price with a decimal comma"),
        ("87,11", "NaN", "not a price with a decimal comma"),
        (";87,11;87,11", ";87,11", "row 2 has 8 cells, but the header has 9"),
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
    with pytest.raises(DocumentRefused, match="the name holds no valid date and time"):
        prices_of(FINAL_PRICES, "imbalance_price_final_20250231_170800.csv")
    with pytest.raises(DocumentRefused, match="not that of an imbalance price file"):
        prices_of(FINAL_PRICES, "imbalance_price_final.csv")
    # The kind is in the name: final prices are not estimates.
    with pytest.raises(DocumentRefused, match="lacks column AEP-Schätzer"):
        prices_of(FINAL_PRICES, ESTIMATION_NAME)
