"""What is refused is kept, can be read, and is landed once it can be decoded; and the opposite."""

import hashlib
import json
import os
import re
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from extract import load, quarantine
from extract.console import Reporter
from extract.documents import Delivery, Document
from extract.errors import DocumentRefused
from extract.messages import bytes_without_mail_addresses, without_mail_addresses
from extract.run import Run
from extract.sources import asset_contracts, declared
from extract.sources import live_infeed as live
from tests.conftest import Answer, ExtractCommand, HttpServer, Outcome, Warehouse
from tests.documents import (
    CONTRACTS,
    CONTRACTS_NAME,
    FINAL,
    FINAL_NAME,
    LIVE_NAME,
    TECHNICAL_NAME,
    delivery,
    forecast_for,
    live_infeed,
    technical_data,
    write_sources,
)

HOUR = ("--from", "2025-06-08T06:00", "--to", "2025-06-08T07:00")
HELD = "select source, source_uri, reason, content, content_bytes from raw.quarantine order by 1, 2"


@pytest.fixture
def load_live(extract: ExtractCommand, tmp_path: Path) -> Callable[[], Outcome]:
    """Loads the live files of the test's directory once."""
    return lambda: extract("live-infeed", LIVE_INFEED_URL=tmp_path)


LoadLive = Callable[[], Outcome]


@pytest.fixture
def strict(monkeypatch: pytest.MonkeyPatch) -> Callable[[bool], None]:
    """Turns a rule of the live decoder on and off: no value over 1,000 kW."""

    def decode(received: Delivery) -> list[Document]:
        for document in live.decode(received):
            if max(value or 0 for value in document.power_kw) > 1000:
                raise DocumentRefused(received.source_uri, "is beyond the rule of this test")
        return list(live.decode(received))

    def set_rule(is_on: bool) -> None:
        source = declared.SOURCES["live-infeed"]
        assert source.files is not None
        files = replace(source.files, decode=decode) if is_on else source.files
        sources = {**declared.SOURCES, "live-infeed": replace(source, files=files)}
        for module in (load, quarantine):
            monkeypatch.setattr(module, "SOURCES", sources)

    return set_rule


Strict = Callable[[bool], None]


def held_ids(outcome: Outcome) -> list[int]:
    """The ids that `quarantine` lists."""
    return [int(line.split()[0]) for line in outcome.out.splitlines() if line[0].isdigit()]


def write(path: Path, power: float) -> bytes:
    document = live_infeed()
    document["values"][1][0] = power
    path.write_text(json.dumps(document))
    return path.read_bytes()


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
    # Touched, it is read again; its bytes are not news.
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
    monkeypatch.setattr("extract.sources.directory._BEGINNING_BYTES", 1000)
    monkeypatch.setattr("extract.refusals.LARGEST_KEPT_BYTES", 100)
    (tmp_path / LIVE_NAME).write_bytes(b" " * 5000)
    assert load_live().status == 3
    [(_, _, reason, content, content_bytes)] = warehouse.rows(HELD)
    assert (reason, content, content_bytes) == ("is larger than 0 MiB", b" " * 100, 5000)
    assert load_live().status == 0
    outcome = extract("quarantine", "replay")
    assert outcome.status == 3
    assert "MiB are kept: let the source send it again" in outcome.err


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
    assert outcome.err == f"error: no document {document_id} was ever in quarantine\n"


def test_replay_lands_as_if_it_had_come_then_and_once(
    load_live: LoadLive, extract: ExtractCommand, strict: Strict, warehouse: Warehouse,
    tmp_path: Path,
) -> None:  # fmt: skip
    content = write(tmp_path / LIVE_NAME, 5000)
    strict(True)
    assert load_live().status == 3
    assert extract("quarantine", "replay").status == 3
    assert warehouse.value("select count(*) from raw.live_infeed") == 0
    strict(False)
    outcome = extract("quarantine", "replay")
    assert outcome.status == 0, outcome.said
    assert "landed or there before: 1; stay: 0" in outcome.out
    assert warehouse.rows(
        "select landed.power_kw[1], landed.content_sha256, landed.source_uri = held.source_uri,"
        " landed.received_utc = held.received_utc, landed.run_id > held.run_id,"
        " release.run_id = landed.run_id"
        " from raw.live_infeed as landed, raw.quarantine as held"
        " inner join raw.quarantine_release as release"
        " on release.quarantined_document_id = held.document_id"
    ) == [(5000.0, hashlib.sha256(content).digest(), True, True, True, True)]
    [document_id] = [int(line.split()[0]) for line in outcome.out.splitlines()[:1]]
    again = extract("quarantine", "replay", str(document_id), str(document_id))
    assert again.status == 0
    assert "was landed before" in again.out
    assert extract("quarantine", "replay").status == 0
    # Nor does the file, which is still there and unchanged.
    assert load_live().counts("live-infeed")["unchanged"] == 1
    os.utime(tmp_path / LIVE_NAME, (1, 1))
    assert load_live().counts("live-infeed")["unchanged"] == 1
    assert warehouse.value("select count(*) from raw.live_infeed") == 1


def test_an_old_document_that_is_replayed_does_not_pass_for_the_newest(
    load_live: LoadLive, extract: ExtractCommand, strict: Strict, warehouse: Warehouse,
    tmp_path: Path,
) -> None:  # fmt: skip
    strict(True)
    write(tmp_path / LIVE_NAME, 5000)
    load_live()
    write(tmp_path / LIVE_NAME, 5)
    load_live()
    strict(False)
    assert extract("quarantine", "replay").status == 0
    assert warehouse.rows("select power_kw[1] from raw.live_infeed order by received_utc") == [
        (5000.0,),
        (5.0,),
    ]
    assert warehouse.rows("select power_kw[1] from raw.live_infeed order by document_id") == [
        (5.0,),
        (5000.0,),
    ]
    # And the ledger still knows what is there.
    assert load_live().counts("live-infeed")["unchanged"] == 1
    os.utime(tmp_path / LIVE_NAME, (1, 1))
    assert load_live().counts("live-infeed")["unchanged"] == 1


def test_a_file_that_is_read_again_after_a_fix_lands_and_is_released(
    load_live: LoadLive, extract: ExtractCommand, strict: Strict, warehouse: Warehouse,
    tmp_path: Path,
) -> None:  # fmt: skip
    write(tmp_path / LIVE_NAME, 5000)
    strict(True)
    load_live()
    strict(False)
    os.utime(tmp_path / LIVE_NAME, (1, 1))
    assert load_live().counts("live-infeed")["landed"] == 1
    assert extract("quarantine").out == "nothing is in quarantine\n"
    assert extract("quarantine", "replay").status == 0
    assert warehouse.value("select count(*) from raw.live_infeed") == 1


def test_a_forecast_is_replayed_for_the_version_that_was_asked_for(
    extract: ExtractCommand, http_server: HttpServer, warehouse: Warehouse,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    http_server.answer = lambda target: Answer(body=forecast_for(target))

    def refuse(received: Delivery, *_: object) -> None:
        raise DocumentRefused(received.source_uri, "is beyond the rule of this test")

    with monkeypatch.context() as patch:
        patch.setattr("extract.vpp.forecast.decode", refuse)
        arguments = ("forecasts", "--assets", "A&ü", *HOUR)
        outcome = extract(*arguments, VPP_API_URL=http_server.url)
        assert outcome.counts("forecasts")["refused"] == 4
    assert extract("quarantine", "replay").status == 0
    assert warehouse.rows(
        "select asset_id, min(version_utc)::text, count(*), count(distinct version_utc)"
        " from raw.forecast_version group by 1"
    ) == [("A&ü", "2025-06-08 06:00:00+00", 4, 4)]
    http_server.requests.clear()
    assert extract(*arguments, VPP_API_URL=http_server.url).counts("forecasts")["unchanged"] == 4
    assert http_server.requests == []


def test_two_replays_at_once_land_once(
    load_live: LoadLive, strict: Strict, warehouse: Warehouse, tmp_path: Path
) -> None:
    for number in range(20):
        write(tmp_path / f"A{number}_20250608.json", 5000)
    strict(True)
    load_live()
    strict(False)
    ids = [row[0] for row in warehouse.rows("select document_id from raw.quarantine")]

    def one() -> None:
        with warehouse.connect() as connection:
            quarantine.replay(Run(connection, 1, Reporter()), ids)  # type: ignore[arg-type]

    threads = [threading.Thread(target=one) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert warehouse.value("select count(*) from raw.live_infeed") == 20
    assert warehouse.value("select count(*) from raw.quarantine_release") == 20


def everything(warehouse: Warehouse) -> str:
    """All that raw holds, as text."""
    said = []
    for (table,) in warehouse.rows("select tablename from pg_tables where schemaname = 'raw'"):
        said += [str(row) for row in warehouse.rows(f"select t::text from raw.{table} t")]
    for (content,) in warehouse.rows("select content from raw.quarantine"):
        assert isinstance(content, bytes)
        said.append(content.decode("latin-1"))
    return "\n".join(said)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252", "utf-16"])
@pytest.mark.parametrize(
    ("old", "new"),
    [
        (",5.6,", ',"5,6",'),
        (",5.6,", ",5,6,"),
        (",7.0,owner", ",owner"),
        ("CON1_WND-DE-003,", '"CON1_WND-DE-003,'),
        ("contract_id,", ""),
        (",", ";"),
        ("CON2_SOL-DE-001", "third@example.com"),
        ("owner@example.com", '"Ostwind, <owner@example.com>"\n"'),
        ("owner@example.com", '"Ostwind, <owner@example.com>'),
    ],
)
def test_a_broken_export_loses_its_mail_addresses_and_stays_as_broken(
    old: str, new: str, encoding: str
) -> None:
    export = CONTRACTS.replace(old, new).replace("wind", "wünd").rstrip() + ",x"
    kept = asset_contracts.without_personal_data(export.encode(encoding))
    if encoding == "utf-16":
        assert kept == b""
        return
    text = kept.decode(encoding)
    assert "example" not in text
    assert "wünd" in text
    assert text.count("\n") == export.count("\n")
    with pytest.raises(DocumentRefused):
        asset_contracts.decode(delivery(kept, CONTRACTS_NAME))


@pytest.mark.parametrize("encoding", ["cp1252", "utf-16"])
def test_a_refused_export_is_kept_without_mail_addresses(
    encoding: str, extract: ExtractCommand, warehouse: Warehouse, tmp_path: Path
) -> None:
    content = CONTRACTS.replace(",5.6,", ",5,6,").replace("wind", "wünd").encode(encoding)
    (tmp_path / CONTRACTS_NAME).write_bytes(content)
    outcome = extract("asset-contracts", ASSET_CONTRACTS_URL=tmp_path)
    assert outcome.status == 3
    assert warehouse.value("select content_bytes from raw.quarantine") == len(content)
    text = everything(warehouse) + outcome.said
    assert "example" not in text
    assert "example".encode("utf-16-le").decode("latin-1") not in text
    again = extract("quarantine", "replay")
    assert again.status == 3
    assert ("not kept" in again.err) == (encoding == "utf-16")


def test_an_export_that_was_masked_decodes_as_the_whole_does(
    extract: ExtractCommand, warehouse: Warehouse, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    export = CONTRACTS.replace("owner@example.com", '"Müller, <owner@example.com>"')
    (tmp_path / CONTRACTS_NAME).write_text(export)
    with monkeypatch.context() as patch:
        patch.setattr("extract.sources.asset_contracts.LARGEST_CAPACITY_MW", 2)
        assert extract("asset-contracts", ASSET_CONTRACTS_URL=tmp_path).status == 3
    assert "Müller" not in everything(warehouse)
    assert extract("quarantine", "replay").status == 0
    [document] = asset_contracts.decode(delivery(export, CONTRACTS_NAME))
    assert warehouse.rows("select contracts, content_sha256 from raw.asset_contracts") == [
        (document.contracts, hashlib.sha256(export.encode()).digest())
    ]
    assert "example.com" not in everything(warehouse)


JANE = (
    "jane.doe@example.com", "<jàne.doe@example.com>", "jane.doe%40example.com",
    "jane.doe\\u0040example.com", "jane.doe&#64;host", "mailto:jane.doe@example.com,x",
)  # fmt: skip


@pytest.mark.parametrize("encoding", ["utf-8", "cp1252", "utf-16", "utf-16-be"])
def test_a_mail_address_in_what_is_refused_is_kept_of_no_source(
    encoding: str, extract: ExtractCommand, http_server: HttpServer, warehouse: Warehouse,
    tmp_path: Path,
) -> None:  # fmt: skip
    settings = write_sources(tmp_path)
    refused = "{{\n" + ",\n".join(f'"mail of {n}": "{mail}"' for n, mail in enumerate(JANE))
    files = [path for path in tmp_path.rglob("*") if path.is_file()]
    for path in files:
        path.write_bytes(refused.encode(encoding))
    statuses = iter([200, 403, 422])
    http_server.answer = lambda target: Answer(next(statuses, 422), refused.encode(encoding))
    window = ("--assets", "A", *HOUR, "--concurrency", "1")
    outcome = extract("all", *window, VPP_API_URL=http_server.url, **settings)
    assert outcome.status == 3
    assert warehouse.value("select count(*) from raw.quarantine") == len(files) + 4
    for text in (outcome.said, everything(warehouse)):
        for marker in ("jane", "jàne", "doe", "example"):
            for written in ("utf-8", "utf-16-le", "utf-16-be"):
                assert marker.encode(written).decode("latin-1") not in text
    if encoding == "utf-8":
        # All else is as it was.
        [kept] = {content for (content,) in warehouse.rows("select content from raw.quarantine")}
        assert isinstance(kept, bytes)
        assert kept.decode().splitlines()[1] == '"mail of 0": "(mail address)",'


def test_a_mail_address_in_what_is_landed_is_kept_nowhere(
    extract: ExtractCommand, warehouse: Warehouse, tmp_path: Path
) -> None:
    settings = write_sources(tmp_path)
    document = technical_data()
    [asset] = document["assets"]
    asset["owner"] |= {"contact": "Jane <jane.doe@example.com>, by phone", "jane@example.com": 1}
    asset["remarks"] = [{"to": ["jane.doe@example.com", 7, None]}, "at 5 @ 3"]
    (tmp_path / "technical" / TECHNICAL_NAME).write_text(json.dumps(document))
    assert extract("all", **settings).status == 0
    [(landed,)] = warehouse.rows("select assets[0] from raw.technical_data")
    assert isinstance(landed, dict)
    assert landed["owner"] == {
        **technical_data()["assets"][0]["owner"],
        "contact": "Jane <(mail address)>, by phone",
        "(mail address)": 1,
    }
    assert landed["remarks"] == [{"to": ["(mail address)", 7, None]}, "at 5 @ 3"]
    assert {name: landed[name] for name in ("asset_id", "location", "technical_attributes")} == {
        name: asset[name] for name in ("asset_id", "location", "technical_attributes")
    }
    assert "example.com" not in everything(warehouse)


@pytest.mark.parametrize("asset_id", ["jane.doe@example.com", "jane.doe%40example.com"])
def test_a_mail_address_is_no_id(
    asset_id: str, extract: ExtractCommand, warehouse: Warehouse, tmp_path: Path
) -> None:
    settings = write_sources(tmp_path)
    document = technical_data()
    document["assets"][0]["asset_id"] = asset_id
    (tmp_path / "technical" / TECHNICAL_NAME).write_text(json.dumps(document))
    (tmp_path / "live" / LIVE_NAME).write_text(json.dumps(live_infeed(asset_id)))
    (tmp_path / "dso" / FINAL_NAME).write_text(FINAL.replace("MP-WND-003", asset_id))
    outcome = extract("all", **settings)
    assert len(outcome.err.splitlines()) == 3
    assert "example.com" not in outcome.said + everything(warehouse)


def test_what_is_crossed_out_takes_no_time_and_moves_no_quote() -> None:
    for text, kept in {
        r'{"a": "x \"jane@example.com\"", "b": 1}': r'{"a": "x \"(mail address)\"", "b": 1}',
        r'{"a": "jane@example.com\\", "b": 1}': r'{"a": "(mail address)\\", "b": 1}',
        "a;jane@example.com;b|c@d|": "a;(mail address);b|(mail address)|",
        '"jane doe"@example.com': '"jane doe"(mail address)',
        "5 @ 3, 7 %40": "5 @ 3, 7 %40",
    }.items():
        assert without_mail_addresses(text) == kept
    begin = time.process_time()
    for byte in (b"x", b"\\", b"@", b"\x00", b"a@", b"%"):
        bytes_without_mail_addresses(byte * 1_000_000 + b" jane@example.com")
    assert time.process_time() - begin < 5


def test_a_command_that_names_a_mail_address_is_noted_without_it(
    extract: ExtractCommand, warehouse: Warehouse
) -> None:
    extract("redispatch")
    assert extract("retract", "1", "--why", "says owner@example.com").status == 2
    extract("forecasts", "--assets", "owner@example.com")
    assert "example.com" not in everything(warehouse)


def test_a_token_that_the_api_repeats_is_kept_nowhere(
    extract: ExtractCommand, http_server: HttpServer, warehouse: Warehouse
) -> None:
    token = "a/very+long&token-" + "0123456789" * 5

    def repeats(target: str) -> Answer:
        if "06%3A00" in target:
            return Answer(body=json.dumps({"key": {"asset_id": token}}).encode())
        if "06%3A15" in target:
            return Answer(422, b" " * 150 + f"x Bearer {token}".encode())
        if "06%3A30" in target:
            return Answer(body=b"a%2Fvery%2Blong%26token-" + b"0123456789" * 5)
        return Answer(500, b"x" * 180 + token.encode())

    http_server.answer = repeats
    outcome = extract(
        "forecasts", "--assets", "A", *HOUR, VPP_API_URL=http_server.url, VPP_API_TOKEN=token
    )
    assert outcome.status == 3
    assert len(outcome.err.splitlines()) == 4
    for text in (outcome.said, everything(warehouse)):
        assert "token)" in text
        assert "very" not in text


def test_retract_takes_one_landed_document(
    extract: ExtractCommand, warehouse: Warehouse, http_server: HttpServer, tmp_path: Path
) -> None:
    (tmp_path / FINAL_NAME).write_text(FINAL)
    http_server.answer = lambda target: Answer(body=forecast_for(target))
    extract("final-production", DSO_URL=tmp_path)
    extract("forecasts", "--assets", "A", *HOUR, VPP_API_URL=http_server.url)
    final_id = warehouse.value("select document_id from raw.final_production")
    version_id = warehouse.value("select max(document_id) from raw.forecast_version")
    outcome = extract("retract", str(final_id), "--why", " of a test\nsystem ")
    assert outcome.status == 0, outcome.said
    assert outcome.out.startswith(
        f"retracted from the next build on: document {final_id}, "
        "final-production of MP-WND-003 for 2025-06-08 "
    )
    assert str(tmp_path / FINAL_NAME) in outcome.out
    assert "forecasts of A for " in extract("retract", str(version_id), "--why", "nonsense").out
    assert warehouse.rows(
        "select retracted_document_id, reason, received_utc between started_utc and now()"
        " from raw.retraction natural join raw.run order by 1"
    ) == [(final_id, "of a test system", True), (version_id, "nonsense", True)]
    again = extract("retract", str(final_id), "--why", "again")
    assert again.status == 2
    [line] = again.err.splitlines()
    assert line.startswith(f"error: document {final_id} was retracted at ")
    assert warehouse.value("select count(*) from raw.retraction") == 2


def test_only_a_landed_document_can_be_retracted(
    extract: ExtractCommand, load_live: LoadLive, warehouse: Warehouse, tmp_path: Path
) -> None:
    (tmp_path / LIVE_NAME).write_text("{")
    load_live()
    held = warehouse.value("select document_id from raw.quarantine")
    for document_id in (held, 0, 10**20):
        outcome = extract("retract", str(document_id), "--why", "x")
        assert outcome.status == 2
        assert outcome.err == f"error: no landed document has the id {document_id}\n"
    assert "--why is empty" in extract("retract", "1", "--why", " ").err
    assert "required: --why" in extract("retract", "1").err
    assert warehouse.value("select count(*) from raw.retraction") == 0
    assert warehouse.value("select count(*) from raw.run") == 1
