"""Whatever a decoder accepts can be built: no document that has landed stops a build.

Random documents, extremes included, are decoded; what is accepted lands, many documents to a build,
and everything is built: from nothing, incrementally and in full, read as readers do, and tested.
If that fails, documents are left out for as long as it does, and what remains is printed.
`ACCEPTED_EXAMPLES=20` runs as many examples, other ones each time; `ACCEPTED_REPEAT=12` one again.
"""

import os
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import psycopg
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from psycopg import sql

from extract.warehouse.schema import ensure_schema
from tests.arrivals import land
from tests.dbt_project import dbt
from tests.marts import KEYS, empty_warehouse
from tests.random_documents import Sender, Sent
from tests.warehouses import PostgresServer, Warehouse

Groups = Sequence[Sequence[Sent]]
"""What lands before the first build, and before the second."""


@dataclass(frozen=True)
class Laboratory:
    """Where documents are tried: a database recreated for each trial, and dbt's target."""

    server: PostgresServer
    target: Path

    @property
    def database(self) -> str:
        return f"accepted_{os.getpid()}"

    def failure(self, groups: Groups) -> str:
        """What fails when the groups land, with a build after each, then a full one; or nothing."""
        warehouse = empty_warehouse(self.server, self.database)
        with warehouse.connect() as connection:
            ensure_schema(connection)
            for group in groups:
                try:
                    assert land(connection, [one.arrival for one in group]) == len(group)
                except psycopg.Error as error:
                    return f"cannot land: {error}"
                failed = self._dbt(warehouse, "run") or self._read(connection)
                if failed:
                    return failed
        return self._dbt(
            warehouse, "build", "--full-refresh", "--exclude-resource-type", "unit_test"
        )

    def guilty(self, groups: Groups) -> Groups:
        """The fewest documents found within ten minutes that still fail together."""
        until = time.monotonic() + 600
        left = [(number, one) for number, group in enumerate(groups) for one in group]
        size = len(left) // 2
        while size:
            start = 0
            while start < len(left) and time.monotonic() < until:
                fewer = left[:start] + left[start + size :]
                if self.failure(_grouped(fewer, len(groups))):
                    left = fewer
                else:
                    start += size
            size //= 2
        return _grouped(left, len(groups))

    def _dbt(self, warehouse: Warehouse, *arguments: str) -> str:
        ran = dbt(warehouse.environment, self.target, *arguments)
        failed = {name for name, said in ran.statuses.items() if said in ("error", "fail")}
        return "" if ran.success else f"dbt {arguments[0]}: {sorted(failed) or ran.exception}"

    def _read(self, connection: psycopg.Connection) -> str:
        for mart in KEYS:
            # The text of a row requires all of its columns, even if the mart is a view.
            query = sql.SQL("select count(mart::text) from public.{} as mart")
            try:
                connection.execute(query.format(sql.Identifier(mart)))
            except psycopg.Error as error:
                return f"{mart} cannot be read: {error}"
        return ""


def _grouped(documents: Sequence[tuple[int, Sent]], count: int) -> Groups:
    return [[one for number, one in documents if number == wanted] for wanted in range(count)]


@pytest.fixture(scope="module")
def laboratory(
    postgres_server: PostgresServer, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Laboratory]:
    laboratory = Laboratory(postgres_server, tmp_path_factory.mktemp("target"))
    yield laboratory
    with postgres_server.connect("postgres") as connection:
        database = sql.Identifier(laboratory.database)
        connection.execute(sql.SQL("drop database if exists {} with (force)").format(database))


EXAMPLES = os.environ.get("ACCEPTED_EXAMPLES")
REPEAT = os.environ.get("ACCEPTED_REPEAT")
OF_EACH_KIND = 8
FAILURES: dict[int, str] = {}


@settings(
    max_examples=1 if REPEAT else int(EXAMPLES or 1),
    derandomize=EXAMPLES is None,
    database=None,
    deadline=None,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
    print_blob=False,
)
@given(seed=st.just(int(REPEAT)) if REPEAT else st.integers(0, 99_999))
def test_what_the_decoders_accept_can_be_built(laboratory: Laboratory, seed: int) -> None:
    # hypothesis runs what failed again, and would wait for the same builds.
    if seed not in FAILURES:
        sender = Sender(seed)
        groups = [sender.accepted(OF_EACH_KIND), sender.accepted(OF_EACH_KIND)]
        if not laboratory.failure(groups):
            return
        left = laboratory.guilty(groups)
        documents = "\n\n".join(str(one) for group in left for one in group)
        FAILURES[seed] = f"ACCEPTED_REPEAT={seed}\n{laboratory.failure(left)}\n\n{documents}"
    pytest.fail(FAILURES[seed], pytrace=False)
