"""Fixtures of the tests that need no PostgreSQL server."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from extract.simulator.files import SimulatedSources, write_files
from extract.simulator.server import ForecastServer
from tests.no_server.simulated import (
    PLAN,
)


@pytest.fixture(scope="module")
def sources(tmp_path_factory: pytest.TempPathFactory) -> SimulatedSources:
    return write_files(PLAN, tmp_path_factory.mktemp("with a space") / "sources")


@pytest.fixture(scope="module")
def server() -> Iterator[ForecastServer]:
    with ForecastServer(PLAN) as server:
        yield server
