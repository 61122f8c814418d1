"""The command line: `python -m tests.benchmark --size small|full`."""

import argparse
import shutil
import sys
import tempfile
from pathlib import Path

from tests.benchmark.databases import running_server
from tests.benchmark.report import Report
from tests.benchmark.sizes import SIZES
from tests.benchmark.suite import measure
from tests.dbt_project import ROOT

RESULTS = ROOT / "benchmark-results"


def main() -> int:
    """Measure, write the results, print the table."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.benchmark",
        description="Measures the figures of docs/benchmark.md in one run, each as a ratio to a "
        "reference, and writes them to benchmark-results/.",
    )
    parser.add_argument("--size", choices=list(SIZES), default="full")
    size = SIZES[parser.parse_args().size]
    report = Report()
    # Outside this project: as root the server runs as another user, who may not read it.
    directory = Path(tempfile.mkdtemp(prefix="benchmark-"))
    try:
        report.progress("starting a PostgreSQL of its own")
        with running_server(directory) as server:
            measure(server, size, directory / "scratch", report)
    finally:
        shutil.rmtree(directory)
    report.write(RESULTS)
    print(f"\n{report.markdown()}\nwritten to {RESULTS}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
