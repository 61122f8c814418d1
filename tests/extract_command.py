"""Runs the extractor as people do: its command line, in its own process."""

import os
import subprocess
import sys
from collections.abc import Mapping

from extract.sources.declared import SOURCES
from tests.dbt_project import ROOT

SOURCE_VARIABLES = ("VPP_API_TOKEN", *(source.variable for source in SOURCES.values()))


def without_sources() -> dict[str, str]:
    """The environment of this process, with no source configured."""
    return {name: value for name, value in os.environ.items() if name not in SOURCE_VARIABLES}


def extract(
    environment: Mapping[str, str], *arguments: str, module: str = "extract"
) -> subprocess.CompletedProcess[str]:
    """`python -m extract ARGUMENTS`; only the sources of `environment` are configured."""
    return subprocess.run(
        [sys.executable, "-m", module, *arguments],
        cwd=ROOT,
        env={**without_sources(), **environment},
        capture_output=True,
        text=True,
        check=False,
    )
