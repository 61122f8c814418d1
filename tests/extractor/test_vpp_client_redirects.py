"""Which redirects the client of the forecast API follows."""

import re

import pytest

from extract.errors import (
    ForecastNotFound,
    NoAnswer,
)
from tests.documents import forecast_for
from tests.extractor.answers import Ask
from tests.http_server import Answer, HttpServer, running_http_server


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
