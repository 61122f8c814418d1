"""What is refused is kept, can be read, and lands once it can be decoded; and the reverse."""

import hashlib
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import ExtractCommand
from tests.documents import (
    LIVE_NAME,
    forecast_for,
    live_infeed,
)
from tests.extractor.asked import HOUR
from tests.extractor.held import HELD, LoadLive, Strict, write
from tests.http_server import Answer, HttpServer
from tests.warehouses import Warehouse


def test_a_refused_file_is_kept_with_its_reason_and_reported_once(
    load_live: LoadLive, warehouse: Warehouse, tmp_path: Path
) -> None:
    content = b'{"key": \xff'
    (tmp_path / LIVE_NAME).write_bytes(content)
    outcome = load_live()
    assert outcome.status == 3
    assert outcome.counts("live-infeed")["refused"] == 1
    assert "in quarantine: 1 " in outcome.out
    [row] = warehouse.rows(HELD)
    assert row == (
        "live-infeed", f"file://{tmp_path}/{LIVE_NAME}", "is not UTF-8", content, len(content)
    )  # fmt: skip
    assert warehouse.rows(
        "select content_sha256, run_id, received_utc between started_utc and now()"
        " from raw.quarantine natural join raw.run"
    ) == [(hashlib.sha256(content).digest(), 1, True)]
    again = load_live()
    assert (again.status, again.err) == (0, "")
    assert again.counts("live-infeed")["unchanged"] == 1
    assert "in quarantine: 1 " in again.out
    # Touched, it is read again, but its bytes are not new.
    os.utime(tmp_path / LIVE_NAME, (1, 1))
    assert load_live().status == 0
    assert warehouse.value("select count(*) from raw.quarantine") == 1
    assert warehouse.value("select count(*) from raw.file_observation") == 2


def test_other_bytes_at_the_address_are_refused_anew_and_good_ones_land(
    load_live: LoadLive, warehouse: Warehouse, tmp_path: Path
) -> None:
    for number, content in enumerate(["{", "{{", "{", json.dumps(live_infeed()), "{"]):
        (tmp_path / LIVE_NAME).write_text(content)
        os.utime(tmp_path / LIVE_NAME, (number, number))
        assert load_live().status == (3 if number < 2 else 0)
    assert warehouse.value("select count(*) from raw.quarantine") == 2
    assert warehouse.value("select count(*) from raw.live_infeed") == 1
    assert warehouse.value("select count(*) from raw.file_observation") == 5


def test_a_file_that_cannot_be_read_is_reported_every_time_and_not_kept(
    load_live: LoadLive, warehouse: Warehouse, tmp_path: Path
) -> None:
    (tmp_path / LIVE_NAME).symlink_to(LIVE_NAME)
    for _ in range(2):
        outcome = load_live()
        assert outcome.status == 3
        assert len(outcome.err.splitlines()) == 1
    assert warehouse.value("select count(*) from raw.quarantine") == 0
    assert warehouse.value("select count(*) from raw.file_observation") == 0


def test_documents_ledger_and_quarantine_commit_together(
    load_live: LoadLive, warehouse: Warehouse, tmp_path: Path
) -> None:
    write(tmp_path / "A_20250608.json", 1)
    (tmp_path / "B_20250608.json").write_text("{")
    load_live()
    with warehouse.connect() as connection:
        connection.execute("truncate raw.live_infeed, raw.file_observation, raw.quarantine")
        connection.execute("alter table raw.quarantine add check (source = '')")
    assert load_live().status == 1
    for table in ("live_infeed", "file_observation", "quarantine"):
        assert warehouse.value(f"select count(*) from raw.{table}") == 0


def test_a_file_that_is_too_large_is_kept_to_a_bound(
    load_live: LoadLive, extract: ExtractCommand, warehouse: Warehouse, tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.setattr("extract.sources.directory.LARGEST_FILE_BYTES", 2000)
    monkeypatch.setattr("extract.directory_load.LARGEST_FILE_BYTES", 2000)
    monkeypatch.setattr("extract.sources.directory.BEGINNING_BYTES", 1000)
    monkeypatch.setattr("extract.refusals.LARGEST_KEPT_BYTES", 100)
    (tmp_path / LIVE_NAME).write_bytes(b" " * 5000)
    assert load_live().status == 3
    [(_, _, reason, content, content_bytes)] = warehouse.rows(HELD)
    assert (reason, content, content_bytes) == ("is larger than 0 MiB", b" " * 100, 5000)
    assert load_live().status == 0
    outcome = extract("quarantine", "replay")
    assert outcome.status == 3
    assert "MiB were kept: have the source send it again" in outcome.err


def test_forecasts_that_are_refused_are_kept_too(
    extract: ExtractCommand, http_server: HttpServer, warehouse: Warehouse
) -> None:
    bodies = {
        "06:15": b"<html>busy</html>",
        "06:30": forecast_for("?asset_id=B&version=2025-06-08"),
    }

    def answer(target: str) -> Answer:
        for clock, body in bodies.items():
            if clock.replace(":", "%3A") in target:
                return Answer(body=body)
        if "06%3A45" in target:
            return Answer(422, b"not\x00 released")
        return Answer(body=forecast_for(target))

    http_server.answer = answer
    outcome = extract("forecasts", "--assets", "A", *HOUR, VPP_API_URL=http_server.url)
    assert outcome.status == 3
    assert outcome.counts("forecasts") == {
        "found": 4, "landed": 1, "unchanged": 0, "ignored": 0, "refused": 3,
    }  # fmt: skip
    rows = warehouse.rows(HELD)
    assert [row[3] for row in rows] == [*bodies.values(), b"not\x00 released"]
    assert {row[0] for row in rows} == {"forecasts"}
    assert str(rows[0][1]).endswith("?asset_id=A&version=2025-06-08T06%3A15%3A00%2B00%3A00")
    assert rows[2][2] == "HTTP 422: not\\x00 released"


def test_the_list_shows_what_is_held_and_with_all_what_was(
    load_live: LoadLive, extract: ExtractCommand, strict: Strict, tmp_path: Path
) -> None:
    assert extract("quarantine").out == "nothing is in quarantine\n"
    write(tmp_path / "A_20250608.json", 5000)
    (tmp_path / "B_20250608.json").write_text("{")
    strict(True)
    load_live()
    outcome = extract("quarantine")
    first, second = outcome.out.splitlines()
    assert re.fullmatch(
        r"\d+  \d{4}-\d\d-\d\d \d\d:\d\d:\d\dZ  live-infeed  file://\S+/A_20250608.json: "
        "is beyond the rule of this test",
        first,
    )
    strict(False)
    assert extract("quarantine", "replay").status == 3
    assert extract("quarantine").out.splitlines() == [second]
    released, held = extract("quarantine", "--all").out.splitlines()
    assert released.startswith(f"{first} (landed ")
    assert held == second


def test_show_tells_everything_and_obeys_no_terminal_code(
    load_live: LoadLive, extract: ExtractCommand, warehouse: Warehouse, tmp_path: Path
) -> None:
    content = b"\x1b]0;owned\x07 :car: [red] \xff\nline"
    (tmp_path / "x\x1b[2J_20250608.json").write_bytes(content)
    assert "\x1b" not in load_live().said
    document_id = str(warehouse.value("select document_id from raw.quarantine"))
    said = extract("quarantine", "show", document_id).out
    assert "\x1b" not in said
    assert "\x07" not in said
    for part in (
        "source: live-infeed\n",
        "\\x1b[2J_20250608.json\n",
        "reason: is not UTF-8\n",
        hashlib.sha256(content).hexdigest(),
        f"bytes received: {len(content)}\n",
        "landed: no\n",
        "\n\\x1b]0;owned\\x07 :car: [red] \\xff\nline\n",
    ):
        assert part in said, part
    shown = subprocess.run(
        [sys.executable, "-m", "extract", "quarantine", "show", document_id, "--bytes"],
        env={**os.environ, **warehouse.environment},
        capture_output=True,
        check=True,
    )
    assert shown.stdout == content


@pytest.mark.parametrize("document_id", ["7", "0", "99999999999999999999"])
@pytest.mark.parametrize("verb", ["show", "replay"])
def test_an_unknown_document_is_one_line(
    verb: str, document_id: str, extract: ExtractCommand
) -> None:
    outcome = extract("quarantine", verb, document_id)
    assert outcome.status == 2
    assert outcome.err == (
        f"error: no document {document_id} was ever in quarantine "
        "(python -m extract quarantine --all lists those that were)\n"
    )
