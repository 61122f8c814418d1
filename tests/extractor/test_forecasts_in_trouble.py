"""A load of forecasts from an API that answers badly, late, or not at all."""

import threading
import time

import pytest

from extract.forecast_request import QUARTER_HOUR
from tests.conftest import ExtractCommand, Outcome
from tests.documents import forecast_for
from tests.extractor.asked import (
    DAY,
    HOUR,
    OUT_OF_ORDER,
    Load,
    asked,
    asset_and_version,
    pass_time,
    silent,
)
from tests.http_server import Answer, HttpServer
from tests.warehouses import Warehouse


def test_a_bad_answer_is_refused_and_the_good_ones_land(
    fetch: Load, http_server: HttpServer, warehouse: Warehouse
) -> None:
    def one_is_html(target: str) -> Answer:
        if asset_and_version(target)[1].startswith("2025-06-08T06:30"):
            return Answer(body=b"<html>")
        return Answer(body=forecast_for(target))

    http_server.answer = one_is_html
    outcome = fetch("--assets", "A", *HOUR)
    assert outcome.status == 3
    [line] = outcome.err.splitlines()
    assert line.startswith(f"refused: {http_server.url}/forecasts?asset_id=A&version=2025-06-08T06")
    assert "is not JSON" in line
    assert warehouse.value("select count(*) from raw.forecast_version") == 3
    assert outcome.counts("forecasts")["refused"] == 1


def test_a_version_without_an_answer_is_refused_while_the_api_answers(
    fetch: Load, http_server: HttpServer, warehouse: Warehouse
) -> None:
    def one_fails(target: str) -> Answer:
        if asset_and_version(target)[1].startswith("2025-06-08T06:30"):
            return Answer(500, b"out of order")
        return Answer(body=forecast_for(target))

    http_server.answer = one_fails
    outcome = fetch("--assets", "A", *HOUR)
    assert outcome.status == 3
    [line] = outcome.err.splitlines()
    assert line.startswith("refused: ")
    assert line.endswith("HTTP 500: out of order")
    assert warehouse.value("select count(*) from raw.forecast_version") == 3


def test_an_api_that_nobody_answers_for_is_one_line(extract: ExtractCommand) -> None:
    begin = time.monotonic()
    url = "http://127.0.0.1:9"
    outcome = extract("forecasts", "--assets", "A", "B", *DAY, VPP_API_URL=url)
    assert time.monotonic() - begin < 10
    assert outcome.status == 1
    [line] = outcome.err.splitlines()
    assert line.startswith(f"error: forecasts: {url}: no answer: ")
    assert line.endswith("Connection refused (check VPP_API_URL)")


def test_what_came_in_before_an_outage_is_landed_and_the_next_run_goes_on(
    fetch: Load, http_server: HttpServer, warehouse: Warehouse
) -> None:
    left = iter(range(48))

    def for_a_while(target: str) -> Answer:
        return OUT_OF_ORDER if next(left, None) is None else Answer(body=forecast_for(target))

    http_server.answer = for_a_while
    outcome = fetch("--assets", "A", "B", *DAY, "--concurrency", "1")
    assert outcome.status == 1
    [line] = outcome.err.splitlines()
    assert line == (
        f"error: forecasts: {http_server.url}: HTTP 503, asks to wait 90 seconds: out of order "
        "(check VPP_API_URL)"
    )
    assert outcome.counts("forecasts")["landed"] == 48
    assert warehouse.value("select count(*) from raw.forecast_version") == 48
    # It was nobody's fault, so everything missing is requested at once.
    assert warehouse.value("select count(*) from raw.forecast_absence") == 0
    http_server.answer = lambda target: Answer(body=forecast_for(target))
    outcome = fetch("--assets", "A", "B", *DAY)
    assert outcome.status == 0
    assert len(set(asked(http_server))) == 144
    assert outcome.counts("forecasts") == {
        "found": 192, "landed": 144, "unchanged": 48, "ignored": 0, "refused": 0,
    }  # fmt: skip


def test_the_newest_versions_come_first(
    fetch: Load, http_server: HttpServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("extract.forecast_load.SLICE", 3 * QUARTER_HOUR)
    window = ("--from", "2025-06-08T04:05", "--to", "2025-06-08T06:50")
    assert fetch("--assets", "A", "B", *window, "--concurrency", "1").status == 0
    versions = [asset_and_version(target)[1] for target, _ in http_server.requests]
    assert versions == sorted(versions, reverse=True)
    assert len(versions) == len(set(asked(http_server))) == 2 * 11


def test_an_asset_without_an_answer_stops_no_other(
    fetch: Load, http_server: HttpServer, warehouse: Warehouse
) -> None:
    http_server.answer = silent("B")
    outcome = fetch("--assets", "A", "B", "C", *DAY)
    assert outcome.status == 3
    counts = outcome.counts("forecasts")
    assert counts["landed"] == 192
    # Not all of its versions are requested.
    assert 8 <= counts["refused"] < 96 - 8
    assert len(outcome.err.splitlines()) == counts["refused"]
    assert (
        "forecasts: B: gave up, as the API does not answer for it; "
        f"{96 - counts['refused']} of its versions are left to the next run"
    ) in outcome.out
    # In the next run its whole backlog comes after the others' new versions.
    outcome = fetch("--assets", "A", "B", "C", "--from", "2025-06-08", "--to", "2025-06-09T00:15")
    assert outcome.counts("forecasts")["landed"] == 2
    assert outcome.status == 3
    pass_time(warehouse, 15)
    # And if there is nothing new, it alone is no reason to doubt the API.
    outcome = fetch("--assets", "A", "B", "C", "--from", "2025-06-08", "--to", "2025-06-09T00:15")
    assert (outcome.counts("forecasts")["unchanged"], outcome.status) == (194, 3)
    http_server.answer = silent()
    pass_time(warehouse, 24 * 60)
    outcome = fetch("--assets", "A", "B", "C", "--from", "2025-06-08", "--to", "2025-06-09T00:15")
    assert (outcome.counts("forecasts")["landed"], outcome.status) == (97, 0)


def test_neighbours_without_an_answer_stop_nobody(
    fetch: Load, http_server: HttpServer, warehouse: Warehouse
) -> None:
    park = [f"PARK-{number:02}" for number in range(30)]
    others = [f"Z-{number:02}" for number in range(32)]
    http_server.answer = silent(*park)
    outcome = fetch("--assets", *park, *others, *HOUR)
    assert outcome.status == 3, outcome.err
    assert outcome.counts("forecasts")["landed"] == 32 * 4


def test_what_came_in_is_landed_while_others_are_waited_for(
    fetch: Load, extract: ExtractCommand, http_server: HttpServer, warehouse: Warehouse,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    extract("schema")
    monkeypatch.setattr("extract.workers.PAUSE_SECONDS", 0.1)
    is_landed = threading.Event()

    def hangs_for_b(target: str) -> Answer:
        if asset_and_version(target)[0] == "B":
            assert is_landed.wait(20)
        return Answer(body=forecast_for(target))

    http_server.answer = hangs_for_b
    outcomes: list[Outcome] = []
    load_both = threading.Thread(target=lambda: outcomes.append(fetch("--assets", "A", "B", *HOUR)))
    load_both.start()
    deadline = time.monotonic() + 15
    count = "select count(*) from raw.forecast_version"
    while warehouse.value(count) != 4:
        assert time.monotonic() < deadline
        time.sleep(0.05)
    is_landed.set()
    load_both.join()
    assert outcomes[0].counts("forecasts")["landed"] == 8


def test_a_key_that_opens_nothing_is_no_matter_of_single_versions(
    fetch: Load, http_server: HttpServer, warehouse: Warehouse
) -> None:
    http_server.answer = lambda target: Answer(403, b"the key was revoked")
    for window in (DAY, HOUR, HOUR):
        outcome = fetch("--assets", "A", "B", *window)
        assert outcome.status == 1
        assert outcome.err == (
            f"error: forecasts: {http_server.url}: HTTP 403: the key was revoked "
            "(is VPP_API_TOKEN right?)\n"
        )
    assert warehouse.value("select count(*) from raw.quarantine") == 0
    assert warehouse.value("select count(*) from raw.forecast_absence") == 0


@pytest.mark.parametrize("status", [401, 403])
def test_an_asset_that_is_not_ours_is_refused_while_the_others_land(
    fetch: Load, http_server: HttpServer, warehouse: Warehouse, status: int
) -> None:
    def not_b(target: str) -> Answer:
        is_b = asset_and_version(target)[0] == "B"
        return Answer(status, b"not yours") if is_b else Answer(body=forecast_for(target))

    http_server.answer = not_b
    outcome = fetch("--assets", "A", "B", *HOUR)
    assert outcome.status == 3
    assert outcome.counts("forecasts")["landed"] == 4
    assert warehouse.rows("select count(*), min(reason) from raw.quarantine") == [
        (4, f"HTTP {status}: not yours")
    ]
    outcome = fetch("--assets", "A", "B", *HOUR)
    assert (outcome.status, http_server.requests) == (0, [])
    assert "4 whose answer was refused" in outcome.out


def test_a_wrong_token_stops_the_run_and_is_not_printed(
    fetch: Load, http_server: HttpServer, warehouse: Warehouse
) -> None:
    http_server.answer = lambda target: Answer(401, b"token the-secret is not valid")
    outcome = fetch("--assets", "A", *DAY, VPP_API_TOKEN="the-secret")
    assert outcome.status == 1
    assert len(outcome.err.splitlines()) == 1
    assert "HTTP 401" in outcome.err
    assert "the-secret" not in outcome.said


def test_the_token_is_nowhere_in_the_warehouse(
    fetch: Load, http_server: HttpServer, warehouse: Warehouse
) -> None:
    url = http_server.url.replace("http://", "http://user:half@pass-word@")
    http_server.url = url
    assert fetch("--assets", "A", *HOUR, VPP_API_TOKEN="the-secret").status == 0
    assert http_server.requests[0][1]["Authorization"] == "Bearer the-secret"
    text = warehouse.value(
        "select (select string_agg(f::text, '') from raw.forecast_version f)"
        " || (select string_agg(r::text, '') from raw.run r)"
    )
    assert isinstance(text, str)
    assert "secret" not in text
    assert "pass-word" not in text
