"""Figures: the engine beside ClickHouse and timely-beliefs, in the same run on the same values."""

import json
import statistics
import subprocess
from dataclasses import dataclass
from pathlib import Path

import psycopg
from psycopg import sql

from tests.benchmark.reference import STORED_VALUES
from tests.benchmark.report import Disagreement, Report
from tests.benchmark.sizes import THREADS, Size
from tests.dbt_project import ROOT

PYTHON = ROOT / ".venv-bench" / "bin" / "python"
"""Where `make bench` installs them."""
_PROGRAMS = Path(__file__).with_name("anchors")


@dataclass(frozen=True)
class Anchor:
    """What a program measured."""

    seconds: dict[str, float]
    """Medians, by measurement."""
    found: list[float]
    """Count and sum of the latest forecasts, and of the tradeable ones."""


def measure_clickhouse(
    values: Path, scratch: Path, size: Size, engine_s: float, found: list[float], report: Report
) -> None:
    """ClickHouse on the file of all values, against the engine's seconds in this run."""
    report.progress("engine: ClickHouse on the same values")
    directory = scratch / "clickhouse"
    directory.mkdir()
    anchor = run("clickhouse", str(values), str(directory), str(THREADS), str(size.repetitions))
    check_found("ClickHouse", anchor.found, found)
    what = f"{size.engine_assets:,} assets × {size.engine_versions} versions × 193 values"
    names = {"argMax": "ClickHouse argMax", "final": "ClickHouse ReplacingMergeTree … final"}
    for measured, name in names.items():
        report.reported(
            "engine alone, against ClickHouse in process",
            what,
            (engine_s, "s"),
            (name, anchor.seconds[measured]),
        )


def measure_beliefs(
    connection: psycopg.Connection, scratch: Path, size: Size, engine_s: float, report: Report
) -> None:
    """timely-beliefs on a few assets, per value, against the engine on all of them."""
    report.progress(f"engine: timely-beliefs on {size.belief_assets} assets")
    few = (
        f"select * from {STORED_VALUES} where asset_id in (select distinct asset_id"
        f" from raw.forecast_version order by asset_id limit {size.belief_assets})"
    )
    values = scratch / "few_values.csv"
    export_values(connection, f"({few})", values)
    gates = ", ".join(
        f"(select array[count(*), sum(power_kw)] from (select distinct on (asset_id,"
        f" delivery_start_utc) power_kw from ({few}) as few where version_utc"
        f" <= delivery_start_utc - interval '{minutes} minutes'"
        " order by asset_id, delivery_start_utc, version_utc desc) as newest)"
        for minutes in (0, 15)
    )
    [(latest, tradeable)] = connection.execute(sql.SQL(f"select {gates}")).fetchall()
    [(few_count, count)] = connection.execute(
        sql.SQL(f"select (select count(*) from ({few}) as few), count(*) from {STORED_VALUES}")
    ).fetchall()
    anchor = run("beliefs", str(values), str(size.repetitions))
    check_found("timely-beliefs", anchor.found, [*latest, *tradeable])
    values.unlink()
    report.reported(
        "engine alone, a value, against timely-beliefs on fewer assets",
        f"{size.belief_assets} assets × {size.engine_versions} versions for timely-beliefs",
        (engine_s / count * 1e6, "µs"),
        ("rolling_viewpoint twice", anchor.seconds["rolling_viewpoint"] / few_count * 1e6),
    )


def export_values(connection: psycopg.Connection, relation: str, file: Path) -> None:
    """Write exploded values to a CSV file, with zoneless instants (UTC), which both read fast."""
    query = f"""
        copy (
            select
                asset_id, version_utc at time zone 'UTC', delivery_start_utc at time zone 'UTC',
                power_kw
            from {relation} as forecast_value
        ) to stdout (format csv)
    """
    with (
        file.open("wb") as opened,
        connection.cursor() as cursor,
        cursor.copy(sql.SQL(query)) as copy,
    ):
        for chunk in copy:
            opened.write(chunk)


def run(program: str, *arguments: str) -> Anchor:
    """Run a program from the folder anchors with the Python that has what it needs."""
    command = [str(PYTHON), "-W", "ignore", str(_PROGRAMS / f"{program}.py"), *arguments]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
    measured = json.loads(done.stdout.splitlines()[-1])
    seconds = {name: statistics.median(all_s) for name, all_s in measured["seconds"].items()}
    return Anchor(seconds, measured["found"])


def check_found(who: str, found: list[float], expected: list[float]) -> None:
    """Counts are equal, and sums apart from the order of addition. Raises Disagreement."""
    for one, other in zip(found, expected, strict=True):
        if abs(one - other) > 1e-9 * abs(other):
            raise Disagreement(f"{who} found {found}, the engine {expected}")
