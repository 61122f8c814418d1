"""Folders that no archive may write into, and what cannot be archived: one line each."""

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from psycopg import sql

from extract.lake import writing
from extract.lake.folder import Folder
from tests.conftest import ExtractCommand
from tests.extract_command import extract as extract_command
from tests.extractor.lake import contents, land, names
from tests.warehouses import PostgresServer, Warehouse, fresh_warehouse

ANEW = "archive into a new folder\n"


@pytest.fixture
def lake(extract: ExtractCommand, warehouse: Warehouse, tmp_path: Path) -> Path:
    """A lake of two documents."""
    lake = tmp_path / "lake"
    extract("schema")
    land(warehouse, 2)
    assert extract("archive", str(lake)).status == 0
    return lake


def check_refused(extract: ExtractCommand, lake: Path, *lines: str) -> None:
    """The archive is refused with this line, and leaves the folder as it was."""
    before = contents(lake)
    outcome = extract("archive", str(lake))
    assert (outcome.status, outcome.out) == (1, "")
    assert outcome.err == "".join(lines)
    assert contents(lake) == before


def alter(warehouse: Warehouse, statement: str) -> None:
    with warehouse.connect() as connection:
        connection.execute(sql.SQL(statement))


@pytest.mark.parametrize(
    ("statement", "difference"),
    [
        ("alter table raw.quarantine add column x int", "quarantine {}: raw has a new column x"),
        (
            "alter table raw.quarantine drop column reason",
            "quarantine {}: raw has no column reason",
        ),
        (
            "alter table raw.quarantine alter column reason type jsonb using null",
            "quarantine {}: reason was text and is now jsonb",
        ),
        (
            "alter table raw.quarantine drop column run_id, drop column reason;"
            "alter table raw.quarantine add column run_id bigint, add column reason text",
            "quarantine {}: the columns are in another order",
        ),
        ("drop table raw.quarantine", "quarantine {}: raw has no such table"),
    ],
)
def test_other_columns(
    statement: str, difference: str, extract: ExtractCommand, warehouse: Warehouse, lake: Path
) -> None:
    alter(warehouse, statement)
    land(warehouse, 1)
    difference = difference.format("differs between the lake and raw")
    line = f"error: file://{lake}: {difference}: {ANEW}"
    check_refused(extract, lake, line)
    verified = extract("archive", str(lake), "--verify")
    assert (verified.status, verified.err) == (1, line)


def test_the_lake_of_another_warehouse(
    extract: ExtractCommand, lake: Path, postgres_server: PostgresServer
) -> None:
    with fresh_warehouse(postgres_server) as other:
        extract("schema", **other.environment)
        land(other, 1)
        before = contents(lake)
        outcome = extract("archive", str(lake), **other.environment)
        assert outcome.status == 1
        assert outcome.err == (
            f"error: file://{lake}: documents of document up to 2: 2 in the lake, 1 in raw: "
            f"the lake is of another warehouse, or raw was changed: {ANEW}"
        )
        assert contents(lake) == before


def test_documents_that_came_under_the_snapshot(
    extract: ExtractCommand, warehouse: Warehouse, lake: Path
) -> None:
    alter(warehouse, "create view raw.more as select document_id, received_utc from raw.document")
    line = "documents of more up to 2: 0 in the lake, 2 in raw: the lake is of another warehouse, "
    check_refused(extract, lake, f"error: file://{lake}: {line}or raw was changed: {ANEW}")


def changed(**facts: Any) -> Callable[[str], str]:
    return lambda text: json.dumps({**json.loads(text), **facts})


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (changed(format=2), "has format 2, but this version only reads 1"),
        (changed(format=None), "has format null, but this version only reads 1"),
        (lambda text: text[:-9], "cannot be read"),
        (lambda text: "[]", "cannot be read"),
        (lambda text: "[" * 100_000, "cannot be read"),
        (changed(documents_upto="2"), "cannot be read"),
        (changed(documents_upto=-1), "cannot be read"),
        (changed(extracted_utc=5), "cannot be read"),
        (changed(tables=[]), "cannot be read"),
        (changed(tables={"document": {"columns": {"a": 1}, "documents": 1}}), "cannot be read"),
        (changed(tables={"document": {"columns": {}}}), "cannot be read"),
    ],
)
def test_a_snapshot_that_says_nothing(
    change: Callable[[str], str], reason: str, extract: ExtractCommand, lake: Path
) -> None:
    note = lake / "snapshot.json"
    note.write_text(change(note.read_text()))
    check_refused(extract, lake, f"error: file://{note}: {reason}: {ANEW}")


@pytest.mark.parametrize("text", ["", "{}", '{"first": 1, "last": true}', "[3, 4]"])
def test_a_range_that_says_nothing(text: str, extract: ExtractCommand, lake: Path) -> None:
    note = lake / "_range.json"
    note.write_text(text)
    check_refused(extract, lake, f"error: file://{note}: cannot be read: {ANEW}")


@pytest.mark.parametrize(("first", "last"), [(3, 5), (4, 4), (2, 3)])
def test_a_range_that_does_not_go_on(
    first: int, last: int, extract: ExtractCommand, warehouse: Warehouse, lake: Path
) -> None:
    land(warehouse, 2)
    note = lake / "_range.json"
    note.write_text(json.dumps({"first": first, "last": last}))
    line = f"documents {first} to {last} do not come next after 2 in this warehouse: {ANEW}"
    check_refused(extract, lake, f"error: file://{note}: {line}")


def test_a_lake_that_lost_its_snapshot(
    extract: ExtractCommand, warehouse: Warehouse, lake: Path
) -> None:
    land(warehouse, 1)
    extract("archive", str(lake))
    (lake / "snapshot.json").unlink()
    line = "_range.json: documents 3 to 3 do not come next after 0 in this warehouse: "
    check_refused(extract, lake, f"error: file://{lake}/{line}{ANEW}")
    verified = extract("archive", str(lake), "--verify")
    assert verified.err == (
        f"error: file://{lake}: has no snapshot.json: nothing is archived there "
        "(run archive without --verify first)\n"
    )


def test_a_folder_that_holds_something_else(
    extract: ExtractCommand, warehouse: Warehouse, tmp_path: Path
) -> None:
    extract("schema")
    land(warehouse, 1)
    (tmp_path / "_range.json.part").write_text("{")
    (tmp_path / "notes.txt").write_text("mine")
    line = f"error: file://{tmp_path}: is not empty and is not a lake: {ANEW}"
    check_refused(extract, tmp_path, line)
    (tmp_path / "notes.txt").unlink()
    # Leftovers of a killed archive are no reason.
    assert extract("archive", str(tmp_path)).status == 0
    assert "_range.json.part" not in contents(tmp_path)


@pytest.mark.parametrize(
    ("url", "status", "line"),
    [
        (" ", 2, "URL is empty: name a folder"),
        ("nope://lake", 1, "nope://lake: Protocol not known: nope"),
        ("s3://u:secret@bucket/lake", 1, "s3://bucket/lake: Install s3fs to access S3"),
        ("s3://u:sec/ret@bucket/lake", 1, "s3://(not shown): percent-encode / ? # "),
        ("{}/file", 1, "file://{}/file/_range.json: Not a directory"),
        ("/proc/lake", 1, "file:///proc/lake/"),
    ],
)
def test_a_folder_that_cannot_be_had(
    url: str, status: int, line: str, extract: ExtractCommand, warehouse: Warehouse, tmp_path: Path
) -> None:
    (tmp_path / "file").touch()
    extract("schema")
    land(warehouse, 1)
    outcome = extract("archive", url.format(tmp_path))
    assert outcome.status == status
    [said] = outcome.err.splitlines()
    assert said.startswith("error: " + line.format(tmp_path))
    assert "sec" not in said.replace("is not shown", "")


@pytest.mark.parametrize(
    ("columns", "values", "reason"),
    [
        ("price numeric(9, 2)", "1", ".price has type numeric(9,2), which a lake cannot hold"),
        ("days date []", "'{infinity}'", ".days holds infinity, which a lake cannot hold"),
        ("at timestamptz", "'-infinity'", ".at holds infinity, which a lake cannot hold"),
        (
            "prices float8 []",
            "'{{1},{2}}'",
            ".prices holds an array that is not a plain list, which a lake cannot hold",
        ),
        (
            "notes text []",
            "'[0:1]={a,b}'",
            ".notes holds an array that is not a plain list, which a lake cannot hold",
        ),
    ],
)
def test_what_has_no_form_in_a_lake(
    columns: str, values: str, reason: str,
    extract: ExtractCommand, warehouse: Warehouse, tmp_path: Path,
) -> None:  # fmt: skip
    extract("schema")
    table = f"create table raw.novelty (document_id bigint, received_utc timestamptz, {columns})"
    alter(warehouse, f"{table}; insert into raw.novelty values (1, '2025-06-08', {values})")
    outcome = extract("archive", str(tmp_path))
    assert (outcome.status, outcome.out) == (1, "")
    assert outcome.err == f"error: raw.novelty{reason}\n"
    # A type is checked before anything is written.
    assert not contents(tmp_path) or "is of type" not in reason


def test_a_document_without_its_day(
    extract: ExtractCommand, warehouse: Warehouse, tmp_path: Path
) -> None:
    extract("schema")
    alter(warehouse, "create view raw.x as select 1 as document_id, null::date as received_utc")
    outcome = extract("archive", str(tmp_path))
    assert outcome.err == "error: raw.x: document 1 has no day of receipt\n"


def test_two_at_once(
    extract: ExtractCommand, warehouse: Warehouse, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    extract("schema")
    land(warehouse, 1)
    lake = tmp_path / "lake"
    (tmp_path / "link").symlink_to(lake)
    monkeypatch.chdir(tmp_path)
    write = Folder.write
    said: list[tuple[int, str]] = []

    def writing(folder: Folder, name: str, content: bytes) -> None:
        if not said:
            spellings = (str(lake), f"file://{lake}/", str(tmp_path / "link"))
            for url in (*spellings, os.path.relpath(lake, Path(__file__).parents[2])):
                other = extract_command(warehouse.environment, "archive", url)
                said.append((other.returncode, other.stderr))
            other = extract_command(warehouse.environment, "archive", str(tmp_path / "another"))
            assert other.returncode == 0, other.stderr
        write(folder, name, content)

    monkeypatch.setattr(Folder, "write", writing)
    assert extract("archive", "lake").status == 0
    busy = f"busy: file://{lake}: another run is archiving into it\n"
    assert said == [(4, busy)] * 4
    assert names(lake) == names(tmp_path / "another") == ["2025-06-08/1-1"]
    assert extract("archive", "lake").status == 0


def test_a_file_that_cannot_be_written(
    extract: ExtractCommand, warehouse: Warehouse, lake: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(writing, "LARGEST_FILE_DOCUMENTS", 2)
    land(warehouse, 20, "2025-06-09 06:20Z")
    (lake / "document/received_day=2025-06-09").touch()
    outcome = extract("archive", str(lake))
    assert (outcome.status, outcome.out) == (1, "")
    name = "document/received_day=2025-06-09/3-4.parquet"
    assert outcome.err == f"error: file://{lake}/{name}: File exists\n"
    (lake / "document/received_day=2025-06-09").unlink()
    assert extract("archive", str(lake)).status == 0
    assert extract("archive", str(lake), "--verify").status == 0
