"""Forecast versions in raw: whole histories by binary COPY, single versions by landing them."""

import hashlib
import struct
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote

import numpy as np
import pendulum
import psycopg
from numpy.typing import NDArray
from psycopg import sql

from extract.forecast_load import BATCH_FORECASTS
from extract.vpp.forecast import Forecast
from extract.warehouse.landing import land_forecasts
from tests.benchmark.sizes import QUARTER_HOUR, VALUES_PER_VERSION

COPY_BEGIN = b"PGCOPY\n\xff\r\n\0" + struct.pack(">ii", 0, 0)
COPY_END = struct.pack(">h", -1)
COLUMNS = (
    "version_utc",
    "grid_start_utc",
    "received_utc",
    "run_id",
    "asset_id",
    "source_uri",
    "content_sha256",
    "power_kw",
)
_FLOAT8_OID = 701
_POSTGRES_EPOCH = datetime(2000, 1, 1, tzinfo=UTC)
_RECEIVED_AFTER = timedelta(minutes=1)
_RUN_ID = 1


@dataclass(frozen=True)
class History:
    """Regular versions of some assets: every 15 minutes, complete, with random values."""

    assets: tuple[str, ...]
    begin: datetime
    version_count: int

    @property
    def value_count(self) -> int:
        return len(self.assets) * self.version_count * VALUES_PER_VERSION

    @property
    def versions(self) -> Iterator[datetime]:
        return (self.begin + number * QUARTER_HOUR for number in range(self.version_count))


def source_uri(asset_id: str, version_utc: datetime) -> str:
    """An address as the extractor writes it."""
    version = quote(version_utc.isoformat())
    return f"https://vpp.example.com/api/forecasts?asset_id={asset_id}&version={version}"


def copy_history(connection: psycopg.Connection, history: History) -> None:
    """Write the history into raw in its order of arrival, as fast as COPY takes it."""
    random = np.random.default_rng(20250531)
    with connection.cursor() as cursor, cursor.copy(copy_statement("raw", COLUMNS)) as copy:
        copy.write(COPY_BEGIN)
        for version_utc in history.versions:
            copy.write(_encoded(history.assets, version_utc, random))
        copy.write(COPY_END)


def copy_statement(schema: str, columns: Sequence[str]) -> sql.Composed:
    """The binary COPY into a table forecast_version."""
    return sql.SQL("copy {}.forecast_version ({}) from stdin (format binary)").format(
        sql.Identifier(schema), sql.SQL(", ").join(map(sql.Identifier, columns))
    )


def _encoded(assets: tuple[str, ...], version_utc: datetime, random: np.random.Generator) -> bytes:
    """One version of all assets as rows of a binary COPY."""
    uris = [source_uri(asset_id, version_utc) for asset_id in assets]
    cell_types: dict[str, Any] = {
        "version_utc": ">i8",
        "grid_start_utc": ">i8",
        "received_utc": ">i8",
        "run_id": ">i8",
        "asset_id": f"S{len(assets[0])}",
        "source_uri": f"S{len(uris[0])}",
        "content_sha256": ("u1", 32),
        "power_kw": [
            ("head", ">i4", 5),
            ("elements", [("size", ">i4"), ("value", ">f8")], VALUES_PER_VERSION),
        ],
    }
    fields: list[Any] = [("cell_count", ">i2")]
    for name in COLUMNS:
        fields += [(f"{name}_size", ">i4"), (name, cell_types[name])]
    rows: NDArray[Any] = np.zeros(len(assets), dtype=np.dtype(fields))
    rows["cell_count"] = len(COLUMNS)
    for name in COLUMNS:
        rows[f"{name}_size"] = rows.dtype[name].itemsize
    rows["version_utc"] = rows["grid_start_utc"] = _microseconds(version_utc)
    rows["received_utc"] = _microseconds(version_utc + _RECEIVED_AFTER)
    rows["run_id"] = _RUN_ID
    rows["asset_id"], rows["source_uri"] = assets, uris
    rows["content_sha256"] = random.integers(0, 256, (len(assets), 32))
    # An array: its dimensions, whether it has nulls, its type; the dimension's size and start.
    rows["power_kw"]["head"] = (1, 0, _FLOAT8_OID, VALUES_PER_VERSION, 1)
    rows["power_kw"]["elements"]["size"] = 8
    rows["power_kw"]["elements"]["value"] = _random_power_kw(random, len(assets))
    return rows.tobytes()


def _random_power_kw(random: np.random.Generator, count: int) -> NDArray[np.float64]:
    values = random.uniform(0, 5000, (count, VALUES_PER_VERSION))
    return np.asarray(np.round(values, 2), dtype=np.float64)


def _microseconds(instant: datetime) -> int:
    return (instant - _POSTGRES_EPOCH) // timedelta(microseconds=1)


def make_versions_odd(connection: psycopg.Connection) -> None:
    """Of every 20 versions, drop one, shorten one and let one begin with nulls."""
    connection.execute("delete from raw.forecast_version where document_id % 20 = 3")
    connection.execute(
        "update raw.forecast_version set power_kw = power_kw[1:50] where document_id % 20 = 7"
    )
    connection.execute(
        "update raw.forecast_version set power_kw = array_fill(null::float8, array[9])"
        " || power_kw[10:] where document_id % 20 = 13"
    )


def new_versions(assets: Sequence[str], version_utc: datetime) -> list[Forecast]:
    """One version of each asset, as the decoder would return it."""
    seed = int(version_utc.timestamp())
    version = pendulum.from_timestamp(seed)
    power_kw = _random_power_kw(np.random.default_rng(seed), len(assets)).tolist()
    return [
        Forecast(
            asset_id=asset_id,
            version_utc=version,
            grid_start_utc=version,
            power_kw=tuple(values),
            source_uri=source_uri(asset_id, version),
            content_sha256=hashlib.sha256(repr(values).encode()).digest(),
            received_utc=version + _RECEIVED_AFTER,
        )
        for asset_id, values in zip(assets, power_kw, strict=True)
    ]


def land(connection: psycopg.Connection, forecasts: Sequence[Forecast]) -> None:
    """Land decoded documents in batches, as the extractor does."""
    for begin in range(0, len(forecasts), BATCH_FORECASTS):
        batch = forecasts[begin : begin + BATCH_FORECASTS]
        landed = land_forecasts(connection, _RUN_ID, batch)
        assert landed == len(batch)
