"""`archive --verify`: whatever differs from raw is named in one line."""

import io
import json
import re
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from psycopg import sql

from extract.lake import writing
from tests.conftest import ExtractCommand
from tests.extractor.lake import contents, land, snapshot
from tests.warehouses import Warehouse

FIRST = "forecast_version/received_day=2025-06-08/1-2.parquet"
WITHIN = "forecast_version/received_day=2025-06-08/2-2.parquet"
SECOND = "forecast_version/received_day=2025-06-08/3-3.parquet"
NEXT_DAY = "forecast_version/received_day=2025-06-09/4-5.parquet"


@pytest.fixture
def lake(
    extract: ExtractCommand, warehouse: Warehouse, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Path:
    """A lake of five documents of two days, at most two per file."""
    monkeypatch.setattr(writing, "LARGEST_FILE_DOCUMENTS", 2)
    extract("schema")
    land(warehouse, 3)
    land(warehouse, 2, "2025-06-09 06:20Z")
    assert extract("archive", str(tmp_path)).status == 0
    assert {FIRST, SECOND, NEXT_DAY} <= set(contents(tmp_path))
    return tmp_path


def test_a_lake_that_is_as_raw_is(
    extract: ExtractCommand, warehouse: Warehouse, lake: Path
) -> None:
    before = contents(lake)
    # What another run has begun does not count yet, and neither does what has landed since.
    land(warehouse, 1)
    (lake / "forecast_version/received_day=2025-06-08/6-6.parquet").write_text("begun")
    (lake / "forecast_version/received_day=2025-06-08/_6-6.parquet.part").write_text("begun")
    outcome = extract("archive", str(lake), "--verify")
    assert (outcome.status, outcome.err) == (0, "")
    lines = outcome.out.splitlines()
    assert [line.partition(":")[0] for line in lines] == list(snapshot(lake)["tables"])
    for line in lines:
        count = 5 if line.startswith(("document:", "forecast_version:")) else 0
        assert re.fullmatch(rf"\w+: {count} documents, [0-9a-f]{{12}}, equal", line)
    assert before.items() <= contents(lake).items()


def rewritten(change: Callable[[pa.Table], pa.Table]) -> Callable[[Path], None]:
    """Rewrites a file with what this makes of its rows."""

    def write(lake: Path) -> None:
        table = pq.ParquetFile(io.BytesIO((lake / FIRST).read_bytes())).read()
        pq.write_table(change(table), lake / FIRST)

    return write


def with_column(name: str, values: Callable[[pa.Array], pa.Array]) -> Callable[[Path], None]:
    def change(table: pa.Table) -> pa.Table:
        at = table.column_names.index(name)
        return table.set_column(at, name, values(table[name].combine_chunks()))

    return rewritten(change)


def copied(name: str) -> Callable[[Path], None]:
    def copy(lake: Path) -> None:
        (lake / name).parent.mkdir(parents=True, exist_ok=True)
        (lake / name).write_bytes((lake / FIRST).read_bytes())

    return copy


def note(**facts: object) -> Callable[[Path], None]:
    def change(lake: Path) -> None:
        said = snapshot(lake) | facts
        (lake / "snapshot.json").write_text(json.dumps(said))

    return change


@pytest.mark.parametrize(
    ("harm", "lines"),
    [
        pytest.param(
            with_column("power_kw", lambda a: pa.array([[1.5, None, 0.0, -0.0]] * 2, a.type)),
            [f"{FIRST}: differs from raw in power_kw"],
            id="a value",
        ),
        pytest.param(
            with_column(
                "power_kw",
                lambda a: pa.array([[*r[:3], 0.0] for r in a.to_pylist()], a.type),
            ),
            [f"{FIRST}: differs from raw in power_kw"],
            id="the sign of zero",
        ),
        pytest.param(
            with_column(
                "power_kw",
                lambda a: pa.array([[r[0], float("nan"), *r[2:]] for r in a.to_pylist()], a.type),
            ),
            [f"{FIRST}: differs from raw in power_kw"],
            id="nan for null",
        ),
        pytest.param(
            with_column(
                "power_kw",
                lambda a: pa.array([[r[0], r[2], r[1], r[3]] for r in a.to_pylist()], a.type),
            ),
            [f"{FIRST}: differs from raw in power_kw"],
            id="null in another place",
        ),
        pytest.param(
            with_column("asset_id", lambda a: pa.array(["WND-DE-", "1WND-DE-2"])),
            [f"{FIRST}: differs from raw in asset_id"],
            id="texts that join to the same",
        ),
        pytest.param(
            with_column("received_utc", lambda a: a.cast(pa.timestamp("ns", "UTC"))),
            [f"{FIRST}: differs from raw in received_utc"],
            id="a type",
        ),
        pytest.param(
            with_column("asset_id", lambda a: pa.array([{"a": 1}, {"a": 2}])),
            [f"{FIRST}: differs from raw in asset_id"],
            id="a type that raw never has",
        ),
        pytest.param(
            rewritten(
                lambda table: table.drop_columns("run_id").append_column("x", pa.array([1, 2]))
            ),
            [
                f"{FIRST}: has the columns document_id, version_utc, grid_start_utc, received_utc, "
                "asset_id, source_uri, content_sha256, power_kw, value_count, x"
            ],
            id="a column",
        ),
        pytest.param(
            rewritten(lambda table: table.slice(0, 1)),
            [f"{FIRST}: documents: 1 in the file, 2 in raw"],
            id="a document less",
        ),
        pytest.param(
            rewritten(lambda table: table.take([1, 0])),
            [f"{FIRST}: differs from raw in document_id, received_utc, asset_id, content_sha256"],
            id="the order",
        ),
        pytest.param(
            lambda lake: (lake / FIRST).unlink(),
            ["forecast_version/received_day=2025-06-08: missing documents of raw: 2, from 1 to 2"],
            id="a file less",
        ),
        pytest.param(
            lambda lake: (lake / FIRST).write_bytes((lake / FIRST).read_bytes()[:-100]),
            [f"{FIRST}: cannot be read: "],
            id="a truncated file",
        ),
        pytest.param(
            lambda lake: (lake / FIRST).write_bytes(b""), [f"{FIRST}: cannot be read: "], id="empty"
        ),
        pytest.param(
            copied(WITHIN),
            [
                f"{WITHIN}: documents: 2 in the file, 1 in raw",
                f"{WITHIN}: holds documents that are also in {FIRST}",
            ],
            id="a doubled file",
        ),
        pytest.param(
            copied("forecast_version/received_day=2025-06-09/1-2.parquet"),
            [
                "forecast_version/received_day=2025-06-09/1-2.parquet: "
                "documents: 2 in the file, 0 in raw"
            ],
            id="a file of another day",
        ),
        pytest.param(
            copied("forecast_version/received_day=2025-06-08/1-2 (1).parquet"),
            ["forecast_version/received_day=2025-06-08/1-2 (1).parquet: does not belong there"],
            id="a copy",
        ),
        pytest.param(
            copied("weather/received_day=2025-06-08/1-2.parquet"),
            ["weather/received_day=2025-06-08/1-2.parquet: does not belong there"],
            id="another table",
        ),
        pytest.param(
            lambda lake: (lake / "notes.txt").touch(),
            ["notes.txt: does not belong there"],
            id="notes",
        ),
        pytest.param(
            note(documents_upto=4),
            [
                "document/received_day=2025-06-09/4-5.parquet: goes beyond the snapshot, which "
                "ends at 4",
                "snapshot.json: documents of document: 5 in the snapshot, 4 in raw",
            ],
            id="the snapshot",
        ),
    ],
)
def test_what_is_not_as_raw_is_named(
    harm: Callable[[Path], None], lines: list[str], extract: ExtractCommand, lake: Path
) -> None:
    harm(lake)
    before = contents(lake)
    outcome = extract("archive", str(lake), "--verify")
    assert outcome.status == 1
    said = outcome.err.splitlines()
    for line in lines:
        assert [one for one in said if one.startswith(f"error: {line}")], said
    if "snapshot" not in lines[0]:
        assert len(said) == len(lines), said
        is_of_a_table = lines[0].startswith("forecast_version") and "belong" not in lines[0]
        assert outcome.out.count(", differs\n") == is_of_a_table
    assert contents(lake) == before


def test_what_changed_in_raw(extract: ExtractCommand, warehouse: Warehouse, lake: Path) -> None:
    with warehouse.connect() as connection:
        connection.execute("update raw.forecast_version set asset_id = 'X' where document_id = 4")
        connection.execute(sql.SQL("delete from raw.forecast_version where document_id = 1"))
    outcome = extract("archive", str(lake), "--verify")
    assert outcome.status == 1
    assert f"error: {NEXT_DAY}: differs from raw in asset_id\n" in outcome.err
    assert f"error: {FIRST}: documents: 2 in the file, 1 in raw\n" in outcome.err
    line = "error: snapshot.json: documents of forecast_version: 5 in the snapshot, 4 in raw\n"
    assert line in outcome.err
