"""What was produced and how wrong the forecasts were, against pandas, on days of 92, 96 and 100.

The documents land in two random halves, then the flags of redispatch, some of which are withdrawn
at last, each followed by a build. The expected values are computed from the documents alone, by the
definitions, and never from a model.
"""

from collections.abc import Iterator

import pytest

from extract.sources.redispatch import RedispatchFlag
from extract.warehouse.schema import ensure_schema
from tests.arrivals import Arrival, land
from tests.dbt.accuracy_scenario import DAYS, KEY, QUARTER_HOUR, Scenario, assert_same_rows, mart
from tests.dbt.expected_accuracy import Expected
from tests.dbt_project import dbt
from tests.warehouses import Warehouse


@pytest.fixture(scope="module")
def scenario() -> Scenario:
    return Scenario(20251026)


@pytest.fixture(scope="module")
def expected(scenario: Scenario) -> Expected:
    return Expected(scenario)


@pytest.fixture(scope="module")
def built(
    module_warehouse: Warehouse, scenario: Scenario, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Warehouse]:
    target = tmp_path_factory.mktemp("target")
    flags = scenario.of(RedispatchFlag)
    raised = [flag for flag in flags if all(flag.is_redispatched)]
    withdrawn = [flag for flag in flags if not all(flag.is_redispatched)]
    others = [one for one in scenario.documents if not isinstance(one, RedispatchFlag)]
    scenario.random.shuffle(others)
    with module_warehouse.connect() as connection:
        ensure_schema(connection)
        for wave in (others[::2], others[1::2], raised, withdrawn):
            land(connection, [Arrival((document,)) for document in wave])
            result = dbt(module_warehouse.environment, target, "run")
            assert result.success, result.statuses
    yield module_warehouse


def test_forecast_accuracy(built: Warehouse, expected: Expected) -> None:
    found, right = mart(built, "forecast_accuracy"), expected.asset_accuracy()
    assert_same_rows(found, right, ["asset_id", "delivery_date", "forecast_kind"])
    for day, count in DAYS.items():
        of_day = right[(right.delivery_date == day) & (right.asset_id != "D")]
        assert set(of_day.expected_count) == {count}
    # Every case of the definitions occurs.
    assert right.redispatched_count.max() > 20
    assert right[right.asset_id == "B"].persistence_quarter_hour_count.max() == 0
    assert right[right.asset_id == "E"].nmae.isna().all()
    lacks_some = right.persistence_quarter_hour_count < right.quarter_hour_count
    assert (lacks_some & (right.persistence_quarter_hour_count > 0)).any()


def test_portfolio_forecast_accuracy(built: Warehouse, expected: Expected) -> None:
    found, right = mart(built, "portfolio_forecast_accuracy"), expected.portfolio_accuracy()
    assert_same_rows(found, right, ["delivery_date", "forecast_kind"])
    assert {day: DAYS.get(day, 96) for day in right.delivery_date} == dict(
        zip(right.delivery_date, right.expected_count, strict=True)
    )
    # Some quarter-hours lack an asset, its capacity or its persistence.
    assert (right.asset_quarter_hour_count < right.expected_asset_quarter_hour_count).all()
    assert (right.normalised_quarter_hour_count < right.quarter_hour_count).any()
    paired = right.persistence_asset_quarter_hour_count
    assert ((paired > 0) & (paired < right.asset_quarter_hour_count)).any()


def test_forecast_accuracy_by_lead(built: Warehouse, expected: Expected) -> None:
    found, right = mart(built, "forecast_accuracy_by_lead"), expected.accuracy_by_lead()
    assert_same_rows(found, right, ["asset_id", "lead_minutes"])
    assert set(right.lead_minutes) == set(range(0, 2881, 15))


def test_best_of_infeed(built: Warehouse, expected: Expected) -> None:
    found, right = mart(built, "best_of_infeed"), expected.best_of_infeed()
    # Of some quarter-hours it is only known that too little of them was measured.
    assert found[found.infeed_source.isna()].power_kw.isna().all()
    assert_same_rows(found.dropna(subset="infeed_source"), right, KEY)
    assert (found.delivery_end_utc - found.delivery_start_utc == QUARTER_HOUR).all()
    curtailed = right[right.is_redispatched].groupby("infeed_source")["power_kw"]
    assert set(curtailed.groups) == {"final", "live", "forecast"}
    assert (curtailed.max() > 0).to_dict() == {"final": True, "forecast": False, "live": True}


def test_portfolio_best_of_infeed(built: Warehouse, expected: Expected) -> None:
    found, right = mart(built, "portfolio_best_of_infeed"), expected.portfolio_best_of_infeed()
    assert_same_rows(found.dropna(subset="power_kw"), right, ["delivery_start_utc"])
    assert set(right.is_complete) == {True, False}
