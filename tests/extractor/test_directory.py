"""Directories: what is read again, what is a new document, what is a problem and what is not."""

import json
import os
from pathlib import Path
from typing import Any

import pytest

from extract.console import Tally
from extract.errors import SourceUnavailable
from extract.run import Run
from extract.sources.directory import Directory
from tests.documents import (
    LIVE_NAME,
    live_infeed,
)
from tests.extractor.folders import Load, landed, write


def test_a_file_is_landed_once(run: Run, take: Load, tmp_path: Path) -> None:
    write(tmp_path / LIVE_NAME, live_infeed())
    assert take(tmp_path) == Tally("live-infeed", landed=1)
    assert take(tmp_path) == Tally("live-infeed", unchanged=1)
    assert landed(run, "live_infeed") == landed(run, "file_observation") == 1


def test_a_file_with_the_same_stamp_is_not_read(take: Load, tmp_path: Path) -> None:
    path = tmp_path / LIVE_NAME
    write(path, live_infeed(), mtime=1_750_000_000)
    take(tmp_path)
    path.write_bytes(b"x" * path.stat().st_size)
    os.utime(path, (1_750_000_000, 1_750_000_000))
    assert take(tmp_path) == Tally("live-infeed", unchanged=1)


def test_a_touched_file_is_read_but_is_no_new_document(
    run: Run, take: Load, tmp_path: Path
) -> None:
    write(tmp_path / LIVE_NAME, live_infeed(), mtime=1_750_000_000)
    take(tmp_path)
    os.utime(tmp_path / LIVE_NAME, (1_750_000_060, 1_750_000_060))
    assert take(tmp_path) == Tally("live-infeed", unchanged=1)
    assert (landed(run, "live_infeed"), landed(run, "file_observation")) == (1, 2)
    assert take(tmp_path) == Tally("live-infeed", unchanged=1)
    assert landed(run, "file_observation") == 2


def test_a_file_that_grew_is_another_document(run: Run, take: Load, tmp_path: Path) -> None:
    document = live_infeed()
    write(tmp_path / LIVE_NAME, document)
    take(tmp_path)
    for column, value in zip(document["values"], [1749333780000, 5, 1], strict=True):
        column.append(value)
    write(tmp_path / LIVE_NAME, document)
    assert take(tmp_path) == Tally("live-infeed", landed=1)
    query = "select cardinality(power_kw) from raw.live_infeed order by document_id"
    assert run.connection.execute(query).fetchall() == [(3,), (4,)]


def test_bytes_that_come_back_are_another_document(run: Run, take: Load, tmp_path: Path) -> None:
    for number, asset in enumerate(["A", "B", "A"]):
        write(tmp_path / LIVE_NAME, live_infeed(asset), mtime=1_750_000_000 + number)
        assert take(tmp_path) == Tally("live-infeed", landed=1)
    assert landed(run, "live_infeed") == 3


def test_foreign_files_and_folders_are_no_problem(take: Load, tmp_path: Path) -> None:
    write(tmp_path / LIVE_NAME, live_infeed())
    for name in ("README.md", "logo.png", ".WND03_20250608.json", "WND03_20250608.json.part"):
        (tmp_path / name).write_bytes(b"\xff\x00")
    os.mkfifo(tmp_path / "pipe_20250607.json")
    (tmp_path / "older_20250607.json").mkdir()
    (tmp_path / "older_20250607.json" / LIVE_NAME).write_text("{}")
    assert take(tmp_path) == Tally("live-infeed", landed=1, ignored=4)


def test_a_refused_file_stops_no_other_and_is_looked_at_again_when_it_changes(
    run: Run, take: Load, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    write(tmp_path / "A_20250608.json", live_infeed("A"))
    (tmp_path / "B_20250608.json").write_text('{"key": ')
    write(tmp_path / "C_20250608.json", live_infeed("C"))
    assert take(tmp_path) == Tally("live-infeed", landed=2, refused=1)
    assert take(tmp_path) == Tally("live-infeed", unchanged=3)
    [line] = capfd.readouterr().err.splitlines()
    assert line.startswith(f"refused: file://{tmp_path}/B_20250608.json: is not JSON")
    write(tmp_path / "B_20250608.json", live_infeed("B"))
    assert take(tmp_path) == Tally("live-infeed", landed=1, unchanged=2)


def test_files_land_in_the_order_of_their_names(run: Run, take: Load, tmp_path: Path) -> None:
    for asset in "CAB":
        write(tmp_path / f"{asset}_20250608.json", live_infeed(asset))
    take(tmp_path)
    query = "select asset_id from raw.live_infeed order by document_id"
    assert run.connection.execute(query).fetchall() == [("A",), ("B",), ("C",)]


@pytest.mark.parametrize("form", ["{path}", "file://{path}", "{uri}", "{path}/", "relative"])
def test_every_way_to_name_a_local_directory_is_the_same_address(
    form: str, run: Run, take: Load, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    directory = tmp_path / "Börde, Süd 100%"
    directory.mkdir()
    write(directory / "WND 03 ü_20250608.json", live_infeed())
    monkeypatch.chdir(tmp_path)
    url = (
        "Börde, Süd 100%"
        if form == "relative"
        else form.format(path=directory, uri=directory.as_uri())
    )
    assert take(url) == Tally("live-infeed", landed=1)
    assert take(directory) == Tally("live-infeed", unchanged=1)
    [(address,)] = run.connection.execute("select source_uri from raw.live_infeed")
    assert address == f"file://{directory}/WND 03 ü_20250608.json"


def test_other_file_systems_work_alike(run: Run, take: Load, memory: Any) -> None:
    memory.pipe("/live/" + LIVE_NAME, json.dumps(live_infeed()).encode())
    memory.pipe("/live/README.txt", b"x")
    assert take("memory://live") == Tally("live-infeed", landed=1, ignored=1)
    assert take("memory://live") == Tally("live-infeed", unchanged=1, ignored=1)
    memory.pipe("/live/" + LIVE_NAME, json.dumps(live_infeed("B")).encode())
    assert take("memory://live") == Tally("live-infeed", landed=1, ignored=1)
    [(address,)] = run.connection.execute("select distinct source_uri from raw.live_infeed")
    assert address == f"memory://live/{LIVE_NAME}"


@pytest.mark.parametrize("password", ["secret", "a@secret", "secret@", "%40secret"])
def test_an_address_carries_no_password(memory: Any, password: str) -> None:
    directory = Directory(f"memory://user:{password}@live/x?token=secret")
    assert directory.address == "memory://live/x"


@pytest.mark.parametrize("password", ["a/secret", "secret/", "://secret", "12?secret/x", "#secret"])
def test_a_password_that_cannot_be_told_from_the_path_is_not_shown(password: str) -> None:
    with pytest.raises(SourceUnavailable) as failure:
        Directory(f"memory://user:{password}@live/x")
    assert str(failure.value) == (
        "memory://(not shown): percent-encode / ? # in the user or password"
    )


def test_an_error_that_repeats_the_password_does_not_get_it_printed(
    memory: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    directory = Directory("memory://user:a%40secret@live/x")

    def fails(path: str) -> bool:
        raise ValueError("x" * 180 + " no such user: user:a@secret, memory://user:a%40secret@live")

    monkeypatch.setattr(type(directory._files), "isdir", lambda self, path: fails(path))
    with pytest.raises(SourceUnavailable) as failure:
        directory.files()
    assert "secret" not in str(failure.value)
    assert "no such user: user" in str(failure.value)


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("{tmp}/missing", "file://{tmp}/missing: does not exist"),
        ("file://{tmp}/missing", "file://{tmp}/missing: does not exist"),
        ("{tmp}/file", "file://{tmp}/file: is not a directory"),
        ("memory://missing", "memory://missing: does not exist"),
        ("nosuch://user:secret@host/x", "nosuch://host/x: Protocol not known: nosuch"),
        (
            "s3://bucket/x",
            "s3://bucket/x: Install s3fs to access S3 "
            "(install it into .venv: .venv/bin/python -m pip install ...)",
        ),
    ],
)
def test_a_directory_that_cannot_be_read_is_one_line(url: str, reason: str, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(SourceUnavailable) as failure:
        Directory(url.format(tmp=tmp_path)).files()
    assert str(failure.value) == reason.format(tmp=tmp_path)
