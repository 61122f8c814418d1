"""The sentences on the cards of the report, and the units of its numbers."""

from datetime import UTC, date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from dbt_project.report import words
from dbt_project.report.cards import cards
from tests.report_pages import answers

BERLIN = ZoneInfo("Europe/Berlin")
FORECAST: dict[str, Any] = {
    "peak_power_kw": 6123.0,
    "peak_start_utc": datetime(2025, 6, 11, 10, 15, tzinfo=UTC),
    "forecast_capacity_ratio": 1.0,
    "forecast_asset_count": 5,
    "expected_asset_count": 5,
    "quarter_hour_count": 96,
    "complete_quarter_hour_count": 96,
}
SETTLED: dict[str, Any] = {
    "is_settled": True,
    "quarter_hour_count": 96,
    "expected_asset_count": 5,
    "forecast_energy_mwh": 192.3,
    "reconciled_quarter_hour_count": 88,
    "compared_quarter_hour_count": 88,
    "compared_forecast_energy_mwh": 159.2,
    "compared_produced_energy_mwh": 153.9,
    "compared_imbalance_mwh": -5.3,
    "compared_redispatched_imbalance_mwh": -3.5,
    "compared_other_imbalance_mwh": -1.8,
    "compared_imbalance_eur": 5.5,
    "compared_redispatched_imbalance_eur": 68.4,
    "compared_other_imbalance_eur": -62.9,
    "compared_priced_quarter_hour_count": 88,
}
PROVISIONAL: dict[str, Any] = {
    "is_settled": False,
    "quarter_hour_count": 96,
    "expected_asset_count": 5,
    "forecast_energy_mwh": 100.0,
    "reconciled_quarter_hour_count": 0,
    "compared_quarter_hour_count": 96,
    "compared_forecast_energy_mwh": 100.0,
    "compared_produced_energy_mwh": 101.25,
    "compared_imbalance_mwh": 1.25,
    "compared_redispatched_imbalance_mwh": 0.0,
    "compared_other_imbalance_mwh": 1.25,
    "compared_imbalance_eur": -20.0,
    "compared_redispatched_imbalance_eur": 0.0,
    "compared_other_imbalance_eur": -20.0,
    "compared_priced_quarter_hour_count": 96,
}


@pytest.mark.parametrize(
    ("told", "expected"),
    [
        (words.power(0.0), "0.0 kW"),
        (words.power(-0.01), "0.0 kW"),
        (words.power(850.4), "850 kW"),
        (words.power(999.99), "1.0 MW"),
        (words.power(999.4), "999 kW"),
        (words.power(9_549.0), "9.5 MW"),
        (words.power(-123_456.0), "-123 MW"),
        (words.power(1_250_000.0), "1.2 GW"),
        (words.energy(0.0004), "0.4 kWh"),
        (words.energy(0.85), "850 kWh"),
        (words.energy(94.8), "94.8 MWh"),
        (words.energy(1_234.0), "1.2 GWh"),
        (words.money(5.506), "5.51 EUR"),
        (words.money(12_345.6), "12,346 EUR"),
        (words.of_assets(5, 5), "all 5 assets"),
        (words.of_assets(1, 1), "1 asset"),
        (words.of_assets(4, 5), "4 of 5 assets"),
    ],
)
def test_units_fit_the_size(told: str, expected: str) -> None:
    assert told == expected


def test_tomorrow_is_told_with_what_it_stands_on() -> None:
    peak = "The peak is 6.1 MW at 12:15."
    assert words.tomorrow(FORECAST, BERLIN) == [
        peak,
        "100 % of the capacity is forecast, all 5 assets.",
    ]
    lacking = {
        "forecast_asset_count": 4,
        "forecast_capacity_ratio": 0.9996,
        "complete_quarter_hour_count": 95,
    }
    # Nearly all is not all.
    assert words.tomorrow(FORECAST | lacking, BERLIN) == [
        peak,
        "99 % of the capacity is forecast, 4 of 5 assets.",
        "1 quarter-hour lacks a forecast of some asset.",
    ]
    # An asset whose capacity is unknown has no forecast.
    assert words.tomorrow(FORECAST | {"forecast_asset_count": 4}, BERLIN)[1] == (
        "100 % of the known capacity is forecast, 4 of 5 assets."
    )
    unknown = {"forecast_capacity_ratio": None, "peak_power_kw": None}
    assert words.tomorrow(FORECAST | unknown, BERLIN) == [
        "All 5 assets are forecast; their capacity is not known."
    ]


def test_a_settled_day_is_told_over_what_is_settled() -> None:
    assert words.yesterday(SETTLED, 0) == [
        "Settled: production is known for 83 % of the 192 MWh that could be traded.",
        "The forecast was 1.8 MWh too high, and redispatch left 3.5 MWh less.",
        "Forecast errors cost 63 EUR, redispatch brought 68 EUR.",
    ]


def test_a_day_that_is_not_settled_is_provisional_and_says_so() -> None:
    assert words.yesterday(PROVISIONAL, 2) == [
        "Provisional, by live infeed.",
        "The forecast was 1.2 MWh too low.",
        "Forecast errors cost 20 EUR.",
        "2 findings in the data ask for a look first.",
    ]
    begun = PROVISIONAL | {"reconciled_quarter_hour_count": 76, "compared_imbalance_eur": None}
    assert words.yesterday(begun, 1) == [
        "Provisional, by live infeed where it is not settled yet.",
        "The forecast was 1.2 MWh too low.",
        "1 finding in the data asks for a look first.",
    ]


def test_what_rounds_to_nothing_is_right() -> None:
    exact = PROVISIONAL | {"compared_other_imbalance_mwh": 1e-9}
    assert words.yesterday(exact, 0)[1] == "The forecast was right."


def test_cost_keeps_forecast_errors_and_redispatch_apart() -> None:
    unpriced = PROVISIONAL | {"compared_imbalance_eur": None}
    assert words.cost([SETTLED, PROVISIONAL, unpriced], 3) == [
        "Redispatch brought 68 EUR, not counted in that.",
        "2 of 3 days have a price, 1 of them provisional.",
        "3 findings in the data ask for a look first.",
    ]
    assert words.cost([PROVISIONAL], 0) == [
        "Redispatch has no part in that.",
        "1 of 1 day has a price, 1 of them provisional.",
    ]


def test_what_is_priced_in_part_is_not_told_as_the_whole() -> None:
    part = PROVISIONAL | {"compared_priced_quarter_hour_count": 26}
    assert words.yesterday(part, 0)[-1] == (
        "Forecast errors cost 20 EUR, by the prices of 26 of 96 quarter-hours."
    )
    assert words.cost([SETTLED, part], 0)[1] == (
        "2 of 2 days have a price, 1 of them provisional, 1 only in part."
    )


def test_cards_add_up_what_the_days_say() -> None:
    world = answers(date(2025, 6, 1), day_count=4)
    tomorrow, yesterday, cost = cards(world)
    assert (tomorrow.number, tomorrow.unit) == ("123", "MWh can be traded")
    assert tomorrow.subject == "Wednesday 4 June"
    assert (yesterday.number, yesterday.unit) == ("120", "MWh produced, 122 MWh forecast")
    # Three days of -100 EUR, of which redispatch accounts for 25 each.
    assert (cost.number, cost.unit) == ("375", "EUR lost to forecast errors")
    assert all(card.chart.startswith("<svg") for card in (tomorrow, yesterday, cost))


def test_without_data_each_card_says_what_it_waits_for() -> None:
    assert [(card.number, card.sentences) for card in cards(answers(None))] == [
        ("–", ["No day that lies ahead is forecast as a whole."]),
        ("–", ["No production can be compared with a forecast yet."]),
        ("–", ["No imbalance has a price yet."]),
    ]
