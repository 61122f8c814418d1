"""Directories with every known fault: what lands is right, everything else is refused."""

import json
import os
import threading
import time
from datetime import datetime
from pathlib import Path

import pytest

from tests.conftest import ExtractCommand
from tests.documents import forecast_for, live_infeed
from tests.extractor.asked import asset_and_version
from tests.http_server import Answer, HttpServer
from tests.promises.faults import (
    FILES,
    VALUES,
    VERSIONS,
    check_ledger,
)
from tests.warehouses import Warehouse


def test_values_land_as_the_facts_say_or_are_refused_with_the_reason(
    extract: ExtractCommand, http_server: HttpServer, warehouse: Warehouse
) -> None:
    def answer(target: str) -> Answer:
        _, version = asset_and_version(target)
        document = json.loads(forecast_for(target, count=3))
        VALUES[VERSIONS.index(version)][0](document)
        return Answer(body=json.dumps(document).encode())

    http_server.answer = answer
    arguments = ("forecasts", "--assets", "A", "--from", "2025-06-08", "--to", "2025-06-08T05:00")
    outcome = extract(*arguments, VPP_API_URL=http_server.url)
    assert outcome.status == 3
    query = "select version_utc, array_to_string(power_kw, ' ', 'null') from raw.forecast_version"
    landed: dict[object, object] = dict(warehouse.rows(query))  # type: ignore[arg-type]
    reasons = {
        str(uri).rpartition("version=")[2]: str(reason)
        for uri, reason in warehouse.rows("select source_uri, reason from raw.quarantine")
    }
    assert len(landed) + len(reasons) == len(VALUES)
    for version, (_, expected) in zip(VERSIONS, VALUES, strict=True):
        escaped = version.replace(":", "%3A").replace("+", "%2B")
        if isinstance(expected, str):
            assert expected in reasons[escaped], version
        else:
            values = ["1.5", "null" if expected is None else f"{expected:g}", "3.5"]
            assert landed[datetime.fromisoformat(version)] == " ".join(values), version


def test_odd_files(extract: ExtractCommand, warehouse: Warehouse, tmp_path: Path) -> None:
    good = json.dumps(live_infeed())
    files = {
        "empty_20250608.json": "",
        "half_20250608.json": good[: len(good) // 2],
        "a name with blanks_20250608.json": good,
        "Börde Süd ß_20250608.json": good,
        "duplicate_20250608.json": good,
        "quote'\"%;_20250608.json": good,
    }
    for name, content in files.items():
        (tmp_path / name).write_text(content)
    # Root can read any file, but nobody can read a link to itself.
    (tmp_path / "unreadable_20250608.json").symlink_to("unreadable_20250608.json")
    closed = tmp_path / "closed_20250608.json"
    closed.write_text(good)
    closed.chmod(0)
    is_closed = not os.access(closed, os.R_OK)
    outcome = extract("live-infeed", LIVE_INFEED_URL=tmp_path)
    assert outcome.status == 3
    assert outcome.counts("live-infeed")["landed"] == 4 + (not is_closed)
    assert warehouse.rows(
        "select source_uri, split_part(reason, ':', 1) from raw.quarantine order by 1"
    ) == [
        (f"file://{tmp_path}/{name}", "is not JSON")
        for name in ("empty_20250608.json", "half_20250608.json")
    ]
    # A duplicate is another file with the same bytes: its own document, as it may change.
    assert warehouse.value("select count(distinct content_sha256) from raw.live_infeed") == 1
    for name in ("empty_20250608.json", "half_20250608.json"):
        (tmp_path / name).write_text(good)
    (tmp_path / "unreadable_20250608.json").unlink()
    (tmp_path / "unreadable_20250608.json").write_text(good)
    closed.chmod(0o600)
    outcome = extract("live-infeed", LIVE_INFEED_URL=tmp_path)
    assert (outcome.status, outcome.err) == (0, "")
    assert warehouse.value("select count(distinct source_uri) from raw.live_infeed") == 8
    assert warehouse.value("select count(*) from raw.live_infeed") == 8


@pytest.mark.parametrize("in_place", [True, False])
def test_a_file_that_is_replaced_all_the_time_is_never_landed_as_a_mixture(
    in_place: bool, extract: ExtractCommand, warehouse: Warehouse, tmp_path: Path
) -> None:
    path = tmp_path / "source" / "A_20250608.json"
    path.parent.mkdir()
    done = threading.Event()
    last = 0

    def replace() -> None:
        nonlocal last
        while not done.is_set():
            last += 1
            document = live_infeed()
            for column in (0, 1, 2):
                document["values"][column] = document["values"][column][:1] * 20_000
            document["values"][1] = [last] * 20_000
            content = json.dumps(document)
            target = path if in_place else tmp_path / "being written"
            with target.open("w") as file:
                for start in range(0, len(content), 65536):
                    file.write(content[start : start + 65536])
                    file.flush()
            if not in_place:
                target.replace(path)

    thread = threading.Thread(target=replace)
    thread.start()
    outcomes = [extract("live-infeed", LIVE_INFEED_URL=path.parent) for _ in range(8)]
    done.set()
    thread.join()
    assert {outcome.status for outcome in outcomes} <= {0, 3}
    assert extract("live-infeed", LIVE_INFEED_URL=path.parent).status == 0
    rows = warehouse.rows(
        "select least, greatest, length from raw.live_infeed cross join lateral ("
        " select min(kw) as least, max(kw) as greatest, count(*) as length"
        " from unnest(power_kw) as kw) as summary order by document_id"
    )
    assert all(least == greatest and length == 20_000 for least, greatest, length in rows)
    assert rows[-1][0] == last
    if not in_place:
        assert warehouse.value("select count(*) from raw.quarantine") == 0


def test_a_directory_of_very_many_files(
    extract: ExtractCommand, warehouse: Warehouse, tmp_path: Path
) -> None:
    good, bad = json.dumps(live_infeed()), "{"
    for number in range(FILES):
        (tmp_path / f"{number}_20250608.json").write_text(bad if number % 100 == 7 else good)
    outcome = extract("live-infeed", LIVE_INFEED_URL=tmp_path)
    assert outcome.status == 3
    refused = outcome.counts("live-infeed")["refused"]
    assert refused == len([number for number in range(FILES) if number % 100 == 7])
    assert outcome.counts("live-infeed")["landed"] == FILES - refused
    begin = time.monotonic()
    outcome = extract("live-infeed", LIVE_INFEED_URL=tmp_path)
    assert time.monotonic() - begin < 10
    assert outcome.counts("live-infeed")["unchanged"] == FILES
    assert warehouse.value("select count(*) from raw.live_infeed") == FILES - refused
    assert warehouse.value("select count(*) from raw.quarantine") == refused
    check_ledger(warehouse)
