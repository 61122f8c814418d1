"""The command line: `python -m tests.findings --seeds 21,22`, or `make bench-findings SEEDS=21`.

It exits with status 1 if a goal is not met.
"""

import argparse
import shutil
import sys
import tempfile
import time
from pathlib import Path

from tests.benchmark.databases import running_server
from tests.dbt_project import ROOT
from tests.findings.measure import measure
from tests.findings.tables import details, goals_met, markdown

RESULTS = ROOT / "benchmark-results" / "findings.md"


def main() -> int:
    """Measure, write the results, print the tables."""
    options = _options()
    began = time.monotonic()

    def tell(text: str) -> None:
        print(f"[{time.monotonic() - began:5.0f} s] {text}", file=sys.stderr, flush=True)

    # Outside this project: as root the server runs as another user, who may not read it.
    directory = Path(tempfile.mkdtemp(prefix="findings-"))
    try:
        tell("starting a PostgreSQL of its own")
        with running_server(directory) as server:
            target = directory / "dbt"
            judgements = [
                measure(server, seed, options.assets, options.days, target, tell)
                for seed in options.seeds
            ]
    finally:
        shutil.rmtree(directory)
    text = f"{options.assets} assets, {options.days} days. {markdown(judgements)}"
    RESULTS.parent.mkdir(exist_ok=True)
    RESULTS.write_text(text)
    print(f"\n{text}\nwritten to {RESULTS}")
    if options.verbose:
        print(f"\n{details(judgements)}")
    return 0 if goals_met(judgements) else 1


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m tests.findings",
        description="Puts faults into the documents of simulated portfolios and measures how many "
        "of them data_findings names, and what it finds where nothing is wrong.",
    )
    parser.add_argument("--seeds", type=_seeds, default="21,22,23,24", help="one portfolio each")
    parser.add_argument("--assets", type=int, default=100, help="of each portfolio")
    parser.add_argument("--days", type=int, default=30, help="that are judged")
    parser.add_argument(
        "--verbose", action="store_true", help="list missed faults and wrong findings"
    )
    return parser.parse_args()


def _seeds(text: str) -> list[int]:
    return [int(seed) for seed in text.split(",")]


if __name__ == "__main__":
    sys.exit(main())
