"""Directories: what is looked at again, what is a new document, what is no problem, what is."""

import io
import json
import os
import threading
import time
import tracemalloc
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO, Any

import fsspec
import pytest

from extract.console import Tally
from extract.directory_load import load_directory
from extract.errors import DocumentRefused, SourceUnavailable
from extract.run import Run
from extract.sources.declared import SOURCES
from extract.sources.directory import Directory, ListedFile
from extract.sources.local_files import LocalFiles
from tests.conftest import ExtractCommand, Warehouse
from tests.documents import (
    CONTRACTS,
    CONTRACTS_NAME,
    FINAL,
    LIVE_NAME,
    TECHNICAL_NAME,
    live_infeed,
    technical_data,
    write_sources,
)


def landed(run: Run, table: str) -> int:
    [(count,)] = run.connection.execute(f"select count(*) from raw.{table}")
    return int(count)


def write(path: Path, document: dict[str, Any], mtime: float | None = None) -> None:
    path.write_text(json.dumps(document))
    if mtime is not None:
        os.utime(path, (mtime, mtime))


@pytest.fixture
def load(run: Run) -> Callable[[Path | str], Tally]:
    """Loads a directory of live files once."""

    def once(directory: Path | str) -> Tally:
        tally = Tally("live-infeed")
        load_directory(run, SOURCES["live-infeed"], str(directory), tally)
        return tally

    return once


Load = Callable[[Path | str], Tally]


def test_a_file_is_landed_once(run: Run, load: Load, tmp_path: Path) -> None:
    write(tmp_path / LIVE_NAME, live_infeed())
    assert load(tmp_path) == Tally("live-infeed", landed=1)
    assert load(tmp_path) == Tally("live-infeed", unchanged=1)
    assert landed(run, "live_infeed") == landed(run, "file_observation") == 1


def test_a_file_with_the_same_stamp_is_not_read(load: Load, tmp_path: Path) -> None:
    path = tmp_path / LIVE_NAME
    write(path, live_infeed(), mtime=1_750_000_000)
    load(tmp_path)
    path.write_bytes(b"x" * path.stat().st_size)
    os.utime(path, (1_750_000_000, 1_750_000_000))
    assert load(tmp_path) == Tally("live-infeed", unchanged=1)


def test_a_touched_file_is_read_but_is_no_new_document(
    run: Run, load: Load, tmp_path: Path
) -> None:
    write(tmp_path / LIVE_NAME, live_infeed(), mtime=1_750_000_000)
    load(tmp_path)
    os.utime(tmp_path / LIVE_NAME, (1_750_000_060, 1_750_000_060))
    assert load(tmp_path) == Tally("live-infeed", unchanged=1)
    assert (landed(run, "live_infeed"), landed(run, "file_observation")) == (1, 2)
    assert load(tmp_path) == Tally("live-infeed", unchanged=1)
    assert landed(run, "file_observation") == 2


def test_a_file_that_grew_is_another_document(run: Run, load: Load, tmp_path: Path) -> None:
    document = live_infeed()
    write(tmp_path / LIVE_NAME, document)
    load(tmp_path)
    for column, value in zip(document["values"], [1749333780000, 5, 1], strict=True):
        column.append(value)
    write(tmp_path / LIVE_NAME, document)
    assert load(tmp_path) == Tally("live-infeed", landed=1)
    query = "select cardinality(power_kw) from raw.live_infeed order by document_id"
    assert run.connection.execute(query).fetchall() == [(3,), (4,)]


def test_bytes_that_come_back_are_another_document(run: Run, load: Load, tmp_path: Path) -> None:
    for number, asset in enumerate(["A", "B", "A"]):
        write(tmp_path / LIVE_NAME, live_infeed(asset), mtime=1_750_000_000 + number)
        assert load(tmp_path) == Tally("live-infeed", landed=1)
    assert landed(run, "live_infeed") == 3


def test_foreign_files_and_folders_are_no_problem(load: Load, tmp_path: Path) -> None:
    write(tmp_path / LIVE_NAME, live_infeed())
    for name in ("README.md", "logo.png", ".WND03_20250608.json", "WND03_20250608.json.part"):
        (tmp_path / name).write_bytes(b"\xff\x00")
    os.mkfifo(tmp_path / "pipe_20250607.json")
    (tmp_path / "older_20250607.json").mkdir()
    (tmp_path / "older_20250607.json" / LIVE_NAME).write_text("{}")
    assert load(tmp_path) == Tally("live-infeed", landed=1, ignored=4)


def test_a_refused_file_stops_no_other_and_is_looked_at_again_when_it_changes(
    run: Run, load: Load, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    write(tmp_path / "A_20250608.json", live_infeed("A"))
    (tmp_path / "B_20250608.json").write_text('{"key": ')
    write(tmp_path / "C_20250608.json", live_infeed("C"))
    assert load(tmp_path) == Tally("live-infeed", landed=2, refused=1)
    assert load(tmp_path) == Tally("live-infeed", unchanged=3)
    [line] = capfd.readouterr().err.splitlines()
    assert line.startswith(f"refused: file://{tmp_path}/B_20250608.json: is not JSON")
    write(tmp_path / "B_20250608.json", live_infeed("B"))
    assert load(tmp_path) == Tally("live-infeed", landed=1, unchanged=2)


def test_files_land_in_the_order_of_their_names(run: Run, load: Load, tmp_path: Path) -> None:
    for asset in "CAB":
        write(tmp_path / f"{asset}_20250608.json", live_infeed(asset))
    load(tmp_path)
    query = "select asset_id from raw.live_infeed order by document_id"
    assert run.connection.execute(query).fetchall() == [("A",), ("B",), ("C",)]


@pytest.mark.parametrize("form", ["{path}", "file://{path}", "{uri}", "{path}/", "relative"])
def test_every_way_to_name_a_local_directory_is_the_same_address(
    form: str, run: Run, load: Load, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
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
    assert load(url) == Tally("live-infeed", landed=1)
    assert load(directory) == Tally("live-infeed", unchanged=1)
    [(address,)] = run.connection.execute("select source_uri from raw.live_infeed")
    assert address == f"file://{directory}/WND 03 ü_20250608.json"


@pytest.fixture
def memory() -> Iterator[Any]:
    files = fsspec.filesystem("memory")
    yield files
    files.rm("/", recursive=True)


def test_other_file_systems_work_alike(run: Run, load: Load, memory: Any) -> None:
    memory.pipe("/live/" + LIVE_NAME, json.dumps(live_infeed()).encode())
    memory.pipe("/live/README.txt", b"x")
    assert load("memory://live") == Tally("live-infeed", landed=1, ignored=1)
    assert load("memory://live") == Tally("live-infeed", unchanged=1, ignored=1)
    memory.pipe("/live/" + LIVE_NAME, json.dumps(live_infeed("B")).encode())
    assert load("memory://live") == Tally("live-infeed", landed=1, ignored=1)
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
    assert str(failure.value) == ("memory://(not shown): in a user or password, write / ? # as %XX")


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
        ("s3://bucket/x", "s3://bucket/x: Install s3fs to access S3"),
    ],
)
def test_a_directory_that_cannot_be_read_is_one_line(url: str, reason: str, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(SourceUnavailable) as failure:
        Directory(url.format(tmp=tmp_path)).files()
    assert str(failure.value) == reason.format(tmp=tmp_path)


class ChangingFiles(LocalFiles):
    """Files that change as soon as they are opened, the first `changes` times."""

    def __init__(self, changes: int) -> None:
        self.changes = changes

    def open(self, path: str, mode: str) -> IO[bytes]:  # type: ignore[override]
        content = Path(path).read_bytes()
        if self.changes:
            self.changes -= 1
            with Path(path).open("ab") as file:
                file.write(b"x")
        return io.BytesIO(content)


def changing_directory(path: Path, changes: int) -> Directory:
    directory = Directory(str(path))
    directory._files = ChangingFiles(changes)
    return directory


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
    with pytest.raises(DocumentRefused, match="changed while it was being read"):
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
    run: Run, load: Load, tmp_path: Path
) -> None:
    names = [
        rb"\udcfc", b"\xfc", b"\\\xfc", rb"\\udcfc",
        b"\\\\\xfc", rb"\\\udcfc", rb"\\x\udc", rb"\u00fc",
    ]  # fmt: skip
    for number, name in enumerate(names):
        path = Path(os.fsdecode(os.fsencode(tmp_path) + b"/" + name + b"_20250608.json"))
        write(path, live_infeed(f"A{number}"))
    assert len({file.source_uri for file in Directory(str(tmp_path)).files()}) == len(names)
    assert load(tmp_path) == Tally("live-infeed", landed=len(names))
    assert load(tmp_path) == Tally("live-infeed", unchanged=len(names))
    # So have directories.
    folders = [Path(os.fsdecode(os.fsencode(tmp_path) + b"/" + name)) for name in names]
    for folder in folders:
        folder.mkdir()
    assert len({Directory(str(folder)).address for folder in folders}) == len(names)
    # What is no escape is as it was.
    assert f"file://{tmp_path}/\\u00fc" in {Directory(str(folder)).address for folder in folders}


def test_a_link_is_what_it_leads_to(run: Run, load: Load, tmp_path: Path) -> None:
    target = tmp_path / "target"
    directory = tmp_path / "directory"
    directory.mkdir()
    write(target, live_infeed("A"), mtime=1_750_000_000)
    (directory / LIVE_NAME).symlink_to(target)
    assert load(directory) == Tally("live-infeed", landed=1)
    assert load(directory) == Tally("live-infeed", unchanged=1)
    [file] = Directory(str(directory)).files()
    assert file.stamp == Directory(str(directory)).read(file)[0]
    # Of equal size, which the link itself tells nothing of.
    write(target, live_infeed("B"), mtime=1_750_000_060)
    assert load(directory) == Tally("live-infeed", landed=1)
    target.unlink()
    assert load(directory) == Tally("live-infeed", refused=1)


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
    load: Load, tmp_path: Path, target: str
) -> None:
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "folder").mkdir()
    directory = tmp_path / "directory"
    directory.mkdir()
    write(directory / LIVE_NAME, live_infeed())
    (directory / "X_20250608.json").symlink_to(tmp_path / target)
    assert load(directory) == Tally("live-infeed", landed=1)


@pytest.mark.parametrize("target", ["pipe", "/dev/zero"])
def test_what_has_become_no_file_is_not_read(tmp_path: Path, target: str) -> None:
    os.mkfifo(tmp_path / "pipe")
    path = tmp_path / LIVE_NAME
    path.write_text("x")
    directory = Directory(str(tmp_path))
    [file] = directory.files()
    path.unlink()
    path.symlink_to(tmp_path / target)
    with pytest.raises(DocumentRefused, match="cannot be read: is no regular file"):
        directory.read(file)


def test_no_more_is_read_than_the_limit_whatever_the_size_is_said_to_be(
    load: Load, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("extract.sources.directory.LARGEST_FILE_BYTES", 20_000_000)
    monkeypatch.setattr("extract.sources.directory._BEGINNING_BYTES", 1_000)

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


class HangingFiles(LocalFiles):
    """A file system on which files with an H in their name never open."""

    @staticmethod
    def open(path: str, mode: str) -> IO[bytes]:
        if "H" in Path(path).name:
            time.sleep(60)
        return LocalFiles.open(path, mode)


def test_a_file_that_hangs_stops_no_other_and_a_file_system_that_does_ends_the_load(
    run: Run, load: Load, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    monkeypatch.setattr("extract.sources.directory.LocalFiles", HangingFiles)
    monkeypatch.setattr("extract.sources.directory.READING_SECONDS", 0.3)
    for name in ("A", "H1", "H2", "I", "X"):
        write(tmp_path / f"{name}_20250608.json", live_infeed(name))
    assert load(tmp_path) == Tally("live-infeed", landed=3, refused=2)
    assert "cannot be read: not done within 0.3 seconds" in capfd.readouterr().err
    for name in ("G", "H3"):
        write(tmp_path / f"{name}_20250608.json", live_infeed(name))
    with pytest.raises(SourceUnavailable, match=r"H3_20250608\.json: cannot be read: not done"):
        load(tmp_path)
    # What came before is landed all the same.
    assert landed(run, "live_infeed") == 4


def test_a_listing_that_hangs_has_an_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("extract.sources.directory.LISTING_SECONDS", 0.1)
    directory = Directory(str(tmp_path))
    monkeypatch.setattr(directory._files, "isdir", lambda path: time.sleep(60))
    with pytest.raises(SourceUnavailable, match=r"not done within 0\.1 seconds"):
        directory.files()


def test_a_file_system_without_stamps_is_always_read(
    run: Run, load: Load, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    read: list[str] = []
    original = Directory.read

    def counting(self: Directory, file: ListedFile) -> Any:
        read.append(file.name)
        return original(self, file)

    monkeypatch.setattr(Directory, "read", counting)
    monkeypatch.setattr("extract.sources.directory._MODIFIED", ())
    write(tmp_path / LIVE_NAME, live_infeed())
    assert load(tmp_path) == Tally("live-infeed", landed=1)
    assert load(tmp_path) == Tally("live-infeed", unchanged=1)
    assert read == [LIVE_NAME, LIVE_NAME]
    assert landed(run, "file_observation") == 1


def test_more_files_than_a_batch_holds(
    run: Run, load: Load, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("extract.directory_load.BATCH_FILES", 3)
    for number in range(8):
        write(tmp_path / f"A{number}_20250608.json", live_infeed(f"A{number}"))
    assert load(tmp_path) == Tally("live-infeed", landed=8)
    transactions = "select count(distinct xmin::text) from raw.live_infeed"
    assert run.connection.execute(transactions).fetchone() == (3,)
    monkeypatch.setattr("extract.directory_load.BATCH_BYTES", 1)
    for number in range(8):
        write(tmp_path / f"A{number}_20250608.json", live_infeed(f"B{number}"))
    assert load(tmp_path) == Tally("live-infeed", landed=8)
    assert landed(run, "live_infeed") == 16
    assert run.connection.execute(transactions).fetchone() == (3 + 8,)


def test_documents_and_ledger_commit_together(run: Run, load: Load, tmp_path: Path) -> None:
    write(tmp_path / LIVE_NAME, live_infeed())
    run.connection.execute("alter table raw.file_observation add check (source_uri = '')")
    with pytest.raises(Exception, match="check"):
        load(tmp_path)
    assert landed(run, "live_infeed") == landed(run, "file_observation") == 0


def test_two_runs_at_once_land_every_file_once(
    warehouse: Warehouse, run: Run, tmp_path: Path
) -> None:
    for number in range(60):
        write(tmp_path / f"A{number}_20250608.json", live_infeed(f"A{number}"))
    tallies = [Tally("live-infeed") for _ in range(4)]
    barrier = threading.Barrier(len(tallies))

    def one(tally: Tally) -> None:
        with warehouse.connect() as connection:
            barrier.wait()
            mine = Run(connection, run.run_id, run.reporter)
            load_directory(mine, SOURCES["live-infeed"], str(tmp_path), tally)

    threads = [threading.Thread(target=one, args=(tally,)) for tally in tallies]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(tally.landed for tally in tallies) == 60
    assert all(tally.landed + tally.unchanged == 60 for tally in tallies)
    assert landed(run, "live_infeed") == landed(run, "file_observation") == 60


def test_what_is_landed_is_what_was_in_the_files(
    extract: ExtractCommand, warehouse: Warehouse, tmp_path: Path
) -> None:
    settings = write_sources(tmp_path)
    outcome = extract("all", **settings)
    assert outcome.status == 0, outcome.said
    assert warehouse.rows("select created_utc::text, assets from raw.technical_data") == [
        ("2025-06-01 12:50:00+00", technical_data()["assets"])
    ]
    [(exported, contracts)] = warehouse.rows(
        "select exported_utc::text, contracts from raw.asset_contracts"
    )
    assert exported == "2025-06-08 02:38:31+00"
    assert isinstance(contracts, list)
    assert [row["contract_id"] for row in contracts] == ["CON1_WND-DE-003", "CON2_SOL-DE-001"]
    assert warehouse.rows(
        "select asset_id, measured_utc::text, power_kw, quality from raw.live_infeed"
    ) == [
        (
            "WND-DE-003",
            '{"2025-06-07 22:00:00+00","2025-06-07 22:01:00+00","2025-06-07 22:02:00+00"}',
            [1875.5, -3.0, None],
            [1.0, 0.4, None],
        )
    ]
    assert warehouse.rows(
        "select metering_point_id, issued_date::text, grid_start_utc::text, power_kw"
        " from raw.final_production"
    ) == [("MP-WND-003", "2025-06-09", "2025-06-08 00:00:00+00", [306.72, 310.5])]
    assert warehouse.rows(
        "select issued_utc::text, delivery_start_utc::text, delivery_end_utc::text,"
        " is_redispatched from raw.redispatch_flag"
    ) == [
        (
            "2025-06-09 10:01:00+00",
            '{"2025-06-08 10:00:00+00","2025-06-08 10:15:00+00"}',
            '{"2025-06-08 10:15:00+00","2025-06-08 10:30:00+00"}',
            [True, False],
        )
    ]
    assert warehouse.rows(
        "select issued_date::text, delivery_start_utc::text, price_eur_per_mwh,"
        " delivery_from_utc::text, delivery_to_utc::text from raw.redispatch_compensation"
    ) == [
        (
            "2025-06-20",
            '{"2025-06-08 10:00:00+00","2025-06-08 10:15:00+00"}',
            [71.48, None],
            "2025-06-08 10:00:00+00",
            "2025-06-08 11:00:00+00",
        )
    ]
    assert warehouse.rows(
        "select price_status, made_utc::text, short_price_eur_per_mwh, long_price_eur_per_mwh,"
        " first_delivery_start_utc::text, last_delivery_start_utc::text"
        " from raw.imbalance_price order by price_status"
    ) == [
        (
            "estimate",
            "2025-06-07 04:18:00+00",
            [144.24, -12.5],
            [144.24, -12.5],
            "2025-06-03 23:15:00+00",
            "2025-06-03 23:45:00+00",
        ),
        (
            "final",
            "2025-06-08 15:08:00+00",
            [87.11, 90.0],
            [87.11, -1234.56],
            "2025-06-08 00:00:00+00",
            "2025-06-08 00:15:00+00",
        ),
    ]
    assert warehouse.value("select count(*) from raw.live_infeed where run_id = 1") == 1
    assert outcome.counts("final-production") == {
        "found": 3, "landed": 1, "unchanged": 0, "ignored": 2, "refused": 0,
    }  # fmt: skip
    assert outcome.counts("redispatch")["ignored"] == 2
    assert outcome.counts("redispatch-compensation")["ignored"] == 2
    assert outcome.counts("imbalance-prices")["landed"] == 2


def test_a_live_file_without_samples_lands_but_no_torn_list_of_the_business(
    extract: ExtractCommand, warehouse: Warehouse, tmp_path: Path
) -> None:
    settings = write_sources(tmp_path)
    (tmp_path / "technical" / TECHNICAL_NAME).write_text('{"assets": []}')
    contracts = tmp_path / "contracts" / CONTRACTS_NAME
    contracts.write_text(CONTRACTS.splitlines()[0])
    empty = {**live_infeed(), "values": [[], [], []]}
    (tmp_path / "live" / LIVE_NAME).write_text(json.dumps(empty))
    assert extract("all", **settings).status == 3
    assert warehouse.rows("select power_kw, measured_utc from raw.live_infeed") == [([], [])]
    assert warehouse.rows("select source, reason from raw.quarantine order by source") == [
        ("asset-contracts", "lists no contract"),
        ("technical-data", "lists no asset"),
    ]
    assert warehouse.value("select count(*) from raw.technical_data") == 0
    assert warehouse.value("select count(*) from raw.asset_contracts") == 0


def test_a_mail_address_is_stored_nowhere(
    extract: ExtractCommand, warehouse: Warehouse, tmp_path: Path
) -> None:
    assert extract("all", **write_sources(tmp_path)).status == 0
    tables = warehouse.rows("select tablename from pg_tables where schemaname = 'raw'")
    assert len(tables) >= 8
    for (table,) in tables:
        text = warehouse.value(f"select coalesce(string_agg(t::text, ' '), '') from raw.{table} t")
        assert isinstance(text, str)
        assert "example.com" not in text, table
        assert "email" not in text, table


def test_final_production_and_redispatch_share_a_directory(run: Run, tmp_path: Path) -> None:
    (tmp_path / "redispatch_compensation_2025-06-20.csv").write_text("x")
    (tmp_path / "final_production_A_20250609.csv").write_text(FINAL)
    tally = Tally("final-production")
    load_directory(run, SOURCES["final-production"], str(tmp_path), tally)
    assert tally == Tally("final-production", landed=1, ignored=1)


def test_ten_thousand_files_cost_few_queries(run: Run, tmp_path: Path) -> None:
    for number in range(2_000):
        day = f"{2000 + number // 300}-{number % 12 + 1:02d}-{number % 25 + 1:02d}"
        (tmp_path / f"technical_data_{day}T{number % 24:02d}0000Z.json").write_text(
            '{"assets":[{"asset_id":"A"}]}'
        )
    names = len(list(tmp_path.iterdir()))
    first, second = Tally("technical-data"), Tally("technical-data")
    load_directory(run, SOURCES["technical-data"], str(tmp_path), first)
    load_directory(run, SOURCES["technical-data"], str(tmp_path), second)
    assert (first.landed, second.unchanged) == (names, names)
