"""The comparison of two engines' rows fails on the slightest difference."""

import math

import pytest

from tests.engines.compared import Row, Value, differences

COLUMNS = ("asset_id", "delivery_start_micros", "power_kw", "status")
KEY = ("asset_id", "delivery_start_micros")
ROWS: list[Row] = [
    ("SOL-DE-001", 0, 1234.1, "reconciled"),
    ("SOL-DE-001", 900_000_000, None, "missing_both"),
    # NULL comes first.
    ("WND-DE-002", None, 1.0, "reconciled"),
    ("WND-DE-002", 0, 0.0, "reconciled"),
    # Ordered by bytes: lower case comes last.
    ("wnd-de-001", -900_000_000, 5.0, "reconciled"),
]


def compared(postgres: list[Row], spark: list[Row]) -> list[str]:
    return list(differences(postgres, spark, COLUMNS, KEY))


def changed(row: int, column: int, value: Value) -> list[Row]:
    rows = [list(one) for one in ROWS]
    rows[row][column] = value
    return [tuple(one) for one in rows]


def test_equal_rows_do_not_differ() -> None:
    assert compared(ROWS, list(ROWS)) == []
    assert compared([], []) == []


@pytest.mark.parametrize(
    ("row", "column", "value", "said"),
    [
        (0, 2, math.nextafter(1234.1, math.inf), "1234.1 on PostgreSQL and 1234.1000000000001 on"),
        (3, 2, -0.0, "power_kw is 0.0 on PostgreSQL and -0.0 on Spark"),
        (3, 2, 0, "power_kw is 0.0 on PostgreSQL and 0 on Spark"),
        (3, 2, None, "power_kw is 0.0 on PostgreSQL and None on Spark"),
        (1, 2, 0.0, "power_kw is None on PostgreSQL and 0.0 on Spark"),
        (4, 3, "missing_both", "status is 'reconciled' on PostgreSQL and 'missing_both' on Spark"),
    ],
)
def test_one_value_that_differs_is_named(row: int, column: int, value: Value, said: str) -> None:
    [line] = compared(ROWS, changed(row, column, value))
    assert line.startswith(f"asset_id {ROWS[row][0]}, delivery_start_micros {ROWS[row][1]}: ")
    assert said in line


@pytest.mark.parametrize("row", range(len(ROWS)))
def test_one_row_that_an_engine_lacks_is_named(row: int) -> None:
    fewer = ROWS[:row] + ROWS[row + 1 :]
    [lost] = compared(ROWS, fewer)
    assert lost.endswith("only PostgreSQL has this row")
    [found] = compared(fewer, ROWS)
    assert found.endswith("only Spark has this row")
    assert lost.startswith(f"asset_id {ROWS[row][0]}, ")


def test_a_row_that_an_engine_has_twice_is_named() -> None:
    [line] = compared(ROWS, [ROWS[0], *ROWS])
    assert line.endswith("only Spark has this row")
