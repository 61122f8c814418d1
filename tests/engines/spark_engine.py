"""CPU seconds of the forecast engine on Spark, warm: `scale.py` runs this where Spark is installed.

It builds what the engine stands on through dbt, then writes the engine's tables again and again,
in turn with the text that PostgreSQL's would be, word for word. Prints JSON.
"""

import json
import os
import statistics
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psutil
from dbt.cli.main import dbtRunner
from pyspark.sql import SparkSession

ENGINE = ("int_versions_in_force", "int_forecasts_in_force")
# Headers are ordered, then joined with their arrays; each gate is asked for by itself.
WORD_FOR_WORD = """
    with documents as (
        select * from {documents}
    ),
    versions as (
        select document_id, asset_id, version_utc, grid_start_utc, grid_end_utc from documents
        qualify row_number() over (
            partition by asset_id, version_utc order by received_utc desc, content_sha256 desc
        ) = 1
    ),
    headers as (
        select
            document_id, asset_id, version_utc,
            cast(unix_seconds(grid_start_utc) div 900 as int) as grid_start_number,
            cast(unix_seconds(grid_end_utc) div 900 as int) as grid_end_number,
            cast(ceil(unix_seconds(version_utc) / 900) as int) as gate_1_number,
            cast(ceil((unix_seconds(version_utc) + 900) / 900) as int) as gate_2_number
        from versions
    ),
    in_force as (
        select
            document_id, asset_id, version_utc, grid_start_number, gate_1_number, gate_2_number,
            least(lead(gate_1_number) over by_version, max(grid_end_number) over so_far)
                as end_1_number,
            least(lead(gate_2_number) over by_version, max(grid_end_number) over so_far)
                as end_2_number
        from headers
        window
            by_version as (partition by asset_id order by version_utc),
            so_far as (
                partition by asset_id order by version_utc
                rows between unbounded preceding and current row
            )
    ),
    slices as (
        select
            slot.gate, in_force.asset_id, in_force.version_utc, place.number as delivery_number,
            get(documents.power_kw, place.number - in_force.grid_start_number) as power_kw
        from in_force
        inner join documents on in_force.document_id = documents.document_id
        cross join lateral inline(array(
            named_struct('gate', 'latest', 'f', gate_1_number, 'e', end_1_number),
            named_struct('gate', 'tradeable', 'f', gate_2_number, 'e', end_2_number)
        )) as slot (gate, f, e)
        cross join lateral explode(if(slot.f < slot.e, sequence(slot.f, slot.e - 1), array()))
            as place (number)
    ),
    fallbacks as (
        select
            missing.gate, missing.asset_id, missing.delivery_number,
            max(older.version_utc) as version_utc,
            max_by(
                get(
                    documents.power_kw,
                    missing.delivery_number
                    - cast(unix_seconds(documents.grid_start_utc) div 900 as int)
                ),
                older.version_utc
            ) as power_kw
        from (select * from slices where power_kw is null) as missing
        inner join versions as older
            on missing.asset_id = older.asset_id and missing.version_utc > older.version_utc
        inner join documents on older.document_id = documents.document_id
        where get(
            documents.power_kw,
            missing.delivery_number - cast(unix_seconds(documents.grid_start_utc) div 900 as int)
        ) is not null
        group by missing.gate, missing.asset_id, missing.delivery_number
    ),
    forecasts as (
        select gate, asset_id, delivery_number, version_utc, power_kw from slices
        where power_kw is not null
        union all
        select gate, asset_id, delivery_number, version_utc, power_kw from fallbacks
    )
    select
        latest.asset_id, latest.delivery_number,
        latest.version_utc as latest_version_utc, latest.power_kw as latest_power_kw,
        tradeable.version_utc as tradeable_version_utc, tradeable.power_kw as tradeable_power_kw
    from (select * from forecasts where gate = 'latest') as latest
    left join (select * from forecasts where gate = 'tradeable') as tradeable
        on latest.asset_id = tradeable.asset_id
        and latest.delivery_number = tradeable.delivery_number
"""


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
    documents = f"{schemas['stg_vpp__forecast_documents']}.stg_vpp__forecast_documents"
    word_for_word = WORD_FOR_WORD.format(documents=documents)
    first, last = (text[name] for name in ENGINE)
    own_table = f"{schemas[ENGINE[0]]}.{ENGINE[0]}"

    def ours() -> None:
        write(session, "measured_versions", first)
        write(session, "measured", last.replace(own_table, "measured_versions"))

    cpu_s = medians_cpu_s(
        repetitions,
        {
            "spark": ours,
            "spark_word_for_word": lambda: write(session, "measured_word_for_word", word_for_word),
        },
    )
    plans.mkdir(parents=True, exist_ok=True)
    for name, query in {**dict(zip(ENGINE, (first, last), strict=True))}.items():
        plan = session.sql(f"explain formatted {query}").collect()[0][0]
        (plans / f"spark-{name}.explain.txt").write_text(f"{plan}\n")
    print(json.dumps(cpu_s))
    session.stop()
    return 0


def write(session: Any, table: str, query: str) -> None:
    """Write a query's rows into a table that takes the place of the one before."""
    session.sql(f"drop table if exists {table}")
    session.sql(f"create table {table} using parquet as {query}")


def medians_cpu_s(repetitions: int, actions: dict[str, Callable[[], None]]) -> dict[str, float]:
    """The median CPU seconds of each, in turns, after one turn that warms up."""
    [java] = [one for one in psutil.Process().children(recursive=True) if one.name() == "java"]
    taken: dict[str, list[float]] = {name: [] for name in actions}
    for turn in range(repetitions + 1):
        for name, action in actions.items():
            before = java.cpu_times()
            action()
            after = java.cpu_times()
            if turn:
                taken[name].append(after.user + after.system - before.user - before.system)
    return {name: statistics.median(seconds) for name, seconds in taken.items()}


if __name__ == "__main__":
    sys.exit(main())
