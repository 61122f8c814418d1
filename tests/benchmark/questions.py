"""Figure: consumers' queries of the marts, against the same rows in plain tables with an index."""

from dataclasses import dataclass
from datetime import timedelta

import psycopg
from psycopg import sql

from tests.benchmark.report import Report, check_equal
from tests.benchmark.sizes import HISTORY_END, Size
from tests.benchmark.timing import medians_s, seconds_of
from tests.warehouses import Warehouse

_MOST_TIMES = 3
_ASSET = "'WND-DE-001'"
_DAY = f"'{HISTORY_END - timedelta(days=2):%Y-%m-%d}'"
_INSTANT = f"'{HISTORY_END - timedelta(days=2):%Y-%m-%d} 10:00+00'"
_GRAFANA_DAY = (
    f"delivery_start_utc >= '{HISTORY_END - timedelta(hours=36):%Y-%m-%d %H:%M}+00'"
    f" and delivery_start_utc < '{HISTORY_END - timedelta(hours=12):%Y-%m-%d %H:%M}+00'"
)
_DAY_BEGINS = f"'{HISTORY_END - timedelta(hours=50):%Y-%m-%d %H:%M}+00'"
_DAY_ENDS = f"'{HISTORY_END - timedelta(hours=26):%Y-%m-%d %H:%M}+00'"
_TEN_O_CLOCK = f"'{HISTORY_END - timedelta(hours=40):%Y-%m-%d %H:%M}+00'"
_ON_THE_DAY = (
    "select * from {mart}"
    f" where delivery_start_utc >= {_DAY_BEGINS} and delivery_start_utc < {_DAY_ENDS}"
)
_ALWAYS = "'2025-01-01', '2026-01-01'"
_AHEAD = f"delivery_start_utc >= '{HISTORY_END:%Y-%m-%d}'"


@dataclass(frozen=True)
class Question:
    """One question as a consumer asks it."""

    what: str
    mart: str
    query: str
    """A query in which {mart} is the queried relation."""
    index: str
    """The columns of the index that a table made for this question would have."""
    rows: str = "true"
    """Which rows of the mart the plain table has, if all are too many."""
    call: str = ""
    """For a function: its arguments in the query."""
    whole: str = ""
    """For a function: its arguments for the plain table."""
    most_times: float = _MOST_TIMES

    def relation(self, arguments: str) -> str:
        """The relation that is queried."""
        return f"public.{self.mart}" + (f"({arguments})" if arguments else "")


QUESTIONS = (
    Question(
        "forecast of an asset on a day",
        "asset_forecasts",
        "select * from {mart} where asset_id = " + _ASSET + " and delivery_date = " + _DAY,
        "asset_id, delivery_date",
    ),
    Question(
        "forecasts of all assets on a day",
        "asset_forecasts",
        "select * from {mart} where delivery_date = " + _DAY,
        "delivery_date",
    ),
    Question(
        "forecasts of all assets from now on, by hour",
        "asset_forecasts",
        "select date_trunc('hour', delivery_start_utc), sum(tradeable_power_kw) * 0.25 / 1000"
        " from {mart} where " + _AHEAD + " group by 1",
        "delivery_start_utc",
    ),
    Question(
        "a month of an asset's forecasts",
        "asset_forecasts",
        "select delivery_start_utc, latest_power_kw, tradeable_power_kw from {mart}"
        " where asset_id = " + _ASSET,
        "asset_id",
    ),
    Question(
        "the portfolio from now on",
        "portfolio_forecast",
        "select * from {mart} where " + _AHEAD + " order by delivery_start_utc",
        "delivery_start_utc",
    ),
    Question(
        "the portfolio over the month, by day",
        "portfolio_imbalance",
        "select delivery_date, sum(imbalance_kwh), sum(imbalance_eur) from {mart} group by 1",
        "delivery_date",
    ),
    Question(
        "reconciliation of an asset on a day",
        "production_reconciliation",
        "select * from {mart} where asset_id = " + _ASSET + " and delivery_date = " + _DAY,
        "asset_id, delivery_date",
    ),
    Question(
        "reconciliation of all assets on a day",
        "production_reconciliation",
        "select * from {mart} where delivery_date = " + _DAY,
        "delivery_date",
    ),
    Question(
        "a month of an asset's errors, by day",
        "production_reconciliation",
        "select delivery_date, avg(abs(tradeable_error_kw)), avg(abs(latest_error_kw))"
        " from {mart} where asset_id = " + _ASSET + " group by 1",
        "asset_id",
    ),
    Question(
        "what the imbalance of a day cost, by asset",
        "imbalance",
        "select asset_id, sum(imbalance_kwh), sum(imbalance_eur) from {mart}"
        " where delivery_date = " + _DAY + " group by 1",
        "delivery_date",
    ),
    Question(
        "what an asset's imbalance cost over the month, by day",
        "imbalance",
        "select delivery_date, sum(imbalance_eur) from {mart}"
        " where asset_id = " + _ASSET + " group by 1",
        "asset_id",
    ),
    Question(
        "the best known infeed of all assets in 24 hours",
        "best_of_infeed",
        "select * from {mart} where " + _GRAFANA_DAY,
        "delivery_start_utc",
    ),
    Question(
        "the portfolio's best known infeed in 24 hours",
        "portfolio_best_of_infeed",
        "select * from {mart} where " + _GRAFANA_DAY + " order by delivery_start_utc",
        "delivery_start_utc",
    ),
    Question(
        "revisions of a quarter-hour",
        "forecast_revisions",
        "select * from {mart} where asset_id = " + _ASSET + " and delivery_start_utc = " + _INSTANT,
        "asset_id, delivery_start_utc",
        rows="asset_id = " + _ASSET,
    ),
    Question(
        "revisions of a day of an asset",
        "forecast_revisions",
        "select * from {mart} where asset_id = " + _ASSET + " and delivery_date = " + _DAY,
        "asset_id, delivery_date",
        rows="asset_id = " + _ASSET,
    ),
    Question(
        "the portfolio at all gates on a day",
        "portfolio_forecast_by_gate",
        "select * from {mart} where delivery_date = " + _DAY,
        "delivery_date",
    ),
    Question(
        "what the day-ahead auction saw of all assets on a day",
        "forecasts_at_gate",
        _ON_THE_DAY,
        "delivery_start_utc",
        call=f"'day_ahead', {_DAY_BEGINS}, {_DAY_ENDS}",
        whole=f"'day_ahead', {_ALWAYS}",
        most_times=5,
    ),
    Question(
        "what was forecast an hour ahead of all assets on a day",
        "forecasts_at_gate",
        _ON_THE_DAY,
        "delivery_start_utc",
        call=f"'hour_ahead', {_DAY_BEGINS}, {_DAY_ENDS}",
        whole=f"'hour_ahead', {_ALWAYS}",
        most_times=10,
    ),
    Question(
        "what was known of all assets at ten o'clock of a day",
        "forecasts_known_at",
        _ON_THE_DAY,
        "delivery_start_utc",
        call=f"{_TEN_O_CLOCK}, {_DAY_BEGINS}, {_DAY_ENDS}",
        whole=f"{_TEN_O_CLOCK}, {_ALWAYS}",
        most_times=5,
    ),
)


def measure_questions(warehouse: Warehouse, size: Size, report: Report) -> None:
    """Ask the mart and a plain table each question in turn. Raises Disagreement."""
    with warehouse.connect() as connection:
        # As for dashboards, every query is planned.
        connection.prepare_threshold = None
        connection.execute("create schema plain")
        for number, question in enumerate(QUESTIONS):
            report.progress(f"questions: {question.what}")
            seconds = ask_in_turn(connection, question, f"plain.question_{number}", size)
            report.at_most(
                f"question: {question.what}",
                f"{size.cycle_assets} assets, {size.cycle_history_days} days",
                (seconds["mart"] * 1000, "ms"),
                (f"plain table of {question.mart}", seconds["plain"] * 1000),
                question.most_times,
            )
        connection.execute("drop schema plain cascade")


def ask_in_turn(
    connection: psycopg.Connection, question: Question, plain: str, size: Size
) -> dict[str, float]:
    """The median seconds of the mart's answer and of the plain table's."""
    mart, whole = question.relation(question.call), question.relation(question.whole)
    run(connection, f"create table {plain} as select * from {whole} where {question.rows}")
    run(connection, f"create index on {plain} ({question.index})")
    run(connection, f"vacuum analyze {plain}")
    of_mart, of_plain = (question.query.format(mart=relation) for relation in (mart, plain))
    check_equal(
        question.what,
        sorted(map(_rounded, run(connection, of_mart))),
        sorted(map(_rounded, run(connection, of_plain))),
    )
    return medians_s(
        size.question_repetitions,
        {
            "mart": lambda: seconds_of(lambda: run(connection, of_mart).fetchall()),
            "plain": lambda: seconds_of(lambda: run(connection, of_plain).fetchall()),
        },
    )


def run(connection: psycopg.Connection, statement: str) -> psycopg.Cursor:
    """Run a statement composed here."""
    return connection.execute(sql.SQL(statement))


def _rounded(row: tuple[object, ...]) -> tuple[object, ...]:
    """The row as texts: a sum in the query has no order, so its last bits differ."""
    return tuple(f"{cell:.9g}" if isinstance(cell, float) else str(cell) for cell in row)
