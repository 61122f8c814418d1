"""Bodies that the client of the forecast API receives."""

import gzip
import json
import tracemalloc
import zlib
from datetime import UTC, datetime

import pytest

from extract.errors import (
    DocumentRefused,
    ForecastNotFound,
)
from extract.vpp import client as vpp
from extract.vpp.client import VppClient
from tests.documents import VERSION, forecast, forecast_for
from tests.extractor.answers import Ask, answers_in_turn
from tests.http_server import Answer, HttpServer


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
            "holds version",
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
