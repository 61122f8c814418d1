"""The client of the forecast API, against a real server with every fault it is known for."""

import gzip
import json
import re
import socket
import threading
import time
import tracemalloc
import zlib
from collections.abc import Callable
from contextlib import suppress
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
from tests.conftest import Answer, HttpServer, running_http_server
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


def raw_server(conversation: Callable[[socket.socket], None]) -> tuple[str, socket.socket]:
    """A server that says what the test wants, byte by byte; returns its URL, and what closes it."""
    listener = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            with connection, suppress(OSError):
                connection.recv(65536)
                conversation(connection)

    threading.Thread(target=serve, daemon=True).start()
    return f"http://127.0.0.1:{listener.getsockname()[1]}", listener


HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"


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
    late = pytest.raises(NoAnswer, match="no whole answer within 1 seconds")
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


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_at_the_same_host_is_followed_with_the_token(
    http_server: HttpServer, ask: Ask, status: int
) -> None:
    def moved(target: str) -> Answer:
        if target.startswith("/v2"):
            return Answer(body=forecast_for(target))
        return Answer(status, headers={"Location": f"/v2{target}"})

    http_server.answer = moved
    ask()
    assert [headers["Authorization"] for _, headers in http_server.requests] == [
        "Bearer the-secret"
    ] * 2


def test_a_host_is_the_same_however_it_is_written(http_server: HttpServer, ask: Ask) -> None:
    def moved(target: str) -> Answer:
        if target.startswith("/v2"):
            return Answer(body=forecast_for(target))
        host = http_server.url.replace("http://127.0.0.1", "HTTP://127%2E0.0.1")
        return Answer(302, headers={"Location": f"{host}/v2{target}"})

    http_server.answer = moved
    ask()
    assert len(http_server.requests) == 2


@pytest.mark.parametrize(
    "location",
    [
        "http://localhost:{port}/the-secret?the-secret",
        "https://127.0.0.1:{port}/",
        "//the-secret.example:{port}/",
        "http://127.0.0.1:9/",
        "http://127.0.0.1.example/",
        "http://user:the-secret@localhost/",
        "mailto:the-secret",
        "http://[",
        "http://127.0.0.1:port/",
    ],
)
def test_a_redirect_to_another_host_is_not_followed(
    http_server: HttpServer, ask: Ask, location: str
) -> None:
    port = http_server.url.rpartition(":")[2]
    target = location.format(port=port)
    http_server.answer = lambda _: Answer(302, headers={"Location": target})
    with pytest.raises(NoAnswer) as failure:
        ask()
    assert "the-secret" not in str(failure.value)
    assert len(http_server.requests) == 1
    if location.startswith("http://localhost"):
        assert f"redirects to another host (http://localhost:{port}): not" in str(failure.value)


@pytest.mark.parametrize(
    "form",
    [
        "http://{other}\\@{api}/forecasts",
        "http://{other}\\\\@{api}/forecasts",
        "http:\\\\{other}\\@{api}/forecasts",
        "//{other}\\@{api}/forecasts",
        "http://{other}\t@{api}/forecasts",
        "http://{api}\t/forecasts",
        "http://{other}#@{api}/forecasts",
        "http://{other}?@{api}/forecasts",
        "http://somebody@{api}/forecasts",
        "http://somebody:else@{other}/forecasts",
    ],
)
def test_what_judges_a_redirect_reads_it_as_what_connects(
    http_server: HttpServer, ask: Ask, form: str
) -> None:
    failure: Exception | None = None
    with running_http_server() as other:
        hosts = {"api": http_server.url, "other": other.url}
        target = form.format(**{name: url.removeprefix("http://") for name, url in hosts.items()})
        http_server.answer = lambda _: Answer(302, headers={"Location": target})
        try:
            ask()
        except (NoAnswer, ForecastNotFound) as error:
            failure = error
    assert other.requests == []
    assert len(http_server.requests) == 1
    assert re.search("redirects to .*: not followed", str(failure))


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
    # Where a message is cut no @ is left that would give it away.
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


@pytest.mark.parametrize("encoding", [None, "gzip", "deflate"])
def test_a_body_without_end_is_refused(
    http_server: HttpServer, ask: Ask, encoding: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(vpp, "LARGEST_BODY_BYTES", 1024 * 1024)
    bomb = b" " * 50_000_000
    if encoding:
        bomb = gzip.compress(bomb) if encoding == "gzip" else zlib.compress(bomb)
    headers = {"Content-Encoding": encoding} if encoding else {}
    http_server.answer = lambda target: Answer(body=bomb, headers=headers)
    tracemalloc.start()
    with pytest.raises(DocumentRefused, match="is larger than 1 MiB") as refusal:
        ask()
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert most < 12 * 1024 * 1024
    delivery = refusal.value.delivery
    assert delivery is not None
    assert delivery.content == b" " * 1024 * 1024
    assert delivery.content_bytes == (50_000_000 if encoding is None else 1024 * 1024 + 1)


@pytest.mark.parametrize("cut", [20, 400])
def test_a_compressed_body_that_breaks_off_is_asked_for_again(
    http_server: HttpServer, ask: Ask, cut: int
) -> None:
    body = gzip.compress(json.dumps(forecast()).encode())
    broken = [body[:-cut], b"\x1f\x8b" + b"x" * 50]
    headers = {"Content-Encoding": "gzip"}
    http_server.answer = answers_in_turn(*(Answer(body=part, headers=headers) for part in broken))
    ask()
    assert len(http_server.requests) == 3


def test_compressed_bodies_are_read(http_server: HttpServer, ask: Ask) -> None:
    body = json.dumps(forecast()).encode()
    for encoding, compressed in (("gzip", gzip.compress(body)), ("deflate", zlib.compress(body))):
        headers = {"Content-Encoding": encoding}
        answer = Answer(body=compressed, headers=headers)
        http_server.answer = answers_in_turn(answer)
        ask()
    http_server.answer = lambda target: Answer(404, headers={"Content-Encoding": "gzip"})
    with pytest.raises(ForecastNotFound):
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
