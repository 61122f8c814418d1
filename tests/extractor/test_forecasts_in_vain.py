"""Forecast versions that cannot be had: noted, counted, and retried less and less often."""

from datetime import UTC, datetime, timedelta

from tests.documents import forecast_for
from tests.extractor.asked import (
    HOUR,
    OUT_OF_ORDER,
    Load,
    asset_and_version,
    pass_time,
)
from tests.http_server import Answer, HttpServer
from tests.warehouses import Warehouse


def test_an_unknown_asset_is_named_and_a_missing_version_counted(
    fetch: Load, http_server: HttpServer, warehouse: Warehouse
) -> None:
    def knows_a(target: str) -> Answer:
        asset, version = asset_and_version(target)
        known = asset == "A" and not version.startswith("2025-06-08T06:15")
        return Answer(body=forecast_for(target)) if known else Answer(404)

    http_server.answer = knows_a
    outcome = fetch("--assets", "A", "NOPE", *HOUR)
    assert outcome.status == 0
    lines = outcome.out.splitlines()
    assert lines[0] == (
        "forecasts: NOPE: the API knows none of the 4 versions asked for (404): "
        "is the asset id right?"
    )
    assert lines[1] == "forecasts: 1 version does not exist (404)"
    assert outcome.counts("forecasts")["found"] == 3
    # The missing one is requested again; A is not unknown because of it.
    pass_time(warehouse, 15)
    outcome = fetch("--assets", "A", *HOUR)
    assert len(http_server.requests) == 1
    assert outcome.status == 0
    assert "is the asset id right" not in outcome.out


def test_a_version_that_may_not_be_there_yet_is_asked_for_by_every_run(
    fetch: Load, http_server: HttpServer, warehouse: Warehouse
) -> None:
    now = datetime.now(UTC)
    version = now - timedelta(minutes=now.minute % 15, seconds=now.second)
    window = ("--from", f"{version:%Y-%m-%dT%H:%M}", "--to", f"{version:%Y-%m-%dT%H:%M:01}")
    http_server.answer = lambda target: Answer(404)
    for _ in range(2):
        assert (
            "forecasts: 1 version is not available yet (404)" in fetch("--assets", "A", *window).out
        )
        assert len(http_server.requests) == 1
    assert warehouse.rows("select * from raw.forecast_absence") == []
    http_server.answer = lambda target: Answer(body=forecast_for(target))
    assert fetch("--assets", "A", *window).counts("forecasts")["landed"] == 1


def test_a_version_that_never_exists_is_asked_for_ever_less_often_and_then_no_more(
    fetch: Load, http_server: HttpServer, warehouse: Warehouse
) -> None:
    http_server.answer = lambda target: Answer(404)
    quarter_hour = ("--from", "2025-06-08T06:00", "--to", "2025-06-08T06:15")
    asked_at = []
    for run in range(40):
        # Like a schedule: every quarter-hour, a little early or late, and less often later.
        minutes = 15 if run < 12 else 120
        pass_time(warehouse, minutes + (-1) ** run) if run else None
        outcome = fetch("--assets", "A", *quarter_hour)
        assert outcome.status == 0
        if http_server.requests:
            asked_at.append(run)
            assert "the API knows none of the 1 versions" in outcome.out
        else:
            assert (
                "forecasts: versions not retried yet: 1 that did not exist, 0 whose answer was "
                "refused, 0 without an answer (--refetch retries them now)"
            ) in outcome.out
    assert asked_at == [0, 1, 2, 4, 8, 12, 14, 18, 26]
    assert warehouse.value("select count(*) from raw.forecast_absence") == 9
    fetch("--assets", "A", *quarter_hour, "--refetch")
    assert len(http_server.requests) == 1
    # Once available, it lands and counts as landed.
    http_server.answer = lambda target: Answer(body=forecast_for(target))
    outcome = fetch("--assets", "A", *quarter_hour, "--refetch")
    assert outcome.counts("forecasts")["landed"] == 1
    outcome = fetch("--assets", "A", *quarter_hour)
    assert outcome.counts("forecasts")["unchanged"] == 1
    assert "not asked" not in outcome.out


def test_a_late_version_lands_with_the_next_run(
    fetch: Load, http_server: HttpServer, warehouse: Warehouse
) -> None:
    def late(target: str) -> Answer:
        return Answer(404) if "06%3A45" in target else Answer(body=forecast_for(target))

    http_server.answer = late
    assert fetch("--assets", "A", *HOUR).counts("forecasts")["landed"] == 3
    http_server.answer = lambda target: Answer(body=forecast_for(target))
    fetch("--assets", "A", *HOUR)
    assert http_server.requests == []
    pass_time(warehouse, 14)
    assert fetch("--assets", "A", *HOUR).counts("forecasts")["landed"] == 1


def test_a_refused_answer_is_asked_for_again_with_the_same_restraint(
    fetch: Load, http_server: HttpServer, warehouse: Warehouse
) -> None:
    http_server.answer = lambda target: Answer(body=b"<html>")
    assert fetch("--assets", "A", *HOUR).status == 3
    outcome = fetch("--assets", "A", *HOUR)
    assert (outcome.status, http_server.requests) == (0, [])
    assert "0 that did not exist, 4 whose answer was refused" in outcome.out
    assert "in quarantine: 4 " in outcome.out
    pass_time(warehouse, 15)
    # The same bytes are not new, others are.
    outcome = fetch("--assets", "A", *HOUR)
    assert len(http_server.requests) == 4
    assert (outcome.status, outcome.err) == (0, "")
    pass_time(warehouse, 15)
    http_server.answer = lambda target: Answer(body=b"<html><body>")
    assert fetch("--assets", "A", *HOUR).status == 3
    pass_time(warehouse, 30)
    http_server.answer = lambda target: Answer(body=forecast_for(target))
    assert fetch("--assets", "A", *HOUR).counts("forecasts")["landed"] == 4


def test_versions_without_an_answer_are_asked_for_again_with_the_same_restraint(
    fetch: Load, http_server: HttpServer, warehouse: Warehouse
) -> None:
    def one_fails(target: str) -> Answer:
        return OUT_OF_ORDER if "06%3A30" in target else Answer(body=forecast_for(target))

    http_server.answer = one_fails
    assert fetch("--assets", "A", *HOUR).status == 3
    outcome = fetch("--assets", "A", *HOUR)
    assert (outcome.status, http_server.requests) == (0, [])
    assert "0 that did not exist, 0 whose answer was refused, 1 without an answer" in outcome.out
    pass_time(warehouse, 15)
    assert fetch("--assets", "A", *HOUR, "--concurrency", "1").status == 1
    http_server.answer = lambda target: Answer(body=forecast_for(target))
    assert fetch("--assets", "A", *HOUR).counts("forecasts")["landed"] == 1
