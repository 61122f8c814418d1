"""Directories whose files change, vanish, hang, or are not files."""

import os
import time
import tracemalloc
from pathlib import Path
from typing import IO, Any

import pytest

from extract.console import Tally
from extract.errors import DocumentRefused, SourceUnavailable
from extract.run import Run
from extract.sources.directory import Directory
from extract.sources.local_files import LocalFiles
from tests.documents import (
    LIVE_NAME,
    live_infeed,
)
from tests.extractor.folders import HangingFiles, Load, changing_directory, landed, write


def test_a_file_that_changes_while_it_is_read_is_read_once_more(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"1")
    directory = changing_directory(tmp_path, changes=1)
    [file] = directory.files()
    _, delivery = directory.read(file)
    assert delivery.content == b"1x"


def test_a_file_that_keeps_changing_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"1")
    directory = changing_directory(tmp_path, changes=2)
    [file] = directory.files()
    with pytest.raises(DocumentRefused, match="changed twice while it was being read"):
        directory.read(file)


def test_a_file_that_is_gone_or_closed_to_us_is_refused(tmp_path: Path) -> None:
    (tmp_path / "gone").write_bytes(b"1")
    (tmp_path / "loop").symlink_to("loop")
    directory = Directory(str(tmp_path))
    gone, loop = directory.files()
    (tmp_path / "gone").unlink()
    with pytest.raises(DocumentRefused, match="disappeared before it was read"):
        directory.read(gone)
    with pytest.raises(DocumentRefused, match="cannot be read"):
        directory.read(loop)


def test_a_name_that_is_not_utf_8_has_an_address_nevertheless(tmp_path: Path) -> None:
    (Path(os.fsdecode(os.fsencode(tmp_path) + b"/\xfc"))).write_bytes(b"1")
    directory = Directory(str(tmp_path))
    [file] = directory.files()
    assert file.source_uri == f"file://{tmp_path}/\\udcfc"
    assert directory.read(file)[1].content == b"1"


def test_names_that_look_like_the_escapes_of_others_have_addresses_of_their_own(
    run: Run, take: Load, tmp_path: Path
) -> None:
    names = [
        rb"\udcfc", b"\xfc", b"\\\xfc", rb"\\udcfc",
        b"\\\\\xfc", rb"\\\udcfc", rb"\\x\udc", rb"\u00fc",
    ]  # fmt: skip
    for number, name in enumerate(names):
        path = Path(os.fsdecode(os.fsencode(tmp_path) + b"/" + name + b"_20250608.json"))
        write(path, live_infeed(f"A{number}"))
    assert len({file.source_uri for file in Directory(str(tmp_path)).files()}) == len(names)
    assert take(tmp_path) == Tally("live-infeed", landed=len(names))
    assert take(tmp_path) == Tally("live-infeed", unchanged=len(names))
    # So have directories.
    folders = [Path(os.fsdecode(os.fsencode(tmp_path) + b"/" + name)) for name in names]
    for folder in folders:
        folder.mkdir()
    assert len({Directory(str(folder)).address for folder in folders}) == len(names)
    # What is not an escape is unchanged.
    assert f"file://{tmp_path}/\\u00fc" in {Directory(str(folder)).address for folder in folders}


def test_a_link_is_what_it_leads_to(run: Run, take: Load, tmp_path: Path) -> None:
    target = tmp_path / "target"
    directory = tmp_path / "directory"
    directory.mkdir()
    write(target, live_infeed("A"), mtime=1_750_000_000)
    (directory / LIVE_NAME).symlink_to(target)
    assert take(directory) == Tally("live-infeed", landed=1)
    assert take(directory) == Tally("live-infeed", unchanged=1)
    [file] = Directory(str(directory)).files()
    assert file.stamp == Directory(str(directory)).read(file)[0]
    # Equal in size, so the link itself does not show it.
    write(target, live_infeed("B"), mtime=1_750_000_060)
    assert take(directory) == Tally("live-infeed", landed=1)
    target.unlink()
    assert take(directory) == Tally("live-infeed", refused=1)


def test_a_link_on_a_file_system_that_lists_links(tmp_path: Path) -> None:
    class ListsLinks(LocalFiles):
        def ls(self, path: str, detail: bool) -> list[dict[str, Any]]:
            return [
                {"name": str(child), "type": "link", "size": 9, "mtime": 9}
                for child in Path(path).iterdir()
            ]

    directory = tmp_path / "directory"
    directory.mkdir()
    write(tmp_path / "target", live_infeed(), mtime=1_750_000_000)
    (directory / "folder").symlink_to(tmp_path)
    (directory / "link").symlink_to(tmp_path / "target")
    (directory / "nowhere").symlink_to("nowhere")
    source = Directory(str(directory))
    source._files = ListsLinks()
    link, nowhere = source.files()
    assert link.stamp == source.read(link)[0]
    assert (nowhere.name, nowhere.stamp) == ("nowhere", None)


@pytest.mark.parametrize("target", ["pipe", "/dev/zero", "folder"])
def test_a_link_to_what_is_no_file_is_as_if_it_were_not_there(
    take: Load, tmp_path: Path, target: str
) -> None:
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "folder").mkdir()
    directory = tmp_path / "directory"
    directory.mkdir()
    write(directory / LIVE_NAME, live_infeed())
    (directory / "X_20250608.json").symlink_to(tmp_path / target)
    assert take(directory) == Tally("live-infeed", landed=1)


@pytest.mark.parametrize("target", ["pipe", "/dev/zero"])
def test_what_has_become_no_file_is_not_read(tmp_path: Path, target: str) -> None:
    os.mkfifo(tmp_path / "pipe")
    path = tmp_path / LIVE_NAME
    path.write_text("x")
    directory = Directory(str(tmp_path))
    [file] = directory.files()
    path.unlink()
    path.symlink_to(tmp_path / target)
    with pytest.raises(DocumentRefused, match="cannot be read: is not a regular file"):
        directory.read(file)


def test_no_more_is_read_than_the_limit_whatever_the_size_is_said_to_be(
    take: Load, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("extract.sources.directory.LARGEST_FILE_BYTES", 20_000_000)
    monkeypatch.setattr("extract.sources.directory.BEGINNING_BYTES", 1_000)

    class Endless(LocalFiles):
        @staticmethod
        def open(path: str, mode: str) -> IO[bytes]:
            return Path("/dev/zero").open("rb")

    (tmp_path / LIVE_NAME).write_text("x")
    directory = Directory(str(tmp_path))
    [file] = directory.files()
    directory._files = Endless()
    tracemalloc.start()
    _, delivery = directory.read(file)
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert (len(delivery.content), delivery.content_bytes) == (1_000, 20_000_001)
    assert most < 60_000_000


def test_a_file_that_hangs_stops_no_other_and_a_file_system_that_does_ends_the_load(
    run: Run, take: Load, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    monkeypatch.setattr("extract.sources.directory.LocalFiles", HangingFiles)
    monkeypatch.setattr("extract.sources.directory.READING_SECONDS", 0.3)
    for name in ("A", "H1", "H2", "I", "X"):
        write(tmp_path / f"{name}_20250608.json", live_infeed(name))
    assert take(tmp_path) == Tally("live-infeed", landed=3, refused=2)
    assert "cannot be read: not done within 0.3 seconds" in capfd.readouterr().err
    for name in ("G", "H3"):
        write(tmp_path / f"{name}_20250608.json", live_infeed(name))
    with pytest.raises(SourceUnavailable, match=r"H3_20250608\.json: cannot be read: not done"):
        take(tmp_path)
    # What came before is landed nevertheless.
    assert landed(run, "live_infeed") == 4


def test_a_listing_that_hangs_has_an_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("extract.sources.directory.LISTING_SECONDS", 0.1)
    directory = Directory(str(tmp_path))
    monkeypatch.setattr(directory._files, "isdir", lambda path: time.sleep(60))
    with pytest.raises(SourceUnavailable, match=r"not done within 0\.1 seconds"):
        directory.files()
