"""An archive killed at each of its changes: the next one completes it."""

import json
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from extract.lake import writing
from tests.conftest import ExtractCommand
from tests.dbt_project import ROOT
from tests.extractor.lake import contents, document_ids, land, snapshot
from tests.warehouses import Warehouse

# The real program, but with small ranges and files. It makes the given number of changes to the
# folder, and dies in the next: a file that it is writing is then half there.
PROGRAM = """
import os, signal, sys
from fsspec.implementations.local import LocalFileSystem
from extract import cli
from extract.lake import writing

writing.RANGE_DOCUMENTS, writing.LARGEST_FILE_DOCUMENTS = 4, 2
left = int(sys.argv[1])

def mortal(name, last_words=lambda *_: None):
    method = getattr(LocalFileSystem, name)
    def call(*arguments, **options):
        global left
        left -= 1
        if left < 0:
            last_words(*arguments)
            os.kill(os.getpid(), signal.SIGKILL)
        return method(*arguments, **options)
    setattr(LocalFileSystem, name, call)

def write_half(files, path, content):
    with open(path, "wb") as file:
        file.write(content[:len(content) // 2])

mortal("pipe_file", write_half)
mortal("mv")
mortal("rm_file")
sys.exit(cli.main(sys.argv[2:]))
"""


@pytest.fixture
def whole(
    extract: ExtractCommand, warehouse: Warehouse, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> dict[str, bytes]:
    """An undisturbed lake of seven documents of two days in two ranges."""
    monkeypatch.setattr(writing, "RANGE_DOCUMENTS", 4)
    monkeypatch.setattr(writing, "LARGEST_FILE_DOCUMENTS", 2)
    extract("schema")
    land(warehouse, 3)
    land(warehouse, 4, "2025-06-09 06:20Z")
    assert extract("archive", str(tmp_path / "whole")).status == 0
    return contents(tmp_path / "whole")


def killed(warehouse: Warehouse, lake: Path, changes: int) -> bool:
    """Archive, and die after this many changes; False if there were no more than that."""
    process = subprocess.run(
        [sys.executable, "-c", PROGRAM, str(changes), "archive", str(lake)],
        cwd=ROOT,
        env=warehouse.environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert process.returncode in (0, -signal.SIGKILL), process.stderr
    return process.returncode != 0


def check_each_once(lake: Path, documents: int) -> None:
    ids = list(range(1, documents + 1))
    assert document_ids(lake) == {"document": ids, "forecast_version": ids}


def test_a_killed_archive_is_ended_by_the_next(
    extract: ExtractCommand, warehouse: Warehouse, tmp_path: Path, whole: dict[str, bytes]
) -> None:
    moments = 0
    seen: set[tuple[int, int]] = set()
    while killed(warehouse, lake := tmp_path / str(moments), moments):
        left = contents(lake)
        upto = json.loads(left.get("snapshot.json", '{"documents_upto": 0}'))["documents_upto"]
        begun = json.loads(left.get("_range.json", '{"last": 0}'))["last"]
        seen.add((upto, begun))
        # Everything up to the snapshot is already there.
        if upto:
            assert extract("archive", str(lake), "--verify").status == 0
        assert extract("archive", str(lake)).status == 0
        assert contents(lake) == whole
        shutil.rmtree(lake)
        moments += 1
    assert contents(lake) == whole
    files = sum(name.endswith(".parquet") for name in whole)
    # Each file, and the two notes of each range, is written and then moved into place.
    assert moments == 2 * (files + 4)
    assert seen == {(0, 0), (0, 4), (4, 4), (4, 7)}


@pytest.mark.parametrize("changes_left", [3, 7])
def test_documents_that_land_after_a_kill_are_in_other_files(
    changes_left: int,
    extract: ExtractCommand, warehouse: Warehouse, tmp_path: Path, whole: dict[str, bytes],
) -> None:  # fmt: skip
    files = sum(name.endswith(".parquet") for name in whole)
    lake = tmp_path / "lake"
    assert killed(warehouse, lake, 2 * (files + 4) - changes_left)
    assert json.loads(contents(lake)["_range.json"]) == {"first": 5, "last": 7}
    assert snapshot(lake)["documents_upto"] == 4
    land(warehouse, 3, "2025-06-09 06:20Z")
    outcome = extract("archive", str(lake))
    assert outcome.out.splitlines()[:2] == [
        "documents 5 to 7: 4 files",
        "documents 8 to 10: 4 files",
    ]
    after = contents(lake)
    assert {
        name: after[name] for name in whole if name.endswith(".parquet")
    }.items() <= whole.items()
    assert not [name for name in after if name.endswith(".part")]
    check_each_once(lake, 10)
    assert extract("archive", str(lake), "--verify").status == 0


def test_a_range_that_was_begun_before_is_ended_as_it_was_begun(
    extract: ExtractCommand, warehouse: Warehouse, tmp_path: Path, whole: dict[str, bytes],
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    lake = tmp_path / "lake"
    assert killed(warehouse, lake, 5)
    assert "document/received_day=2025-06-08/_3-3.parquet.part" in contents(lake)
    # The next program makes other ranges and other files.
    monkeypatch.setattr(writing, "RANGE_DOCUMENTS", 5)
    monkeypatch.setattr(writing, "LARGEST_FILE_DOCUMENTS", 3)
    outcome = extract("archive", str(lake))
    assert outcome.out.splitlines()[0] == "documents 1 to 4: 4 files"
    assert not [name for name in contents(lake) if name.endswith(".part")]
    check_each_once(lake, 7)
    assert extract("archive", str(lake), "--verify").status == 0


def test_a_kill_while_leftovers_are_removed(
    extract: ExtractCommand, warehouse: Warehouse, tmp_path: Path, whole: dict[str, bytes]
) -> None:
    lake = tmp_path / "lake"
    assert killed(warehouse, lake, 9)
    for changes in (0, 1, 2):
        assert killed(warehouse, lake, changes)
    assert extract("archive", str(lake)).status == 0
    assert contents(lake) == whole
