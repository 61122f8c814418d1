"""A small world, landed and built once: the first test to run after a change (`make test-fast`)."""

from pathlib import Path

import pytest

from tests.arrivals import land
from tests.dbt_project import dbt
from tests.marts import brute_force_forecasts, forecast_rows
from tests.warehouses import Warehouse
from tests.worlds import World


@pytest.mark.fast
def test_a_small_world_is_built_and_passes_its_tests(
    built_warehouse: Warehouse, tmp_path: Path
) -> None:
    arrivals = World(1).arrivals
    with built_warehouse.connect() as connection:
        assert land(connection, arrivals) == len(arrivals)
        arguments = ("build", "--exclude-resource-type", "unit_test")
        built = dbt(built_warehouse.environment, tmp_path, *arguments)
        assert built.success, (built.statuses, built.exception)
        assert forecast_rows(connection) == brute_force_forecasts(arrivals)
