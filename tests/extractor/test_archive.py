"""The archive: which files a lake holds, and what a run adds to them."""

from pathlib import Path

import fsspec
import pytest

from extract.lake import writing
from extract.lake.folder import Folder
from tests.conftest import ExtractCommand
from tests.extractor.lake import begin_run, contents, document_ids, land, names, snapshot
from tests.warehouses import Warehouse


def test_a_second_run_adds_only_what_is_new(
    extract: ExtractCommand, warehouse: Warehouse, tmp_path: Path
) -> None:
    extract("schema")
    land(warehouse, 3, apart="12 h")
    extract("archive", str(tmp_path))
    assert names(tmp_path) == ["2025-06-08/1-1", "2025-06-09/2-3"]
    before = contents(tmp_path)
    stamps = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*")}
    outcome = extract("archive", str(tmp_path))
    assert (outcome.status, outcome.err) == (0, "")
    assert outcome.out == "nothing new: the lake holds all 3 documents up to 3\n"
    assert {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*")} == stamps
    land(warehouse, 2)
    outcome = extract("archive", str(tmp_path))
    assert outcome.out.splitlines() == [
        "documents 4 to 5: 2 files",
        f"archived 2 documents in 2 files, up to document 5: file://{tmp_path}",
    ]
    after = contents(tmp_path)
    assert names(tmp_path) == ["2025-06-08/1-1", "2025-06-08/4-5", "2025-06-09/2-3"]
    assert {name: after[name] for name in before if name.endswith(".parquet")}.items() <= (
        before.items()
    )
    assert snapshot(tmp_path)["tables"]["forecast_version"]["documents"] == 5


def test_the_snapshot_says_when_the_extractor_ran_last(
    extract: ExtractCommand, warehouse: Warehouse, tmp_path: Path
) -> None:
    extract("schema")
    land(warehouse, 1)
    extract("archive", str(tmp_path))
    assert snapshot(tmp_path)["extracted_utc"] is None
    before = contents(tmp_path)
    begin_run(warehouse, "2025-06-08 06:20:00.5+02")
    assert extract("archive", str(tmp_path)).out.startswith("nothing new: ")
    assert snapshot(tmp_path)["extracted_utc"] == "2025-06-08T04:20:00.500000Z"
    after = contents(tmp_path)
    assert [name for name in after if after[name] != before.get(name)] == ["snapshot.json"]


def test_an_empty_warehouse(extract: ExtractCommand, warehouse: Warehouse, tmp_path: Path) -> None:
    outcome = extract("archive", str(tmp_path))
    assert outcome.status == 1
    assert outcome.err == (
        'error: the schema raw is missing: run "python -m extract schema" once\n'
    )
    assert warehouse.value("select to_regnamespace('raw')::text") is None
    extract("schema")
    outcome = extract("archive", str(tmp_path))
    assert outcome.status == 0
    assert outcome.out == "nothing new: the lake holds all 0 documents up to 0\n"
    assert list(contents(tmp_path)) == ["snapshot.json"]
    assert snapshot(tmp_path)["documents_upto"] == 0
    assert extract("archive", str(tmp_path), "--verify").status == 0
    land(warehouse, 1)
    assert extract("archive", str(tmp_path)).status == 0
    assert document_ids(tmp_path) == {"document": [1], "forecast_version": [1]}


def test_files_are_bounded(
    extract: ExtractCommand, warehouse: Warehouse, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    extract("schema")
    land(warehouse, 7)
    monkeypatch.setattr(writing, "RANGE_DOCUMENTS", 5)
    monkeypatch.setattr(writing, "LARGEST_FILE_DOCUMENTS", 2)
    outcome = extract("archive", str(tmp_path / "few"))
    assert outcome.out.splitlines()[:2] == [
        "documents 1 to 5: 6 files",
        "documents 6 to 7: 2 files",
    ]
    assert names(tmp_path / "few") == [f"2025-06-08/{ids}" for ids in ("1-2", "3-4", "5-5", "6-7")]
    monkeypatch.setattr(writing, "LARGEST_FILE_BYTES", 1)
    extract("archive", str(tmp_path / "small"))
    assert names(tmp_path / "small") == [f"2025-06-08/{n}-{n}" for n in range(1, 8)]


def test_what_lands_meanwhile_is_in_the_next_range(
    extract: ExtractCommand, warehouse: Warehouse, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    extract("schema")
    land(warehouse, 3)
    monkeypatch.setattr(writing, "RANGE_DOCUMENTS", 2)
    write = Folder.write

    def landing_meanwhile(folder: Folder, name: str, content: bytes) -> None:
        if name.endswith("/1-2.parquet"):
            land(warehouse, 1)
        write(folder, name, content)

    monkeypatch.setattr(Folder, "write", landing_meanwhile)
    extract("archive", str(tmp_path))
    assert snapshot(tmp_path)["documents_upto"] == 3
    assert document_ids(tmp_path)["forecast_version"] == [1, 2, 3]
    monkeypatch.setattr(Folder, "write", write)
    extract("archive", str(tmp_path))
    assert document_ids(tmp_path)["forecast_version"] == [1, 2, 3, 4, 5]


def test_ids_that_nobody_took_are_passed_over(
    extract: ExtractCommand, warehouse: Warehouse, tmp_path: Path
) -> None:
    extract("schema")
    land(warehouse, 1)
    extract("archive", str(tmp_path))
    with warehouse.connect() as connection:
        connection.execute("select setval('raw.document_id', 10000000000)")
    land(warehouse, 1)
    assert extract("archive", str(tmp_path)).out.startswith("documents 10000000001 to 10000000001:")


def test_nothing_is_written_to_the_database(
    extract: ExtractCommand, warehouse: Warehouse, tmp_path: Path
) -> None:
    extract("schema")
    land(warehouse, 1)
    read_only = {"PGOPTIONS": "-c default_transaction_read_only=on"}
    assert extract("archive", str(tmp_path), **read_only).status == 0
    assert extract("archive", str(tmp_path), "--verify", **read_only).status == 0
    assert warehouse.value("select count(*) from raw.run") == 0


def test_any_url(extract: ExtractCommand, warehouse: Warehouse, tmp_path: Path) -> None:
    extract("schema")
    land(warehouse, 2)
    assert extract("archive", f"file://{tmp_path}/a b").status == 0
    for _ in range(2):
        outcome = extract("archive", "memory://lakes/lake")
        assert outcome.status == 0, outcome.said
    assert outcome.out == "nothing new: the lake holds all 2 documents up to 2\n"
    files = fsspec.filesystem("memory")
    found = {
        path.removeprefix("/lakes/lake/"): files.cat_file(path)
        for path in files.find("/lakes/lake")
    }
    assert found == contents(tmp_path / "a b")
    assert extract("archive", "memory://lakes/lake", "--verify").status == 0
    files.rm("/lakes", recursive=True)
