"""A production and its environments, over one raw."""

import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.arrivals import Arrival, Retraction, land
from tests.dbt_project import ROOT, dbt, dbt_command
from tests.marts import Marts, marts
from tests.warehouses import Warehouse
from tests.watched_server import WatchedServer


@dataclass(frozen=True)
class House:
    """A warehouse in which production and Jane build, and what lands there in sequence."""

    warehouse: Warehouse
    watched: WatchedServer
    targets: Path
    project: Path
    """Jane's copy of the project."""
    arrivals: list[Arrival]
    landed: list[Arrival]

    def land(self, count: int) -> None:
        """Land this many more, and retract two that landed before."""
        news = [self.arrivals.pop() for _ in range(count)]
        with self.warehouse.connect() as connection:
            assert land(connection, news) == len(news)
            self.landed.extend(news)
            for table in ("final_production", "live_infeed"):
                retracted = next(one for one in self.landed if one.table == table)
                self.landed.remove(retracted)
                Retraction(retracted.documents[0]).land(connection)

    def build(self, environment: str, *arguments: str) -> None:
        """Build in this process; it succeeds."""
        settings, command = self._command(environment)
        built = dbt(settings, self.targets / environment, *command, *arguments)
        assert built.success, (built.statuses, built.exception)

    def start(self, environment: str) -> "subprocess.Popen[str]":
        """Build in another process."""
        target = self.targets / f"{environment}_command"
        # Reading the whole project is slow, and has already been done.
        shutil.copytree(self.targets / environment, target, dirs_exist_ok=True)
        settings, command = self._command(environment)
        return dbt_command(settings, target, *command)

    def _command(self, environment: str) -> tuple[dict[str, str], Sequence[str]]:
        settings = {**self.warehouse.environment, "PGHOST": self.watched.environment["PGHOST"]}
        if environment != JANE:
            return settings, ("run", *CHOSEN)
        project = ("--project-dir", str(self.project))
        return {**settings, "DBT_SCHEMA": JANE}, ("run", *CHOSEN, "--target", "dev", *project)

    def marts(self, environment: str) -> Marts:
        with self.warehouse.connect() as connection:
            return marts(connection, environment, BUILT)

    def environments(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """`python -m extract.warehouse environments`."""
        return subprocess.run(
            [sys.executable, "-m", "extract.warehouse", "environments", *arguments],
            cwd=ROOT,
            env={**os.environ, **self.warehouse.environment},
            capture_output=True,
            text=True,
            check=False,
        )


JANE = "dev_jane"
CHOSEN = ("--select", "+portfolio_imbalance", "+assets")
"""What is built here: it contains documents of nearly all sources."""


BUILT = ("assets", "dso_final_production", "live_infeed", "portfolio_imbalance")
