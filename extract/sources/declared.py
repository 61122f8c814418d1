"""The sources as they are declared: once, where dbt declares its own."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from importlib import import_module
from types import MappingProxyType
from typing import Any

import yaml

from extract.documents import Delivery, Document
from extract.errors import ConfigurationError
from extract.messages import one_line
from extract.settings import PROJECT_ROOT

_DECLARATION = PROJECT_ROOT / "dbt_project" / "models" / "staging" / "sources.yml"


@dataclass(frozen=True, slots=True)
class FileFormat:
    """How the files of a source are called, and what becomes of them."""

    pattern: re.Pattern[str]
    """What the whole name of a file has to match."""
    decode: Callable[[Delivery], Sequence[Document]]
    """Raises DocumentRefused."""
    without_personal_data: Callable[[bytes], bytes] = bytes
    """Makes of a refused file's bytes those that we may keep."""


@dataclass(frozen=True, slots=True)
class Source:
    """A source: its name on the command line, where it is, where it lands, when it is late."""

    name: str
    summary: str
    variable: str
    """The environment variable that holds its address."""
    table: str
    """The table of raw that its documents land in."""
    cadence: timedelta | None
    """From one document to the next, as it should be. None: it has no cadence."""
    late_after: timedelta | None
    """The age of the newest document from which on the source is late. None: never."""
    files: FileFormat | None
    """None: it is no directory but the forecast API."""


OTHER_COMMANDS = ("all", "archive", "quarantine", "retract", "schema", "status")
"""What the command line knows besides the sources: no source may be called so."""
_NAME = re.compile(r"[a-z][a-z0-9-]*")
# Settings hold the variables of this form.
_VARIABLE = re.compile(r"[A-Z][A-Z0-9_]*_URL")


def _minutes(count: object, what: str) -> timedelta | None:
    if count is not None and type(count) is not int:
        raise ValueError(f"{what} is {count!r}, not a number of minutes")
    return None if count is None else timedelta(minutes=count)


def _late_after(freshness: Mapping[str, Any] | None) -> timedelta | None:
    if freshness is None:
        return None
    if freshness["warn_after"]["period"] != "minute":
        raise ValueError("the period of warn_after must be minute")
    return _minutes(freshness["warn_after"]["count"], "the count of warn_after")


def _format(decoder: str, table: str) -> FileFormat:
    module = import_module(f"extract.sources.{decoder}")
    tables = {getattr(one, "table", None) for one in vars(module).values()}
    if table not in tables:
        raise ValueError(f"the decoder {decoder} has no Document of the table {table}")
    without_personal_data = getattr(module, "without_personal_data", bytes)
    return FileFormat(module.PATTERN, module.decode, without_personal_data)


def _declared(table: Mapping[str, Any]) -> Source:
    config = table["config"]
    meta = config["meta"]
    if not _NAME.fullmatch(meta["source"]) or meta["source"] in OTHER_COMMANDS:
        raise ValueError(f"{meta['source']} cannot be the name of a source")
    if not _VARIABLE.fullmatch(meta["variable"]):
        raise ValueError(f"{meta['variable']} is not of the form SOMETHING_URL")
    if ("decoder" in meta) == (meta["source"] == FORECASTS):
        raise ValueError("every source needs a decoder, except forecasts, which has none")
    return Source(
        name=meta["source"],
        summary=meta["summary"],
        variable=meta["variable"],
        table=table["name"],
        cadence=_minutes(meta["cadence_minutes"], "cadence_minutes"),
        late_after=_late_after(config["freshness"]),
        files=_format(meta["decoder"], table["name"]) if "decoder" in meta else None,
    )


def read_declaration(text: str) -> dict[str, Source]:
    """The sources that a declaration declares, by name. Raises ConfigurationError."""
    where = _DECLARATION.relative_to(PROJECT_ROOT)
    try:
        [raw] = yaml.safe_load(text)["sources"]
        tables = list(raw["tables"])
    except yaml.YAMLError as error:
        raise ConfigurationError(f"{where}: {one_line(error)}") from None
    except (KeyError, TypeError, ValueError):
        raise ConfigurationError(f"{where}: one source with tables is needed") from None
    sources: dict[str, Source] = {}
    for table in tables:
        meta = table.get("config", {}).get("meta", {})
        if meta.get("is_note") or not meta:
            continue
        try:
            source = _declared(table)
        except KeyError as error:
            raise ConfigurationError(f"{where}: {table['name']}: {error} is missing") from None
        except (ValueError, TypeError, AttributeError, ImportError) as error:
            reason = one_line(error)
            raise ConfigurationError(f"{where}: {table['name']}: {reason}") from None
        if source.name in sources:
            raise ConfigurationError(f"{where}: two sources are called {source.name}")
        sources[source.name] = source
    return sources


FORECASTS = "forecasts"
"""The one that is asked version by version."""
SOURCES: Mapping[str, Source] = MappingProxyType(
    read_declaration(_DECLARATION.read_text(encoding="utf-8"))
)
"""Every source by its name, in the order in which `all` loads them."""
NAMES_OF_ASSETS = ("technical-data", "asset-contracts")
"""Those that name the assets whose forecasts are wanted."""
