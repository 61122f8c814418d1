"""A session of requests as the client of the forecast API needs it."""

import requests
from requests.auth import AuthBase

from extract.vpp.bounded_http import TimedAdapter


class _BearerToken(AuthBase):
    """Sends the token, even if the API's address names a user."""

    def __init__(self, token: str) -> None:
        self._token = token

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        request.headers["Authorization"] = f"Bearer {self._token}"
        return request


def new_session(url: str, token: str | None) -> requests.Session:
    """A session that keeps one connection and the deadline of the thread that reads."""
    session = requests.Session()
    # Proxies and certificates from the environment once, instead of for every request.
    environment = session.merge_environment_settings(url, {}, None, None, None)
    session.proxies, session.verify = environment["proxies"], environment["verify"]
    session.trust_env = False
    # What is decompressed within bounds.
    session.headers["Accept-Encoding"] = "gzip"
    if token:
        session.auth = _BearerToken(token)
    for scheme in ("http://", "https://"):
        session.mount(scheme, TimedAdapter(pool_connections=1))
    return session
