"""Lakes for tests: documents to archive, and what the files then hold."""

import json
from collections import defaultdict
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
from psycopg import sql

from tests.warehouses import Warehouse

VERSIONS = """
    insert into raw.forecast_version (
        version_utc, grid_start_utc, received_utc, run_id, asset_id, source_uri, content_sha256,
        power_kw
    )
    select
        '2025-06-08 06:15Z', '2025-06-08 06:15Z',
        {received_utc}::timestamptz + n * {apart}::interval, 1, 'WND-DE-' || n, 'http://vpp/',
        sha256(n::text::bytea), array[(n + 0.5)::float8, null, 'NaN', '-0']
    from generate_series(1, {count}) as n
"""
RUN = "insert into raw.run (started_utc, command) values ({}, 'test')"


def land(
    warehouse: Warehouse, count: int, received_utc: str = "2025-06-08 06:20Z", apart: str = "1 s"
) -> None:
    """Land forecast versions that were received at these instants."""
    with warehouse.connect() as connection:
        query = sql.SQL(VERSIONS).format(received_utc=received_utc, apart=apart, count=count)
        connection.execute(query)


def begin_run(warehouse: Warehouse, started_utc: str) -> None:
    """Note a run that began at this instant."""
    with warehouse.connect() as connection:
        connection.execute(sql.SQL(RUN).format(started_utc))


def contents(lake: Path) -> dict[str, bytes]:
    """Every file of a lake, by its name."""
    return {
        str(path.relative_to(lake)): path.read_bytes()
        for path in sorted(lake.rglob("*"))
        if path.is_file()
    }


def names(lake: Path, table: str = "forecast_version") -> list[str]:
    """The files of a table, as <day>/<first>-<last>."""
    return [
        name.removeprefix(f"{table}/received_day=").removesuffix(".parquet")
        for name in contents(lake)
        if name.startswith(f"{table}/")
    ]


def document_ids(lake: Path) -> dict[str, list[int]]:
    """The document ids in the files of each table, sorted, including duplicates."""
    ids: dict[str, list[int]] = defaultdict(list)
    for path in lake.rglob("*.parquet"):
        ids[path.relative_to(lake).parts[0]] += (
            pq.ParquetFile(path).read()["document_id"].to_pylist()
        )
    return {table: sorted(of_table) for table, of_table in ids.items()}


def snapshot(lake: Path) -> dict[str, Any]:
    """What snapshot.json says."""
    said = json.loads((lake / "snapshot.json").read_text())
    assert isinstance(said, dict)
    return said
