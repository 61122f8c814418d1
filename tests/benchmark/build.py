"""Runs of dbt, and how long their models took without dbt's own start-up."""

import json
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from tests.benchmark.databases import NAME_FOR_DBT, named_for_dbt
from tests.benchmark.sizes import WHOLE_PROJECT
from tests.dbt_project import dbt
from tests.warehouses import Warehouse

_WITHOUT_ROWS = ("view", "function", "ephemeral")


@dataclass(frozen=True)
class Build:
    """How long a run of dbt took by its own account, without its start-up."""

    span_s: float
    """From the start of the first node to the end of the last; they run in parallel."""
    tables_s: float
    """The sum of the nodes that hold rows. Views cost only what dbt and the catalog take."""
    models_s: dict[str, float]
    """Seconds by model."""
    compiled_sql: dict[str, str]
    """By model, for any database."""


def build(warehouse: Warehouse, target: Path, arguments: tuple[str, ...] = WHOLE_PROJECT) -> Build:
    """Run dbt on the warehouse, in this process. Raises RuntimeError if it fails."""
    with named_for_dbt(warehouse) as named:
        outcome = dbt(named.environment, target, *arguments, artifacts=True)
    if not outcome.success:
        failed = [name for name, status in outcome.statuses.items() if status != "success"]
        raise RuntimeError(f"dbt {' '.join(arguments)}: {outcome.exception or failed}")
    return finished_build(target)


def finished_build(target: Path) -> Build:
    """The last run of dbt with this target directory."""
    results = _artifact(target, "run_results")["results"]
    nodes = _artifact(target, "manifest")["nodes"]
    timings = [timing for result in results for timing in result["timing"]]
    begin = min(datetime.fromisoformat(timing["started_at"]) for timing in timings)
    end = max(datetime.fromisoformat(timing["completed_at"]) for timing in timings)
    models = {
        result["unique_id"]: result for result in results if _is_model(nodes, result["unique_id"])
    }
    tables = (key for key in models if nodes[key]["config"]["materialized"] not in _WITHOUT_ROWS)
    return Build(
        span_s=(end - begin).total_seconds(),
        tables_s=sum(float(models[key]["execution_time"]) for key in tables),
        models_s={
            nodes[key]["name"]: float(model["execution_time"]) for key, model in models.items()
        },
        compiled_sql={
            nodes[key]["name"]: model["compiled_code"].replace(f'"{NAME_FOR_DBT}".', "")
            for key, model in models.items()
        },
    )


def relations_feeding(target: Path, model: str) -> set[tuple[str, str]]:
    """Schema and name of every relation that a model depends on, its own included."""
    manifest = _artifact(target, "manifest")
    nodes: dict[str, Any] = {**manifest["nodes"], **manifest["sources"]}
    waiting = [k for k in nodes if _is_model(nodes, k) and nodes[k]["name"] == model]
    feeding: set[str] = set()
    while waiting:
        key = waiting.pop()
        if key not in feeding:
            feeding.add(key)
            waiting += manifest["parent_map"][key]
    found = [nodes[key] for key in feeding if key in nodes]
    return {(n["schema"], n.get("alias") or n.get("identifier")) for n in found}


def _is_model(nodes: dict[str, Any], key: str) -> bool:
    return key in nodes and nodes[key]["resource_type"] == "model"


def _artifact(target: Path, name: str) -> dict[str, Any]:
    artifact: dict[str, Any] = json.loads((target / f"{name}.json").read_text())
    return artifact
