"""Contract exports as CRMs really send them, from the files to the marts."""

from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.dbt_project import DbtOutcome, dbt
from tests.extract_command import extract
from tests.warehouses import Warehouse

HEADER = (
    "contract_id,asset_id,metering_point_id,capacity,technology,contract_begin,contract_end,"
    "price_model,price,fee_model,fee,fee_percent\n"
)
STAYING = """
A-OPEN, A1, MP-A1, 5, 2024-09-01,
A-TEMP, A2, MP-A1, 5, 2025-06-02, 2025-06-05
A-DAY,  A3, MP-A1, 5, 2025-06-04, 2025-06-04
B-OWN,  B1, MP-B1, 3, 2024-01-01,
B-TEMP, B1, MP-B2, 4, 2025-06-02, 2025-06-05
C-ONE,  C1, MP-C1, 5, 2024-01-01, 2025-05-31
C-ONE,  C1, MP-C1, 5, 2025-06-01,
C-TWO,  C2, MP-C2, 5, 2025-06-01,
C-TWO,  C2, MP-C2, 5, 2024-01-01, 2025-05-31
H-BACK, H1, MP-H1, 5, 2025-07-01, 2025-06-30
"""
"""Rows that every export lists: nested contracts of one metering point; an asset with two; contract
numbers with two rows each, in either order; an end before its start."""
FIRST = f"""{STAYING}
D-OLD,  D1, MP-D1, 5, 2024-01-01,
E-2024, E1, MP-E1, 5, 2024-06-08, 2025-06-07
F-LEFT, F1, MP-F1, 5, 2024-01-01,
G-GAP,  G1, MP-G1, 5, 2024-01-01,
"""
SECOND = f"""{STAYING}
D-NEW,  D2, MP-D1, 5, 2025-06-07,
E-2025, E1, MP-E1, 5, 2025-06-08,
"""
"""A metering point is handed over, a contract renewed, an asset left; G-GAP is left out once."""
THIRD = f"""{SECOND}
G-GAP,  G1, MP-G1, 5, 2024-01-01,
"""
METERING_POINTS = ("A1", "B1", "B2", "C1", "C2", "D1", "E1", "F1", "G1", "H1", "NOBODYS")
MARTS = ("portfolio_reconciliation", "dso_unmapped_production", "assets_history", "assets")

Sources = Mapping[str, Path]


def export(sources: Sources, made: str, rows: str) -> None:
    lines = [[cell.strip() for cell in row.split(",")] for row in rows.split("\n") if row]
    text = "".join(
        f"{contract},{asset},{point},{megawatts},wind,{begin},{end},market,,,,\n"
        for contract, asset, point, megawatts, begin, end in lines
    )
    (sources["ASSET_CONTRACTS_URL"] / f"asset_contracts_{made}.csv").write_text(HEADER + text)


def settle(sources: Sources, day: int, month: int = 6) -> None:
    """Final production at noon (UTC): a hundred times the day, plus the number of the point."""
    columns = ",".join(f"MP-{point}__kw_" for point in METERING_POINTS)
    values = ",".join(str(100 * day + number) for number in range(len(METERING_POINTS)))
    (sources["DSO_URL"] / f"final_production_all_2025{month:02}{day + 1:02}.csv").write_text(
        f"delivery_start__utc_,{columns}\n2025-{month:02}-{day:02} 12:00:00.000000 UTC,{values}\n"
    )


def land_and_build(warehouse: Warehouse, sources: Sources, target: Path) -> DbtOutcome:
    environment = {**warehouse.environment, **{name: str(path) for name, path in sources.items()}}
    landed = extract(environment, "all")
    assert landed.returncode == 0, landed.stderr
    select = [f"+{mart}" for mart in MARTS]
    built = dbt(
        environment, target, "build", "--exclude-resource-type", "unit_test", "--select", *select
    )
    assert built.success, built.statuses
    return built


@pytest.fixture(scope="module")
def sources(tmp_path_factory: pytest.TempPathFactory) -> Sources:
    root = tmp_path_factory.mktemp("sources")
    folders = {"ASSET_CONTRACTS_URL": root / "contracts", "DSO_URL": root / "dso"}
    for folder in folders.values():
        folder.mkdir()
    return folders


@pytest.fixture(scope="module")
def built(
    module_warehouse: Warehouse, sources: Sources, tmp_path_factory: pytest.TempPathFactory
) -> DbtOutcome:
    """Three exports, each with the days settled by then, and a build after each."""
    target = tmp_path_factory.mktemp("target")
    for made, rows, days in (
        ("20250601_043831", FIRST, ()),
        ("20250608_043831", SECOND, (3, 4, 6)),
        ("20250615_043831", THIRD, (9,)),
    ):
        export(sources, made, rows)
        if not days:
            settle(sources, 30, month=5)
        for day in days:
            settle(sources, day)
        outcome = land_and_build(module_warehouse, sources, target)
    return outcome


@pytest.fixture
def answers(built: DbtOutcome, module_warehouse: Warehouse) -> Warehouse:
    return module_warehouse


def production(answers: Warehouse, point: str) -> list[tuple[object, ...]]:
    """The day a metering point counted, for which asset and with how much; or why not."""
    return answers.rows(
        "select to_char(delivery_start_utc, 'MM-DD'), asset_id, power_kw, 'counts'"
        f" from dso_final_production where metering_point_id = 'MP-{point}' union all"
        " select to_char(delivery_start_utc, 'MM-DD'), asset_id, power_kw, reason"
        f" from dso_unmapped_production where metering_point_id = 'MP-{point}' order by 1"
    )


def membership(answers: Warehouse, asset_id: str) -> list[tuple[object, ...]]:
    """From when to when an asset was a member (UTC)."""
    return answers.rows(
        "select valid_from_utc::text, valid_to_utc::text"
        f" from intermediate.int_portfolio_periods where asset_id = '{asset_id}' order by 1"
    )


def test_a_contract_inside_another_gives_the_metering_point_back(answers: Warehouse) -> None:
    assert production(answers, "A1") == [
        ("05-30", "A1", 3000.0, "counts"),
        ("06-03", "A2", 300.0, "counts"),
        ("06-04", "A3", 400.0, "counts"),
        ("06-06", "A1", 600.0, "counts"),
        ("06-09", "A1", 900.0, "counts"),
    ]
    assert membership(answers, "A1") == [("2024-08-31 22:00:00+00", "infinity")]
    assert membership(answers, "A3") == [("2025-06-03 22:00:00+00", "2025-06-04 22:00:00+00")]


def test_of_two_metering_points_of_an_asset_the_other_stays_visible(answers: Warehouse) -> None:
    other = "another_metering_point"
    assert production(answers, "B1") == [
        ("05-30", "B1", 3001.0, "counts"),
        ("06-03", "B1", 301.0, other),
        ("06-04", "B1", 401.0, other),
        ("06-06", "B1", 601.0, "counts"),
        ("06-09", "B1", 901.0, "counts"),
    ]
    assert [said for *_, said in production(answers, "B2")] == [
        *(other, "counts", "counts", other, other)
    ]
    assert answers.rows(
        "select capacity_kw, valid_from_utc::text from intermediate.int_portfolio_periods"
        " where asset_id = 'B1' order by valid_from_utc"
    ) == [
        (3000.0, "2023-12-31 23:00:00+00"),
        (4000.0, "2025-06-01 22:00:00+00"),
        (3000.0, "2025-06-05 22:00:00+00"),
    ]


def test_rows_of_one_contract_number_do_not_replace_each_other(answers: Warehouse) -> None:
    for asset_id in ("C1", "C2"):
        assert membership(answers, asset_id) == [("2023-12-31 23:00:00+00", "infinity")]
        assert {asset for _, asset, _, _ in production(answers, asset_id)} == {asset_id}


def test_a_metering_point_that_is_handed_over_leaves_its_past_behind(answers: Warehouse) -> None:
    assert [row[:2] for row in production(answers, "D1")] == [
        ("05-30", "D1"),
        ("06-03", "D1"),
        ("06-04", "D1"),
        ("06-06", "D1"),
        ("06-09", "D2"),
    ]
    # It is a member until the export that no longer lists it.
    assert membership(answers, "D1") == [("2023-12-31 23:00:00+00", "2025-06-08 02:38:31+00")]
    assert answers.rows(
        "select asset_id, metering_point_id, valid_from_utc::text, valid_to_utc::text"
        " from assets_history where asset_id in ('D1', 'D2') order by 1, 3"
    ) == [
        ("D1", "MP-D1", "2023-12-31 23:00:00+00", "2025-06-06 22:00:00+00"),
        ("D1", None, "2025-06-06 22:00:00+00", "2025-06-08 02:38:31+00"),
        ("D2", "MP-D1", "2025-06-06 22:00:00+00", None),
    ]
    assert answers.rows("select asset_id from assets where metering_point_id = 'MP-D1'") == [
        ("D2",)
    ]


def test_a_renewal_keeps_the_time_before(answers: Warehouse) -> None:
    assert {asset for _, asset, _, _ in production(answers, "E1")} == {"E1"}
    assert membership(answers, "E1") == [("2024-06-07 22:00:00+00", "infinity")]


def test_who_left_was_there(answers: Warehouse) -> None:
    assert membership(answers, "F1") == [("2023-12-31 23:00:00+00", "2025-06-08 02:38:31+00")]
    assert {asset for _, asset, _, _ in production(answers, "F1")} == {"F1"}


def test_who_is_listed_again_was_there_all_along(answers: Warehouse) -> None:
    assert membership(answers, "G1") == [("2023-12-31 23:00:00+00", "infinity")]


@pytest.mark.parametrize("point", ["H1", "NOBODYS"])
def test_what_no_contract_was_in_force_for_stays_visible(answers: Warehouse, point: str) -> None:
    assert {(asset, said) for _, asset, _, said in production(answers, point)} == {
        (None, "no_contract")
    }
    assert membership(answers, "H1") == []


def test_the_portfolio_of_each_day(answers: Warehouse) -> None:
    assert answers.rows(
        "select to_char(delivery_start_utc, 'MM-DD'), expected_asset_count"
        " from portfolio_reconciliation order by 1"
    ) == [("05-30", 8), ("06-03", 9), ("06-04", 10), ("06-06", 8), ("06-09", 7)]


def test_what_people_have_to_decide_is_a_warning(built: DbtOutcome) -> None:
    assert {name for name, said in built.statuses.items() if said == "warn"} == {
        "a_metering_point_is_under_contract_for_one_asset_at_a_time",
        "an_asset_has_one_metering_point_under_contract_at_a_time",
        "contracts_do_not_end_before_they_begin",
    }
    assert built.statuses["final_production_is_in_one_mart"] == "pass"


def test_an_export_that_lists_far_fewer_contracts_is_a_warning(
    warehouse: Warehouse, tmp_path: Path
) -> None:
    environment = {**warehouse.environment, "ASSET_CONTRACTS_URL": str(tmp_path)}
    name = "contract_exports_do_not_shrink"
    rows = STAYING.strip().split("\n")

    def said_of(*counts: tuple[int, int]) -> str:
        for day, count in counts:
            export(
                {"ASSET_CONTRACTS_URL": tmp_path}, f"202506{day:02}_043831", "\n".join(rows[:count])
            )
        assert extract(environment, "asset-contracts").returncode == 0
        select = ("--select", f"+{name}", "--exclude-resource-type", "unit_test")
        return dbt(environment, tmp_path / "target", "build", *select).statuses[name]

    # Three quarters of the previous export give no warning, two thirds do.
    assert said_of((1, 4), (8, 3)) == "pass"
    assert said_of((15, 2)) == "warn"
