"""Runs the Makefile as people do, in its own process."""

import os
import subprocess
from collections.abc import Mapping

from tests.dbt_project import ROOT

# What one make hands to another: its level, which would stand in every message, and its options.
HANDED_DOWN = {"MAKELEVEL", "MAKEFLAGS", "MFLAGS", "MAKEOVERRIDES"}


def make(environment: Mapping[str, str], *arguments: str) -> subprocess.CompletedProcess[str]:
    """`make ARGUMENTS` on the warehouse of `environment`, in the virtual environment as it is.

    It runs as from a shell, also where `make test` runs the tests.
    """
    shell = {name: value for name, value in os.environ.items() if name not in HANDED_DOWN}
    return subprocess.run(
        ["make", "--silent", "--assume-old=.venv/installed", *arguments],
        cwd=ROOT,
        env={**shell, **environment},
        capture_output=True,
        text=True,
        check=False,
    )
