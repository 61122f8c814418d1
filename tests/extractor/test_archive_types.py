"""The archive: the files of a lake hold what raw does, in every type."""

import datetime as dt
import json
import re
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
from psycopg import sql

from tests.conftest import ExtractCommand
from tests.documents import forecast_for, write_sources
from tests.extractor.asked import HOUR
from tests.extractor.lake import contents, names, snapshot
from tests.http_server import Answer, HttpServer
from tests.warehouses import Warehouse

NOVELTY = """
    create table raw.note (document_id bigint);
    create table raw.novelty (
        document_id bigint primary key default nextval('raw.document_id'),
        received_utc timestamptz not null,
        whole integer, large bigint, ratio double precision, is_good boolean, note text, day date,
        facts jsonb, content bytea, wholes integer [], larges bigint [], ratios double precision [],
        are_good boolean [], notes text [], days date [], instants timestamptz [],
        all_facts jsonb [], contents bytea []
    );
    insert into raw.novelty values
    (
        default, '2025-06-08 23:59:59.999999Z', -2147483648, 9223372036854775807, '-0', true,
        E'Ä "q"\\n', '1969-12-31', '{"b": 1, "a": [1.10, null]}', '\\x00ff', '{1, null, -1}',
        '{-9223372036854775808, null}', '{0.1, null, NaN, -0, 5e-324, -Infinity}',
        '{t, null, f}', '{"", null, "NULL", "ä,"}', '{1999-12-31, null, 2000-01-01}',
        '{1999-12-31 23:59:59.999999Z, null, 1969-12-31 23:59:59.5Z}', '{"{\\"a\\": 1}", null}',
        '{"\\\\x00", null}'
    );
    insert into raw.novelty values (default, '2025-06-09 00:00Z');
    insert into raw.novelty values (
        default, '2025-06-09 00:00:00.000001Z', 0, 0, 'NaN', false, '', '2025-06-08', 'null', '',
        '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}'
    );
    insert into raw.novelty (received_utc, whole, large, ratio, wholes, larges, ratios)
    values ('2025-06-09 00:00Z', 7, 7, 1e308, '{7}', '{7}', '{7, 8}');
"""
TYPES = {
    "document_id": pa.int64(),
    "received_utc": pa.timestamp("us", "UTC"),
    "whole": pa.int32(),
    "large": pa.int64(),
    "ratio": pa.float64(),
    "is_good": pa.bool_(),
    "note": pa.string(),
    "day": pa.date32(),
    "facts": pa.string(),
    "content": pa.binary(),
    "wholes": pa.list_(pa.int32()),
    "larges": pa.list_(pa.int64()),
    "ratios": pa.list_(pa.float64()),
    "are_good": pa.list_(pa.bool_()),
    "notes": pa.list_(pa.string()),
    "days": pa.list_(pa.date32()),
    "instants": pa.list_(pa.timestamp("us", "UTC")),
    "all_facts": pa.list_(pa.string()),
    "contents": pa.list_(pa.binary()),
}


def comparable(value: Any, type_: str) -> object:
    """A value as psycopg or pyarrow reads it: floats by their digits, JSON by its meaning."""
    if isinstance(value, list):
        return [comparable(element, type_.removesuffix("[]")) for element in value]
    if type_ == "jsonb" and isinstance(value, str):
        return json.loads(value)
    if isinstance(value, dt.datetime):
        return value.astimezone(dt.UTC)
    return value.hex() if isinstance(value, float) else value


def check_equal_to_raw(warehouse: Warehouse, lake: Path) -> None:
    """Every table of the lake holds what psycopg reads from raw."""
    for name, table in snapshot(lake)["tables"].items():
        types = table["columns"].items()
        found = []
        for file in sorted((lake / name).rglob("*.parquet")):
            rows = pq.ParquetFile(file).read()
            assert rows["document_id"].to_pylist() == sorted(rows["document_id"].to_pylist())
            day = file.parent.name.removeprefix("received_day=")
            assert {str(one.date()) for one in rows["received_utc"].to_pylist()} == {day}
            found += rows.to_pylist()
        raw = warehouse.rows(f'select * from raw."{name}" order by document_id')
        assert [
            [comparable(row[column], type_) for column, type_ in types]
            for row in sorted(found, key=lambda row: int(row["document_id"]))
        ] == [
            [
                comparable(v, "" if type_ == "jsonb" else type_)
                for v, (_, type_) in zip(row, types, strict=True)
            ]
            for row in raw
        ]
        assert table["documents"] == len(raw)


def test_every_type_as_it_is(extract: ExtractCommand, warehouse: Warehouse, tmp_path: Path) -> None:
    extract("schema")
    with warehouse.connect() as connection:
        connection.execute(sql.SQL(NOVELTY))
    outcome = extract("archive", str(tmp_path))
    assert outcome.status == 0, outcome.said
    assert "note" not in snapshot(tmp_path)["tables"]
    assert names(tmp_path, "novelty") == ["2025-06-08/1-1", "2025-06-09/2-4"]
    check_equal_to_raw(warehouse, tmp_path)
    verified = extract("archive", str(tmp_path), "--verify")
    assert (verified.status, verified.err) == (0, "")
    assert re.search(r"^novelty: 4 documents, [0-9a-f]{12}, equal$", verified.out, re.MULTILINE)
    file = pq.ParquetFile(tmp_path / "novelty/received_day=2025-06-08/1-1.parquet")
    assert {field.name: field.type for field in file.schema_arrow} == TYPES
    column = file.metadata.row_group(0).column(0)
    assert column.compression == "ZSTD"
    assert (column.statistics.min, column.statistics.max) == (1, 1)
    [row] = file.read().to_pylist()
    assert row["facts"] == '{"a": [1.10, null], "b": 1}'
    assert [None if x is None else x.hex() for x in row["ratios"]] == [
        0.1.hex(), None, "nan", "-0x0.0p+0", "0x0.0000000000001p-1022", "-inf",
    ]  # fmt: skip
    assert row["days"] == [dt.date(1999, 12, 31), None, dt.date(2000, 1, 1)]
    assert row["received_utc"] == dt.datetime(2025, 6, 8, 23, 59, 59, 999999, dt.UTC)
    assert snapshot(tmp_path)["tables"]["novelty"]["columns"]["instants"] == (
        "timestamp with time zone[]"
    )


def test_what_all_sources_deliver(
    extract: ExtractCommand, warehouse: Warehouse, http_server: HttpServer, tmp_path: Path
) -> None:
    http_server.answer = lambda target: Answer(body=forecast_for(target))
    settings = write_sources(tmp_path) | {"VPP_API_URL": http_server.url}
    (tmp_path / "live" / "BAD_20250608.json").write_text("{")
    assert extract("all", *HOUR, **settings).status == 3
    newest = warehouse.value("select max(document_id) from raw.document")
    assert extract("retract", str(newest), "--why", "test").status == 0
    lake = tmp_path / "lake"
    outcome = extract("archive", str(lake))
    assert outcome.status == 0, outcome.said
    total = warehouse.value(
        "select (select count(*) from raw.document)"
        " + (select count(*) from raw.quarantine) + (select count(*) from raw.retraction)"
    )
    files = sum(name.endswith(".parquet") for name in contents(lake))
    last = snapshot(lake)["documents_upto"]
    assert outcome.out.splitlines()[-1] == (
        f"archived {total} documents in {files} files, up to document {last}: file://{lake}"
    )
    check_equal_to_raw(warehouse, lake)
    assert extract("archive", str(lake), "--verify").status == 0
    tables = snapshot(lake)["tables"]
    assert not {"run", "file_observation", "forecast_absence"} & set(tables)
    assert {"document", "quarantine_release", "retraction", "imbalance_price"} <= set(tables)
    # Any tool can read it.
    query = f"select count(*), max(power_kw[193]) from '{lake}/forecast_version/*/*.parquet'"
    assert duckdb.connect().execute(query).fetchall() == warehouse.rows(
        "select count(*), max(power_kw[193]) from raw.forecast_version"
    )
