"""Runs dbt in this process: a build in a fraction of the command line's start-up."""

import os
import subprocess
import sys
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dbt.cli.main import dbtRunner

ROOT = Path(__file__).resolve().parent.parent


@contextmanager
def environment_of(variables: Mapping[str, str]) -> Iterator[None]:
    """This process's environment with other variables, for as long as the block lasts."""
    before = dict(os.environ)
    os.environ.update(variables)
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)


@dataclass(frozen=True)
class DbtOutcome:
    """How a run of dbt ended; `statuses` are those of its nodes by name."""

    success: bool
    statuses: dict[str, str]
    rows: list[tuple[Any, ...]]
    """What `dbt show` shows."""
    compiled: dict[str, str]
    """The SQL that `dbt compile` makes of a node, by its name."""
    exception: BaseException | None


def dbt(environment: Mapping[str, str], target: Path, *arguments: str) -> DbtOutcome:
    """Run dbt with `arguments` on the warehouse of `environment`; artifacts go to `target`."""
    with environment_of({**environment, **_directories(target)}), warnings.catch_warnings():
        # dbt's own libraries warn of their own deprecations.
        warnings.simplefilter("ignore")
        result = dbtRunner().invoke(["--quiet", "--no-use-colors", *arguments])
    nodes: list[Any] = list(getattr(result.result, "results", []))
    shown = [node.agate_table for node in nodes if getattr(node, "agate_table", None)]
    return DbtOutcome(
        success=result.success,
        statuses={node.node.name: str(node.status) for node in nodes},
        rows=[tuple(row) for table in shown for row in table.rows],
        compiled={node.node.name: getattr(node.node, "compiled_code", "") for node in nodes},
        exception=result.exception,
    )


def dbt_command(
    environment: Mapping[str, str], target: Path, *arguments: str
) -> "subprocess.Popen[str]":
    """dbt on the command line: a process that can be killed; what it says is piped."""
    return subprocess.Popen(
        [str(Path(sys.executable).with_name("dbt")), "--quiet", "--no-use-colors", *arguments],
        env={**os.environ, **environment, **_directories(target)},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def _directories(target: Path) -> dict[str, str]:
    return {
        "DBT_PROJECT_DIR": str(ROOT / "dbt_project"),
        "DBT_PROFILES_DIR": str(ROOT / "profiles"),
        "DBT_TARGET_PATH": str(target),
        "DBT_LOG_PATH": str(target / "logs"),
    }
