"""CPU seconds of the forecast engine on Spark, warm: `scale.py` runs this where Spark is installed.

It builds what the engine reads through dbt, then writes the engine's tables repeatedly: with the
versions written once, and in turn as the first implementation did, where each use of the versions
computed them from the lake. Prints JSON.
"""

import json
import os
import re
import statistics
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psutil
from dbt.cli.main import dbtRunner
from pyspark.sql import SparkSession

ENGINE = ("int_versions_in_force", "int_forecasts_in_force")


def main() -> int:
    """Measure; `argv` is how often, and a folder for the plans. Returns the exit status."""
    repetitions, plans = int(sys.argv[1]), Path(sys.argv[2])
    target = Path(os.environ["DBT_TARGET_PATH"])
    built = dbtRunner().invoke(
        ["--quiet", "run", "--target", "spark", "--select", f"+{ENGINE[-1]}"]
    )
    if not built.success:
        print(built.exception or built.result, file=sys.stderr)
        return 1
    nodes = json.loads((target / "manifest.json").read_text())["nodes"]
    text = {
        node["name"]: node["compiled_code"] for node in nodes.values() if node.get("compiled_code")
    }
    schemas = {node["name"]: node["schema"] for node in nodes.values()}
    session = SparkSession.builder.enableHiveSupport().getOrCreate()
    first, last = (text[name] for name in ENGINE)
    own_table = f"{schemas[ENGINE[0]]}.{ENGINE[0]}"

    session.sql(f"create or replace view measured_view as {first}")

    def written_once() -> None:
        write(session, "measured_versions", first)
        write(session, "measured", last.replace(own_table, "measured_versions"))

    def as_it_first_worked() -> None:
        write(session, "measured_at_first", at_first(last).replace(own_table, "measured_view"))

    cpu_s = medians_cpu_s(
        repetitions,
        {
            "written once": written_once,
            "as it first worked": as_it_first_worked,
        },
    )
    plans.mkdir(parents=True, exist_ok=True)
    for name, query in zip(ENGINE, (first, last), strict=True):
        plan = session.sql(f"explain formatted {query}").collect()[0][0]
        (plans / f"spark-{name}.explain.txt").write_text(f"{plan}\n")
    print(json.dumps(cpu_s))
    session.stop()
    return 0


def at_first(text: str) -> str:
    """The text as first implemented: newest versions are ranked, and joins have no hints."""
    ranked = text.replace(
        "where open_power_kw is not null",
        "qualify row_number() over (partition by asset_id order by version_utc desc) = 1",
    )
    unhinted = re.sub(r"/\*\+.*?\*/", "", ranked)
    if ranked in (text, unhinted):
        raise RuntimeError("the engine's text is another one: adapt what it is compared with")
    return unhinted


def write(session: Any, table: str, query: str) -> None:
    """Write a query's rows into a table that replaces the previous one."""
    session.sql(f"drop table if exists {table}")
    session.sql(f"create table {table} using parquet as {query}")


def medians_cpu_s(repetitions: int, actions: dict[str, Callable[[], None]]) -> dict[str, float]:
    """The median CPU seconds of each, in turn, after as many warm-up turns."""
    [java] = [one for one in psutil.Process().children(recursive=True) if one.name() == "java"]
    taken: dict[str, list[float]] = {name: [] for name in actions}
    for turn in range(2 * repetitions):
        for name, action in actions.items():
            before = java.cpu_times()
            action()
            after = java.cpu_times()
            if turn >= repetitions:
                taken[name].append(after.user + after.system - before.user - before.system)
    return {name: statistics.median(seconds) for name, seconds in taken.items()}


if __name__ == "__main__":
    sys.exit(main())
