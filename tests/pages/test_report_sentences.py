"""What the report says of what is missing, in sentences."""

from datetime import date

import pytest

from tests.pages.asked_report import asked
from tests.warehouses import Warehouse


@pytest.mark.parametrize(
    ("quarter_hour_count", "part"), [(96, " in 96 of 100 quarter-hours"), (100, "")]
)
def test_a_part_of_a_day_is_not_told_as_the_whole(
    warehouse: Warehouse, quarter_hour_count: int, part: str
) -> None:
    quarter_hours = (
        "select '2025-10-25 22:00Z'::timestamptz + place * interval '15 minutes'"
        " as delivery_start_utc, date '2025-10-26' as delivery_date, %s"
        f" from generate_series(0, {quarter_hour_count - 1}) as place"
    )
    counts = "1 as tradeable_asset_count, 1 as reconciled_asset_count, 1 as expected_asset_count"
    powers = "1e4 as tradeable_power_kw, 8e3 as final_power_kw, 2e3 as tradeable_error_kw"
    marts = {
        "portfolio_forecast": quarter_hours % f"{counts}, 0.025 as tradeable_energy_mwh",
        "portfolio_reconciliation": quarter_hours % f"{counts}, {powers}",
        "production_reconciliation": quarter_hours % f"'A' as asset_id, {powers}",
        "best_of_infeed": quarter_hours % "'A' as asset_id, place < 4 as is_redispatched",
        "portfolio_imbalance": quarter_hours % "-1.0 as imbalance_eur",
    }
    produced, traded_on = (quarter_hour_count * 0.25 * power / 1000 for power in (8000, 10_000))
    sentences = [
        f"{produced:.1f} MWh were produced{part} where {traded_on:.1f} MWh had been traded on,"
        f" by 1 of 1 assets: {traded_on - produced:.1f} MWh less than traded on (2.0 MWh less in"
        " redispatched quarter-hours); in the others the forecast was"
        f" {traded_on - produced - 2:.1f} MWh too high.",
        f"the imbalance cost {quarter_hour_count} EUR{part}.",
    ]
    if quarter_hour_count == 100:
        sentences.insert(0, "2.5 MWh can be traded on, forecast by 1 of 1 assets.")
    assert asked(warehouse, "glance", marts) == [
        (f"Sunday, 26 October 2025: {sentence}",) for sentence in sentences
    ]


def found(*findings: tuple[str, str, str, str]) -> str:
    """A query that gives these findings: asset, day, which, and the sentence."""
    rows = [("", "1970-01-01", "", ""), *findings]
    values = ", ".join(
        f"('{asset}', date '{day}', '{kind}', '{said}')" for asset, day, kind, said in rows
    )
    return (
        f"select * from (values {values}) as found (asset_id, delivery_date, finding, detail)"
        " where finding <> ''"
    )


def test_first_what_keeps_the_rest_from_coming_then_what_assets_share(
    warehouse: Warehouse,
) -> None:
    marts = {
        "source_status": (
            "select * from (values ('forecasts', 90.0, true, 1, false),"
            " ('live-infeed', 5.0, false, 2, false), ('imbalance-prices', null, null, 0, true))"
            " as status (source, age_minutes, is_late, quarantined_document_count, never_came)"
        ),
        "dso_unmapped_production": (
            "select *, timestamptz '2025-10-26' as delivery_start_utc"
            " from (values ('MP1', 'no_contract', null), ('MP2', 'another_metering_point', 'A1'))"
            " as production (metering_point_id, reason, asset_id)"
        ),
        "data_coverage": (
            "select 'live' as source, 'A' || number as asset_id,"
            " date '2025-10-26' as delivery_date, 0 as received_count, 100 as missing_count,"
            " false as is_complete"
            " from generate_series(10, 39) as number"
            " union all select 'final_production', 'B', date '2025-10-26', 99, 1, false"
            " union all select 'forecast', 'B', date '2025-10-26', 92, 8, false"
            " union all select 'forecast', 'C', date '2025-10-26', 99, 1, false"
            " union all select source, 'D', date '2025-10-26' + days, 100, 0, true"
            " from unnest(array['forecast', 'final_production']) as source,"
            " unnest(array[-1, 1]) as days"
        ),
        "data_findings": found(
            ("A", "2025-10-26", "shifted", "A is an hour late"),
            ("B", "2025-10-26", "swapped", "B has what C produced"),
            # Of a day that the report does not show, and what is missing on every day.
            ("A", "2025-10-25", "shifted", "A was an hour late"),
            ("D", "2025-06-08", "never_came", "D never sent live infeed"),
            # That source_status says.
            ("*", "2025-10-26", "never_came", "Prices never came"),
        ),
    }
    thirty = ", ".join(f"A{number}" for number in range(10, 40))
    assert asked(warehouse, "missing", marts) == [
        (True, "imbalance prices never came: no document of it has ever landed."),
        (True, "A is an hour late."),
        (True, "B has what C produced."),
        (True, "D never sent live infeed."),
        (True, "forecasts is late: its newest document is 1.5 hours old."),
        (
            True,
            "1 document of forecasts was refused and waits in quarantine"
            " (python -m extract quarantine).",
        ),
        (
            True,
            "2 documents of live-infeed were refused and wait in quarantine"
            " (python -m extract quarantine).",
        ),
        (True, "MP1 was never under contract: its production belongs to no asset."),
        (True, "MP2 does not count: another metering point of A1 does."),
        (False, "2 assets lack quarter-hours of forecast on 26 October, 9 in all: B, C."),
        (True, f"30 assets have no live infeed on 26 October: {thirty}."),
        (False, "B lacks 1 quarter-hour of final production on 26 October."),
    ]


def test_of_a_source_that_never_came_no_gaps_are_listed(warehouse: Warehouse) -> None:
    coverage = (
        "select source, 'A' as asset_id, date '2025-10-26' as delivery_date,"
        " case when source = 'forecast' then 100 else 0 end as received_count,"
        " case when source = 'forecast' then 0 else 100 end as missing_count,"
        " source = 'forecast' as is_complete"
        " from unnest(array['forecast', 'live', 'final_production']) as source"
    )
    status = (
        "select source, null::float as age_minutes, null::boolean as is_late,"
        " 0 as quarantined_document_count, source = 'live-infeed' as never_came"
        " from unnest(array['forecasts', 'live-infeed', 'final-production']) as source"
    )
    unmapped = (
        "select 'MP1' as metering_point_id, 'no_contract' as reason, null as asset_id,"
        " timestamptz '2020-01-01' as delivery_start_utc"
    )
    marts = {
        "data_coverage": coverage,
        "source_status": status,
        "dso_unmapped_production": unmapped,
        "data_findings": found(),
    }
    # Documents of final production have landed: where it has no value says each day.
    assert asked(warehouse, "missing", marts) == [
        (True, "live infeed never came: no document of it has ever landed."),
        (True, "A has no final production on 26 October."),
    ]


@pytest.mark.parametrize(("settled_count", "is_settled"), [(79, False), (80, True)])
def test_a_day_is_settled_where_four_fifths_of_it_are(
    warehouse: Warehouse, settled_count: int, is_settled: bool
) -> None:
    # A day of 25 hours.
    quarter_hours = (
        "select '2025-10-25 22:00Z'::timestamptz + place * interval '15 minutes'"
        " as delivery_start_utc, date '2025-10-26' as delivery_date,"
        " 1 as tradeable_asset_count, 1 as reconciled_asset_count"
        " from generate_series(1, {}) as place"
    )
    marts = {
        # Not all of it is forecast: that makes no less of it settled.
        "portfolio_forecast": quarter_hours.format(90),
        "portfolio_reconciliation": quarter_hours.format(settled_count),
    }
    assert asked(warehouse, "days", marts) == [(date(2025, 10, 26), is_settled, False)]
