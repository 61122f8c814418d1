"""Runs the extractor as people do: its command line, in its own process."""

import os
import subprocess
import sys
from collections.abc import Mapping

from extract.sources.declared import SOURCES
from tests.dbt_project import ROOT

SOURCE_VARIABLES = ("VPP_API_TOKEN", *(source.variable for source in SOURCES.values()))


def extract(
    environment: Mapping[str, str], *arguments: str, module: str = "extract"
) -> subprocess.CompletedProcess[str]:
    """`python -m extract ARGUMENTS`; only the sources of `environment` are configured."""
    inherited = {name: value for name, value in os.environ.items() if name not in SOURCE_VARIABLES}
    return subprocess.run(
        [sys.executable, "-m", module, *arguments],
        cwd=ROOT,
        env={**inherited, **environment},
        capture_output=True,
        text=True,
        check=False,
    )
