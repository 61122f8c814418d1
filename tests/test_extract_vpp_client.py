"""The client of the forecast API, against a real server with every fault it is known for."""

import gzip
import json
import socket
import time
from collections.abc import Callable
from datetime import UTC, datetime
from urllib.parse import parse_qs, urlsplit

import pendulum
import pytest

from extract.errors import (
    ConfigurationError,
    DocumentRefused,
    ForecastNotFound,
    NoAnswer,
    SourceUnavailable,
)
from extract.vpp import client as vpp
from extract.vpp.client import VppClient, get_forecast
from tests.conftest import Answer, HttpServer
from tests.documents import VERSION, forecast, forecast_for


@pytest.fixture
def ask(http_server: HttpServer) -> Callable[[], object]:
    """Asks the server for one forecast."""

    def once() -> object:
        with VppClient(http_server.url, token="the-secret") as client:
            return client.get_forecast(asset_id="WND-DE-003", version=VERSION)

    return once


Ask = Callable[[], object]


def answers_in_turn(*answers: Answer) -> Callable[[str], Answer]:
    """A server that gives these answers one after the other, and then forecasts."""
    left = list(answers)
    return lambda target: left.pop(0) if left else Answer(body=forecast_for(target))


def test_the_call_as_written(http_server: HttpServer, monkeypatch: pytest.MonkeyPatch) -> None:
    http_server.answer = answers_in_turn()
    monkeypatch.setenv("VPP_API_URL", http_server.url + "/")
    monkeypatch.delenv("VPP_API_TOKEN", raising=False)
    before = pendulum.now("UTC")
    answer = get_forecast(
        asset_id="WND-DE-003", version=pendulum.datetime(2025, 6, 8, 8, 15, tz="Europe/Berlin")
    )
    assert answer.asset_id == "WND-DE-003"
    assert answer.version_utc == answer.grid_start_utc == datetime(2025, 6, 8, 6, 15, tzinfo=UTC)
    assert len(answer.power_kw) == 193
    assert before <= answer.received_utc <= pendulum.now("UTC")
    [(target, headers)] = http_server.requests
    assert target == "/forecasts?asset_id=WND-DE-003&version=2025-06-08T06%3A15%3A00%2B00%3A00"
    assert parse_qs(urlsplit(target).query)["version"] == ["2025-06-08T06:15:00+00:00"]
    assert "Authorization" not in headers
    assert answer.source_uri == http_server.url + target


def test_the_token_is_sent_and_stored_nowhere(
    http_server: HttpServer, ask: Ask, monkeypatch: pytest.MonkeyPatch
) -> None:
    http_server.answer = answers_in_turn()
    answer = ask()
    [(target, headers)] = http_server.requests
    assert headers["Authorization"] == "Bearer the-secret"
    assert "the-secret" not in target + repr(answer)


def test_a_server_that_repeats_the_token_does_not_get_it_printed(
    http_server: HttpServer, ask: Ask
) -> None:
    http_server.answer = lambda target: Answer(400, b"bad token the-secret")
    with pytest.raises(DocumentRefused) as refusal:
        ask()
    assert "bad token (token)" in str(refusal.value)


def test_a_naive_version_is_refused(http_server: HttpServer) -> None:
    with VppClient(http_server.url) as client, pytest.raises(ValueError, match="no time zone"):
        client.get_forecast("WND-DE-003", datetime(2025, 6, 8, 6, 15))
    assert http_server.requests == []


@pytest.mark.parametrize("url", ["", "ftp://host", "host:8080", "file:///etc"])
def test_a_url_that_is_none_is_refused(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VPP_API_URL", url)
    with pytest.raises(ConfigurationError, match="VPP_API_URL"):
        get_forecast("WND-DE-003", VERSION)


def test_404_means_that_there_is_none(http_server: HttpServer, ask: Ask) -> None:
    with pytest.raises(ForecastNotFound):
        ask()
    assert len(http_server.requests) == 1


def test_another_4xx_is_refused_with_what_the_body_says(http_server: HttpServer, ask: Ask) -> None:
    http_server.answer = lambda target: Answer(422, b"asset is \n not released " + b"x" * 500)
    with pytest.raises(DocumentRefused, match="HTTP 422: asset is not released x") as refusal:
        ask()
    assert len(refusal.value.reason) < 220
    assert len(http_server.requests) == 1


def test_401_is_no_matter_of_one_document(http_server: HttpServer, ask: Ask) -> None:
    http_server.answer = lambda target: Answer(401, b"who are you")
    with pytest.raises(SourceUnavailable, match="HTTP 401: who are you"):
        ask()


@pytest.mark.parametrize(
    "fault",
    [
        Answer(500),
        Answer(503),
        Answer(429, headers={"Retry-After": "0"}),
        Answer(0),
        Answer(body=b'{"key"', claimed_length=5000),
    ],
    ids=["500", "503", "429", "hangs up", "breaks off"],
)
def test_a_passing_fault_is_asked_again(http_server: HttpServer, ask: Ask, fault: Answer) -> None:
    http_server.answer = answers_in_turn(fault, fault)
    ask()
    assert len(http_server.requests) == 3


def test_retry_after_is_honoured(http_server: HttpServer, ask: Ask) -> None:
    http_server.answer = answers_in_turn(Answer(429, headers={"Retry-After": "1"}))
    begin = time.monotonic()
    ask()
    assert time.monotonic() - begin >= 1


@pytest.mark.parametrize(
    ("fault", "reason"),
    [
        (Answer(500, b"out of order"), "HTTP 500: out of order"),
        (Answer(body=b'{"key"', claimed_length=5000), "no answer"),
    ],
)
def test_asking_again_has_an_end(
    http_server: HttpServer, ask: Ask, fault: Answer, reason: str
) -> None:
    http_server.answer = lambda target: fault
    with pytest.raises(NoAnswer, match=reason):
        ask()
    assert len(http_server.requests) == 5


def test_an_answer_that_never_comes(
    http_server: HttpServer, ask: Ask, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(vpp, "READ_SECONDS", 0.05)

    def slowly(target: str) -> Answer:
        time.sleep(0.2)
        return Answer(body=forecast_for(target))

    http_server.answer = slowly
    with pytest.raises(NoAnswer, match="no answer"):
        ask()


def test_nobody_there() -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{unused.getsockname()[1]}"
        begin = time.monotonic()
        with VppClient(url) as client, pytest.raises(NoAnswer, match="Connection refused"):
            client.get_forecast("WND-DE-003", VERSION)
        assert time.monotonic() - begin < 5


def test_a_body_without_end_is_refused(
    http_server: HttpServer, ask: Ask, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(vpp, "LARGEST_BODY_BYTES", 1024 * 1024)
    bomb = gzip.compress(b" " * 50_000_000)
    http_server.answer = lambda target: Answer(body=bomb, headers={"Content-Encoding": "gzip"})
    with pytest.raises(DocumentRefused, match="is larger than 1 MiB"):
        ask()


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"<html>maintenance</html>", "is not JSON"),
        (json.dumps(forecast()).encode()[:-9], "is not JSON"),
        (json.dumps(forecast("WND-DE-001")).encode(), "is about 'WND-DE-001'"),
        (
            json.dumps(forecast(version=datetime(2025, 6, 8, 6, 30, tzinfo=UTC))).encode(),
            "holds the version",
        ),
    ],
)
def test_an_answer_to_another_question_is_refused(
    http_server: HttpServer, ask: Ask, body: bytes, reason: str
) -> None:
    http_server.answer = lambda target: Answer(body=body)
    with pytest.raises(DocumentRefused, match=reason):
        ask()


def test_ids_are_escaped(http_server: HttpServer) -> None:
    http_server.answer = lambda target: Answer(body=forecast_for(target))
    with VppClient(http_server.url) as client:
        assert client.get_forecast("A&b=ü/ +%", VERSION).asset_id == "A&b=ü/ +%"
