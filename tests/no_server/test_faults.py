"""The faults of the demo: each document differs from the clean one exactly as it says."""

from __future__ import annotations

import datetime as dt
import json
from dataclasses import replace
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from extract.simulator.__main__ import main
from extract.simulator.files import write_files
from extract.simulator.plan import SimulationPlan
from extract.simulator.production import produced_power_kw
from tests.no_server.simulated import PLAN, contents, csv_rows, good_samples

FAULTY = replace(PLAN, with_faults=True)
BERLIN = ZoneInfo("Europe/Berlin")
HOUR_MS = 3_600_000.0
LATE = "dso/final_production_MP-WND-002_20250610.csv"
STRAIGHT = "dso/final_production_MP-WND-003_20250610.csv"
LIVE = {
    "WND01_20250607.json",
    "WND02_20250607.json",
    "WND03_20250607.json",
    "SOL02_20250607.json",
    "WND01_20250608.json",
    "WND01_20250609.json",
    "SOL02_20250609.json",
}
Values = dict[float, float]


@pytest.fixture(scope="module")
def clean(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_files(PLAN, tmp_path_factory.mktemp("clean")).directory


@pytest.fixture(scope="module")
def faulty(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What the command line writes with the option."""
    directory = tmp_path_factory.mktemp("faulty")
    assert main(["files", "--with-faults", "--directory", str(directory)]) == 0
    return directory


@pytest.fixture(scope="module")
def documents(clean: Path, faulty: Path) -> dict[str, tuple[Values, Values]]:
    """The samples that count in each live document, clean and with its fault: kW by instant."""
    return {
        name: (good_samples(read(clean, name)), good_samples(read(faulty, name))) for name in LIVE
    }


def read(directory: Path, name: str) -> dict[str, list[list[float]]]:
    document: dict[str, list[list[float]]] = json.loads(
        (directory / "live_infeed" / name).read_bytes()
    )
    return document


def hours(values: Values, day: int, begin: float, end: float) -> Values:
    """Those of some local hours of a day in June 2025."""
    midnight = dt.datetime(2025, 6, day, tzinfo=BERLIN).timestamp() * 1000
    window = (midnight + HOUR_MS * begin, midnight + HOUR_MS * end)
    return {at: value for at, value in values.items() if window[0] <= at < window[1]}


def changed(documents: tuple[Values, Values]) -> tuple[Values, Values]:
    """What differs, before and after; whether a sample exists never does."""
    before, after = documents
    assert before.keys() == after.keys()
    differing = {at for at in before if before[at] != after[at]}
    return {at: before[at] for at in differing}, {at: after[at] for at in differing}


def test_only_documents_that_are_said_to_have_a_fault_differ(
    clean: Path, faulty: Path, tmp_path: Path
) -> None:
    before, after = contents(clean), contents(faulty)
    assert after.keys() - before.keys() == {LATE, STRAIGHT}
    assert before.keys() <= after.keys()
    assert {name for name in before if before[name] != after[name]} == {
        f"live_infeed/{name}" for name in LIVE
    }
    assert contents(write_files(FAULTY, tmp_path).directory) == after


def test_faults_change_values_and_nothing_else(clean: Path, faulty: Path) -> None:
    for name in LIVE - {"WND01_20250607.json", "WND03_20250607.json"}:
        before, after = read(clean, name), read(faulty, name)
        (at, power, quality), (at_after, power_after, quality_after) = (
            before.pop("values"),
            after.pop("values"),
        )
        assert (at, quality, before) == (at_after, quality_after, after)
        assert [value is None for value in power] == [value is None for value in power_after]


def test_two_plants_are_swapped(documents: dict[str, tuple[Values, Values]]) -> None:
    first, third = documents["WND01_20250607.json"], documents["WND03_20250607.json"]
    assert (first[1], third[1]) == (third[0], first[0])
    assert first[0] != third[0]


def test_the_sign_is_flipped_up_to_midnight(documents: dict[str, tuple[Values, Values]]) -> None:
    before, after = documents["SOL02_20250607.json"]
    day = hours(before, 7, 0, 24)
    assert hours(after, 7, 0, 24) == {at: -value for at, value in day.items()}
    # The file reaches into the next day, and there agrees with the next one.
    beyond = before.keys() - day.keys()
    assert beyond
    assert all(before[at] == after[at] for at in beyond)


def test_a_value_is_frozen_while_the_wind_rises_and_falls(
    documents: dict[str, tuple[Values, Values]],
) -> None:
    before, after = documents["WND02_20250607.json"]
    frozen = hours(after, 7, 17.5, 23.5)
    [value] = set(frozen.values())
    assert value == before[min(frozen)]
    assert len(frozen) > 300
    meant = list(hours(before, 7, 17.5, 23.5).values())
    assert max(meant) > value + 0.2 * 6600
    assert min(meant) < value - 0.2 * 6600
    assert frozen.keys() >= changed((before, after))[0].keys()


def test_half_an_hour_is_above_capacity(documents: dict[str, tuple[Values, Values]]) -> None:
    _, after = changed(documents["WND01_20250608.json"])
    assert after == hours(documents["WND01_20250608.json"][1], 8, 9, 9.5)
    assert len(after) > 25
    assert set(after.values()) == {1.3 * 4000}


def test_megawatts_are_said_to_be_kilowatts(
    documents: dict[str, tuple[Values, Values]], faulty: Path
) -> None:
    before, after = documents["WND01_20250609.json"]
    assert after == {at: round(value / 1000, 3) for at, value in before.items()}
    assert json.loads((faulty / "live_infeed/WND01_20250609.json").read_bytes())["units"][1] == "kW"


def test_the_sun_shines_at_night(documents: dict[str, tuple[Values, Values]]) -> None:
    before, after = changed(documents["SOL02_20250609.json"])
    assert after == hours(documents["SOL02_20250609.json"][1], 9, 0, 3)
    assert len(after) > 150
    assert all(after[at] == pytest.approx(before[at] + 0.15 * 1490, abs=0.0051) for at in after)
    # It is not a frozen value.
    assert len(set(after.values())) > 50


def test_final_production_is_an_hour_late(faulty: Path) -> None:
    rows = csv_rows(faulty / LATE)
    assert rows[0]["delivery_start__utc_"] == "2025-06-09 01:00:00.000000 UTC"
    assert rows[-1]["delivery_start__utc_"] == "2025-06-09 16:45:00.000000 UTC"
    produced = produced_power_kw(PLAN, PLAN.assets_by_id["WND-DE-002"], dt.date(2025, 6, 9))
    late = [float(row["MP-WND-002__kw_"]) for row in rows]
    assert late == pytest.approx(produced[: len(rows)], abs=0.0051)
    assert len(rows) == 64


def test_final_production_is_a_straight_line_where_the_course_is_none(faulty: Path) -> None:
    rows = csv_rows(faulty / STRAIGHT)
    assert rows[0]["delivery_start__utc_"] == "2025-06-09 00:00:00.000000 UTC"
    assert rows[-1]["delivery_start__utc_"] == "2025-06-09 15:45:00.000000 UTC"
    produced = produced_power_kw(PLAN, PLAN.assets_by_id["WND-DE-003"], dt.date(2025, 6, 9))
    # From 10:00 to the value at 16:00, which is not settled yet.
    line = np.interp(range(40, 65), [40, 64], produced[[40, 64]])
    expected = [*produced[:40], *line[:-1]]
    power = [row["MP-WND-003__kw_"] for row in rows]
    # The ends of the line are rounded, and so are the values on it.
    assert [float(value) for value in power] == pytest.approx(expected, abs=0.0101)
    assert all(len(value.split(".")[1]) == 2 for value in power)
    assert max(abs(produced[40:65] - line)) > 0.2 * 5600


@pytest.mark.parametrize(
    ("plan", "names"),
    [
        (SimulationPlan(asset_count=1, day_count=1), set()),
        # There is nobody to swap with.
        (SimulationPlan(asset_count=3, day_count=1), {"live_infeed/SOL02_20250607.json"}),
        (SimulationPlan(first_day=dt.date(2025, 3, 30), day_count=1), set()),
    ],
)
def test_what_a_plan_does_not_have_has_no_fault(
    plan: SimulationPlan, names: set[str], tmp_path: Path
) -> None:
    before = contents(write_files(plan, tmp_path / "clean").directory)
    after = contents(write_files(replace(plan, with_faults=True), tmp_path / "faulty").directory)
    assert before.keys() == after.keys()
    assert {name for name in before if before[name] != after[name]} == names


def test_a_day_that_is_settled_has_its_faults_instead(faulty: Path, tmp_path: Path) -> None:
    settled = write_files(SimulationPlan(day_count=4, with_faults=True), tmp_path).directory
    for name in (LATE, STRAIGHT):
        assert (settled / name).read_bytes() == (faulty / name).read_bytes()
