"""timely-beliefs: `rolling_viewpoint`, the latest beliefs a given time before each event.

Arguments: a CSV file without a header (asset_id, version_utc, delivery_start_utc, power_kw), and
how often to measure. Prints the seconds of each measurement, without building the frames, and the
count and sum of the values of both kinds.
"""

import json
import sys
import time
from datetime import timedelta

import pandas as pd
import timely_beliefs as tb

KINDS = {"latest": 0, "tradeable": 15}
NAMES = ["asset_id", "belief_time", "event_start", "event_value"]


def main() -> None:
    """Load the file, measure, print."""
    file, repetitions = sys.argv[1:]
    values = pd.read_csv(file, names=NAMES, parse_dates=["belief_time", "event_start"])
    for column in ("belief_time", "event_start"):
        values[column] = values[column].dt.tz_localize("UTC")
    source = tb.BeliefSource("forecasts")
    frames = []
    for asset_id, rows in values.groupby("asset_id"):
        # An event counts as known when it starts.
        sensor = tb.Sensor(
            asset_id,
            unit="kW",
            event_resolution=timedelta(minutes=15),
            knowledge_horizon=timedelta(0),
        )
        beliefs = rows.drop(columns="asset_id").assign(source=source, cumulative_probability=0.5)
        frames.append(tb.BeliefsDataFrame(beliefs, sensor=sensor))
    seconds = []
    for _ in range(int(repetitions)):
        found = []
        began = time.perf_counter()
        for minutes in KINDS.values():
            seen = [frame.rolling_viewpoint(timedelta(minutes=minutes)) for frame in frames]
            found += [sum(map(len, seen)), sum(float(one["event_value"].sum()) for one in seen)]
        seconds.append(time.perf_counter() - began)
    print(json.dumps({"seconds": {"rolling_viewpoint": seconds}, "found": found}))


if __name__ == "__main__":
    main()
