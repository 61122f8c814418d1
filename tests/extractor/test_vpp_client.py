"""The client of the forecast API, against a real server with every known fault."""

import json
import socket
import time
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
from tests.documents import VERSION, forecast, forecast_for
from tests.extractor.answers import HEAD, Ask, answers_in_turn, raw_server
from tests.http_server import Answer, HttpServer


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
    assert "bad token (secret)" in str(refusal.value)


def test_a_naive_version_is_refused(http_server: HttpServer) -> None:
    with VppClient(http_server.url) as client, pytest.raises(ValueError, match="no time zone"):
        client.get_forecast("WND-DE-003", datetime(2025, 6, 8, 6, 15))
    assert http_server.requests == []


@pytest.mark.parametrize(
    "url",
    [
        "", "ftp://host", "host:8080", "file:///etc", "http://[", "http://host:port",
        "http://u:a/secret@host", "http://u:a?secret@host", "http://u:a#secret@host",
        "http://u:[secret@host", "ftp://u:a@secret@host", "ftp://u:a/secret@host",
    ],
)  # fmt: skip
def test_a_url_that_is_none_is_refused(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VPP_API_URL", url)
    with pytest.raises(ConfigurationError, match="VPP_API_URL") as failure:
        get_forecast("WND-DE-003", VERSION)
    assert "secret" not in str(failure.value)


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


def test_a_wait_that_is_too_long_is_left_to_the_next_run(http_server: HttpServer, ask: Ask) -> None:
    http_server.answer = lambda target: Answer(429, b"busy", headers={"Retry-After": "90"})
    with pytest.raises(NoAnswer, match="HTTP 429, asks to wait 90 seconds: busy"):
        ask()
    assert len(http_server.requests) == 1


@pytest.mark.parametrize("value", ["soon", "-5", "Wed, 21 Oct 2015 07:28:00 GMT", "9" * 400])
def test_a_retry_after_that_is_none_or_past(http_server: HttpServer, ask: Ask, value: str) -> None:
    http_server.answer = answers_in_turn(Answer(429, headers={"Retry-After": value}))
    try:
        ask()
    except NoAnswer:
        assert value.startswith("9")


@pytest.mark.parametrize(
    ("begin", "drop"),
    [
        (HEAD + b"Content-Length: 100000\r\n\r\n", b" "),
        (HEAD + b"\r\n", b" "),
        (HEAD + b"Transfer-Encoding: chunked\r\n\r\n", b"1\r\n \r\n"),
        (HEAD + b"Transfer-Encoding: chunked\r\n\r\nFFFF\r\n", b" "),
        (HEAD + b"Content-Encoding: gzip\r\n\r\n", b"\x1f"),
        (HEAD + b"X-Slow: ", b"x"),
        (b"", b"H"),
        (b"", b"HTTP/1.1 100 Continue\r\n\r\n"),
        (HEAD + b"Content-Length: 9\r\n\r\n", b""),
    ],
    ids=[
        "body", "body without length", "chunks", "chunk", "gzip", "header", "status", "continue",
        "silence",
    ],
)  # fmt: skip
def test_an_answer_that_drips_ends_at_the_deadline(
    begin: bytes, drop: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(vpp, "DOCUMENT_SECONDS", 1)

    def drip(connection: socket.socket) -> None:
        connection.sendall(begin)
        while True:
            connection.sendall(drop)
            time.sleep(0.05)

    url, listener = raw_server(drip)
    started = time.monotonic()
    late = pytest.raises(NoAnswer, match="no complete answer within 1 seconds")
    with listener, VppClient(url) as client, late:
        client.get_forecast("WND-DE-003", VERSION)
    assert time.monotonic() - started < 3


def test_the_deadline_holds_for_all_attempts_together(
    http_server: HttpServer, ask: Ask, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(vpp, "DOCUMENT_SECONDS", 1.5)
    http_server.answer = lambda target: Answer(503, headers={"Retry-After": "1"})
    begin = time.monotonic()
    with pytest.raises(NoAnswer, match="HTTP 503"):
        ask()
    assert time.monotonic() - begin < 2
    assert len(http_server.requests) <= 2


def test_a_connection_is_used_again(monkeypatch: pytest.MonkeyPatch) -> None:
    connections = 0
    body = json.dumps(forecast()).encode()

    def keeps_talking(connection: socket.socket) -> None:
        nonlocal connections
        connections += 1
        answers = [
            HEAD + f"Content-Length: {len(body)}\r\n\r\n".encode() + body,
            b"HTTP/1.1 404 Not Found\r\nContent-Length: 4\r\n\r\nnone",
            b"HTTP/1.1 503 Busy\r\nContent-Length: 4\r\n\r\nbusy",
            HEAD + b"Transfer-Encoding: chunked\r\n\r\n%x\r\n%b\r\n0\r\n\r\n" % (len(body), body),
        ]
        for answer in answers:
            connection.sendall(answer)
            connection.recv(65536)

    url, listener = raw_server(keeps_talking)
    with listener, VppClient(url) as client:
        client.get_forecast("WND-DE-003", VERSION)
        with pytest.raises(ForecastNotFound):
            client.get_forecast("WND-DE-003", VERSION)
        client.get_forecast("WND-DE-003", VERSION)
    assert connections == 1


def test_redirects_have_an_end(http_server: HttpServer, ask: Ask) -> None:
    http_server.answer = lambda target: Answer(302, headers={"Location": target})
    with pytest.raises(NoAnswer, match="redirects more than 5 times"):
        ask()
    assert len(http_server.requests) == 5


def test_no_error_holds_the_token(http_server: HttpServer, ask: Ask) -> None:
    long = b"x" * 190 + b"the-secret"
    for answer in (
        Answer(500, long),
        Answer(401, long),
        Answer(422, long),
        Answer(body=long),
        Answer(body=json.dumps({"key": {"asset_id": "x" * 30 + "the-secret"}}).encode()),
    ):
        http_server.answer = lambda target, answer=answer: answer  # type: ignore[misc]
        with pytest.raises((SourceUnavailable, DocumentRefused)) as failure:
            ask()
        held = "".join(map(str, (failure.value, failure.value.__dict__, failure.value.args)))
        assert "the-s" not in held


@pytest.mark.parametrize(("status", "words"), [(500, 80), (401, 92), (422, 92)])
def test_no_error_holds_a_part_of_a_mail_address(
    http_server: HttpServer, ask: Ask, status: int, words: int
) -> None:
    # Cutting a message must not remove the @ by which an address is recognised.
    body = b"x " * words + b"jane.doe@example.com"
    http_server.answer = lambda target: Answer(status, body, headers={"Retry-After": "90"})
    with pytest.raises((SourceUnavailable, DocumentRefused)) as failure:
        ask()
    assert "(m" in str(failure.value)
    assert "jane" not in str(failure.value)


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
