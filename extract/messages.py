"""Text that is shown to people: bounded, on one line, and without secrets."""

import json
import re
from collections.abc import Sequence
from typing import Any
from urllib.parse import quote, unquote

# Up to the last @ before the path: a password may hold one.
_USER_INFO = re.compile(r"(?<=://)[^/?#\s]*@")
_AUTHORITY = re.compile(r"://([^/?#]*)")
CROSSED_OUT = "(mail address)"
"""What is left of a mail address."""
_QUERY = re.compile(r"\?.*$")
# So that crossing out moves no quote, cell or line of CSV or JSON.
_WORD = re.compile(r"[^\s,;:<>\"'|]+", re.ASCII)
# As text, URLs, JSON and HTML write an @; in some encodings there are zeros in between.
_AT = re.compile(
    "|".join("\0*".join(map(re.escape, form)) for form in ("@", "%40", r"\u0040", "&#64", "&#x40")),
    re.IGNORECASE,
)


def storable_text(text: str) -> str:
    """The text with whatever is not Unicode (in the name of a file, say) written as an escape."""
    return text.encode("utf-8", "backslashreplace").decode()


def visible(text: str, keep: str = "") -> str:
    """The text with characters that could control a terminal escaped, except those to keep."""
    return "".join(
        character
        if character.isprintable() or character in keep
        else character.encode("unicode_escape").decode()
        for character in text
    )


def one_line(text: object, limit: int = 200) -> str:
    """The text on one line, cut after `limit` characters."""
    line = storable_text(" ".join(str(text).split()))
    return line if len(line) <= limit else line[: limit - 1] + "…"


def shown(value: object) -> str:
    """A received value as a message may quote it: short, and never a mail address."""
    if value is None:
        return "nothing"
    text = one_line(value, 40)
    return (
        "(not shown)" if _AT.search(str(value)) else repr(text) if isinstance(value, str) else text
    )


def without_credentials(text: str) -> str:
    """The text without the `user:password@` that an address in it may carry."""
    return _USER_INFO.sub("", text)


def without_mail_addresses(text: str) -> str:
    """The text without the mail addresses in it, however their @ is written."""
    if not _AT.search(text):
        return text
    return _WORD.sub(_crossed_out, text)


def _crossed_out(found: re.Match[str]) -> str:
    word = found[0].rstrip("\\")
    if not _AT.search(word) or _AT.fullmatch(word):
        return found[0]
    # A backslash goes on escaping the quote behind it.
    return CROSSED_OUT + found[0][len(word) :]


def bytes_without_mail_addresses(content: bytes) -> bytes:
    """The same for text in whatever encoding, or for what is no text."""
    # Latin-1 has a character for every byte, and the @ and what ends a word are ASCII everywhere.
    return without_mail_addresses(content.decode("latin-1")).encode("latin-1")


def json_without_mail_addresses(value: Any) -> Any:
    """The same for all names and texts in what was read as JSON."""
    if isinstance(value, str):
        return without_mail_addresses(value)
    if isinstance(value, list):
        return [json_without_mail_addresses(item) for item in value]
    if isinstance(value, dict):
        return {
            without_mail_addresses(name): json_without_mail_addresses(item)
            for name, item in value.items()
        }
    return value


def presentable(text: str) -> str:
    """The text without credentials in addresses, and without mail addresses."""
    return without_mail_addresses(without_credentials(text))


def public_address(url: str) -> str:
    """The address without user, password and query: what may be printed and stored."""
    if not has_plain_authority(url):
        return f"{url.partition('://')[0]}://(not shown)"
    return _QUERY.sub("", without_credentials(storable_text(url))).rstrip("/")


def has_plain_authority(url: str) -> bool:
    """Whether it is clear where user and password end in an address.

    It is not if one of them holds a `/`, `?` or `#`: a reader of the address takes what comes
    before for a host and its port, and the rest for a path.
    """
    found = _AUTHORITY.search(url)
    if found is None or "@" in found[1] or "@" not in url[found.end() :]:
        return True
    _, colon, port = found[1].rpartition("]")[2].partition(":")
    is_path_next = url[found.end()] == "/"
    return is_path_next and (not colon or port.isdecimal())


def reason_of(error: Exception, secrets: Sequence[str] = ()) -> str:
    """What went wrong with an address, on one line and without these secrets."""
    text = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
    for secret in secrets:
        text = text.replace(secret, "(password)")
    reason = one_line(without_credentials(text) or type(error).__name__)
    # fsspec names the package that it lacks.
    into = " (install it into .venv: .venv/bin/python -m pip install ...)"
    return reason + into if isinstance(error, ImportError) else reason


def as_written(*secrets: str | None) -> list[str]:
    """The secrets in each way that an address or an answer may write them; the longest first."""
    written = {
        form
        for secret in secrets
        if secret
        for form in (secret, unquote(secret), quote(secret, safe=""), json.dumps(secret)[1:-1])
    }
    return sorted(written, key=len, reverse=True)
