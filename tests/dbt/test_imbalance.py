"""The marts of what forecasts are worth, against pandas, on days of 92, 96 and 100 quarter-hours.

Of the project's models, this reads only the marts themselves: the expected values follow from the
landed documents, by the definitions written in pandas.
"""

from collections.abc import Iterator
from datetime import date

import pandas as pd
import pytest

from extract.sources import imbalance_prices, redispatch_compensation
from extract.warehouse.schema import ensure_schema
from tests.arrivals import Arrival, land
from tests.dbt.imbalance_sources import (
    DAYS,
    MEMBERS,
    QUARTER_HOUR,
    Made,
    delivered,
    equal,
    expected_imbalance,
    mart,
    quarter_hours_of,
)
from tests.dbt_project import dbt
from tests.warehouses import PostgresServer, Warehouse, fresh_warehouse


@pytest.fixture(scope="module")
def made() -> Made:
    return Made(seed=20251026)


@pytest.fixture(scope="module")
def built(
    postgres_server: PostgresServer, tmp_path_factory: pytest.TempPathFactory, made: Made
) -> Iterator[Warehouse]:
    with fresh_warehouse(postgres_server) as warehouse:
        with warehouse.connect() as connection:
            ensure_schema(connection)
            land(connection, [Arrival((document,)) for document in made.documents])
        target = tmp_path_factory.mktemp("target")
        marts = [
            "+imbalance",
            "+portfolio_imbalance",
            "+portfolio_provisional_imbalance",
            "+redispatch_lost_energy",
        ]
        outcome = dbt(warehouse.environment, target, "run", "--select", *marts)
        assert outcome.success, (outcome.statuses, outcome.exception)
        outcome = dbt(
            warehouse.environment,
            target,
            *("test", "--exclude-resource-type", "unit_test", "--select"),
            *(mart.removeprefix("+") for mart in marts),
        )
        assert outcome.success, outcome.statuses
        yield warehouse


def test_imbalance_of_each_asset(built: Warehouse, made: Made) -> None:
    found = mart(built, "imbalance", ["asset_id", "delivery_start_utc"])
    expected = expected_imbalance(made.source)
    assert set(expected["price_status"].dropna()) == {"final", "estimate"}
    assert expected["price_eur_per_mwh"].isna().any()
    known = found[found["imbalance_kwh"].notna()].reset_index(drop=True)
    columns = ["asset_id", "delivery_start_utc", "tradeable_power_kw", "final_power_kw"]
    priced = ["imbalance_kwh", "price_eur_per_mwh", "price_status", "imbalance_eur"]
    equal(known, expected, [*columns, *priced])
    assert (known["status"] == "reconciled").all()
    unknown = found[found["imbalance_kwh"].isna()]
    assert len(unknown) > 0
    assert unknown[priced].isna().all(axis=None)
    assert set(unknown["status"]) == {"missing_final", "missing_forecast"}


def test_every_quarter_hour_of_a_day_is_there(built: Warehouse) -> None:
    rows = built.rows(
        "select delivery_date, count(*) from portfolio_imbalance where reconciled_asset_count > 0"
        " group by 1 order by 1"
    )
    assert rows == list(DAYS.items())
    for day, count in DAYS.items():
        assert built.rows(
            f"select max(n) from (select count(*) as n from imbalance"
            f" where delivery_date = '{day}' group by asset_id) as counted"
        ) == [(count,)]


def test_imbalance_of_the_portfolio(built: Warehouse, made: Made) -> None:
    found = mart(built, "portfolio_imbalance", ["delivery_start_utc"])
    assets = expected_imbalance(made.source)
    members = assets[assets["asset_id"].isin(MEMBERS)]
    by_time = members.groupby("delivery_start_utc")
    expected = pd.DataFrame(
        {
            "reconciled_asset_count": by_time["asset_id"].count(),
            "imbalance_kwh": by_time["imbalance_kwh"].sum(),
            "assets_imbalance_eur": by_time["imbalance_eur"].sum(min_count=1),
        }
    ).reset_index()
    expected = expected.merge(made.source.prices, on="delivery_start_utc", how="left")
    is_long = expected["imbalance_kwh"] >= 0
    expected["price_eur_per_mwh"] = expected["long"].where(is_long, expected["short"])
    expected["imbalance_eur"] = expected["imbalance_kwh"] / 1000 * expected["price_eur_per_mwh"]
    expected["netting_eur"] = expected["imbalance_eur"] - expected["assets_imbalance_eur"]
    known = found[found["imbalance_kwh"].notna()].reset_index(drop=True)
    key = ["asset_id", "delivery_start_utc"]
    curtailed = members.merge(made.source.redispatched, on=key)
    part = curtailed.groupby("delivery_start_utc")["imbalance_kwh"].sum()
    expected["redispatched_imbalance_kwh"] = (
        expected["delivery_start_utc"].map(part).fillna(0).astype(float)
    )
    expected["redispatched_imbalance_eur"] = (
        expected["redispatched_imbalance_kwh"] / 1000 * expected["price_eur_per_mwh"]
    )
    assert 0 < (expected["redispatched_imbalance_kwh"] != 0).sum() < len(expected)
    columns = ["delivery_start_utc", "reconciled_asset_count", "imbalance_kwh"]
    priced = ["price_eur_per_mwh", "price_status", "imbalance_eur", "assets_imbalance_eur"]
    redispatched = ["redispatched_imbalance_kwh", "redispatched_imbalance_eur"]
    equal(known, expected, [*columns, *priced, "netting_eur", *redispatched])
    assert set(found["expected_asset_count"]) == {len(MEMBERS)}

    # Exactly 0 while both sides have one price, and only then.
    symmetric = expected["short"] == expected["long"]
    nets = known["netted_energy_kwh"] > 0
    assert (known.loc[symmetric, "netting_eur"] == 0).all()
    assert (known.loc[~symmetric & nets & expected["long"].notna(), "netting_eur"] != 0).all()
    assert symmetric.sum() > 100
    assert (~symmetric & nets).sum() > 20


@pytest.mark.parametrize(
    ("name", "energy", "value"),
    [
        ("imbalance", "imbalance_kwh", "imbalance_eur"),
        ("portfolio_imbalance", "imbalance_kwh", "imbalance_eur"),
        ("portfolio_imbalance", "netted_energy_kwh", "netting_eur"),
        ("portfolio_imbalance", "redispatched_imbalance_kwh", "redispatched_imbalance_eur"),
        ("portfolio_provisional_imbalance", "imbalance_kwh", "imbalance_eur"),
        (
            "portfolio_provisional_imbalance",
            "redispatched_imbalance_kwh",
            "redispatched_imbalance_eur",
        ),
        ("redispatch_lost_energy", "lost_energy_kwh", "lost_energy_eur"),
        ("redispatch_lost_energy", "full_forecast_energy_kwh", "full_forecast_eur"),
    ],
)
def test_nothing_is_worth_minus_zero(built: Warehouse, name: str, energy: str, value: str) -> None:
    at_negative_prices = f"from {name} where {energy} = 0 and price_eur_per_mwh < 0"
    assert built.rows(f"select distinct {value}::text {at_negative_prices}") == [("0",)]


def test_energy_lost_to_redispatch(built: Warehouse, made: Made) -> None:
    key = ["asset_id", "delivery_start_utc"]
    found = mart(built, "redispatch_lost_energy", key)
    source = made.source

    flagged = source.redispatched.sort_values(key)
    gap = flagged.groupby("asset_id")["delivery_start_utc"].diff() != QUARTER_HOUR
    starts = flagged["delivery_start_utc"].where(gap)
    flagged["measure_start_utc"] = starts.groupby(flagged["asset_id"]).ffill()
    assert flagged["measure_start_utc"].nunique() == 3 * len(DAYS)

    promises = flagged.merge(source.forecasts, on=key)
    promises = promises[promises["version_utc"] <= promises["measure_start_utc"]]
    promises = promises.sort_values("version_utc")
    newest = promises.groupby(key)[["version_utc", "power_kw"]].last().reset_index()
    newest = newest.rename(
        columns={"version_utc": "forecast_version_utc", "power_kw": "forecast_power_kw"}
    )
    final = source.final.rename(columns={"power_kw": "final_power_kw"})
    expected = (
        flagged.merge(newest, on=key, how="left")
        .merge(final, on=key, how="left")
        .merge(source.compensation, on="delivery_start_utc", how="left")
        .sort_values(key)
    )
    missing = expected["forecast_power_kw"] - expected["final_power_kw"]
    expected["lost_energy_kwh"] = missing.clip(lower=0) / 4
    expected["full_forecast_energy_kwh"] = expected["forecast_power_kw"] / 4
    price = expected["price_eur_per_mwh"]
    expected["lost_energy_eur"] = expected["lost_energy_kwh"] / 1000 * price
    expected["full_forecast_eur"] = expected["full_forecast_energy_kwh"] / 1000 * price

    # Every case occurs in what is compared.
    assert (missing < 0).any()
    assert (missing > 0).any()
    for column in ("forecast_power_kw", "final_power_kw", "price_eur_per_mwh"):
        assert expected[column].isna().any(), column
    assert (expected["forecast_version_utc"] < expected["measure_start_utc"]).any()
    equal(found, expected, [*key, *(str(name) for name in expected if name not in key)])


def test_a_price_that_changes_changes_what_it_prices(
    built: Warehouse, made: Made, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Only two price files arrive, and the build computes exactly what it has to."""
    day = date(2025, 10, 26)
    start = quarter_hours_of(day)[48]
    head = (
        "Datum;Zeitzone;von;bis;Datenkategorie;Datentyp;Einheit;reBAP unterdeckt;reBAP ueberdeckt"
    )
    row = f"{Made.when(start)};reBAP;Qualitätsgesichert;EUR/MWh;1000,5;999,25"
    prices = imbalance_prices.decode(
        delivered("imbalance_price_final_20251201_170800.csv", f"{head}\n{row}\n")
    )
    columns = "delivery_start__utc_,delivery_end__utc_,price__euro_per_mwh_"
    times = [f"{one:%Y-%m-%d %H:%M:%S} UTC" for one in (start, start + QUARTER_HOUR)]
    compensation = redispatch_compensation.decode(
        delivered("redispatch_compensation_2025-12-01.csv", f"{columns}\n{','.join(times)},500\n")
    )
    query = (
        "select 1, delivery_start_utc, price_eur_per_mwh from portfolio_imbalance union all"
        " select 2, delivery_start_utc, price_eur_per_mwh from redispatch_lost_energy"
    )
    before = set(built.rows(query))
    with built.connect() as connection:
        land(connection, [Arrival((document,)) for document in (*prices, *compensation)])
    outcome = dbt(built.environment, tmp_path_factory.mktemp("later"), "run")
    assert outcome.success, (outcome.statuses, outcome.exception)
    after = set(built.rows(query))
    assert {row[:2] for row in after - before} == {(1, start), (2, start)}
    [(imbalance_kwh, price)] = built.rows(
        "select imbalance_kwh, price_eur_per_mwh from portfolio_imbalance"
        f" where delivery_start_utc = '{start}'"
    )
    assert isinstance(imbalance_kwh, float)
    assert price == (999.25 if imbalance_kwh >= 0 else 1000.5)
    assert (2, start, 500.0) in after
