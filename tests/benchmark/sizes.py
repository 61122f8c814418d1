"""The sizes of a measurement: tiny for `make test`, small for a minute or two, full for longer."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

QUARTER_HOUR = timedelta(minutes=15)
VERSIONS_PER_DAY = 96
VALUES_PER_VERSION = 193
"""Quarter-hours of 48 hours, both ends included."""

HISTORY_END = datetime(2025, 5, 31, tzinfo=UTC)
"""Where every history ends: the last version is a quarter-hour before, the first cycle here."""

THREADS = 2
"""For DuckDB, and for PostgreSQL: the leader and its parallel workers."""


WHOLE_PROJECT = ("run",)
ASSET_FORECASTS = ("run", "--select", "+asset_forecasts")
"""The mart and everything that feeds it."""


@dataclass(frozen=True)
class Size:
    """The sizes of all figures."""

    name: str
    repetitions: int
    """Repetitions of each measurement; the median counts."""

    engine_assets: int
    engine_versions: int
    belief_assets: int
    """Those measured with timely-beliefs, which takes a thousand times as long."""
    has_odd_versions: bool
    """Whether some versions are missing, short or have nulls, so that the fallback is used."""

    landing_assets: int
    landing_versions: int
    landing_repetitions: int

    cycle_assets: int
    cycle_history_days: int
    cycle_repetitions: int
    """Cycles that count."""
    cycle_warm_ups: int
    """Warm-up cycles before them."""
    cycle_build: tuple[str, ...]
    """What dbt builds in each."""

    memory_assets: int
    memory_days: int

    first_build_days: int
    """The shorter history, whose first build is compared with that of the whole history."""
    question_repetitions: int
    quarter_hour_repetitions: int
    """For rounds of one process, and for scheduled commands."""
    has_commands: bool = True
    """Whether the commands are measured: each takes seconds to start."""
    checked_values: int = 5_000_000
    """Histories of up to this many values are checked after the cycles; more takes minutes."""


SIZES = {
    size.name: size
    for size in (
        Size(
            name="tiny",
            repetitions=1,
            engine_assets=6,
            engine_versions=40,
            belief_assets=1,
            has_odd_versions=True,
            landing_assets=5,
            landing_versions=8,
            landing_repetitions=1,
            cycle_assets=3,
            cycle_history_days=2,
            cycle_repetitions=1,
            cycle_warm_ups=0,
            cycle_build=WHOLE_PROJECT,
            memory_assets=1,
            memory_days=2,
            first_build_days=1,
            question_repetitions=1,
            quarter_hour_repetitions=1,
            has_commands=False,
        ),
        Size(
            name="small",
            repetitions=3,
            engine_assets=50,
            engine_versions=96,
            belief_assets=2,
            has_odd_versions=False,
            landing_assets=10,
            landing_versions=96,
            landing_repetitions=7,
            cycle_assets=20,
            cycle_history_days=7,
            cycle_repetitions=3,
            cycle_warm_ups=1,
            cycle_build=WHOLE_PROJECT,
            memory_assets=10,
            memory_days=3,
            first_build_days=2,
            question_repetitions=9,
            quarter_hour_repetitions=1,
        ),
        Size(
            name="full",
            repetitions=3,
            engine_assets=1000,
            engine_versions=96,
            belief_assets=5,
            has_odd_versions=False,
            landing_assets=100,
            landing_versions=96,
            landing_repetitions=7,
            cycle_assets=100,
            cycle_history_days=30,
            cycle_repetitions=5,
            cycle_warm_ups=1,
            cycle_build=WHOLE_PROJECT,
            memory_assets=10,
            memory_days=30,
            first_build_days=10,
            question_repetitions=15,
            quarter_hour_repetitions=5,
        ),
    )
}
