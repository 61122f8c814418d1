"""The README and the pages: every link leads somewhere, and the README stays a front door."""

import re
from pathlib import Path

import pytest

from tests.dbt_project import ROOT

README = ROOT / "README.md"
DOCS = ROOT / "dbt_project" / "docs"
PAGES = [README, *sorted(DOCS.glob("*.md"))]
# The overview links to a page of the lineage site, of which it is part.
OF_THE_SITE = {"lineage.html"}


def without_code(page: Path) -> str:
    """The text of a page without code blocks and inline code."""
    return re.sub(r"^ *```.*?^ *```$|`[^`\n]*`", "", page.read_text(), flags=re.M | re.S)


def anchors(page: Path) -> set[str]:
    """The anchors that a code-hosting site gives to the headings of a page."""
    text = re.sub(r"^```.*?^```$", "", page.read_text(), flags=re.M | re.S)
    headings = re.findall(r"^#+ (.+)$", text, re.M)
    return {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}


def broken_links(page: Path) -> list[str]:
    """The relative links of a page that lead to no file, or to no heading in it."""
    text = without_code(page)
    links = re.findall(r"\]\(([^)\s]+)\)|(?:src|srcset)=\"([^\"]+)\"", text)
    broken = []
    for link in (markdown or html for markdown, html in links):
        name, _, anchor = link.partition("#")
        if re.match(r"[a-z]+:", link) or name in OF_THE_SITE:
            continue
        target = page.parent / name if name else page
        if not target.is_file() or (anchor and anchor not in anchors(target)):
            broken.append(link)
    return broken


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_every_relative_link_leads_somewhere(page: Path) -> None:
    assert broken_links(page) == []


def test_a_broken_link_is_found(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("# One\n[a](page.md) [b](page.md#one) [c](#two) [d](gone.md)\n`[e](no.md)`")
    assert broken_links(page) == ["#two", "gone.md"]


def test_the_readme_leads_to_every_page() -> None:
    linked = set(re.findall(r"\]\(dbt_project/docs/([\w-]+\.md)", README.read_text()))
    # The overview is the first page of the lineage site.
    assert linked == {page.name for page in DOCS.glob("*.md")} - {"overview.md"}


def test_the_readme_is_short() -> None:
    assert len(README.read_text().splitlines()) <= 180


def test_the_table_of_the_readme_names_every_mart_once() -> None:
    section = README.read_text().split("\n## The marts\n")[1].split("\n## ")[0]
    named = re.findall(r"^\| `(\w+)", section, re.M)
    folders = [ROOT / "dbt_project" / "models", ROOT / "dbt_project" / "engines/postgres/models"]
    marts = [path.stem for folder in folders for path in (folder / "marts").glob("*.sql")]
    assert sorted(named) == sorted(marts)


def test_the_tree_of_the_readme_names_every_folder() -> None:
    section = README.read_text().split("\n## The house\n")[1].split("```")[1]
    below, named = Path(), set()
    for indent, name in re.findall(r"^( *)([\w./]+)  ", section, re.M):
        below = below if indent else Path(name)
        named.add(below / name if indent else below)
    assert [str(path) for path in sorted(named) if not (ROOT / path).exists()] == []
    tops = {path.name for path in ROOT.iterdir() if (path / "__init__.py").is_file()}
    assert tops <= {path.parts[0] for path in named}
    packages = {path.parent.relative_to(ROOT) for path in ROOT.glob("extract/*/__init__.py")}
    assert packages <= named
