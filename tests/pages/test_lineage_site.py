"""The lineage site is complete, and so are its descriptions. Its look: test_site_in_browser.py."""

import json
import os
import re
import shutil
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from dbt_project.docs.pages import as_html
from tests.conftest import Demo
from tests.dbt_project import ROOT
from tests.makefile import make

Break = Callable[[dict[str, Any]], None]
DOCS = ROOT / "dbt_project" / "docs"


def bouncer(project: Path) -> subprocess.CompletedProcess[str]:
    """dbt-bouncer on the artifacts in `project`/target, by the rules of this project."""
    program = Path(sys.executable).with_name("dbt-bouncer")
    return subprocess.run(
        [program, "run", "--config-file", ROOT / "pyproject.toml", "--show-all-failures"],
        env={**os.environ, "DBT_PROJECT_DIR": str(project), "COLUMNS": "300"},
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_site_is_one_folder_that_links_only_to_itself(lineage_site: Path) -> None:
    of_tools = {"dbt.html", "lineage.html"}
    pages = {path.stem + ".html" for path in DOCS.glob("*.md")} - {"overview.html"}
    found = {path.name for path in lineage_site.iterdir()}
    assert found == of_tools | pages | {"index.html", "pages.html", "grafana.json", "pictures"}
    for name in pages | {"index.html", "pages.html"}:
        text = (lineage_site / name).read_text()
        for link in re.findall(r'(?:href|src)="([^"]*)"', text):
            if re.match(r"data:|https?:", link):
                continue
            path, _, place = re.sub(r"\?.*", "", link).partition("#")
            target = lineage_site / (path or name)
            assert target.is_file(), f"{name}: {link}"
            if place and path not in of_tools:
                assert f'id="{place}"' in target.read_text(), f"{name}: {link}"


def test_a_page_of_the_site_is_the_whole_page(lineage_site: Path) -> None:
    for page in DOCS.glob("*.md"):
        if page.name == "overview.md":
            continue
        text = (lineage_site / f"{page.stem}.html").read_text()
        headings = re.findall(r"^## (\w+)", page.read_text(), re.M)
        assert re.findall(r"<h2[^>]*>(\w+)", text) == headings
        assert "{%" not in text


def test_a_picture_in_a_link_that_leads_nowhere_stays(tmp_path: Path) -> None:
    text = "[![a](pictures/lineage.png)](../../Makefile) [![b](../../Makefile)](builds.md)"
    body = as_html(text, DOCS, tmp_path)
    assert '<span><img src="pictures/lineage.png" alt="a" /></span>' in body
    assert '<a href="builds.html"><span' in body
    assert "</a></p>" in body


def test_the_descriptions_of_the_site_lead_to_its_pages(lineage_site: Path) -> None:
    text = (lineage_site / "dbt.html").read_text()
    assert "[market gates](market-gates.html)" in text
    assert "[Operations](operations.html#roles)" in text
    assert re.findall(r"\]\([a-z-]+\.md", text) == []


def test_no_page_may_send_telemetry(lineage_site: Path) -> None:
    # dbt's page follows the project's setting, colibri's a switch.
    assert '"send_anonymous_usage_stats": false' in (lineage_site / "dbt.html").read_text()
    assert "window.colibriTelemetry = false" in (lineage_site / "lineage.html").read_text()


def test_the_column_lineage_reaches_from_the_mart_to_the_document(lineage_site: Path) -> None:
    lineage = json.loads((lineage_site.parent / "colibri" / "colibri-manifest.json").read_text())
    prefix = "model.vpp_warehouse."
    parents: dict[str, set[str]] = {}
    for edge in lineage["lineage"]["edges"]:
        target = f"{edge['target']}.{edge['targetColumn']}"
        parents.setdefault(target, set()).add(f"{edge['source']}.{edge['sourceColumn']}")
    assert parents[f"{prefix}asset_forecasts.latest_power_kw"] >= {
        f"{prefix}int_forecasts_in_force.latest_power_kw",
        f"{prefix}int_forecasts_in_force.open_power_kw",
    }


def test_the_picture_is_of_the_business_and_not_of_the_machinery(lineage_site: Path) -> None:
    manifest = json.loads((lineage_site.parent / "manifest.json").read_text())
    assert {source["source_name"] for source in manifest["sources"].values()} == {"raw"}
    affected = [one for one in manifest["nodes"].values() if one["name"].endswith("_affected")]
    assert len(affected) == 4
    # dbt's page leaves out what should not be shown; colibri's is drawn without it.
    assert [one["name"] for one in affected if one["docs"]["show"]] == []
    drawn = json.loads((lineage_site.parent / "colibri" / "colibri-manifest.json").read_text())
    assert "model.vpp_warehouse.asset_forecasts" in drawn["nodes"]
    assert [name for name in drawn["nodes"] if name.endswith("_affected")] == []


def test_what_is_not_promised_is_private(lineage_site: Path) -> None:
    manifest = json.loads((lineage_site.parent / "manifest.json").read_text())
    models = [one for one in manifest["nodes"].values() if one["resource_type"] == "model"]
    public = {one["name"] for one in models if one["access"] == "public"}
    assert public == {one["name"] for one in models if one["path"].startswith("marts/")}
    assert {one["access"] for one in models} == {"public", "private"}
    assert {one["group"] for one in models} == {"warehouse"}


def test_everything_is_described(lineage_site: Path, tmp_path: Path) -> None:
    shutil.copytree(lineage_site.parent, tmp_path / "target")
    result = bouncer(tmp_path)
    assert result.returncode == 0, result.stdout


def without(kind: str, name: str, *path: str) -> Break:
    """Removes the description of the node (macro, …) of that name."""

    def take(manifest: dict[str, Any]) -> None:
        [described] = [one for one in manifest[kind].values() if one["name"] == name]
        for key in path:
            described = described[int(key) if key.isdigit() else key]
        described["description"] = ""

    return take


def without_key_test(manifest: dict[str, Any]) -> None:
    manifest["nodes"] = {
        name: node
        for name, node in manifest["nodes"].items()
        if not (
            node["resource_type"] == "test"
            and node.get("test_metadata", {}).get("name") == "unique_combination_of_columns"
            and node["attached_node"].endswith(".asset_forecasts")
        )
    }


def of_another_grain(manifest: dict[str, Any]) -> None:
    manifest["nodes"]["model.vpp_warehouse.int_clock"]["description"] = "The instant of a build."


def without_contract(manifest: dict[str, Any]) -> None:
    manifest["nodes"]["model.vpp_warehouse.live_infeed"]["contract"]["enforced"] = False


# What is broken, which check says so, and about what.
FAULTS: list[tuple[Break, str, str]] = [
    (without("nodes", "asset_forecasts"), "model_description_populated", "asset_forecasts"),
    (
        without("nodes", "asset_forecasts", "columns", "asset_id"),
        "model_column_description_populated",
        "asset_forecasts",
    ),
    (
        without("sources", "forecast_version"),
        "source_description_populated",
        "raw_forecast_version",
    ),
    (without("macros", "local_date"), "macro_description_populated", "local_date"),
    (
        without("macros", "local_midnight", "arguments", "0"),
        "macro_arguments_description_populated",
        "local_midnight",
    ),
    (
        without("macros", "test_expression_is_true"),
        "macro_description_populated",
        "test_expression_is_true",
    ),
    (without("exposures", "report"), "exposure_description_populated", "report"),
    (without_key_test, "model_has_tests_by_name", "asset_forecasts"),
    (of_another_grain, "model_description_contains_regexp_pattern", "int_clock"),
    (without_contract, "model_has_contracts_enforced", "live_infeed"),
]


def test_what_is_missing_is_named(lineage_site: Path, tmp_path: Path) -> None:
    (tmp_path / "target").mkdir()
    shutil.copy(lineage_site.parent / "catalog.json", tmp_path / "target")
    manifest = json.loads((lineage_site.parent / "manifest.json").read_text())
    for break_something, _, _ in FAULTS:
        break_something(manifest)
    (tmp_path / "target" / "manifest.json").write_text(json.dumps(manifest))
    result = bouncer(tmp_path)
    assert result.returncode == 1
    named = set(re.findall(r"check_(\w+):\d+:(\w+)", result.stdout))
    assert {(check, name) for _, check, name in FAULTS} - named == set()


def test_make_says_where_the_site_is_missing(shared_demo: Demo, tmp_path: Path) -> None:
    result = make(shared_demo.environment, "docs-serve", f"TARGET={tmp_path}")
    assert result.returncode != 0
    assert "There is no lineage site yet: run make docs first" in result.stderr


def test_make_says_where_the_port_is_not_free(tmp_path: Path) -> None:
    (tmp_path / "site").mkdir()
    (tmp_path / "site" / "index.html").touch()
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        result = make({}, "docs-serve", f"TARGET={tmp_path}", f"PORT={port}")
    assert result.returncode != 0
    told, *ended = result.stderr.splitlines()
    assert told == f"Port {port} is not free: name another, as in make docs-serve PORT=8581"
    assert all(line.startswith("make: ") for line in ended)


def test_make_help_lists_every_target_with_one_line() -> None:
    makefile = (ROOT / "Makefile").read_text()
    targets = set(re.findall(r"^\.PHONY: (.+)$", makefile, re.M))
    shown = make({}, "help").stdout.splitlines()
    assert {line.split()[1] for line in shown} == targets
    assert all(len(line.split(maxsplit=2)) == 3 for line in shown)
