"""What the tests share: a real PostgreSQL, a fresh warehouse for each test, a real HTTP server."""

import shutil
import signal
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from xdist.scheduler import LoadFileScheduling

from extract import cycle
from extract.console import Reporter
from extract.run import Run
from extract.simulator.files import write_files
from extract.simulator.plan import SimulationPlan
from extract.simulator.server import ForecastServer
from extract.warehouse import embedded
from extract.warehouse.landing import begin_run
from extract.warehouse.schema import ensure_schema
from tests.dbt_project import dbt
from tests.extract_command import SOURCE_VARIABLES
from tests.extract_command import extract as run_extractor
from tests.http_server import HttpServer, running_http_server
from tests.makefile import make
from tests.warehouses import PostgresServer, Warehouse, fresh_warehouse

SETTINGS = (
    *SOURCE_VARIABLES,
    "EMBEDDED_WAREHOUSE_DIRECTORY",
    "PGHOST",
    "PGHOSTADDR",
    "PGSERVICE",
    "PGPORT",
    "PGUSER",
    "PGPASSWORD",
    "PGDATABASE",
)
# The folders of tests, which are also markers.
LONGEST_FIRST = ("pages", "promises", "dbt", "extractor", "benchmark", "engines", "no_server")
PAGES = "tests/pages/"
DEMO_PLAN = SimulationPlan(with_faults=True)
DEMO_REPLAY = ("replay", "--from", "2025-06-07", "--to", "2025-06-09")
DEMO_WINDOW = ("--from", "2025-06-07", "--to", "2025-06-10")


@dataclass(frozen=True)
class Outcome:
    """How a command ended and what it said."""

    status: int
    out: str
    err: str

    @property
    def said(self) -> str:
        return self.out + self.err

    def counts(self, source: str) -> dict[str, int]:
        """The row of the final table for this source."""
        for line in self.out.splitlines():
            cells = [cell.strip() for cell in line.strip("│ ").split("│")]
            if cells[0] == source and len(cells) == 6:
                names = ("found", "landed", "unchanged", "ignored", "refused")
                numbers = (int(cell.replace(",", "")) for cell in cells[1:])
                return dict(zip(names, numbers, strict=True))
        raise AssertionError(f"no row for {source} in:\n{self.out}")


ExtractCommand = Callable[..., Outcome]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark each test with its folder, and begin with the long ones.

    So no process is left alone with one at the end.
    """
    for item in items:
        item.add_marker(_folder(item))
    items.sort(key=lambda item: LONGEST_FIRST.index(_folder(item)))


class FilesTogether(LoadFileScheduling):  # type: ignore[misc]
    """Which tests run in the same process: those of a file, and all that read the demo.

    What a file sets up is set up once, and the demo is built once.
    """

    def _split_scope(self, nodeid: str) -> str:
        file: str = super()._split_scope(nodeid)
        return PAGES if file.startswith(PAGES) else file


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> FilesTogether:
    """What pytest-xdist asks for where tests run in several processes."""
    return FilesTogether(config, log)


def _folder(item: pytest.Item) -> str:
    """The folder below tests/ that a test is in."""
    return item.path.relative_to(Path(__file__).parent).parts[0]


@pytest.fixture(scope="session", autouse=True)
def interruptible() -> None:
    """Let the programs under test be interrupted: started in the background, they would inherit
    that interrupts are ignored."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[PostgresServer]:
    """The embedded PostgreSQL, for all tests together."""
    # Not in pytest's own directory: as root the server runs as another user, and pytest closes that
    # directory to others at every start.
    directory = Path(tempfile.mkdtemp(prefix="warehouse-"))
    address = embedded.start(directory)
    server = PostgresServer({**address.environment, "PGDATABASE": "postgres"})
    with server.connect("postgres") as connection:
        # Nothing here needs to survive a crash of the machine.
        connection.execute("alter system set fsync = off")
        connection.execute("select pg_reload_conf()")
    yield server
    embedded.stop(directory)
    shutil.rmtree(directory)


@pytest.fixture
def warehouse(postgres_server: PostgresServer) -> Iterator[Warehouse]:
    """A warehouse in which nothing has ever landed, for one test."""
    with fresh_warehouse(postgres_server) as fresh:
        yield fresh


@pytest.fixture(scope="module")
def module_warehouse(postgres_server: PostgresServer) -> Iterator[Warehouse]:
    """A warehouse shared by all tests of a module."""
    with fresh_warehouse(postgres_server) as fresh:
        yield fresh


@pytest.fixture(scope="session")
def built_template(
    postgres_server: PostgresServer, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[str]:
    """The name of a database to clone: nothing has landed, and all models are built."""
    with fresh_warehouse(postgres_server) as warehouse:
        with warehouse.connect() as connection:
            ensure_schema(connection)
        built = dbt(warehouse.environment, tmp_path_factory.mktemp("template"), "run")
        assert built.success, built.statuses
        yield warehouse.environment["PGDATABASE"]


@pytest.fixture
def built_warehouse(postgres_server: PostgresServer, built_template: str) -> Iterator[Warehouse]:
    """A warehouse in which nothing has landed yet, with all models built, for one test."""
    with fresh_warehouse(postgres_server, built_template) as fresh:
        yield fresh


@dataclass(frozen=True)
class Demo:
    """A warehouse with the demo in it, the extractor's environment, dbt's target."""

    warehouse: Warehouse
    environment: dict[str, str]
    target: Path


@contextmanager
def built_demo(server: PostgresServer, directory: Path, *arguments: str) -> Iterator[Demo]:
    """What a new user has after `make run`, with its sources, while the block lasts.

    `arguments` go to `dbt build`.
    """
    sources = write_files(DEMO_PLAN, directory / "sources")
    with fresh_warehouse(server) as warehouse, ForecastServer(DEMO_PLAN) as api:
        environment = {**warehouse.environment, **sources.environment(api.url)}
        replayed = run_extractor(environment, *DEMO_REPLAY, module="extract.simulator")
        assert replayed.returncode == 0, replayed.stderr
        landed = run_extractor(environment, "all", *DEMO_WINDOW)
        assert landed.returncode == 0, landed.stderr
        built = dbt(environment, directory / "target", "build", *arguments)
        assert built.success, built.statuses
        yield Demo(warehouse, environment, directory / "target")


@pytest.fixture(scope="session")
def shared_demo(
    postgres_server: PostgresServer, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Demo]:
    """The demo for all tests that only read it."""
    directory = tmp_path_factory.mktemp("shared_demo")
    # Unit tests read no data, and tests/dbt runs them.
    without = ("--exclude-resource-type", "unit_test")
    with built_demo(postgres_server, directory, *without) as demo:
        yield demo


@pytest.fixture(scope="session")
def lineage_site(shared_demo: Demo, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What `make docs` writes for the demo: the folder of the site."""
    target = tmp_path_factory.mktemp("lineage")
    result = make(shared_demo.environment, "docs", f"TARGET={target}")
    assert result.returncode == 0, result.stdout + result.stderr
    return target / "site"


@pytest.fixture(scope="session")
def report_file(shared_demo: Demo, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What `make report` writes for the demo."""
    target = tmp_path_factory.mktemp("report")
    result = make(shared_demo.warehouse.environment, "report", f"TARGET={target}")
    assert result.returncode == 0, result.stdout + result.stderr
    return target / "report.html"


@pytest.fixture
def run(warehouse: Warehouse) -> Iterator[Run]:
    """Start a run of the extractor."""
    with warehouse.connect() as connection:
        ensure_schema(connection)
        yield Run(connection, begin_run(connection, "test"), Reporter())


@pytest.fixture
def extract(
    warehouse: Warehouse, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> ExtractCommand:
    """Runs the extractor's command line on the test's warehouse, with only these settings."""

    def command(*arguments: str, **settings: str | Path) -> Outcome:
        for name in SETTINGS:
            monkeypatch.delenv(name, raising=False)
        for name, value in {**warehouse.environment, **settings}.items():
            monkeypatch.setenv(name, str(value))
        monkeypatch.setenv("COLUMNS", "120")
        capfd.readouterr()
        status = cycle.main(list(arguments))
        said = capfd.readouterr()
        return Outcome(status, said.out, said.err)

    return command


@pytest.fixture
def http_server() -> Iterator[HttpServer]:
    """A server that answers as a test says; initially 404 to everything."""
    with running_http_server() as server:
        yield server
