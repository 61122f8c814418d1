"""No false all-clear: a source that never came has no gap, but is named wherever one would be."""

import subprocess
import sys
from collections.abc import Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pendulum
import pytest
from playwright.sync_api import Browser

from dbt_project.report.marts import Answers, read
from dbt_project.report.page import page
from extract.documents import Document
from extract.sources.asset_contracts import AssetContracts
from extract.sources.final_production import FinalProduction
from extract.sources.imbalance_prices import ImbalancePrices
from extract.sources.live_infeed import LiveInfeed
from extract.vpp.forecast import Forecast
from tests.arrivals import EPOCH, QUARTER_HOUR, Arrival, land, technical_data
from tests.browser import visit, wait_for_report
from tests.dbt_project import ROOT, dbt
from tests.report_pages import BERLIN
from tests.warehouses import Warehouse

# A local day on which the clocks go back.
DAY = date(2025, 10, 26)
START = EPOCH + timedelta(hours=2)
STARTS = [START + place * QUARTER_HOUR for place in range(100)]
POWERS_KW = [float(place) for place in range(100)]
# All of it, so that nothing is late.
RECEIVED = pendulum.instance(START + timedelta(days=2))
NEVER_CAME = " never came: nothing has ever landed"
ALL_IS_WELL = "  Nothing: every source has sent everything for every asset on each of its days."


def arrival(kind: type[Document], **values: Any) -> Arrival:
    """A document with these values, alone in its file."""
    document = kind(
        source_uri=f"file:///{kind.table}",
        content_sha256=kind.table.encode(),
        received_utc=RECEIVED,
        **values,
    )
    return Arrival((document,))


CONTRACT = dict.fromkeys(("contract_end", "price", "fee_model", "fee", "fee_percent")) | {
    "contract_id": "C",
    "asset_id": "A",
    "metering_point_id": "MP",
    "capacity": "1.1",
    "technology": "wind",
    "contract_begin": "2024-01-01",
    "price_model": "market",
}
FORECAST = [
    technical_data(2, 1100.0),
    arrival(AssetContracts, exported_utc=EPOCH, contracts=[CONTRACT]),
    arrival(
        Forecast,
        asset_id="A",
        version_utc=pendulum.instance(START - QUARTER_HOUR),
        grid_start_utc=pendulum.instance(START),
        power_kw=tuple(POWERS_KW),
    ),
]
MEASURED_AND_SETTLED = [
    arrival(
        LiveInfeed,
        asset_id="A",
        measured_utc=[START + timedelta(minutes=5 * place) for place in range(300)],
        power_kw=[float(place // 3) for place in range(300)],
        quality=[1.0] * 300,
    ),
    arrival(
        FinalProduction,
        metering_point_id="MP",
        issued_date=DAY + timedelta(days=1),
        grid_start_utc=START,
        power_kw=POWERS_KW,
    ),
]
PRICES = [
    arrival(
        ImbalancePrices,
        price_status="final",
        made_utc=START + timedelta(days=2),
        delivery_start_utc=STARTS,
        short_price_eur_per_mwh=POWERS_KW,
        long_price_eur_per_mwh=POWERS_KW,
    )
]


def build(warehouse: Warehouse, target: Path, arrivals: Sequence[Arrival]) -> None:
    """Land these and build."""
    with warehouse.connect() as connection:
        assert land(connection, arrivals) == len(arrivals)
    built = dbt(warehouse.environment, target, "build", "--exclude-resource-type", "unit_test")
    assert built.success, (built.statuses, built.exception)


def summary(warehouse: Warehouse) -> list[str]:
    """The lines of the summary on what is missing."""
    script = "dbt_project/analyses/summary.psql"
    shown = subprocess.run(
        [sys.executable, "-m", "extract.warehouse", "psql", "--no-psqlrc", "--file", script],
        cwd=ROOT,
        env=warehouse.environment,
        capture_output=True,
        text=True,
        check=True,
    )
    assert shown.stderr == ""
    section = shown.stdout.split("What is missing or looks wrong\n")[1]
    section = section.split("\nLook for yourself")[0]
    return [line for line in section.splitlines() if line.strip()]


def answers(warehouse: Warehouse) -> Answers:
    """What the report reads."""
    with warehouse.connect() as connection:
        return read(connection, BERLIN, 10)


def report(warehouse: Warehouse) -> list[str]:
    """The sentences of the report on what is wrong."""
    return [row["sentence"] for row in answers(warehouse).rows["attention"]]


def never_came(warehouse: Warehouse) -> list[str]:
    """The sources that source_status says never came."""
    rows = warehouse.rows("select source from source_status where never_came order by source")
    return [str(source) for (source,) in rows]


def find(warehouse: Warehouse, count: int) -> None:
    """Replace the build's findings with this many, and one that is reported elsewhere."""
    with warehouse.connect() as connection:
        connection.execute(f"alter table if exists data_findings rename to findings_before_{count}")
        connection.execute(
            "create table data_findings as"
            " select date '2025-10-26' as delivery_date, 'A' || (10 + number) as asset_id,"
            " 'shifted' as finding, 'Finding ' || number || '.' as detail,"
            " 1 as quarter_hour_count, 1.0 as error_before_kw, 0.0 as error_after_kw"
            f" from generate_series(1, {count}) as number"
            " union all select"
            " date '2025-10-26', '*', 'never_came', 'Something never came.', null, null, null"
        )


def test_only_forecasts_have_landed(built_warehouse: Warehouse, tmp_path: Path) -> None:
    build(built_warehouse, tmp_path, FORECAST)
    assert never_came(built_warehouse) == ["final-production", "imbalance-prices", "live-infeed"]
    assert built_warehouse.rows(
        "select source, asset_id, delivery_date, received_count, missing_count from data_coverage"
        " order by source"
    ) == [
        ("final_production", "A", DAY, 0, 100),
        ("forecast", "A", DAY, 100, 0),
        ("live", "A", DAY, 0, 100),
    ]
    sentences = [
        f"{name}{NEVER_CAME}" for name in ("imbalance prices", "final production", "live infeed")
    ]
    assert sorted(report(built_warehouse)) == sorted(sentences)
    assert summary(built_warehouse) == [f"  {sentence}" for sentence in sentences]


def test_nothing_but_prices_is_missing(built_warehouse: Warehouse, tmp_path: Path) -> None:
    # They are not covered, so only this reveals that something is missing.
    build(built_warehouse, tmp_path, [*FORECAST, *MEASURED_AND_SETTLED])
    assert built_warehouse.value("select bool_and(is_complete) from data_coverage") is True
    assert summary(built_warehouse) == [f"  imbalance prices{NEVER_CAME}"]
    assert report(built_warehouse) == [f"imbalance prices{NEVER_CAME}"]
    # And then nothing is.
    build(built_warehouse, tmp_path, PRICES)
    assert never_came(built_warehouse) == []
    assert summary(built_warehouse) == [ALL_IS_WELL]
    assert report(built_warehouse) == []
    # Nor is all well if a source has a problem, or production belongs to nobody.
    with built_warehouse.connect() as connection:
        connection.execute(
            "update source_status set sentence = 'It ails' where source = 'forecasts'"
        )
        assert summary(built_warehouse) == ["  It ails"]
        connection.execute("update source_status set sentence = null")
        connection.execute(
            "insert into dso_unmapped_production select 'MP-9', delivery_start_utc,"
            " delivery_end_utc, delivery_date, power_kw, energy_kwh, 1, 'file', null, 'no_contract'"
            " from dso_final_production"
        )
        told = summary(built_warehouse)
        assert told[0] == "Production that belongs to no asset (dso_unmapped_production)"
        assert told[-1].split() == ["MP-9", "|", "no_contract", "|", "100"]
        connection.execute("delete from dso_unmapped_production")
    # Nor if there is a finding.
    find(built_warehouse, 21)
    assert summary(built_warehouse) == [
        *(f"  Finding {number}." for number in range(1, 21)),
        "  ... and 1 more: select * from data_findings;",
    ]
    assert len(report(built_warehouse)) == 21
    find(built_warehouse, 20)
    assert summary(built_warehouse) == [f"  Finding {number}." for number in range(1, 21)]


def test_where_nothing_has_landed_every_source_is_named(built_warehouse: Warehouse) -> None:
    told = "forecast", "live infeed", "final production"
    others = "asset contracts", "imbalance prices", "technical data"
    sentences = [f"{name}{NEVER_CAME}" for name in sorted((*told, *others))]
    assert summary(built_warehouse) == [f"  {sentence}" for sentence in sentences]
    assert report(built_warehouse) == sentences


@pytest.mark.parametrize("has_days", [True, False])
def test_the_page_says_it(
    browser: Browser, built_warehouse: Warehouse, tmp_path: Path, has_days: bool
) -> None:
    if has_days:
        build(built_warehouse, tmp_path, FORECAST)
    file = tmp_path / "report.html"
    world = answers(built_warehouse)
    file.write_text(page(world))
    with visit(browser, file) as seen:
        wait_for_report(seen.page)
        told = seen.page.locator(".attention li").all_text_contents()
        nothing = "No forecast of the portfolio has landed: there is nothing to show yet"
        named = [row["sentence"] for row in world.rows["attention"]]
        assert len(named) == (3 if has_days else 6)
        assert told == (named if has_days else [nothing, *named])
