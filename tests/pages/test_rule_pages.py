"""The pages of the business rules: all in the same order, and naming only what exists."""

import re
from pathlib import Path

import pytest

from tests.pages.rule_pages import RULES, names_of_the_project

HEADINGS = [
    "The question",
    "The rule",
    "Where it comes from",
    "Where it stands",
    "On the demo",
    "What it does not do",
]
ROWS = ["the rule", "marts", "variables", "unit tests"]
NAMES = names_of_the_project()

each_rule = pytest.mark.parametrize("page", RULES, ids=[page.stem for page in RULES])


@each_rule
def test_a_rule_is_told_in_the_same_order_as_all_others(page: Path) -> None:
    text = page.read_text()
    assert re.findall(r"^## (.+)$", text, re.M) == HEADINGS
    places = text.split("## Where it stands\n")[1].split("\n## ")[0]
    assert [row for row in re.findall(r"^\| ([a-z ]+) \|", places, re.M) if row in ROWS] == ROWS
    assert re.search(r"^```sql$", text.split("## On the demo\n")[1], re.M)


@each_rule
def test_what_a_page_names_is_there(page: Path) -> None:
    text = re.sub(r"^```.*?^```$", "", page.read_text(), flags=re.M | re.S)
    # Each word in inline code; `portfolio_days.is_settled` is two.
    named = {
        word
        for code in re.findall(r"`([a-z][\w.]*)`", text)
        for word in code.split(".")
        if "_" in word
    }
    assert named - set().union(*NAMES.values()) == set()


@each_rule
@pytest.mark.parametrize(("row", "kind"), [("marts", "model"), ("unit tests", "unit test")])
def test_what_stands_in_a_row_of_the_table_is_of_its_kind(page: Path, row: str, kind: str) -> None:
    [cell] = re.findall(rf"^\| {row} \| (.+) \|$", page.read_text(), re.M)
    named = re.findall(r"`(\w+)`", cell)
    assert named
    assert set(named) - NAMES[kind] == set()


@each_rule
def test_variables_of_a_page_are_those_of_the_project(page: Path) -> None:
    [cell] = re.findall(r"^\| variables \| (.+) \|$", page.read_text(), re.M)
    named = re.findall(r"`(\w+)`", cell)
    assert set(named) - NAMES["variable"] == set()
    assert named or cell.startswith("none")


@each_rule
def test_a_link_of_a_page_leads_to_a_file(page: Path) -> None:
    links = re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", page.read_text())
    assert [link for link in links if not (page.parent / link).is_file()] == []


def test_a_description_leads_to_a_page_that_is_there() -> None:
    project = RULES[0].parent.parent
    named = {
        page
        for folder in ("models", "engines", "macros")
        for path in (project / folder).rglob("*.yml")
        for page in re.findall(r"docs/[\w-]+\.md", path.read_text())
    }
    assert named >= {f"docs/{page.name}" for page in RULES}
    assert [page for page in sorted(named) if not (project / page).is_file()] == []
