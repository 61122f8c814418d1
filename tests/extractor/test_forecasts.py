"""The load of forecasts: what is asked for, what is landed, and what happens when answers lack."""

import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest

from extract.forecast_request import QUARTER_HOUR, ForecastRequest, count_versions, first_version
from extract.simulator.plan import SimulationPlan
from extract.simulator.server import ForecastServer
from extract.warehouse.landing import land_forecasts
from extract.warehouse.schema import ensure_schema
from extract.workers import answers
from tests.benchmark.data import new_versions
from tests.conftest import Answer, ExtractCommand, HttpServer, Outcome, Warehouse
from tests.documents import VERSION, forecast_for, write_sources

DAY = ("--from", "2025-06-08", "--to", "2025-06-09")
HOUR = ("--from", "2025-06-08T06:00", "--to", "2025-06-08T07:00")
# It is not asked again: the wait that it asks for is too long.
OUT_OF_ORDER = Answer(503, b"out of order", headers={"Retry-After": "90"})


def asset_and_version(target: str) -> tuple[str, str]:
    """What a request asked for."""
    question = parse_qs(urlsplit(target).query)
    return question["asset_id"][0], question["version"][0]


@pytest.fixture
def load(extract: ExtractCommand, http_server: HttpServer) -> Callable[..., Outcome]:
    """Runs `forecasts` against the stand-in server, which by default knows everything."""
    http_server.answer = lambda target: Answer(body=forecast_for(target))

    def command(*arguments: str, **settings: str) -> Outcome:
        http_server.requests.clear()
        return extract("forecasts", *arguments, VPP_API_URL=http_server.url, **settings)

    return command


Load = Callable[..., Outcome]


def asked(server: HttpServer) -> list[tuple[str, str]]:
    return sorted(asset_and_version(target) for target, _ in server.requests)


def test_a_version_is_one_row_with_all_its_values(
    load: Load, http_server: HttpServer, warehouse: Warehouse
) -> None:
    outcome = load("--assets", "A", "B", *HOUR)
    assert outcome.status == 0, outcome.said
    assert outcome.err == ""
    assert outcome.counts("forecasts") == {
        "found": 8, "landed": 8, "unchanged": 0, "ignored": 0, "refused": 0,
    }  # fmt: skip
    rows = warehouse.rows(
        "select asset_id, version_utc::text, grid_start_utc = version_utc, cardinality(power_kw),"
        " power_kw[1:2], source_uri, received_utc between started_utc and now(),"
        " octet_length(content_sha256)"
        " from raw.forecast_version natural join raw.run order by asset_id, version_utc"
    )
    assert len(rows) == 8
    address = f"{http_server.url}/forecasts?asset_id=A&version=2025-06-08T06%3A00%3A00%2B00%3A00"
    assert rows[0] == ("A", "2025-06-08 06:00:00+00", True, 193, [1.5, 2.5], address, True, 32)


def test_the_window_is_half_open_and_on_the_grid(load: Load, http_server: HttpServer) -> None:
    load("--assets", "A", "--from", "2025-06-08T08:05+02:00", "--to", "2025-06-08T06:45Z")
    assert asked(http_server) == [
        ("A", "2025-06-08T06:15:00+00:00"),
        ("A", "2025-06-08T06:30:00+00:00"),
    ]


def test_without_bounds_it_is_the_last_48_hours(load: Load, http_server: HttpServer) -> None:
    begin = datetime.now(UTC)
    assert load("--assets", "A").status == 0
    versions = [datetime.fromisoformat(version) for _, version in asked(http_server)]
    assert len(versions) == 192
    assert begin - timedelta(hours=48) <= versions[0]
    assert begin - timedelta(minutes=15) <= versions[-1] <= datetime.now(UTC)


@pytest.mark.parametrize(
    ("begin", "end", "count"),
    [
        ("06:00", "06:00:01", 1),
        ("06:00:01", "06:15", 0),
        ("06:00", "07:00", 4),
        ("05:59", "06:31", 3),
    ],
)
def test_versions_are_counted_as_they_are_asked(begin: str, end: str, count: int) -> None:
    day = "2025-06-08T"
    request = ForecastRequest(
        datetime.fromisoformat(f"{day}{begin}+00:00"), datetime.fromisoformat(f"{day}{end}+00:00")
    )
    assert count_versions(request) == count
    assert first_version(request.begin).minute % 15 == 0


def test_landed_versions_are_not_asked_for_again(
    load: Load, http_server: HttpServer, warehouse: Warehouse
) -> None:
    load("--assets", "A", *HOUR)
    outcome = load("--assets", "A", *HOUR)
    assert http_server.requests == []
    assert outcome.status == 0
    assert outcome.counts("forecasts")["unchanged"] == 4
    assert warehouse.value("select count(*) from raw.forecast_version") == 4


def test_the_gap_of_an_outage_is_filled(load: Load, http_server: HttpServer) -> None:
    load("--assets", "A", "--from", "2025-06-08T06:00", "--to", "2025-06-08T06:30")
    load("--assets", "A", "--from", "2025-06-08T07:00", "--to", "2025-06-08T07:30")
    load("--assets", "A", "B", "--from", "2025-06-08T06:00", "--to", "2025-06-08T07:30")
    assert [version[11:16] for asset, version in asked(http_server) if asset == "A"] == [
        "06:30",
        "06:45",
    ]
    assert len([asset for asset, _ in asked(http_server) if asset == "B"]) == 6


def test_refetch_asks_again_and_lands_only_what_differs(
    load: Load, http_server: HttpServer, warehouse: Warehouse
) -> None:
    load("--assets", "A", *HOUR)
    outcome = load("--assets", "A", *HOUR, "--refetch")
    assert len(http_server.requests) == 4
    assert outcome.counts("forecasts")["unchanged"] == 4
    rerun = "2025-06-08T06:15:00+00:00"

    def with_a_rerun(target: str) -> Answer:
        power = 9.0 if asset_and_version(target)[1] == rerun else 1.5
        return Answer(body=forecast_for(target, power=power))

    http_server.answer = with_a_rerun
    outcome = load("--assets", "A", *HOUR, "--refetch")
    assert outcome.counts("forecasts") == {
        "found": 4, "landed": 1, "unchanged": 3, "ignored": 0, "refused": 0,
    }  # fmt: skip
    query = "select power_kw[1] from raw.forecast_version where version_utc = '2025-06-08 06:15Z'"
    assert warehouse.rows(f"{query} order by received_utc") == [(1.5,), (9.0,)]
    # And back: what was said before last is news again.
    http_server.answer = lambda target: Answer(body=forecast_for(target))
    assert load("--assets", "A", *HOUR, "--refetch").counts("forecasts")["landed"] == 1


def test_assets_are_those_that_landed_documents_name(
    extract: ExtractCommand, http_server: HttpServer, tmp_path: Path
) -> None:
    http_server.answer = lambda target: Answer(body=forecast_for(target))
    outcome = extract("all", *HOUR, VPP_API_URL=http_server.url, **write_sources(tmp_path))
    assert outcome.status == 0, outcome.said
    assert {asset for asset, _ in asked(http_server)} == {"WND-DE-003", "SOL-DE-001"}


def test_without_any_asset_there_is_nothing_to_ask(load: Load) -> None:
    outcome = load(*HOUR)
    assert outcome.status == 1
    assert outcome.err == (
        "error: forecasts: no asset is known: load technical data or contracts first, "
        "or give --assets\n"
    )


def test_an_unknown_asset_is_named_and_a_missing_version_counted(
    load: Load, http_server: HttpServer, warehouse: Warehouse
) -> None:
    def knows_a(target: str) -> Answer:
        asset, version = asset_and_version(target)
        known = asset == "A" and not version.startswith("2025-06-08T06:15")
        return Answer(body=forecast_for(target)) if known else Answer(404)

    http_server.answer = knows_a
    outcome = load("--assets", "A", "NOPE", *HOUR)
    assert outcome.status == 0
    lines = outcome.out.splitlines()
    assert lines[0] == (
        "forecasts: NOPE: the API knows none of the 4 versions asked for (404): "
        "is the asset id right?"
    )
    assert lines[1] == "forecasts: 1 version does not exist (404)"
    assert outcome.counts("forecasts")["found"] == 3
    # The one that is missing is asked for again; A is not unknown for all that.
    pass_time(warehouse, 15)
    outcome = load("--assets", "A", *HOUR)
    assert len(http_server.requests) == 1
    assert outcome.status == 0
    assert "is the asset id right" not in outcome.out


def pass_time(warehouse: Warehouse, minutes: float) -> None:
    """Let what was asked for in vain have been asked for so much earlier."""
    with warehouse.connect() as connection:
        connection.execute(
            "update raw.forecast_absence set asked_utc = asked_utc - %s * interval '1 minute'",
            [minutes],
        )


def test_a_version_that_never_exists_is_asked_for_ever_less_often_and_then_no_more(
    load: Load, http_server: HttpServer, warehouse: Warehouse
) -> None:
    http_server.answer = lambda target: Answer(404)
    quarter_hour = ("--from", "2025-06-08T06:00", "--to", "2025-06-08T06:15")
    asked_at = []
    for run in range(40):
        # As a schedule runs: every quarter-hour, a little early or late, and less often later.
        minutes = 15 if run < 12 else 120
        pass_time(warehouse, minutes + (-1) ** run) if run else None
        outcome = load("--assets", "A", *quarter_hour)
        assert outcome.status == 0
        if http_server.requests:
            asked_at.append(run)
            assert "the API knows none of the 1 versions" in outcome.out
        else:
            assert (
                "forecasts: not asked for again yet: 1 that did not exist, 0 whose answer was "
                "refused, 0 without an answer (--refetch asks at once)"
            ) in outcome.out
    assert asked_at == [0, 1, 2, 4, 8, 12, 14, 18, 26]
    assert warehouse.value("select count(*) from raw.forecast_absence") == 9
    load("--assets", "A", *quarter_hour, "--refetch")
    assert len(http_server.requests) == 1
    # Once there, it lands and counts as landed.
    http_server.answer = lambda target: Answer(body=forecast_for(target))
    outcome = load("--assets", "A", *quarter_hour, "--refetch")
    assert outcome.counts("forecasts")["landed"] == 1
    outcome = load("--assets", "A", *quarter_hour)
    assert outcome.counts("forecasts")["unchanged"] == 1
    assert "not asked" not in outcome.out


def test_a_late_version_lands_with_the_next_run(
    load: Load, http_server: HttpServer, warehouse: Warehouse
) -> None:
    def late(target: str) -> Answer:
        return Answer(404) if "06%3A45" in target else Answer(body=forecast_for(target))

    http_server.answer = late
    assert load("--assets", "A", *HOUR).counts("forecasts")["landed"] == 3
    http_server.answer = lambda target: Answer(body=forecast_for(target))
    load("--assets", "A", *HOUR)
    assert http_server.requests == []
    pass_time(warehouse, 14)
    assert load("--assets", "A", *HOUR).counts("forecasts")["landed"] == 1


def test_a_refused_answer_is_asked_for_again_with_the_same_restraint(
    load: Load, http_server: HttpServer, warehouse: Warehouse
) -> None:
    http_server.answer = lambda target: Answer(body=b"<html>")
    assert load("--assets", "A", *HOUR).status == 3
    outcome = load("--assets", "A", *HOUR)
    assert (outcome.status, http_server.requests) == (0, [])
    assert "0 that did not exist, 4 whose answer was refused" in outcome.out
    assert "in quarantine: 4 " in outcome.out
    pass_time(warehouse, 15)
    # The same bytes are no news, others are.
    outcome = load("--assets", "A", *HOUR)
    assert len(http_server.requests) == 4
    assert (outcome.status, outcome.err) == (0, "")
    pass_time(warehouse, 15)
    http_server.answer = lambda target: Answer(body=b"<html><body>")
    assert load("--assets", "A", *HOUR).status == 3
    pass_time(warehouse, 30)
    http_server.answer = lambda target: Answer(body=forecast_for(target))
    assert load("--assets", "A", *HOUR).counts("forecasts")["landed"] == 4


def test_versions_without_an_answer_are_asked_for_again_with_the_same_restraint(
    load: Load, http_server: HttpServer, warehouse: Warehouse
) -> None:
    def one_fails(target: str) -> Answer:
        return OUT_OF_ORDER if "06%3A30" in target else Answer(body=forecast_for(target))

    http_server.answer = one_fails
    assert load("--assets", "A", *HOUR).status == 3
    outcome = load("--assets", "A", *HOUR)
    assert (outcome.status, http_server.requests) == (0, [])
    assert "0 that did not exist, 0 whose answer was refused, 1 without an answer" in outcome.out
    pass_time(warehouse, 15)
    assert load("--assets", "A", *HOUR, "--concurrency", "1").status == 1
    http_server.answer = lambda target: Answer(body=forecast_for(target))
    assert load("--assets", "A", *HOUR).counts("forecasts")["landed"] == 1


def test_a_bad_answer_is_refused_and_the_good_ones_land(
    load: Load, http_server: HttpServer, warehouse: Warehouse
) -> None:
    def one_is_html(target: str) -> Answer:
        if asset_and_version(target)[1].startswith("2025-06-08T06:30"):
            return Answer(body=b"<html>")
        return Answer(body=forecast_for(target))

    http_server.answer = one_is_html
    outcome = load("--assets", "A", *HOUR)
    assert outcome.status == 3
    [line] = outcome.err.splitlines()
    assert line.startswith(f"refused: {http_server.url}/forecasts?asset_id=A&version=2025-06-08T06")
    assert "is not JSON" in line
    assert warehouse.value("select count(*) from raw.forecast_version") == 3
    assert outcome.counts("forecasts")["refused"] == 1


def test_a_version_without_an_answer_is_refused_while_the_api_answers(
    load: Load, http_server: HttpServer, warehouse: Warehouse
) -> None:
    def one_fails(target: str) -> Answer:
        if asset_and_version(target)[1].startswith("2025-06-08T06:30"):
            return Answer(500, b"out of order")
        return Answer(body=forecast_for(target))

    http_server.answer = one_fails
    outcome = load("--assets", "A", *HOUR)
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
    assert line.endswith("Connection refused")


def test_what_came_in_before_an_outage_is_landed_and_the_next_run_goes_on(
    load: Load, http_server: HttpServer, warehouse: Warehouse
) -> None:
    left = iter(range(48))

    def for_a_while(target: str) -> Answer:
        return OUT_OF_ORDER if next(left, None) is None else Answer(body=forecast_for(target))

    http_server.answer = for_a_while
    outcome = load("--assets", "A", "B", *DAY, "--concurrency", "1")
    assert outcome.status == 1
    [line] = outcome.err.splitlines()
    assert line == (
        f"error: forecasts: {http_server.url}: HTTP 503, asks to wait 90 seconds: out of order"
    )
    assert outcome.counts("forecasts")["landed"] == 48
    assert warehouse.value("select count(*) from raw.forecast_version") == 48
    # It was nobody's fault: all that lacks is asked for at once.
    assert warehouse.value("select count(*) from raw.forecast_absence") == 0
    http_server.answer = lambda target: Answer(body=forecast_for(target))
    outcome = load("--assets", "A", "B", *DAY)
    assert outcome.status == 0
    assert len(set(asked(http_server))) == 144
    assert outcome.counts("forecasts") == {
        "found": 192, "landed": 144, "unchanged": 48, "ignored": 0, "refused": 0,
    }  # fmt: skip


def test_the_newest_versions_come_first(
    load: Load, http_server: HttpServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("extract.forecast_load._SLICE", 3 * QUARTER_HOUR)
    window = ("--from", "2025-06-08T04:05", "--to", "2025-06-08T06:50")
    assert load("--assets", "A", "B", *window, "--concurrency", "1").status == 0
    versions = [asset_and_version(target)[1] for target, _ in http_server.requests]
    assert versions == sorted(versions, reverse=True)
    assert len(versions) == len(set(asked(http_server))) == 2 * 11


def silent(*assets: str) -> Callable[[str], Answer]:
    """An API that has no answer for these assets."""

    def answer(target: str) -> Answer:
        is_silent = asset_and_version(target)[0] in assets
        return OUT_OF_ORDER if is_silent else Answer(body=forecast_for(target))

    return answer


def test_an_asset_without_an_answer_stops_no_other(
    load: Load, http_server: HttpServer, warehouse: Warehouse
) -> None:
    http_server.answer = silent("B")
    outcome = load("--assets", "A", "B", "C", *DAY)
    assert outcome.status == 3
    counts = outcome.counts("forecasts")
    assert counts["landed"] == 192
    # It is not asked for all of its versions in vain.
    assert 8 <= counts["refused"] < 96 - 8
    assert len(outcome.err.splitlines()) == counts["refused"]
    assert (
        f"forecasts: B: given up, as nothing was heard of it; {96 - counts['refused']} of its "
        "versions are left to the next run"
    ) in outcome.out
    # In the next run its whole backlog stands behind what is new of the others.
    outcome = load("--assets", "A", "B", "C", "--from", "2025-06-08", "--to", "2025-06-09T00:15")
    assert outcome.counts("forecasts")["landed"] == 2
    assert outcome.status == 3
    pass_time(warehouse, 15)
    # And where there is nothing new, it alone is no reason to doubt the API.
    outcome = load("--assets", "A", "B", "C", "--from", "2025-06-08", "--to", "2025-06-09T00:15")
    assert (outcome.counts("forecasts")["unchanged"], outcome.status) == (194, 3)
    http_server.answer = silent()
    pass_time(warehouse, 24 * 60)
    outcome = load("--assets", "A", "B", "C", "--from", "2025-06-08", "--to", "2025-06-09T00:15")
    assert (outcome.counts("forecasts")["landed"], outcome.status) == (97, 0)


def test_neighbours_without_an_answer_stop_nobody(
    load: Load, http_server: HttpServer, warehouse: Warehouse
) -> None:
    park = [f"PARK-{number:02}" for number in range(30)]
    others = [f"Z-{number:02}" for number in range(32)]
    http_server.answer = silent(*park)
    outcome = load("--assets", *park, *others, *HOUR)
    assert outcome.status == 3, outcome.err
    assert outcome.counts("forecasts")["landed"] == 32 * 4


def test_what_came_in_is_landed_while_others_are_waited_for(
    load: Load, extract: ExtractCommand, http_server: HttpServer, warehouse: Warehouse,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    extract("schema")
    monkeypatch.setattr("extract.workers._PAUSE_SECONDS", 0.1)
    is_landed = threading.Event()

    def hangs_for_b(target: str) -> Answer:
        if asset_and_version(target)[0] == "B":
            assert is_landed.wait(20)
        return Answer(body=forecast_for(target))

    http_server.answer = hangs_for_b
    outcomes: list[Outcome] = []
    load_both = threading.Thread(target=lambda: outcomes.append(load("--assets", "A", "B", *HOUR)))
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
    load: Load, http_server: HttpServer, warehouse: Warehouse
) -> None:
    http_server.answer = lambda target: Answer(403, b"the key was revoked")
    for window in (DAY, HOUR, HOUR):
        outcome = load("--assets", "A", "B", *window)
        assert outcome.status == 1
        assert outcome.err == (
            f"error: forecasts: {http_server.url}: HTTP 403: the key was revoked "
            "(is VPP_API_TOKEN right?)\n"
        )
    assert warehouse.value("select count(*) from raw.quarantine") == 0
    assert warehouse.value("select count(*) from raw.forecast_absence") == 0


@pytest.mark.parametrize("status", [401, 403])
def test_an_asset_that_is_not_ours_is_refused_while_the_others_land(
    load: Load, http_server: HttpServer, warehouse: Warehouse, status: int
) -> None:
    def not_b(target: str) -> Answer:
        is_b = asset_and_version(target)[0] == "B"
        return Answer(status, b"not yours") if is_b else Answer(body=forecast_for(target))

    http_server.answer = not_b
    outcome = load("--assets", "A", "B", *HOUR)
    assert outcome.status == 3
    assert outcome.counts("forecasts")["landed"] == 4
    assert warehouse.rows("select count(*), min(reason) from raw.quarantine") == [
        (4, f"HTTP {status}: not yours")
    ]
    outcome = load("--assets", "A", "B", *HOUR)
    assert (outcome.status, http_server.requests) == (0, [])
    assert "4 whose answer was refused" in outcome.out


def test_a_wrong_token_stops_the_run_and_is_not_printed(
    load: Load, http_server: HttpServer, warehouse: Warehouse
) -> None:
    http_server.answer = lambda target: Answer(401, b"token the-secret is not valid")
    outcome = load("--assets", "A", *DAY, VPP_API_TOKEN="the-secret")
    assert outcome.status == 1
    assert len(outcome.err.splitlines()) == 1
    assert "HTTP 401" in outcome.err
    assert "the-secret" not in outcome.said


def test_the_token_is_nowhere_in_the_warehouse(
    load: Load, http_server: HttpServer, warehouse: Warehouse
) -> None:
    url = http_server.url.replace("http://", "http://user:half@pass-word@")
    http_server.url = url
    assert load("--assets", "A", *HOUR, VPP_API_TOKEN="the-secret").status == 0
    assert http_server.requests[0][1]["Authorization"] == "Bearer the-secret"
    text = warehouse.value(
        "select (select string_agg(f::text, '') from raw.forecast_version f)"
        " || (select string_agg(r::text, '') from raw.run r)"
    )
    assert isinstance(text, str)
    assert "secret" not in text
    assert "pass-word" not in text


def test_concurrency_is_what_was_asked_for(load: Load, http_server: HttpServer) -> None:
    lock = threading.Lock()
    under_way = most = 0

    def counting(target: str) -> Answer:
        nonlocal under_way, most
        with lock:
            under_way += 1
            most = max(most, under_way)
        time.sleep(0.02)
        with lock:
            under_way -= 1
        return Answer(body=forecast_for(target))

    http_server.answer = counting
    assert load("--assets", "A", *DAY, "--concurrency", "5").status == 0
    assert most == 5


def test_questions_are_taken_only_as_answers_are_used() -> None:
    taken = iter(range(10_000))
    answered = answers(lambda number: number, taken, concurrency=2)
    next(answered)
    assert next(taken) < 100
    answered.close()


def test_all_questions_are_answered_once() -> None:
    for concurrency in (1, 3):
        assert list(answers(lambda n: -n, range(100), concurrency)) == list(range(0, -100, -1))
    assert list(answers(lambda n: n, [], 2)) == []


def test_answers_come_as_they_come_in_and_a_pause_is_told() -> None:
    pauses: list[int] = []

    def slowly(number: int) -> int:
        time.sleep(2.5 if number == 0 else 0)
        return number

    come_in = list(answers(slowly, range(10), 5, lambda: pauses.append(1)))
    assert come_in[-1] == 0
    assert sorted(come_in) == list(range(10))
    assert pauses == [1]


def test_bad_versions_here_and_there_are_no_outage(
    load: Load, http_server: HttpServer, warehouse: Warehouse
) -> None:
    def fails_on_the_hour(target: str) -> Answer:
        if asset_and_version(target)[1][14:16] == "00":
            return Answer(500)
        return Answer(body=forecast_for(target))

    http_server.answer = fails_on_the_hour
    window = ("--from", "2025-06-08T00:00", "--to", "2025-06-08T09:00")
    outcome = load("--assets", "A", *window, "--concurrency", "9")
    assert outcome.status == 3, outcome.err
    assert outcome.counts("forecasts")["refused"] == 9
    assert warehouse.value("select count(*) from raw.forecast_version") == 27


def test_two_runs_at_once_land_every_version_once(
    warehouse: Warehouse, http_server: HttpServer, tmp_path: Path
) -> None:
    http_server.answer = lambda target: Answer(body=forecast_for(target))
    command = [sys.executable, "-m", "extract", "forecasts", "--wait", "--assets", "A", "B", *DAY]
    environment = {**os.environ, **warehouse.environment, "VPP_API_URL": http_server.url}
    runs = [
        subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True)
        for _ in range(3)
    ]
    said = [run.communicate()[0] for run in runs]
    assert [run.returncode for run in runs] == [0, 0, 0]
    assert warehouse.value("select count(*) from raw.forecast_version") == 192
    counts = [Outcome(0, text, "").counts("forecasts") for text in said]
    assert sum(count["landed"] for count in counts) == 192
    assert all(count["found"] == 192 for count in counts)


def test_the_simulator_loads_whole(extract: ExtractCommand, warehouse: Warehouse) -> None:
    plan = SimulationPlan(versions_complete=True, day_count=1)
    assets = [asset.asset_id for asset in plan.assets]
    with ForecastServer(plan) as server:
        window = ("--from", "2025-06-07", "--to", "2025-06-08")
        outcome = extract("forecasts", "--assets", *assets, *window, VPP_API_URL=server.url)
        assert outcome.status == 0, outcome.said
        outcome = extract("forecasts", "--assets", *assets, *window, VPP_API_URL=server.url)
    assert outcome.counts("forecasts")["unchanged"] == 480
    assert warehouse.rows(
        "select count(*), min(cardinality(power_kw)), max(cardinality(power_kw)),"
        " bool_and(array_position(power_kw, null) is null) from raw.forecast_version"
    ) == [(480, 193, 193, True)]


def test_what_is_landed_is_looked_up_by_index_however_long_the_session(
    warehouse: Warehouse,
) -> None:
    assets = [f"A{number:03}" for number in range(20)]
    with warehouse.connect() as connection:
        ensure_schema(connection)

        def land(batches: int) -> None:
            for number in range(batches):
                versions = new_versions(assets, VERSION + number * QUARTER_HOUR)
                assert land_forecasts(connection, 1, versions) == len(assets)

        # psycopg prepares what is repeated; then the plan is made, for an empty table, and kept.
        land(10)
        connection.execute("truncate raw.forecast_version")
        connection.execute("vacuum analyze raw.forecast_version")
        land(10)
        connection.execute("select pg_stat_force_next_flush()")
        [(read,)] = connection.execute(
            "select seq_tup_read from pg_stat_user_tables where relname = 'forecast_version'"
        )
    assert read == 0
