"""Text that is shown to people: bounded, on one line, and without secrets."""

import re

_USER_INFO = re.compile(r"(?<=://)[^/@\s]*@")
CROSSED_OUT = "(mail address)"
"""What is left of a mail address."""
_QUERY = re.compile(r"\?.*$")
# Begins only where a word does: a long text without a blank would take for ever otherwise.
_MAIL_ADDRESS = re.compile(r"(?<![^\s@,;:<>\"'|])[^\s@,;:<>\"'|]++(?:@[^\s@,;:<>\"'|]++)+")


def storable_text(text: str) -> str:
    """The text with whatever is not Unicode (in the name of a file, say) written as an escape."""
    return text.encode("utf-8", "backslashreplace").decode()


def visible(text: str, keep: str = "") -> str:
    """The text with what a terminal could obey written as escapes, but for the kept characters."""
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
    return "(not shown)" if "@" in str(value) else repr(text) if isinstance(value, str) else text


def without_credentials(text: str) -> str:
    """The text without the `user:password@` that an address in it may carry."""
    return _USER_INFO.sub("", text)


def without_mail_addresses(text: str) -> str:
    """The text without the mail addresses in it."""
    return _MAIL_ADDRESS.sub(CROSSED_OUT, text)


def public_address(url: str) -> str:
    """The address without user, password and query: what may be printed and stored."""
    return _QUERY.sub("", without_credentials(storable_text(url))).rstrip("/")
