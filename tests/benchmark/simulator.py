"""The simulator's forecast API in its own process, as a real one would be."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from extract.simulator.plan import SimulationPlan
from tests.dbt_project import ROOT


@contextmanager
def forecast_api(plan: SimulationPlan) -> Iterator[str]:
    """The address of an API that serves the plan while the block lasts."""
    words = [sys.executable, "-m", "extract.simulator", "serve", "--assets", str(plan.asset_count)]
    words += ["--days", str(plan.day_count), "--first-day", plan.first_day.isoformat()]
    words += ["--versions-complete"]
    with subprocess.Popen(words, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            address = process.stdout.readline().strip()
            if not address:
                raise RuntimeError("the simulator does not serve")
            yield address
        finally:
            process.terminate()
