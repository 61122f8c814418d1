"""The whole demo: what `make run` does, on every PostgreSQL of this machine."""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.conftest import DEMO_WINDOW, Demo, built_demo
from tests.dbt_project import dbt
from tests.extract_command import extract
from tests.marts import KEYS
from tests.servers import installed_servers, running_server
from tests.warehouses import Warehouse, fresh_warehouse

SETTLED = ["SOL-DE-001", "SOL-DE-002", "WND-DE-002", "WND-DE-003"]
# The ages in source_status increase with every run.
MARTS = KEYS.keys() - {"source_status"}


@pytest.fixture(
    scope="module",
    params=["embedded", *installed_servers()],
    ids=lambda programs: (
        programs if isinstance(programs, str) else f"postgresql-{programs.parent.name}"
    ),
)
def demo(
    request: pytest.FixtureRequest, shared_demo: Demo, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Demo]:
    """The demo as each server built it; not shared, as tests here land and build again."""
    target = tmp_path_factory.mktemp("demo")
    if request.param == "embedded":
        template = shared_demo.warehouse
        with fresh_warehouse(template.server, template.environment["PGDATABASE"]) as clone:
            yield Demo(clone, shared_demo.environment | clone.environment, target)
    else:
        with running_server(request.param) as installed, built_demo(installed, target) as built:
            yield built


def fingerprints(warehouse: Warehouse) -> dict[str, Any]:
    """One value per mart, which any change to any row changes."""
    query = "select count(*), md5(string_agg(mart::text, '|' order by mart::text)) from {} as mart"
    return {mart: warehouse.rows(query.format(mart)) for mart in MARTS}


def test_final_production_of_all_but_one_plant(demo: Demo) -> None:
    warehouse = demo.warehouse
    assert warehouse.rows(
        "select asset_id, count(*), min(delivery_start_utc)::text, max(delivery_start_utc)::text"
        " from dso_final_production where delivery_start_utc < '2025-06-09 00:00+00'"
        " group by 1 order by 1"
    ) == [(asset, 96, "2025-06-08 00:00:00+00", "2025-06-08 23:45:00+00") for asset in SETTLED]
    # For the next day, what came an hour late and what is partly a straight line.
    assert warehouse.rows(
        "select asset_id, count(*), min(delivery_start_utc)::text, max(delivery_start_utc)::text"
        " from dso_final_production where delivery_start_utc >= '2025-06-09 00:00+00'"
        " group by 1 order by 1"
    ) == [
        ("WND-DE-002", 64, "2025-06-09 01:00:00+00", "2025-06-09 16:45:00+00"),
        ("WND-DE-003", 64, "2025-06-09 00:00:00+00", "2025-06-09 15:45:00+00"),
    ]
    assert warehouse.rows(
        "select distinct asset_id from data_coverage"
        " where source = 'final_production' and received_count = 0"
    ) == [("WND-DE-001",)]


def test_tradeable_versions_are_made_a_quarter_of_an_hour_before_delivery(demo: Demo) -> None:
    warehouse = demo.warehouse
    assert warehouse.rows(
        "select distinct delivery_start_utc - latest_version_utc = interval '0',"
        " delivery_start_utc - tradeable_version_utc = interval '15 minutes'"
        " from asset_forecasts where delivery_start_utc = '2025-06-08 12:00+00'"
    ) == [(True, True)]


def test_every_asset_is_known_with_its_history(demo: Demo) -> None:
    warehouse = demo.warehouse
    assert warehouse.rows("select asset_id, capacity_kw from assets order by 1") == [
        ("SOL-DE-001", 1088.0),
        ("SOL-DE-002", 1490.0),
        ("WND-DE-001", 4000.0),
        ("WND-DE-002", 6600.0),
        ("WND-DE-003", 5600.0),
    ]
    # The first technical data file lacks this one; 5600 and 5600.0 are the same.
    assert warehouse.rows(
        "select asset_id, valid_to_utc from assets_history where valid_from_utc >"
        " (select min(valid_from_utc) from assets_history)"
    ) == [("WND-DE-003", None)]


def test_the_past_was_received_by_the_clocks_of_then(demo: Demo) -> None:
    warehouse = demo.warehouse
    assert warehouse.rows(
        "select received_utc - version_utc = interval '2 minutes', received_utc > '2026-01-01',"
        " min(version_utc)::text, max(version_utc)::text, count(*) from raw.forecast_version"
        " where asset_id = 'WND-DE-002' group by 1, 2 order by 3"
    ) == [
        (True, False, "2025-06-07 00:00:00+00", "2025-06-08 23:45:00+00", 179),
        (False, False, "2025-06-08 07:15:00+00", "2025-06-08 09:15:00+00", 8),
        (False, True, "2025-06-09 00:00:00+00", "2025-06-09 23:45:00+00", 93),
    ]
    # At ten o'clock nothing was known about what was made during the outage.
    known = "select distinct version_utc::text from forecasts_known_at('2025-06-08 08:00+00',{})"
    noon = "'2025-06-08 10:00+00', '2025-06-08 10:15+00'"
    assert warehouse.rows(known.format(noon)) == [("2025-06-08 07:00:00+00",)]


def test_the_portfolio_is_the_sum_of_its_assets(demo: Demo) -> None:
    warehouse = demo.warehouse
    [(quarter_hours, different)] = warehouse.rows(
        "select count(*), count(*) filter (where total is distinct from tradeable_power_kw)"
        " from portfolio_forecast join ("
        "   select delivery_start_utc, sum(tradeable_power_kw order by asset_id) as total"
        "   from asset_forecasts group by 1"
        " ) as assets using (delivery_start_utc)"
    )
    assert (quarter_hours, different) == (3 * 96 + 192, 0)


def test_only_the_contract_without_a_price_is_warned_of(demo: Demo) -> None:
    tested = dbt(demo.environment, demo.target, "test", "--exclude-resource-type", "unit_test")
    assert {
        name for name, status in tested.statuses.items() if status not in {"pass", "success"}
    } == {"contracts_with_a_fixed_price_have_a_price"}


def test_redispatch_flags_are_staged(demo: Demo) -> None:
    warehouse = demo.warehouse
    assert warehouse.rows(
        "select metering_point_id, count(*) from staging.stg_dso__redispatch_flags"
        " where is_redispatched group by 1"
    ) == [("MP-WND-003", 4)]


def test_netting_is_worth_something_where_being_short_costs_more(demo: Demo) -> None:
    warehouse = demo.warehouse
    [(quarter_hours, estimated, netted, least)] = warehouse.rows(
        "select count(*) filter (where imbalance_eur is not null),"
        " count(*) filter (where price_status = 'estimate'),"
        " count(*) filter (where netting_eur > 0.1), min(netting_eur)"
        " from portfolio_imbalance"
    )
    # 8 June (UTC), and what was settled for two plants on the day after.
    assert quarter_hours == 96 + 68
    assert (estimated, netted, least) == (10, 4, 0)


def test_a_day_is_settled_by_half_of_its_plants(demo: Demo) -> None:
    # For the 9th, two of five plants have final production, and a file of the 8th reaches into it.
    assert demo.warehouse.rows(
        "select delivery_date::text, is_settled, reconciled_quarter_hour_count,"
        " reconciled_asset_count, provisional_quarter_hour_count, unmeasured_asset_count"
        " from portfolio_days where delivery_date in ('2025-06-08', '2025-06-09', '2025-06-11')"
        " order by 1"
    ) == [
        ("2025-06-08", True, 88, 4, 96, 0),
        ("2025-06-09", False, 76, 4, 96, 0),
        # It is in the future.
        ("2025-06-11", False, 0, 0, 0, None),
    ]
    # Redispatch was worth more than the whole, so the forecasts cost something.
    assert demo.warehouse.rows(
        "select redispatched_imbalance_mwh < other_imbalance_mwh,"
        " redispatched_imbalance_eur > imbalance_eur, other_imbalance_eur < 0"
        " from portfolio_days where delivery_date = '2025-06-08'"
    ) == [(True, True, True)]


def test_what_is_missing_is_said_in_words(demo: Demo) -> None:
    assert demo.warehouse.rows(
        "select sentence, count(*) from missing_data group by 1 order by 1"
    ) == [
        ("SOL-DE-001: no live infeed ever came that counts, though others have it", 1),
        ("SOL-DE-002 lacks 8 quarter-hours of live infeed on 9 June", 1),
        ("WND-DE-001: no final production ever came that counts, though others have it", 1),
        ("WND-DE-002 lacks 8 quarter-hours of live infeed on 8 and 9 June", 1),
    ]
    never = "select asset_id, {} from {} where {} order by 1"
    assert demo.warehouse.rows(
        never.format("sentence", "missing_data", "not is_ever_received")
    ) == demo.warehouse.rows(never.format("detail", "data_findings", "finding = 'never_came'"))


def test_the_redispatched_hour_has_lost_energy_and_its_price(demo: Demo) -> None:
    warehouse = demo.warehouse
    rows = warehouse.rows(
        "select asset_id, delivery_start_utc::text, measure_start_utc = forecast_version_utc,"
        " lost_energy_kwh > 500, lost_energy_eur < full_forecast_eur"
        " from redispatch_lost_energy order by delivery_start_utc"
    )
    assert rows == [
        ("WND-DE-003", f"2025-06-08 09:{minute}:00+00", True, True, True)
        for minute in ("00", "15", "30", "45")
    ]


def test_each_fault_has_its_finding_and_nothing_else_has_one(demo: Demo) -> None:
    final, live = "final_production", "live"
    assert demo.warehouse.rows(
        "select source, asset_id, delivery_date::text, finding, other_asset_id"
        " from data_findings order by delivery_date, source, asset_id, finding"
    ) == [
        (live, "SOL-DE-001", "2025-06-07", "never_came", None),
        (live, "SOL-DE-002", "2025-06-07", "sign_flipped", None),
        (live, "WND-DE-001", "2025-06-07", "swapped", "WND-DE-003"),
        (live, "WND-DE-002", "2025-06-07", "frozen", None),
        (live, "WND-DE-003", "2025-06-07", "swapped", "WND-DE-001"),
        (final, "WND-DE-001", "2025-06-08", "never_came", None),
        (live, "WND-DE-001", "2025-06-08", "above_capacity", None),
        (final, "WND-DE-002", "2025-06-09", "shifted", None),
        (final, "WND-DE-003", "2025-06-09", "interpolated", None),
        (live, "SOL-DE-002", "2025-06-09", "night_production", None),
        (live, "WND-DE-001", "2025-06-09", "scaled", None),
    ]


def test_again_lands_nothing_and_changes_no_row(demo: Demo) -> None:
    before = fingerprints(demo.warehouse)
    again = extract(demo.environment, "all", *DEMO_WINDOW)
    assert again.returncode == 0, again.stderr
    landed = [line.split("│")[3].strip() for line in again.stdout.splitlines() if "│" in line]
    assert landed == ["0"] * 8
    assert dbt(demo.environment, demo.target, "run").success
    assert fingerprints(demo.warehouse) == before


def test_dbt_shows_every_model(demo: Demo) -> None:
    shown = dbt(demo.environment, demo.target, "show", "--select", "models")
    assert shown.success, shown.exception
