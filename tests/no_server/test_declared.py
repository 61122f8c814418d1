"""The declaration of the sources: what it says, and what is wrong with it in one line."""

import json
from collections.abc import Callable
from typing import Any

import pytest
import yaml

from extract.errors import ConfigurationError
from extract.sources.declared import SOURCES, read_declaration
from tests.dbt_project import ROOT

TEXT = (ROOT / "dbt_project" / "models" / "staging" / "sources.yml").read_text()


def tables(declaration: dict[str, Any]) -> dict[str, dict[str, Any]]:
    [raw] = declaration["sources"]
    return {table["name"]: table for table in raw["tables"]}


def meta(name: str, **facts: object) -> Callable[[dict[str, Any]], object]:
    """Changes what is declared of a table; None removes it."""

    def change(declaration: dict[str, Any]) -> None:
        said = tables(declaration)[name]["config"]["meta"]
        for key, value in facts.items():
            said.pop(key, None)
            if value is not None:
                said[key] = value

    return change


def test_everything_is_declared() -> None:
    assert list(read_declaration(TEXT)) == list(SOURCES)
    assert [name for name, source in SOURCES.items() if source.files is None] == ["forecasts"]


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (meta("redispatch_flag", summary=None), "redispatch_flag: 'summary' is missing"),
        (meta("redispatch_flag", source=None), "redispatch_flag: 'source' is missing"),
        (meta("redispatch_flag", cadence_minutes="daily"), "'daily', not a number of minutes"),
        (meta("redispatch_flag", source="status"), "status cannot be the name of a source"),
        (meta("redispatch_flag", source="final-production"), "two sources are called final-"),
        (meta("redispatch_flag", variable="a b_URL"), "a b_URL is not of the form SOMETHING_URL"),
        (meta("redispatch_flag", variable="DIRECTORY"), "DIRECTORY is not of the form SOMETHING"),
        (meta("redispatch_flag", decoder="nope"), "No module named 'extract.sources.nope'"),
        (meta("redispatch_flag", decoder="instants"), "has no Document of the table"),
        (meta("redispatch_flag", decoder="live_infeed"), "has no Document of the table"),
        (meta("redispatch_flag", decoder=None), "every source needs a decoder"),
        (
            lambda d: tables(d)["live_infeed"]["config"]["freshness"]["warn_after"].update(
                period="hour"
            ),
            "live_infeed: the period of warn_after must be minute",
        ),
        (lambda d: tables(d)["live_infeed"]["config"].pop("freshness"), "'freshness' is missing"),
        (lambda d: d.pop("sources"), "one source with tables is needed"),
        (lambda d: d.update(sources=[]), "one source with tables is needed"),
        (lambda d: d["sources"][0].pop("tables"), "one source with tables is needed"),
    ],
)
def test_what_is_wrong_is_one_line(change: Callable[[dict[str, Any]], object], reason: str) -> None:
    # Anchors make one object of many.
    declaration = json.loads(json.dumps(yaml.safe_load(TEXT)))
    change(declaration)
    with pytest.raises(ConfigurationError, match=r"models/staging/sources\.yml: ") as refusal:
        read_declaration(yaml.safe_dump(declaration))
    assert reason in str(refusal.value)
    assert "\n" not in str(refusal.value)


def test_what_is_no_yaml_is_one_line() -> None:
    with pytest.raises(ConfigurationError) as refusal:
        read_declaration("sources: [")
    assert "\n" not in str(refusal.value)
