"""What is kept of a refused document holds no mail address and no secret."""

import hashlib
import json
import time
from pathlib import Path

import pytest

from extract.errors import DocumentRefused
from extract.messages import bytes_without_mail_addresses, without_mail_addresses
from extract.sources import asset_contracts
from tests.conftest import ExtractCommand
from tests.documents import (
    CONTRACTS,
    CONTRACTS_NAME,
    FINAL,
    FINAL_NAME,
    LIVE_NAME,
    TECHNICAL_NAME,
    delivery,
    live_infeed,
    technical_data,
    write_sources,
)
from tests.extractor.asked import HOUR
from tests.extractor.held import JANE, everything
from tests.http_server import Answer, HttpServer
from tests.warehouses import Warehouse


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
        # Everything else is unchanged.
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
        assert "(secret)" in text
        assert "very" not in text
