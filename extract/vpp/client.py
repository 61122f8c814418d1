"""The client of the forecast API."""

import threading
from datetime import UTC, datetime
from types import TracebackType
from typing import Self
from urllib.parse import urlencode

import pendulum
import requests
from requests.adapters import HTTPAdapter
from requests.auth import AuthBase
from tenacity import Retrying, retry_if_exception_type, stop_after_attempt, wait_random_exponential
from urllib3.util import Retry

from extract.documents import Delivery, Forecast
from extract.errors import (
    ConfigurationError,
    DocumentRefused,
    ForecastNotFound,
    NoAnswer,
    SourceUnavailable,
)
from extract.messages import one_line, public_address, without_credentials
from extract.settings import Settings
from extract.vpp import forecast

CONNECT_SECONDS = 5
READ_SECONDS = 30
LONGEST_RETRY_AFTER_SECONDS = 60
LARGEST_BODY_BYTES = 16 * 1024 * 1024
_BODY_ATTEMPTS = 3
_CHUNK_BYTES = 64 * 1024


def get_forecast(asset_id: str, version: datetime) -> Forecast:
    """One version of one asset's forecast, from the API that VPP_API_URL names.

    `version` is an aware instant in any time zone. Powers are average kW per quarter-hour,
    instants UTC. Raises ForecastNotFound, DocumentRefused, SourceUnavailable, ConfigurationError,
    and ValueError for a version without a time zone.
    """
    with VppClient.from_settings(Settings.from_environment()) as client:
        return client.get_forecast(asset_id=asset_id, version=version)


class _IncompleteBody(Exception):
    """The answer began and then broke off."""


class _BearerToken(AuthBase):
    """Sends the token, also where a user in the API's address would be sent otherwise."""

    def __init__(self, token: str) -> None:
        self._token = token

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        request.headers["Authorization"] = f"Bearer {self._token}"
        return request


class VppClient:
    """Asks the forecast API, from any number of threads; each keeps its own connection."""

    def __init__(self, url: str, token: str | None = None) -> None:
        """Raises ConfigurationError for a URL that is not one of HTTP."""
        if not url.startswith(("http://", "https://")):
            raise ConfigurationError(f"VPP_API_URL is no http address: {public_address(url)}")
        if token is not None and not (token.isascii() and token.isprintable()):
            raise ConfigurationError("VPP_API_TOKEN holds characters that no header can carry")
        self._url = url.rstrip("/")
        self._token = token
        self._sessions: list[requests.Session] = []
        self._of_thread = threading.local()

    @classmethod
    def from_settings(cls, settings: Settings) -> Self:
        """The client of the configured API. Raises ConfigurationError when there is none."""
        if settings.vpp_api_url is None:
            raise ConfigurationError("VPP_API_URL is not set")
        return cls(settings.vpp_api_url, settings.vpp_api_token)

    @property
    def address(self) -> str:
        """The API's address as it may be shown."""
        return public_address(self._url)

    def get_forecast(self, asset_id: str, version: datetime) -> Forecast:
        """One version of one asset's forecast; see the function of the same name.

        A question that is not answered is asked again, a bounded number of times. Raises
        ForecastNotFound for 404, DocumentRefused for another 4xx or a body that is no such
        forecast, NoAnswer when there was none, SourceUnavailable when we are not let in.
        """
        if version.tzinfo is None:
            raise ValueError("version has no time zone")
        version_utc = version.astimezone(UTC)
        # The API takes one instant in two zones for two questions.
        question = urlencode({"asset_id": asset_id, "version": version_utc.isoformat()})
        url = f"{self._url}/forecasts?{question}"
        address = without_credentials(url)
        attempts = Retrying(
            retry=retry_if_exception_type(_IncompleteBody),
            stop=stop_after_attempt(_BODY_ATTEMPTS),
            wait=wait_random_exponential(multiplier=0.2, max=2),
            reraise=True,
        )
        try:
            status, content, received_utc = attempts(self._fetch, url)
        except (_IncompleteBody, requests.RequestException) as error:
            raise NoAnswer(address, f"no answer: {self._reason(error)}") from error
        if status == requests.codes.ok:
            return forecast.decode(
                Delivery(address, asset_id, content, received_utc), asset_id, version_utc
            )
        if status == requests.codes.not_found:
            raise ForecastNotFound(f"{address}: does not exist (404)")
        reason = f"HTTP {status}: {self._safe(one_line(content.decode('utf-8', 'replace')))}"
        if status == requests.codes.unauthorized:
            raise SourceUnavailable(f"{self.address}: {reason} (is VPP_API_TOKEN right?)")
        if status >= 500 or status == requests.codes.too_many_requests:
            raise NoAnswer(address, reason)
        raise DocumentRefused(address, reason)

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

    def _fetch(self, url: str) -> tuple[int, bytes, pendulum.DateTime]:
        with self._session().get(
            url, timeout=(CONNECT_SECONDS, READ_SECONDS), stream=True
        ) as response:
            content = bytearray()
            try:
                for chunk in response.iter_content(_CHUNK_BYTES):
                    content += chunk
                    if len(content) > LARGEST_BODY_BYTES:
                        size = LARGEST_BODY_BYTES // (1024 * 1024)
                        raise DocumentRefused(
                            without_credentials(url), f"is larger than {size} MiB"
                        )
            except requests.RequestException as error:
                raise _IncompleteBody(str(error)) from error
            return response.status_code, bytes(content), pendulum.now("UTC")

    def _session(self) -> requests.Session:
        session: requests.Session | None = getattr(self._of_thread, "session", None)
        if session is None:
            session = requests.Session()
            # Proxies and certificates from the environment once, instead of for every request.
            environment = session.merge_environment_settings(self._url, {}, None, None, None)
            session.proxies, session.verify = environment["proxies"], environment["verify"]
            session.trust_env = False
            if self._token:
                session.auth = _BearerToken(self._token)
            retries = Retry(
                total=4,
                connect=2,
                status_forcelist=(429, 500, 502, 503, 504),
                backoff_factor=0.25,
                backoff_jitter=0.25,
                backoff_max=5,
                retry_after_max=LONGEST_RETRY_AFTER_SECONDS,
                raise_on_status=False,
            )
            for scheme in ("http://", "https://"):
                session.mount(scheme, HTTPAdapter(pool_connections=1, max_retries=retries))
            self._of_thread.session = session
            self._sessions.append(session)
        return session

    def _safe(self, text: str) -> str:
        hidden = text.replace(self._token, "…") if self._token else text
        return without_credentials(hidden)

    def _reason(self, error: BaseException) -> str:
        # What urllib3 says last is what happened; what it is wrapped in repeats the address.
        cause = error.args[0] if error.args else error
        cause = getattr(cause, "reason", None) or cause
        text = str(cause)
        return self._safe(one_line(text.rpartition("object at ")[2].partition(": ")[2] or text))
