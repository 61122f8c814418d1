"""The prices that the simulator writes."""

from __future__ import annotations

import datetime as dt
import re
from itertools import pairwise

from extract.simulator.files import SimulatedSources
from tests.no_server.simulated import (
    QUARTER_HOUR,
    csv_rows,
    german,
    price_rows,
    start_utc,
)


def test_redispatch_compensation_covers_the_day_of_the_redispatch(
    sources: SimulatedSources,
) -> None:
    (path,) = (sources.directory / "dso").glob("redispatch_compensation_*")
    assert path.name == "redispatch_compensation_2025-06-20.csv"
    rows = csv_rows(path)
    assert list(rows[0]) == [
        "delivery_start__utc_",
        "delivery_end__utc_",
        "price__euro_per_mwh_",
    ]
    assert len(rows) == 96
    assert rows[0]["delivery_start__utc_"] == "2025-06-08 00:00:00.000000 UTC"
    assert rows[-1]["delivery_end__utc_"] == "2025-06-09 00:00:00.000000 UTC"
    assert all(
        row["delivery_end__utc_"] == after["delivery_start__utc_"] for row, after in pairwise(rows)
    )
    assert all(re.fullmatch(r"\d+\.\d+", row["price__euro_per_mwh_"]) for row in rows)


def test_final_imbalance_prices_have_holes_that_the_estimate_fills(
    sources: SimulatedSources,
) -> None:
    folder = sources.directory / "imbalance_prices"
    names = [path.name for path in sorted(folder.glob("imbalance_price_final_*.csv"))]
    assert names == [f"imbalance_price_final_2025060{day}_170800.csv" for day in (7, 8, 9)]
    estimates = {
        start_utc(row)
        for path in folder.glob("imbalance_price_estimation_*.csv")
        for row in price_rows(path)
    }
    midnight = dt.datetime(2025, 6, 8, tzinfo=dt.UTC)
    day = {midnight + QUARTER_HOUR * n for n in range(96)}
    assert day <= estimates
    rows = {start_utc(row): row for row in price_rows(folder / names[1])}
    assert rows.keys() < day
    assert len(rows) > 80
    for row in rows.values():
        assert list(row)[-2:] == ["reBAP unterdeckt", "reBAP ueberdeckt"]
        assert (row["Datenkategorie"], row["Datentyp"]) == ("reBAP", "Qualitätsgesichert")
        assert row["Einheit"] == "EUR/MWh"
    short = [german(row["reBAP unterdeckt"]) for row in rows.values()]
    long = [german(row["reBAP ueberdeckt"]) for row in rows.values()]
    assert min(long) < 0 < max(long)
    # Being short costs what being long brings, or seldom more.
    assert all(s >= p for s, p in zip(short, long, strict=True))
    assert 0 < sum(s > p for s, p in zip(short, long, strict=True)) < 10


def test_estimated_imbalance_prices(sources: SimulatedSources) -> None:
    paths = sorted((sources.directory / "imbalance_prices").glob("imbalance_price_estimation_*"))
    assert paths[0].name == "imbalance_price_estimation_2025-06-07T041800Z.csv"
    assert len(paths) == 12
    documents = [price_rows(path) for path in paths]
    assert all(list(rows[0])[-2:] == ["AEP-Schätzer", "Status"] for rows in documents)
    assert {row["Zeitzone"] for rows in documents for row in rows} == {"UTC", "CEST"}
    assert all(any((row["von"], row["bis"]) == ("23:45", "00:00") for row in r) for r in documents)
    assert {len(rows) for rows in documents} == {96}
    # The newest file is closer.
    first, second = (
        {start_utc(row): german(row["AEP-Schätzer"]) for row in rows} for rows in documents[:2]
    )
    changed = [start for start in first.keys() & second.keys() if first[start] != second[start]]
    assert len(changed) == 4


def test_imbalance_price_files_come_in_several_encodings(sources: SimulatedSources) -> None:
    files = list((sources.directory / "imbalance_prices").glob("*.csv"))
    starts = {path.read_bytes()[:3] for path in files}
    assert starts == {b"\xef\xbb\xbf", b"Dat"}
    assert any(b"Sch\xe4tzer" in path.read_bytes() for path in files)
    assert any("Schätzer".encode() in path.read_bytes() for path in files)
