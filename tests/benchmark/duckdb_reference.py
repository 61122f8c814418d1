"""The other reference of the engine: DuckDB's `arg_max` over exploded values in its own table."""

from datetime import UTC
from pathlib import Path
from types import TracebackType
from typing import Self

import duckdb

from tests.benchmark.report import Rows
from tests.benchmark.sizes import THREADS

_TRADEABLE = "filter (version_utc <= delivery_start_utc - interval '15 minutes')"
# Both kinds in one pass and from a file: the fastest way of those tried.
_BOTH_KINDS = f"""
    select
        asset_id,
        delivery_start_utc,
        arg_max(power_kw, version_utc) as latest,
        arg_max(power_kw, version_utc) {_TRADEABLE} as tradeable
        {{more}}
    from forecast_value
    where version_utc <= delivery_start_utc
    group by asset_id, delivery_start_utc
"""
_VERSIONS = f", max(version_utc), max(version_utc) {_TRADEABLE}"


class DuckdbValues:
    """The exploded values of a CSV file in a DuckDB file, while the context lasts."""

    def __init__(self, values: Path, scratch: Path) -> None:
        self._file = scratch / "values.duckdb"
        self._duckdb = duckdb.connect(str(self._file))
        self._duckdb.execute(f"set threads = {THREADS}")
        self._duckdb.execute(
            f"""
            create table forecast_value as
            select * from read_csv('{values}', header = false, columns = {{
                'asset_id': 'varchar', 'version_utc': 'timestamp',
                'delivery_start_utc': 'timestamp', 'power_kw': 'double'
            }})
            """
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._duckdb.close()
        self._file.unlink()

    def aggregate(self) -> None:
        """Count and sum of each kind; without the versions, which nothing needs."""
        query = "select count(latest), sum(latest), count(tradeable), sum(tradeable) from ({})"
        self._duckdb.execute(query.format(_BOTH_KINDS.format(more=""))).fetchall()

    def rows(self) -> Rows:
        """kind, asset_id, delivery_start_utc, version_utc and power_kw, in this order."""
        found: Rows = []
        rows = self._duckdb.execute(_BOTH_KINDS.format(more=_VERSIONS)).fetchall()
        for asset_id, start, latest, tradeable, latest_version, tradeable_version in rows:
            key = asset_id, start.replace(tzinfo=UTC)
            found.append(("latest", *key, latest_version.replace(tzinfo=UTC), latest))
            if tradeable_version is not None:
                version = tradeable_version.replace(tzinfo=UTC)
                found.append(("tradeable", *key, version, tradeable))
        return sorted(found)
