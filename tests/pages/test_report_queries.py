"""What the report asks the marts."""

from tests.pages.asked_report import asked
from tests.warehouses import Warehouse

ATTENTION = {
    "source_status": (
        "select * from (values"
        " ('forecasts', 90.0, true, 1, 'forecasts: late; 1 document waits'),"
        " ('live-infeed', 5.0, false, 2, '2 documents wait'),"
        " ('technical-data', 5.0, false, 0, null),"
        " ('imbalance-prices', null, null, 0, null))"
        " as status (source, age_minutes, is_late, quarantined_document_count, sentence)"
    ),
    "dso_unmapped_production": (
        "select *, date '2025-10-26' as delivery_date"
        " from (values ('MP1', 'no_contract', null), ('MP2', 'another_metering_point', 'A1'))"
        " as production (metering_point_id, reason, asset_id), generate_series(1, 3)"
    ),
    "missing_data": (
        "select asset_id, missing_count, is_whole_day, is_ever_received, sentence,"
        " date '2025-10-26' + first_day as first_delivery_date,"
        " date '2025-10-26' + last_day as last_delivery_date"
        " from (values ('*', null, true, false, 'prices never came', null, null),"
        " ('A', 100, true, true, 'two assets have none', -1, 0),"
        " ('B', 100, true, true, 'two assets have none', -1, 0),"
        " ('C', 96, true, true, 'C has none', 0, 3), ('D', 400, true, false, 'D never', -9, -8),"
        " ('E', 7, false, true, 'E lacks some', 0, 0), ('F', 96, true, true, 'long ago', -9, -8))"
        " as missing (asset_id, missing_count, is_whole_day, is_ever_received, sentence,"
        " first_day, last_day)"
    ),
    "data_findings": (
        "select *, date '2025-10-26' + day as delivery_date from (values"
        " ('shifted', 96, 50.0, 10.0, 'A is late', 0),"
        " ('above_capacity', 4, 2000.0, null, 'B is too large', 0),"
        " ('frozen', 96, 900.0, null, 'of yesterday', -1),"
        " ('never_came', null, null, null, 'that missing_data says', 0))"
        " as found (finding, quarter_hour_count, error_before_kw, error_after_kw, detail, day)"
    ),
}


def test_the_worst_is_told_first(warehouse: Warehouse) -> None:
    told = [sentence for (sentence,) in asked(warehouse, "attention", ATTENTION)]
    assert told == [
        "prices never came",
        "forecasts: late; 1 document waits",
        # 8,000 and 3,840 kW times quarter-hours in doubt.
        "B is too large",
        "A is late",
        "D never",
        "two assets have none",
        "C has none",
        "2 documents wait",
        "MP1 was never under contract: its production belongs to no asset",
        "MP2 does not count: another metering point of A1 does",
        "E lacks some",
    ]


def test_the_worst_quarter_hours_are_those_that_nobody_redispatched(warehouse: Warehouse) -> None:
    marts = {
        "production_reconciliation": (
            "select 'A' || place % 2 as asset_id,"
            " '2025-10-25 22:00Z'::timestamptz + place * interval '15 minutes'"
            " as delivery_start_utc, 100.0 as tradeable_power_kw,"
            " case when place = 3 then null else 100.0 + place end as final_power_kw,"
            " case when place = 3 then 9.0 else 100.0 + place end as measured_power_kw"
            " from generate_series(0, 99) as place"
        ),
        "redispatch_lost_energy": (
            "select 'A1' as asset_id, '2025-10-26 22:45Z'::timestamptz as delivery_start_utc"
        ),
        "imbalance": (
            "select 'A0' as asset_id, '2025-10-26 22:30Z'::timestamptz as delivery_start_utc,"
            " -7.5 as imbalance_eur"
        ),
        "best_of_infeed": (
            "select asset_id, delivery_start_utc, coalesce(final_power_kw = 197, false)"
            " as has_finding from production_reconciliation"
        ),
    }
    told = asked(warehouse, "worst", marts)
    assert len(told) == 10
    # The last quarter-hour was curtailed; for the fourth only live infeed is known.
    assert [(row[0], float(row[3]), row[4]) for row in told[:3]] == [
        ("A0", 198.0, True),
        ("A1", 197.0, True),
        ("A0", 196.0, True),
    ]
    assert [row[5] for row in told[:3]] == [False, True, False]
    assert float(told[0][6]) == -7.5
    assert told[1][6] is None
    assert ("A1", 9.0, False) in [(row[0], float(row[3]), row[4]) for row in told]


def test_production_is_compared_with_the_forecast_of_the_same_assets(warehouse: Warehouse) -> None:
    quarter_hours = (
        "select '2025-10-26 22:45Z'::timestamptz + place * interval '15 minutes'"
        " as delivery_start_utc, date '2025-10-26' + place as delivery_date,"
        " 5 as expected_asset_count, 2.0 as redispatched_imbalance_kwh,"
        " 1.0 as redispatched_imbalance_eur, 5.0 as imbalance_eur, %s"
        " from generate_series(%s, 1) as place"
    )
    settled = (
        "4 as reconciled_asset_count, 80.0 as tradeable_power_kw, 70.0 as final_power_kw,"
        " -10.0 as imbalance_kwh, 9.0 as price_eur_per_mwh, 'final' as price_status"
    )
    provisional = (
        "5 as compared_asset_count, 99.0 as tradeable_power_kw, 95.0 as measured_power_kw,"
        " -4.0 as imbalance_kwh, 8.0 as price_eur_per_mwh, 'estimate' as price_status"
    )
    marts = {
        # Nothing was forecast for the second day.
        "portfolio_forecast": (
            "select '2025-10-26 22:45Z'::timestamptz as delivery_start_utc,"
            " 100.0 as tradeable_power_kw, 5 as tradeable_asset_count, 5 as expected_asset_count"
        ),
        "portfolio_imbalance": quarter_hours % (settled, 0),
        "portfolio_provisional_imbalance": quarter_hours % (provisional, 0),
    }
    # The 26th is settled, and nothing is requested for the 27th.
    [row] = asked(warehouse, "portfolio_power", marts)
    assert [row[1], row[2], row[3], *row[4:]] == (
        [100.0, 5, 5, 4, 80.0, 70.0, -12.0, 2.0, 4.0, 1.0, 9.0, "final"]
    )
    [first, second] = sorted(
        asked(warehouse, "portfolio_power", marts, settled_dates=[], to_utc="2025-10-27 00:00Z")
    )
    measured = [5, 99.0, 95.0, -6.0, 2.0, 4.0, 1.0, 8.0, "estimate"]
    assert [first[1], *first[4:]] == [100.0, *measured]
    assert list(second[1:]) == [None, None, 5, *measured]


def test_a_lead_time_of_few_pairs_is_left_out(warehouse: Warehouse) -> None:
    marts = {
        "forecast_accuracy_by_lead": (
            "select *, 0.1 as nmae from (values"
            " ('A', 60, 99), ('A', 120, 100), ('A', 180, 50), ('A', 240, 49), ('A', 75, 99),"
            " ('B', 60, 2)) as measures (asset_id, lead_minutes, quarter_hour_count)"
        ),
    }
    shown = [row[:2] for row in asked(warehouse, "accuracy_by_lead", marts)]
    assert shown == [("A", 1), ("A", 2), ("A", 3), ("B", 1)]
