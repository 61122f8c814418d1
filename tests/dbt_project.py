"""Runs dbt in this process: a build in a fraction of the command line's start-up.

The project is parsed once per process. The result is put into each new target, as if dbt had
already parsed the project there: parsing it takes longer than building it.
"""

import os
import pprint
import shutil
import subprocess
import sys
import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dbt.adapters.postgres.connections import PostgresCredentials
from dbt.artifacts.resources.base import FileHash
from dbt.cli.main import dbtRunner
from dbt.contracts.graph.manifest import Manifest
from dbt_common.events.base_types import EventMsg
from dbt_common.helper_types import Port

ROOT = Path(__file__).resolve().parent.parent
# Writing every event and all artifacts to disk is slow.
_QUIETLY = ("--quiet", "--no-use-colors", "--log-level-file", "none")


def copy_of_project(copy: Path) -> Path:
    """A copy of the dbt project, for tests to change, without what dbt wrote into it."""
    shutil.copytree(ROOT / "dbt_project", copy, ignore=shutil.ignore_patterns("target", "logs"))
    return copy


@contextmanager
def environment_of(variables: Mapping[str, str]) -> Iterator[None]:
    """This process's environment with other variables, while the block lasts."""
    before = dict(os.environ)
    os.environ.update(variables)
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)


@dataclass(frozen=True)
class DbtOutcome:
    """How a run of dbt ended; `statuses` are its nodes' by name."""

    success: bool
    statuses: dict[str, str]
    rows: list[tuple[Any, ...]]
    """What `dbt show` shows."""
    compiled: dict[str, str]
    """The SQL that `dbt compile` makes of a node, by its name."""
    exception: BaseException | None


def dbt(
    environment: Mapping[str, str],
    target: Path,
    *arguments: str,
    artifacts: bool = False,
    on_event: Callable[[EventMsg], None] | None = None,
) -> DbtOutcome:
    """Run dbt with `arguments` on the warehouse of `environment`; what it writes goes to `target`.

    The manifest and the like are written only if `artifacts` is set; `on_event` is called for every
    event of the run.
    """
    remember_parsing(environment, target)
    with environment_of({**environment, **_directories(target)}), warnings.catch_warnings():
        # dbt's libraries warn of their own deprecations.
        warnings.simplefilter("ignore")
        json = "--write-json" if artifacts else "--no-write-json"
        result = dbtRunner(callbacks=[on_event] if on_event else []).invoke(
            [*_QUIETLY, json, *arguments]
        )
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
    """dbt on the command line: a process that can be killed; its output is piped."""
    remember_parsing(environment, target)
    return subprocess.Popen(
        [str(Path(sys.executable).with_name("dbt")), *_QUIETLY, "--no-write-json", *arguments],
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


_parsed: list[Manifest] = []
"""The project as parsed by this process; initially empty."""


def remember_parsing(environment: Mapping[str, str], target: Path) -> None:
    """Let dbt find the result of parsing the project in a new target.

    dbt parses again whatever differs there: other variables, other files.
    """
    remembered = target / "partial_parse.msgpack"
    if remembered.exists():
        return
    target.mkdir(parents=True, exist_ok=True)
    if not _parsed:
        variables = {**environment, **_directories(target)}
        with environment_of(variables), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            parsed = dbtRunner().invoke([*_QUIETLY, "parse"])
        assert isinstance(parsed.result, Manifest), parsed.exception
        _parsed.append(Manifest.from_msgpack(remembered.read_bytes()))
        return
    [manifest] = _parsed
    database = environment["PGDATABASE"]
    connection = PostgresCredentials(
        host=environment["PGHOST"],
        port=Port(int(environment["PGPORT"])),
        user=environment["PGUSER"],
        password="",
        database=database,
        schema="public",
        application_name="dbt public",
    )
    for node in [*manifest.nodes.values(), *manifest.sources.values()]:
        if relation := getattr(node, "relation_name", None):
            node.relation_name = relation.replace(f'"{node.database}"', f'"{database}"')
        node.database = database
    # dbt parses everything again if the connection differs.
    manifest.state_check.profile_hash = FileHash.from_contents(
        pprint.pformat(sorted(connection.connection_info()))
    )
    remembered.write_bytes(manifest.to_msgpack())
