"""Retraction on the command line."""

from pathlib import Path

from tests.conftest import ExtractCommand
from tests.documents import (
    FINAL,
    FINAL_NAME,
    LIVE_NAME,
    forecast_for,
)
from tests.extractor.asked import HOUR
from tests.extractor.held import LoadLive
from tests.http_server import Answer, HttpServer
from tests.warehouses import Warehouse


def test_retract_takes_one_landed_document(
    extract: ExtractCommand, warehouse: Warehouse, http_server: HttpServer, tmp_path: Path
) -> None:
    (tmp_path / FINAL_NAME).write_text(FINAL)
    http_server.answer = lambda target: Answer(body=forecast_for(target))
    extract("final-production", DSO_URL=tmp_path)
    extract("forecasts", "--assets", "A", *HOUR, VPP_API_URL=http_server.url)
    final_id = warehouse.value("select document_id from raw.final_production")
    version_id = warehouse.value("select max(document_id) from raw.forecast_version")
    outcome = extract("retract", str(final_id), "--why", " of a test\nsystem ")
    assert outcome.status == 0, outcome.said
    assert outcome.out.startswith(
        f"retracted from the next build on: document {final_id}, "
        "final-production of MP-WND-003 for 2025-06-08 "
    )
    assert str(tmp_path / FINAL_NAME) in outcome.out
    assert "forecasts of A for " in extract("retract", str(version_id), "--why", "nonsense").out
    assert warehouse.rows(
        "select retracted_document_id, reason, received_utc between started_utc and now()"
        " from raw.retraction natural join raw.run order by 1"
    ) == [(final_id, "of a test system", True), (version_id, "nonsense", True)]
    again = extract("retract", str(final_id), "--why", "again")
    assert again.status == 2
    [line] = again.err.splitlines()
    assert line.startswith(f"error: document {final_id} was retracted at ")
    assert warehouse.value("select count(*) from raw.retraction") == 2


def test_only_a_landed_document_can_be_retracted(
    extract: ExtractCommand, load_live: LoadLive, warehouse: Warehouse, tmp_path: Path
) -> None:
    (tmp_path / LIVE_NAME).write_text("{")
    load_live()
    held = warehouse.value("select document_id from raw.quarantine")
    for document_id in (held, 0, 10**20):
        outcome = extract("retract", str(document_id), "--why", "x")
        assert outcome.status == 2
        assert outcome.err == (
            f"error: no landed document has the id {document_id} "
            "(make psql, then: select document_id, source_uri from raw.document)\n"
        )
    assert "--why is empty" in extract("retract", "1", "--why", " ").err
    assert "required: --why" in extract("retract", "1").err
    assert warehouse.value("select count(*) from raw.retraction") == 0
    assert warehouse.value("select count(*) from raw.run") == 1


def test_a_retraction_is_final(
    extract: ExtractCommand, warehouse: Warehouse, http_server: HttpServer, tmp_path: Path
) -> None:
    http_server.answer = lambda target: Answer(body=forecast_for(target))
    name = tmp_path / FINAL_NAME
    name.write_text(FINAL)

    def load() -> tuple[object, object]:
        extract("final-production", DSO_URL=tmp_path)
        extract("forecasts", "--assets", "A", "--refetch", *HOUR, VPP_API_URL=http_server.url)
        return (
            warehouse.value("select count(*) from raw.final_production"),
            warehouse.value("select count(*) from raw.forecast_version"),
        )

    landed = load()
    for (document_id,) in warehouse.rows("select document_id from raw.document"):
        assert extract("retract", str(document_id), "--why", "test data").status == 0
    # The same bytes at the same address, then under another name; another answer of the API.
    name.write_text(FINAL)
    assert load() == landed
    (tmp_path / FINAL_NAME.replace("20250609", "20250610")).write_text(FINAL)
    http_server.answer = lambda target: Answer(body=forecast_for(target, power=9.5))
    final_count, version_count = load()
    assert landed == (1, 4)
    assert (final_count, version_count) == (2, 8)
