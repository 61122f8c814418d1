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
from extract.settings import PROJECT_ROOT

_DECLARATION = PROJECT_ROOT / "dbt_project" / "models" / "staging" / "sources.yml"


@dataclass(frozen=True, slots=True)
class FileFormat:
    """How the files of a source are called, and what becomes of them."""

    pattern: re.Pattern[str]
    """What the whole name of a file has to match."""
    decode: Callable[[Delivery], Sequence[Document]]
    """Raises DocumentRefused."""
    storable: Callable[[bytes], bytes] = bytes
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


def _minutes(count: int | None) -> timedelta | None:
    return None if count is None else timedelta(minutes=count)


def _format(decoder: str) -> FileFormat:
    module = import_module(f"extract.sources.{decoder}")
    return FileFormat(
        module.PATTERN, module.decode, getattr(module, "without_personal_data", bytes)
    )


def _declared(table: Mapping[str, Any]) -> Source:
    config = table["config"]
    meta, freshness = config["meta"], config["freshness"]
    return Source(
        name=meta["source"],
        summary=meta["summary"],
        variable=meta["variable"],
        table=table["name"],
        cadence=_minutes(meta["cadence_minutes"]),
        late_after=_minutes(freshness["warn_after"]["count"] if freshness else None),
        files=_format(meta["decoder"]) if "decoder" in meta else None,
    )


def _read() -> dict[str, Source]:
    with _DECLARATION.open(encoding="utf-8") as file:
        [raw] = yaml.safe_load(file)["sources"]
    sources = [
        _declared(table)
        for table in raw["tables"]
        if "source" in table.get("config", {}).get("meta", {})
    ]
    return {source.name: source for source in sources}


SOURCES: Mapping[str, Source] = MappingProxyType(_read())
"""Every source by its name, in the order in which `all` loads them."""
FORECASTS = "forecasts"
"""The one that is asked version by version."""
NAMES_OF_ASSETS = ("technical-data", "asset-contracts")
"""Those that name the assets whose forecasts are wanted."""
