"""The benchmark at a tiny size: what it compares agrees, and every figure is there. No timing."""

import json
from pathlib import Path

import pytest

from tests.benchmark.questions import QUESTIONS
from tests.benchmark.report import Disagreement, Report, check_equal
from tests.benchmark.sizes import SIZES
from tests.benchmark.suite import measure
from tests.warehouses import PostgresServer

PROMISED = {
    "engine alone, latest and tradeable, nothing written": 3,
    "full build of asset_forecasts into its keyed table": 1,
    "landing, from decoded documents to commit": 1,
    "one cycle (landing and build, without dbt's own start-up)": 1,
    "one cycle: tuples inserted in everything that feeds asset_forecasts": 1,
    "one cycle: tuples updated in everything that feeds asset_forecasts": 1,
    "one cycle: tuples deleted in everything that feeds asset_forecasts": 1,
    "first build: growth of the model that grows most, of those with a second of CPU": 1,
    "live samples to quarter-hours, nothing written": 1,
    "a quarter-hour by one process, from the API to the marts": 1,
    "extractor peak memory": 1,
    "disk per forecast value, raw plus indexes": 1,
    **{f"question: {question.what}": 1 for question in QUESTIONS},
}


def test_every_figure_is_measured_and_engine_and_references_agree(
    postgres_server: PostgresServer, tmp_path: Path
) -> None:
    report = Report()
    # This raises if the engine and a reference disagree in any row.
    measure(postgres_server, SIZES["tiny"], tmp_path / "scratch", report)
    report.write(tmp_path / "results")

    results = json.loads((tmp_path / "results" / "results.json").read_text())
    promised = [one["figure"] for one in results if one["target"] is not None]
    assert {figure: promised.count(figure) for figure in promised} == PROMISED
    for one in results:
        assert {"figure", "size", "value", "reference", "ratio", "target", "met"} <= one.keys()
        assert isinstance(one["met"], bool) == (one["target"] is not None)
    table = (tmp_path / "results" / "results.md").read_text().splitlines()
    assert all(sum(figure in line for line in table) == PROMISED[figure] for figure in PROMISED)
    plans = list((tmp_path / "results").glob("engine-*.explain.txt"))
    assert plans and all("Buffers:" in plan.read_text() for plan in plans)


def test_a_row_that_differs_is_a_disagreement() -> None:
    check_equal("rows", [("A", 1.0)], [("A", 1.0)])
    with pytest.raises(Disagreement, match=r"engine: .* row 1 is \('B', 2.0\), .* None"):
        check_equal("engine", [("A", 1.0), ("B", 2.0)], [("A", 1.0)])
