"""The two flags that this command inherits: land, then build two marts under chosen names."""

from pathlib import Path

import pytest

from tests.conftest import ExtractCommand
from tests.documents import forecast_for
from tests.extractor.asked import HOUR
from tests.http_server import Answer, HttpServer
from tests.warehouses import Warehouse


@pytest.fixture(autouse=True)
def dbt_artifacts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep dbt's artifacts out of the project."""
    monkeypatch.setenv("DBT_TARGET_PATH", str(tmp_path / "target"))
    monkeypatch.setenv("DBT_LOG_PATH", str(tmp_path / "logs"))


def relations(warehouse: Warehouse) -> set[object]:
    rows = warehouse.rows(
        "select relname from pg_class where relnamespace = 'public'::regnamespace"
        " and relkind in ('r', 'v', 'm')"
    )
    return {name for (name,) in rows}


def test_the_marts_are_built_under_the_names_given(
    extract: ExtractCommand, warehouse: Warehouse, http_server: HttpServer
) -> None:
    http_server.answer = lambda target: Answer(body=forecast_for(target))
    flags = ("--asset_forecasts_table", "my_forecasts", "--portfolio_forecast_table", "my_sum")
    # The second time the tables already exist, and are ours.
    for _ in range(2):
        outcome = extract("forecasts", "--assets", "A", *HOUR, *flags, VPP_API_URL=http_server.url)
        assert outcome.status == 0, outcome.said
        # Downstream models read the tables of these names.
        assert {"my_forecasts", "my_sum", "production_reconciliation"} <= relations(warehouse)
        assert not {"asset_forecasts", "portfolio_forecast"} & relations(warehouse)
        assert warehouse.value("select count(*) from my_forecasts") == 196
        assert warehouse.value("select count(*) from production_reconciliation") == 196


def test_a_build_that_fails_is_status_1_and_what_was_landed_stays(
    extract: ExtractCommand, warehouse: Warehouse, http_server: HttpServer
) -> None:
    http_server.answer = lambda target: Answer(body=forecast_for(target))
    with warehouse.connect() as connection:
        connection.execute("create sequence public.assets")
    outcome = extract(
        "forecasts", "--assets", "A", *HOUR, "--asset_forecasts_table", "my_forecasts",
        VPP_API_URL=http_server.url,
    )  # fmt: skip
    assert outcome.status == 1
    assert outcome.err.splitlines()[-1] == "error: dbt build ended with status 1"
    assert "Traceback" not in outcome.said
    assert warehouse.value("select count(*) from raw.forecast_version") == 4
