"""Which files of a directory land, in which batches, and how often."""

import json
import threading
from pathlib import Path
from typing import Any

import pytest

from extract.console import Tally
from extract.directory_load import load_directory
from extract.run import Run
from extract.sources.declared import SOURCES
from extract.sources.directory import Directory, ListedFile
from tests.conftest import ExtractCommand
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
from tests.extractor.folders import Load, landed, write
from tests.warehouses import Warehouse


def test_a_file_system_without_stamps_is_always_read(
    run: Run, take: Load, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    read: list[str] = []
    original = Directory.read

    def counting(self: Directory, file: ListedFile) -> Any:
        read.append(file.name)
        return original(self, file)

    monkeypatch.setattr(Directory, "read", counting)
    monkeypatch.setattr("extract.sources.directory.MODIFIED", ())
    write(tmp_path / LIVE_NAME, live_infeed())
    assert take(tmp_path) == Tally("live-infeed", landed=1)
    assert take(tmp_path) == Tally("live-infeed", unchanged=1)
    assert read == [LIVE_NAME, LIVE_NAME]
    assert landed(run, "file_observation") == 1


def test_more_files_than_a_batch_holds(
    run: Run, take: Load, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("extract.directory_load.BATCH_FILES", 3)
    for number in range(8):
        write(tmp_path / f"A{number}_20250608.json", live_infeed(f"A{number}"))
    assert take(tmp_path) == Tally("live-infeed", landed=8)
    transactions = "select count(distinct xmin::text) from raw.live_infeed"
    assert run.connection.execute(transactions).fetchone() == (3,)
    monkeypatch.setattr("extract.directory_load.BATCH_BYTES", 1)
    for number in range(8):
        write(tmp_path / f"A{number}_20250608.json", live_infeed(f"B{number}"))
    assert take(tmp_path) == Tally("live-infeed", landed=8)
    assert landed(run, "live_infeed") == 16
    assert run.connection.execute(transactions).fetchone() == (3 + 8,)


def test_documents_and_ledger_commit_together(run: Run, take: Load, tmp_path: Path) -> None:
    write(tmp_path / LIVE_NAME, live_infeed())
    run.connection.execute("alter table raw.file_observation add check (source_uri = '')")
    with pytest.raises(Exception, match="check"):
        take(tmp_path)
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
