"""Where a redirect leads, and whether it is followed there."""

from urllib.parse import urlsplit

import requests

_PORTS = {"http": 80, "https": 443}


def is_plain(location: str) -> bool:
    """Whether the target of a redirect means one place to everybody, and names no user."""
    return location.isprintable() and "\\" not in location and "@" not in urlsplit(location).netloc


def host_of(url: str) -> tuple[str, str, int]:
    """Scheme, host and port that a request to this address goes to."""
    # Read as requests reads it: another reader may see another host in the same text.
    parts = urlsplit(requests.Request("GET", url).prepare().url or "")
    return parts.scheme, parts.hostname or "", parts.port or _PORTS.get(parts.scheme, 0)


def is_followed(url: str, target: str) -> bool:
    """Whether a redirect stays where we may send the token: at its host, or that made secure."""
    (scheme, host, port), (target_scheme, target_host, target_port) = host_of(url), host_of(target)
    is_secured = (scheme, port, target_scheme, target_port) == ("http", 80, "https", 443)
    return host == target_host and ((scheme, port) == (target_scheme, target_port) or is_secured)
