"""Runs the Makefile as people do, in its own process."""

import os
import subprocess
from collections.abc import Mapping

from tests.dbt_project import ROOT


def make(environment: Mapping[str, str], *arguments: str) -> subprocess.CompletedProcess[str]:
    """`make ARGUMENTS` on the warehouse of `environment`, in the virtual environment as it is."""
    return subprocess.run(
        ["make", "--silent", "--assume-old=.venv/installed", *arguments],
        cwd=ROOT,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=False,
    )
