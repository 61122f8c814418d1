"""Runs the extractor as people do: its command line, in a process of its own."""

import os
import subprocess
import sys
from collections.abc import Mapping

from tests.dbt_project import ROOT

SOURCES = (
    "VPP_API_URL",
    "VPP_API_TOKEN",
    "TECHNICAL_DATA_URL",
    "LIVE_INFEED_URL",
    "DSO_URL",
    "ASSET_CONTRACTS_URL",
    "IMBALANCE_PRICES_URL",
)


def extract(environment: Mapping[str, str], *arguments: str) -> subprocess.CompletedProcess[str]:
    """`python -m extract ARGUMENTS`; no source is configured but those of `environment`."""
    inherited = {name: value for name, value in os.environ.items() if name not in SOURCES}
    return subprocess.run(
        [sys.executable, "-m", "extract", *arguments],
        cwd=ROOT,
        env={**inherited, **environment},
        capture_output=True,
        text=True,
        check=False,
    )
