"""Figure: landing, from decoded documents to commit, against a bare COPY of the same arrays."""

import json
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

import pendulum
import psycopg
from psycopg import sql

from extract.documents import Delivery
from extract.simulator.forecasts import forecast_response
from extract.simulator.plan import SimulationPlan
from extract.vpp import forecast
from extract.vpp.client import VppClient
from extract.vpp.forecast import Forecast
from extract.workers import answers
from tests.benchmark.data import land
from tests.benchmark.databases import database, settle
from tests.benchmark.report import Report, check_equal
from tests.benchmark.simulator import forecast_api
from tests.benchmark.sizes import HISTORY_END, QUARTER_HOUR, VALUES_PER_VERSION, Size
from tests.benchmark.timing import medians_s, seconds_of
from tests.warehouses import PostgresServer

_CONCURRENCY = 8
_COPY_ARRAYS = "copy benchmark.forecast_version (power_kw) from stdin (format binary)"

Question = tuple[str, datetime]


def measure_landing(server: PostgresServer, size: Size, report: Report) -> None:
    """Fetch documents, then land them repeatedly; fetching and decoding are reported separately."""
    plan = SimulationPlan(
        asset_count=size.landing_assets, first_day=HISTORY_END.date(), versions_complete=True
    )
    questions = [
        (asset.asset_id, HISTORY_END + number * QUARTER_HOUR)
        for number in range(size.landing_versions)
        for asset in plan.assets
    ]
    report.progress(f"landing: fetching {len(questions):,} forecast versions")
    documents: list[Forecast] = []
    with forecast_api(plan) as url:
        # The simulator makes its weather at the first request; that is not fetching.
        fetch(url, questions)
        fetch_s = seconds_of(lambda: documents.extend(fetch(url, questions)))
    deliveries = [simulated_delivery(plan, *question) for question in questions]
    decode_s = seconds_of(
        lambda: [
            forecast.decode(delivery, asset_id, version)
            for delivery, (asset_id, version) in zip(deliveries, questions, strict=True)
        ]
    )
    report.progress("landing: landing and bare COPY in turn")
    with database(server, "landing") as warehouse, warehouse.connect() as connection:
        seconds = land_in_turn(connection, documents, size.landing_repetitions)
    what = f"{len(documents):,} versions × {VALUES_PER_VERSION} values"
    figure = "landing, from decoded documents to commit"
    report.at_most(figure, what, (seconds["land"], "s"), ("bare binary COPY", seconds["copy"]), 2)
    bytes_s = ("binary COPY of bytes encoded beforehand", seconds["copy bytes"])
    report.reported("landing against PostgreSQL's own share", what, (seconds["land"], "s"), bytes_s)
    rates = {
        f"fetching over HTTP, {_CONCURRENCY} at once": fetch_s,
        "decoding, one thread": decode_s,
    }
    landing = ("landing", len(documents) / seconds["land"])
    for figure, beside_s in rates.items():
        report.reported(figure, what, (len(documents) / beside_s, "versions/s"), landing)


def fetch(url: str, questions: Sequence[Question]) -> list[Forecast]:
    """All these versions, requested as the extractor does."""
    with VppClient(url) as client:

        def ask(question: Question) -> Forecast | Exception:
            try:
                return client.get_forecast(*question)
            except Exception as error:
                return error

        documents: list[Forecast] = []
        for outcome in answers(ask, questions, _CONCURRENCY):
            if isinstance(outcome, Exception):
                raise outcome
            documents.append(outcome)
        return documents


def simulated_delivery(plan: SimulationPlan, asset_id: str, version_utc: datetime) -> Delivery:
    """The bytes that the simulator answers with."""
    content = json.dumps(forecast_response(plan, asset_id, version_utc)).encode()
    received = pendulum.instance(version_utc + timedelta(minutes=1))
    return Delivery("https://vpp.example.com/api/forecasts", asset_id, content, received)


def land_in_turn(
    connection: psycopg.Connection, documents: Sequence[Forecast], repetitions: int
) -> dict[str, float]:
    """Landing into raw and bare COPY into a table of the arrays alone, each into an empty table."""
    connection.execute("create schema benchmark")
    connection.execute("create table benchmark.forecast_version (power_kw double precision [])")
    connection.execute(
        "alter table benchmark.forecast_version alter column power_kw set storage external"
    )
    copy_arrays(connection, documents)
    encoded = encoded_arrays(connection)

    def into(schema: str, write: Callable[[], None]) -> float:
        table = sql.SQL("truncate {}.forecast_version").format(sql.Identifier(schema))
        connection.execute(table)
        settle(connection)
        return seconds_of(write)

    seconds = medians_s(
        repetitions,
        {
            "land": lambda: into("raw", lambda: land(connection, documents)),
            "copy bytes": lambda: into("benchmark", lambda: copy_bytes(connection, encoded)),
            "copy": lambda: into("benchmark", lambda: copy_arrays(connection, documents)),
        },
    )
    query = "select power_kw from {}.forecast_version order by 1"
    landed, copied = (
        connection.execute(sql.SQL(query).format(sql.Identifier(schema))).fetchall()
        for schema in ("raw", "benchmark")
    )
    check_equal("landing", landed, copied)
    return seconds


def copy_arrays(connection: psycopg.Connection, documents: Sequence[Forecast]) -> None:
    """The arrays of the documents and nothing else, by psycopg's binary COPY."""
    with connection.cursor() as cursor, cursor.copy(_COPY_ARRAYS) as copy:
        copy.set_types(["float8[]"])
        for document in documents:
            copy.write_row([list(document.power_kw)])


def encoded_arrays(connection: psycopg.Connection) -> bytes:
    """The copied arrays as bytes of a binary COPY: the rest is PostgreSQL's share."""
    statement = _COPY_ARRAYS.replace("from stdin", "to stdout")
    with connection.cursor() as cursor, cursor.copy(statement) as copy:
        return b"".join(copy)


def copy_bytes(connection: psycopg.Connection, encoded: bytes) -> None:
    """A binary COPY encoded beforehand."""
    with connection.cursor() as cursor, cursor.copy(_COPY_ARRAYS) as copy:
        copy.write(encoded)
