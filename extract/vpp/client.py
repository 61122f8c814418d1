"""The client of the forecast API."""

import threading
import time
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from types import TracebackType
from typing import Self
from urllib.parse import urlencode, urljoin, urlsplit

import pendulum
import requests
from tenacity import (
    RetryCallState,
    Retrying,
    retry_if_exception,
    stop_after_attempt,
    stop_before_delay,
    wait_random_exponential,
)
from urllib3.exceptions import HTTPError

from extract.documents import Delivery
from extract.errors import (
    AccessDenied,
    ConfigurationError,
    DocumentRefused,
    ForecastNotFound,
    NoAnswer,
)
from extract.messages import (
    as_written,
    one_line,
    presentable,
    public_address,
    without_credentials,
)
from extract.settings import Settings
from extract.vpp import forecast
from extract.vpp.bounded_http import read_body, retry_after_seconds, set_deadline
from extract.vpp.forecast import Forecast
from extract.vpp.redirects import host_of, is_followed, is_plain
from extract.vpp.sessions import new_session

CONNECT_SECONDS = 5
READ_SECONDS = 30
DOCUMENT_SECONDS = 120
"""For one document in all: every attempt, every wait between them, the whole body."""
LONGEST_RETRY_AFTER_SECONDS = 60
LARGEST_BODY_BYTES = 16 * 1024 * 1024
"""After decompression."""
_LARGEST_ERROR_BYTES = 64 * 1024
_ATTEMPTS = 5
_REDIRECTS = 5
_DENIED = (
    requests.codes.unauthorized,
    requests.codes.payment_required,
    requests.codes.forbidden,
    requests.codes.proxy_authentication_required,
)
_BACKOFF = wait_random_exponential(multiplier=0.25, max=5)


def get_forecast(asset_id: str, version: datetime) -> Forecast:
    """One version of one asset's forecast, from the API that VPP_API_URL names.

    `version` is an aware instant in any time zone. Powers are average kW per quarter-hour,
    instants UTC. Raises ForecastNotFound, DocumentRefused, SourceUnavailable, ConfigurationError,
    and ValueError for a version without a time zone.
    """
    with VppClient.from_settings(Settings.from_environment()) as client:
        return client.get_forecast(asset_id=asset_id, version=version)


class _TryAgain(Exception):
    """An attempt failed in a way that may pass."""

    def __init__(self, reason: str, wait_seconds: float = 0) -> None:
        super().__init__(reason)
        self.reason = reason
        self.wait_seconds = wait_seconds


@dataclass(frozen=True, slots=True)
class _Answer:
    status: int
    content: bytes
    content_bytes: int
    received_utc: pendulum.DateTime


class VppClient:
    """Asks the forecast API, from any number of threads; each keeps its own connection."""

    def __init__(self, url: str, token: str | None = None) -> None:
        """Raises ConfigurationError for a URL that is not one of HTTP."""
        if not url.startswith(("http://", "https://")):
            raise ConfigurationError(
                f"VPP_API_URL is not an HTTP address: {public_address(url)} "
                "(it must begin with https:// or http://)"
            )
        if token is not None and not (token.isascii() and token.isprintable()):
            raise ConfigurationError(
                "VPP_API_TOKEN has characters that HTTP headers cannot carry: set it to the token "
                "alone"
            )
        try:
            parts = urlsplit(url)
            _ = parts.port
        except ValueError:
            raise ConfigurationError(
                "VPP_API_URL is not an HTTP address: percent-encode / ? # [ ] in the user or "
                "password"
            ) from None
        self._url = url.rstrip("/")
        self._token = token
        self._secrets = as_written(token, parts.password)
        self._sessions: list[requests.Session] = []
        self._of_thread = threading.local()

    @classmethod
    def from_settings(cls, settings: Settings) -> Self:
        """The client of the configured API. Raises ConfigurationError when there is none."""
        url = settings.urls.get("VPP_API_URL")
        if url is None:
            raise ConfigurationError(
                "VPP_API_URL is not set: export the address of the forecast API, or that of a "
                "stand-in (python -m extract.simulator serve prints it)"
            )
        return cls(url, settings.vpp_api_token)

    @property
    def address(self) -> str:
        """The API's address as it may be shown."""
        return public_address(self._url)

    def get_forecast(self, asset_id: str, version: datetime) -> Forecast:
        """One version of one asset's forecast; see the function of the same name.

        A question that is not answered is asked again, a bounded number of times and for a bounded
        time. Raises ForecastNotFound for 404, DocumentRefused for another 4xx or a body that is no
        such forecast, NoAnswer when there was none, AccessDenied when we are not let in.
        """
        if version.tzinfo is None:
            raise ValueError("version has no time zone")
        version_utc = version.astimezone(UTC)
        # The API takes one instant in two zones for two questions.
        question = urlencode({"asset_id": asset_id, "version": version_utc.isoformat()})
        url = f"{self._url}/forecasts?{question}"
        address = without_credentials(url)
        answer = self._ask(url, address)
        if answer.status == requests.codes.not_found:
            raise ForecastNotFound(f"{address}: does not exist (404)")
        delivery = Delivery(
            address, asset_id, answer.content, answer.received_utc, answer.content_bytes
        )
        if answer.status == requests.codes.ok:
            return self._decoded(delivery, asset_id, version_utc)
        delivery = self._without_secrets(delivery)
        text = presentable(delivery.content.decode("utf-8", "replace"))
        reason = f"HTTP {answer.status}: {one_line(text)}"
        refusal = DocumentRefused(address, reason, delivery)
        raise AccessDenied(self.address, refusal) if answer.status in _DENIED else refusal

    def close(self) -> None:
        """Close all connections."""
        for session in self._sessions:
            session.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def _ask(self, url: str, address: str) -> _Answer:
        """The answer, once there is one that asking again would not change. Raises NoAnswer."""
        attempts = Retrying(
            retry=retry_if_exception(_is_passing),
            stop=stop_after_attempt(_ATTEMPTS) | stop_before_delay(DOCUMENT_SECONDS),
            wait=_wait_seconds,
            reraise=True,
        )
        deadline = time.monotonic() + DOCUMENT_SECONDS
        set_deadline(deadline)
        try:
            return attempts(self._attempt, url, address)
        except _TryAgain as failure:
            if time.monotonic() >= deadline:
                reason = f"no complete answer within {DOCUMENT_SECONDS:g} seconds"
            else:
                reason = one_line(self._safe(failure.reason))
            raise NoAnswer(address, reason) from None

    def _attempt(self, url: str, address: str) -> _Answer:
        try:
            for _ in range(_REDIRECTS):
                with self._session().get(
                    url,
                    timeout=(CONNECT_SECONDS, READ_SECONDS),
                    stream=True,
                    allow_redirects=False,
                ) as response:
                    if not response.is_redirect:
                        return _read(response)
                    location = response.headers["Location"]
                if not is_plain(location):
                    place = one_line(self._safe(location), 80)
                    raise NoAnswer(
                        address, f"redirects to an ambiguous address ({place}): not followed"
                    )
                target = urljoin(url, location)
                if not is_followed(url, target):
                    scheme, host, port = host_of(target)
                    place = one_line(self._safe(f"{scheme}://{host}:{port}"), 80)
                    raise NoAnswer(address, f"redirects to another host ({place}): not followed")
                url = target
        except ValueError as error:
            # An address is at fault, ours or that of a redirect: asking again is no use.
            raise NoAnswer(address, f"no answer: {self._reason(error)}") from None
        except (requests.RequestException, HTTPError, OSError) as error:
            raise _TryAgain(f"no answer: {self._reason(error)}") from None
        raise NoAnswer(address, f"redirects more than {_REDIRECTS} times")

    def _session(self) -> requests.Session:
        session: requests.Session | None = getattr(self._of_thread, "session", None)
        if session is None:
            session = new_session(self._url, self._token)
            self._of_thread.session = session
            self._sessions.append(session)
        return session

    def _decoded(self, delivery: Delivery, asset_id: str, version_utc: datetime) -> Forecast:
        if delivery.content_bytes > len(delivery.content):
            size = LARGEST_BODY_BYTES // (1024 * 1024)
            reason = f"is larger than {size} MiB"
            raise DocumentRefused(delivery.source_uri, reason, self._without_secrets(delivery))
        try:
            return forecast.decode(delivery, asset_id, version_utc)
        except DocumentRefused as refusal:
            reason, safe = refusal.reason, self._without_secrets(delivery)
        if safe is not delivery:
            # A reason quotes what it found, and cuts it where it likes.
            try:
                forecast.decode(safe, asset_id, version_utc)
                reason = "contains the token or the password"
            except DocumentRefused as refusal:
                reason = refusal.reason
        raise DocumentRefused(delivery.source_uri, reason, safe)

    def _without_secrets(self, delivery: Delivery) -> Delivery:
        """The delivery without the token and the password, should the API repeat them."""
        content = delivery.content
        for secret in self._secrets:
            content = content.replace(secret.encode(), b"(secret)")
        return delivery if content == delivery.content else replace(delivery, content=content)

    def _safe(self, text: str) -> str:
        for secret in self._secrets:
            text = text.replace(secret, "(secret)")
        return presentable(text)

    def _reason(self, error: BaseException) -> str:
        # What urllib3 says last is what happened; what it is wrapped in repeats the address.
        cause = error.args[0] if error.args else error
        cause = getattr(cause, "reason", None) or cause
        text = self._safe(str(cause))
        return one_line(text.rpartition("object at ")[2].partition(": ")[2] or text)


def _read(response: requests.Response) -> _Answer:
    """The answer, its body decompressed and bounded. Raises _TryAgain for one that may pass."""
    is_ok = response.status_code == requests.codes.ok
    limit = LARGEST_BODY_BYTES if is_ok else _LARGEST_ERROR_BYTES
    content = read_body(response, limit)
    # For urllib3 a compressed body that breaks off ends there; the JSON in it does not.
    is_torn = "Content-Encoding" in response.headers and not content.rstrip().endswith(b"}")
    if is_ok and is_torn and len(content) <= limit:
        raise _TryAgain("no answer: the compressed body broke off")
    if response.status_code >= 500 or response.status_code in (
        requests.codes.request_timeout,
        requests.codes.too_many_requests,
    ):
        wait_seconds = retry_after_seconds(response)
        # The caller takes the token out of it, and cuts it to a line's length.
        asks = f", asks to wait {wait_seconds:g} seconds" if wait_seconds else ""
        reason = f"HTTP {response.status_code}{asks}: {content.decode('utf-8', 'replace')}"
        raise _TryAgain(reason, wait_seconds)
    length = response.headers.get("Content-Length", "")
    content_bytes = len(content)
    if content_bytes > limit and length.isdecimal():
        content_bytes = max(content_bytes, int(length))
    return _Answer(response.status_code, content[:limit], content_bytes, pendulum.now("UTC"))


def _is_passing(error: BaseException) -> bool:
    return isinstance(error, _TryAgain) and error.wait_seconds <= LONGEST_RETRY_AFTER_SECONDS


def _wait_seconds(state: RetryCallState) -> float:
    failure = state.outcome.exception() if state.outcome else None
    asked_for = failure.wait_seconds if isinstance(failure, _TryAgain) else 0
    # On top of what the API asks for, so that not all threads come back at once.
    return asked_for + _BACKOFF(state)
