"""ClickHouse in process: `argMax`, and a `ReplacingMergeTree` read with `final`.

Arguments: a CSV file without a header (asset_id, version_utc, delivery_start_utc, power_kw), an
empty directory for the database, the number of threads, and how often to measure. Prints the
seconds of each measurement, and count and sum of the values of both kinds.
"""

import json
import sys
import time

from chdb import session

KINDS = {"latest": 0, "tradeable": 15}


def main() -> None:
    """Load the file, measure, print."""
    file, directory, threads, repetitions = sys.argv[1:]
    database = session.Session(directory)
    ask = database.query
    ask(f"set max_threads = {threads}")
    columns = (
        "asset_id LowCardinality(String), version_utc DateTime, delivery_start_utc DateTime,"
        " power_kw Float64"
    )
    ask("create database benchmark")
    ask(
        f"create table benchmark.forecast_value ({columns})"
        " engine = MergeTree order by (asset_id, delivery_start_utc)"
    )
    ask(f"insert into benchmark.forecast_value select * from file('{file}', CSV, '{columns}')")
    for kind, minutes in KINDS.items():
        # Of the rows with one key, `final` keeps the one of the newest version.
        ask(
            f"create table benchmark.{kind} ({columns})"
            " engine = ReplacingMergeTree(version_utc) order by (asset_id, delivery_start_utc)"
        )
        ask(
            f"insert into benchmark.{kind} select * from benchmark.forecast_value"
            f" where version_utc <= delivery_start_utc - interval {minutes} minute"
        )
    of_argmax = (
        "select countIf(not isNull(latest)), sum(latest), countIf(not isNull(tradeable)),"
        " sum(tradeable) from (select"
        " argMax(power_kw, version_utc) as latest,"
        " argMaxOrNullIf(power_kw, version_utc,"
        " version_utc <= delivery_start_utc - interval 15 minute) as tradeable"
        " from benchmark.forecast_value where version_utc <= delivery_start_utc"
        " group by asset_id, delivery_start_utc)"
    )
    of_final = " union all ".join(
        f"select count(), sum(power_kw) from benchmark.{kind} final" for kind in KINDS
    )
    seconds: dict[str, list[float]] = {"argMax": [], "final": []}
    for _ in range(int(repetitions)):
        for name, query in (("argMax", of_argmax), ("final", of_final)):
            began = time.perf_counter()
            answer = str(ask(query, "CSV"))
            seconds[name].append(time.perf_counter() - began)
            if name == "argMax":
                found = [float(cell) for cell in answer.strip().split(",")]
    print(json.dumps({"seconds": seconds, "found": found}))


if __name__ == "__main__":
    main()
