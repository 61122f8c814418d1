"""The pages of the business rules, and the names they can use."""

import re
from collections.abc import Iterator
from typing import Any

import yaml

from tests.dbt_project import ROOT

_PROJECT = ROOT / "dbt_project"
RULES = tuple(
    _PROJECT / "docs" / f"{name}.md"
    for name in (
        "latest-and-tradeable",
        "contracts-over-time",
        "live-infeed",
        "reconciliation",
        "imbalance",
        "redispatch",
        "accuracy",
        "market-gates",
        "findings",
    )
)
_FOLDERS = ("models", "macros", "tests", "engines/postgres")


def names_of_the_project() -> dict[str, set[str]]:
    """The names that a page can refer to, by kind."""
    names: dict[str, set[str]] = {
        "model": set(),
        "variable": set(yaml.safe_load((_PROJECT / "dbt_project.yml").read_text())["vars"]),
        "unit test": set(),
        # Columns, data tests, macros and their arguments.
        "other": set(),
        # What a column can hold, and the keys of documents.
        "value": set(),
        "role": set(re.findall(r"vpp_\w+", (ROOT / "extract/warehouse/roles.sql").read_text())),
    }
    for folder in _FOLDERS:
        for path in (_PROJECT / folder).rglob("*.yml"):
            content = yaml.safe_load(path.read_text()) or {}
            names["unit test"] |= set(_names(content.get("unit_tests", [])))
            names["model"] |= {model["name"] for model in content.get("models", [])}
            names["other"] |= set(_names(content))
        for path in (_PROJECT / folder).rglob("*.sql"):
            text = path.read_text()
            names["value"] |= set(re.findall(r"['\"]([a-z][a-z0-9_]*)['\"]", text))
            names["other"] |= set(re.findall(r"\bmacro (\w+)", text))
            names["other"] |= set(re.findall(r"\bas ([a-z]\w+)", text))
    return names


def _names(content: Any) -> Iterator[str]:
    if isinstance(content, dict):
        if isinstance(content.get("name"), str):
            yield content["name"]
        content = list(content.values())
    if isinstance(content, list):
        for one in content:
            yield from _names(one)
