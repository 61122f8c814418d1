"""The benchmark of findings: faults change what they claim to, and the score is correct."""

from dataclasses import replace
from datetime import date, timedelta
from itertools import pairwise

import numpy as np
import pytest

from tests.findings import faults
from tests.findings.conditions import BAD_FORECAST, STORM, BadForecast, with_bad_days
from tests.findings.days import FINAL, LIVE, SOURCES, bounds
from tests.findings.injection import Fault, inject, nights_of
from tests.findings.portfolio import plan_of
from tests.findings.scoring import Finding, judge
from tests.findings.series import Series
from tests.findings.simulation import Portfolio, simulated
from tests.findings.tables import details, goals_met, markdown

BEGIN, END = bounds(FINAL, date(2025, 6, 8))
DAY = timedelta(days=1)
FIRST = date(2025, 6, 1)


@pytest.fixture(scope="module")
def portfolio() -> Portfolio:
    return simulated(plan_of(seed=2, asset_count=10, judged_day_count=6))


@pytest.fixture
def series() -> Series:
    """A UTC day that rises by 1 kW per quarter-hour."""
    return Series(np.arange(BEGIN, END, 900.0), np.arange(96.0), np.ones(96))


def test_the_same_seed_gives_the_same_portfolio(portfolio: Portfolio) -> None:
    again = simulated(portfolio.plan)
    for key, one in portfolio.documents.items():
        np.testing.assert_array_equal(one.power_kw, again.documents[key].power_kw)
    found = [
        inject(2, one.documents, one.plants, one.judged_days, 1)[1] for one in (portfolio, again)
    ]
    assert found[0] == found[1]


def test_clean_live_and_final_production_differ_by_the_loss_alone(portfolio: Portfolio) -> None:
    compared = 0
    for (source, asset_id, day), final in portfolio.documents.items():
        live = portfolio.documents.get((LIVE, asset_id, day))
        if source != FINAL or live is None:
            continue
        # From the start of the Berlin day to its end, both say what was produced.
        span = (bounds(FINAL, day)[0], bounds(LIVE, day)[1])
        capacity_kw = portfolio.plants[asset_id].asset.capacity_kw
        kept = 1 - portfolio.conditions[asset_id].loss
        errors = np.abs(kept * live.quarter_hours_kw(*span) - final.quarter_hours_kw(*span))
        assert np.nanmedian(errors) < 0.01 * capacity_kw, (asset_id, day)
        assert np.nanmax(errors) < 0.35 * capacity_kw, (asset_id, day)
        compared += 1
    assert compared > 50


def test_faults_change_what_they_say(series: Series) -> None:
    np.testing.assert_array_equal(
        faults.shifted(series, -3).quarter_hours_kw(BEGIN, END)[:93], series.power_kw[3:]
    )
    assert faults.scaled(series, 1 / 4).power_kw[10] == 2.5
    assert faults.scaled(series, -1.0).power_kw[10] == -10
    held = faults.frozen(series, BEGIN + 40 * 900, BEGIN + 60 * 900).power_kw
    assert set(held[40:60]) == {40.0} and held[39] == 39 and held[60] == 60
    peak = replace(series, power_kw=np.abs(np.arange(96.0) - 48))
    line = faults.interpolated(peak, BEGIN + 38 * 900, BEGIN + 59 * 900).power_kw
    assert set(line[38:59]) == {10.0} and line[37] == 11 and line[59] == 11


def test_a_random_fault_stays_within_its_document(series: Series) -> None:
    random = np.random.default_rng(1)
    for kind in faults.KINDS:
        if kind == faults.SWAPPED:
            continue
        for _ in range(50):
            night = (BEGIN, BEGIN + 12 * 900)
            after, _ = faults.spoilt(kind, series, 100.0, [night], random)
            changed = after.power_kw[after.power_kw != series.power_kw]
            assert len(after.epochs) == 96
            if kind == faults.ABOVE_CAPACITY:
                assert 4 <= len(changed) <= 33 and changed.min() >= 115 and changed.max() <= 200
            if kind == faults.NIGHT_PRODUCTION:
                assert (after.power_kw[12:] == series.power_kw[12:]).all()
                assert changed.min() >= 5 and changed.max() <= 60


def test_the_change_is_the_mean_of_the_day_as_a_share_of_capacity(series: Series) -> None:
    day = (BEGIN, END)
    assert faults.mean_change(series, faults.shifted(series, 2), day, 200) == pytest.approx(0.01)
    assert faults.mean_change(series, faults.scaled(series, -1), day, 95) == pytest.approx(1.0)


def test_no_asset_has_faults_on_adjacent_days(portfolio: Portfolio) -> None:
    documents, found = inject(
        2, portfolio.documents, portfolio.plants, portfolio.judged_days, count_per_kind=2
    )
    sites = sorted((asset, one.delivery_date) for one in found for asset, _ in one.carriers)
    for (asset, day), (next_asset, next_day) in pairwise(sites):
        assert asset != next_asset or next_day - day > DAY
    hit = {(one.source, asset, one.delivery_date) for one in found for asset, _ in one.carriers}
    assert {one.kind for one in found} == set(faults.KINDS)
    assert {one.source for one in found} == set(SOURCES)
    assert {key for key in documents if documents[key] is not portfolio.documents[key]} == hit
    for one in found:
        if one.kind == faults.NIGHT_PRODUCTION:
            plant = portfolio.plants[one.asset_id]
            assert plant.asset.technology == "solar"
            assert nights_of(plant, *bounds(one.source, one.delivery_date))


def test_a_bad_day_is_bad_in_every_version_and_no_other_day_is(portfolio: Portfolio) -> None:
    plant = portfolio.plants["WND-DE-003"]
    version = portfolio.plan.first_version_epoch
    day = BadForecast(version + 86400, version + 2 * 86400, 1.0, 4)
    clean = np.array([plant.available_kw[plant.window(version, version + 193 * 900)]])
    late = with_bad_days(clean, [version], plant, [day])
    np.testing.assert_allclose(late[0, 96:192], clean[0, 92:188], atol=0.01)
    np.testing.assert_allclose(late[0, :96], clean[0, :96], atol=0.01)


def test_the_score_of_a_hand_made_truth() -> None:
    truth = [
        Fault(LIVE, "A", FIRST, faults.SHIFTED, 0.2),
        Fault(LIVE, "B", FIRST, faults.SWAPPED, 0.2, "C"),
        Fault(FINAL, "D", FIRST, faults.SWAPPED, 0.2, "E"),
        Fault(FINAL, "F", FIRST, faults.FROZEN, 0.01),
    ]
    conditions = {
        (asset, FIRST + number * DAY): frozenset({STORM} if number == 5 else ())
        for asset in "ABCDEF"
        for number in range(10)
    }
    findings = [
        Finding(LIVE, "A", FIRST, faults.SHIFTED),
        # Half of a swap does not name it; with another asset it is wrong.
        Finding(LIVE, "B", FIRST, faults.SWAPPED, "C"),
        Finding(LIVE, "C", FIRST, faults.SWAPPED, "A"),
        Finding(FINAL, "D", FIRST, faults.SWAPPED, "E"),
        Finding(FINAL, "E", FIRST, faults.SWAPPED, "D"),
        # The right kind, on the next day; the same two days later is on a clean one.
        Finding(FINAL, "F", FIRST + DAY, faults.FROZEN),
        Finding(FINAL, "F", FIRST + 5 * DAY, faults.FROZEN),
        # For another source, beside a fault.
        Finding(FINAL, "A", FIRST, faults.SHIFTED),
        Finding(LIVE, "A", FIRST + 5 * DAY, "never_came"),
        # This day is not judged.
        Finding(LIVE, "A", FIRST + 30 * DAY, faults.SCALED),
    ]
    judgement = judge(1, truth, findings, conditions)
    assert [is_named for _, is_named in judgement.faults] == [True, False, True, False]
    assert [verdict for _, verdict in judgement.findings] == [
        *("right", "right", "wrong", "right", "right"),
        *("edge", "wrong", "wrong"),
    ]
    assert len(judgement.clean_days) == 60 - 6 * 2
    assert [finding.asset_id for finding in judgement.false_findings] == ["F"]

    table = markdown([judgement, judgement])
    assert "| swapped | 4 | 2 | 0.500 | **no** | 0 | 0 | 6 | 2 | 0 | 0 | 0.750 |" in table
    assert "| frozen | 0 | 0 |  |  | 2 | 0 | 0 | 2 | 2 | 2 | 0.000 |" in table
    assert "| all | 96 | 2 | 20.83 | **no** |" in table
    assert "| storm | 12 | 2 | 166.67 |  |" in table
    assert f"| {BAD_FORECAST} | 0 | 0 | 0.00 |  |" in table
    assert not goals_met([judgement])
    assert "missed: swapped live B 2025-06-01 C" in details([judgement])
    assert goals_met([judge(1, truth[:1], findings[:1], conditions)])
