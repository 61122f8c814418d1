"""What is held in quarantine."""

import json
from collections.abc import Callable
from pathlib import Path

from tests.conftest import Outcome
from tests.documents import (
    live_infeed,
)
from tests.warehouses import Warehouse

HELD = "select source, source_uri, reason, content, content_bytes from raw.quarantine order by 1, 2"
LoadLive = Callable[[], Outcome]
Strict = Callable[[bool], None]


def write(path: Path, power: float) -> bytes:
    document = live_infeed()
    document["values"][1][0] = power
    path.write_text(json.dumps(document))
    return path.read_bytes()


def everything(warehouse: Warehouse) -> str:
    """Everything that raw holds, as text."""
    said = []
    for (table,) in warehouse.rows("select tablename from pg_tables where schemaname = 'raw'"):
        said += [str(row) for row in warehouse.rows(f"select t::text from raw.{table} t")]
    for (content,) in warehouse.rows("select content from raw.quarantine"):
        assert isinstance(content, bytes)
        said.append(content.decode("latin-1"))
    return "\n".join(said)


JANE = (
    "jane.doe@example.com", "<jàne.doe@example.com>", "jane.doe%40example.com",
    "jane.doe\\u0040example.com", "jane.doe&#64;host", "mailto:jane.doe@example.com,x",
)  # fmt: skip
