"""Fixtures of the tests of the extractor."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import fsspec
import pytest

from extract import load, quarantine
from extract.console import Tally
from extract.directory_load import load_directory
from extract.documents import Delivery, Document
from extract.errors import DocumentRefused
from extract.run import Run
from extract.simulator.files import write_files
from extract.simulator.server import ForecastServer
from extract.sources import declared
from extract.sources import live_infeed as live
from extract.sources.declared import SOURCES
from extract.vpp.client import VppClient
from extract.warehouse.schema import ensure_schema
from tests.conftest import DEMO_PLAN, ExtractCommand, Outcome
from tests.documents import VERSION, forecast_for
from tests.extract_command import extract
from tests.extractor.role_house import LOADER, TRANSFORMER, WINDOW, House, fresh_roles, roles
from tests.http_server import Answer, HttpServer
from tests.servers import installed_servers, running_server
from tests.warehouses import PostgresServer


@pytest.fixture
def fetch(extract: ExtractCommand, http_server: HttpServer) -> Callable[..., Outcome]:
    """Runs `forecasts` against the stand-in server, which by default knows everything."""
    http_server.answer = lambda target: Answer(body=forecast_for(target))

    def command(*arguments: str, **settings: str) -> Outcome:
        http_server.requests.clear()
        return extract("forecasts", *arguments, VPP_API_URL=http_server.url, **settings)

    return command


@pytest.fixture
def take(run: Run) -> Callable[[Path | str], Tally]:
    """Loads a directory of live files once."""

    def once(directory: Path | str) -> Tally:
        tally = Tally("live-infeed")
        load_directory(run, SOURCES["live-infeed"], str(directory), tally)
        return tally

    return once


@pytest.fixture
def memory() -> Iterator[Any]:
    files = fsspec.filesystem("memory")
    yield files
    files.rm("/", recursive=True)


@pytest.fixture
def load_live(extract: ExtractCommand, tmp_path: Path) -> Callable[[], Outcome]:
    """Loads the live files of the test's directory once."""
    return lambda: extract("live-infeed", LIVE_INFEED_URL=tmp_path)


@pytest.fixture
def strict(monkeypatch: pytest.MonkeyPatch) -> Callable[[bool], None]:
    """Switches a rule of the live decoder on and off: no value over 1,000 kW."""

    def decode(received: Delivery) -> list[Document]:
        for document in live.decode(received):
            if max(value or 0 for value in document.power_kw) > 1000:
                raise DocumentRefused(received.source_uri, "is beyond the rule of this test")
        return list(live.decode(received))

    def set_rule(is_on: bool) -> None:
        source = declared.SOURCES["live-infeed"]
        assert source.files is not None
        files = replace(source.files, decode=decode) if is_on else source.files
        sources = {**declared.SOURCES, "live-infeed": replace(source, files=files)}
        for module in (load, quarantine):
            monkeypatch.setattr(module, "SOURCES", sources)

    return set_rule


@pytest.fixture
def ask(http_server: HttpServer) -> Callable[[], object]:
    """Asks the server for one forecast."""

    def once() -> object:
        with VppClient(http_server.url, token="the-secret") as client:
            return client.get_forecast(asset_id="WND-DE-003", version=VERSION)

    return once


@pytest.fixture(
    scope="module",
    params=["embedded", *installed_servers()],
    ids=lambda programs: (
        programs if isinstance(programs, str) else f"postgresql-{programs.parent.name}"
    ),
)
def role_server(
    request: pytest.FixtureRequest, postgres_server: PostgresServer
) -> Iterator[PostgresServer]:
    if request.param == "embedded":
        yield postgres_server
    else:
        with running_server(request.param) as installed:
            yield installed


@pytest.fixture(scope="module")
def demo_sources(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """The demo's sources, as the extractor's settings."""
    files = write_files(DEMO_PLAN, tmp_path_factory.mktemp("sources"))
    with ForecastServer(DEMO_PLAN) as api:
        yield dict(files.environment(api.url))


@pytest.fixture(scope="module")
def house(
    role_server: PostgresServer,
    demo_sources: dict[str, str],
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[House]:
    """A superuser built the marts first; then the roles came, and the loader loaded."""
    target = tmp_path_factory.mktemp("target")
    with fresh_roles(role_server) as warehouse:
        house = House(warehouse, demo_sources, target)
        with warehouse.connect() as connection:
            ensure_schema(connection)
            connection.execute("create table public.somebodys (number integer)")
            # As in a database that came from PostgreSQL 14.
            connection.execute("grant create on schema public to public")
        house.build("postgres")
        made = roles(warehouse.environment)
        assert made.returncode == 0, made.stderr
        landed = extract(house.environment(LOADER), "all", *WINDOW)
        assert landed.returncode == 0, landed.stderr
        # Incremental, on what the superuser had built.
        house.build(TRANSFORMER)
        yield house
