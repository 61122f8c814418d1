"""A clock that was once wrong can be corrected: it does not stay the instant of builds."""

from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pendulum
import pytest

from tests.arrivals import EPOCH, Arrival, Retraction, land, technical_data
from tests.dbt_project import DbtOutcome, dbt
from tests.warehouses import Warehouse

WRONG = datetime(2036, 1, 1, tzinfo=EPOCH.tzinfo)


class Clock:
    """The instant of the builds of a warehouse."""

    def __init__(self, warehouse: Warehouse, target: Path) -> None:
        self.warehouse, self._target = warehouse, target
        self._documents = 0

    def receive(self, instant: datetime) -> Arrival:
        """Land a file as received at this instant."""
        self._documents += 1
        document = technical_data(self._documents, 1000.0).documents[0]
        arrival = Arrival((replace(document, received_utc=pendulum.instance(instant)),))
        with self.warehouse.connect() as connection:
            assert land(connection, [arrival]) == 1
        return arrival

    def retract(self, arrival: Arrival) -> None:
        with self.warehouse.connect() as connection:
            Retraction(arrival.documents[0]).land(connection)

    def after_build(self, *arguments: str) -> object:
        """The instant of the next build."""
        built = self.build(*arguments)
        assert built.success, built.exception
        return self.warehouse.value("select built_as_of_utc from intermediate.int_clock")

    def warning(self) -> str | None:
        """What the next build warns about."""
        built = self.build("--warn-error")
        assert built.success is (built.exception is None)
        return None if built.exception is None else str(built.exception)

    def build(self, *arguments: str) -> DbtOutcome:
        """Builds nothing but the clock."""
        command = ("run", "--select", "int_clock", *arguments)
        return dbt(self.warehouse.environment, self._target, *command)


@pytest.fixture
def clock(built_warehouse: Warehouse, tmp_path: Path) -> Clock:
    return Clock(built_warehouse, tmp_path)


def test_it_goes_by_what_was_received_last_and_was_not_retracted(clock: Clock) -> None:
    hours = [EPOCH + timedelta(hours=hour) for hour in range(3)]
    clock.receive(hours[1])
    last = clock.receive(hours[2])
    first = clock.receive(hours[0])
    assert clock.after_build() == hours[2]
    assert clock.after_build() == hours[2]
    clock.retract(first)
    assert clock.after_build() == hours[2]
    clock.retract(last)
    assert clock.after_build() == hours[1]
    # Before a build has seen it.
    clock.retract(clock.receive(hours[2]))
    assert clock.after_build() == hours[1]
    assert clock.warning() is None


def test_one_that_is_ahead_of_the_servers_is_said_until_it_is_mended(clock: Clock) -> None:
    clock.receive(EPOCH)
    wrong = clock.receive(WRONG)
    assert clock.after_build() == WRONG
    assert "is of 2036-01-01 00:00:00 (UTC), ahead" in (clock.warning() or "")
    clock.retract(wrong)
    assert clock.after_build() == EPOCH
    assert clock.warning() is None


def test_what_the_extractor_notes_does_not_move_it(clock: Clock) -> None:
    clock.receive(EPOCH)
    with clock.warehouse.connect() as connection:
        connection.execute(
            "insert into raw.quarantine (source, reason, content, content_bytes, source_uri,"
            " content_sha256, received_utc, run_id)"
            " values ('live-infeed', '', '', 0, '', '', %s, 1)",
            [WRONG],
        )
        connection.execute(
            "insert into raw.quarantine_release (quarantined_document_id, received_utc, run_id)"
            " select document_id, %s, 1 from raw.quarantine",
            [WRONG],
        )
        connection.execute(
            "insert into raw.retraction (retracted_document_id, reason, received_utc, run_id)"
            " values (0, '', %s, 1)",
            [WRONG],
        )
    assert clock.after_build() == EPOCH


def test_a_full_refresh_starts_it_afresh(clock: Clock) -> None:
    clock.receive(EPOCH)
    clock.after_build()
    with clock.warehouse.connect() as connection:
        # As left by an older version of this project, after the document was retracted.
        connection.execute("update build.run set as_of_utc = %s", [WRONG])
    assert clock.after_build() == WRONG
    assert clock.after_build("--full-refresh") == EPOCH


@pytest.mark.parametrize("instant", ["2025-06-10 04:00Z", "2025-06-10T06:00:00.0+02:00"])
def test_it_can_be_set(clock: Clock, instant: str) -> None:
    set_to = clock.after_build("--vars", f"{{as_of_utc: '{instant}'}}")
    assert set_to == datetime(2025, 6, 10, 4, tzinfo=EPOCH.tzinfo)


@pytest.mark.parametrize("instant", ["2025-06-10 04:00", "2025-06-10", "2025-06-10T04:00:00"])
def test_each_session_would_read_an_instant_without_an_offset_by_its_own_time_zone(
    clock: Clock, instant: str, capfd: pytest.CaptureFixture[str]
) -> None:
    assert not clock.build("--vars", f"{{as_of_utc: '{instant}'}}").success
    said = capfd.readouterr().out
    assert f"as_of_utc is {instant}, without its offset from UTC: end it in Z" in said
