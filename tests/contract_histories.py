"""Random contract histories, and a plain reading of what they mean.

A history is a sequence of exports. What they say of one family of assets and metering points
affects no other family, so one warehouse can hold many histories.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from random import Random
from zoneinfo import ZoneInfo

BERLIN = ZoneInfo("Europe/Berlin")
BEGINNING = datetime.min.replace(tzinfo=UTC)
END = datetime.max.replace(tzinfo=UTC)

# Days on which contracts begin and end: around the skipped hour, exports and a renewal.
DAYS = tuple(date(2025, *day) for day in ((3, 29), (3, 30), (4, 30), (5, 1), (5, 10), (5, 31)))
EXPORTED = (
    datetime(2025, 3, 30, 2, 38, 31, tzinfo=UTC),
    datetime(2025, 4, 6, 2, 38, 31, tzinfo=UTC),
    # A local midnight, at which contracts begin and end too.
    datetime(2025, 4, 30, 22, 0, tzinfo=UTC),
    datetime(2025, 5, 11, 2, 38, 31, tzinfo=UTC),
    datetime(2025, 5, 31, 21, 59, 59, tzinfo=UTC),
    datetime(2025, 6, 8, 2, 38, 31, tzinfo=UTC),
)


@dataclass(frozen=True)
class Row:
    """What identifies a row of contracts."""

    contract_id: str
    asset_id: str
    metering_point_id: str | None
    begin: date | None


@dataclass(frozen=True)
class Terms:
    """What an export says of a row."""

    end: date | None
    capacity_mw: str | None


Export = Sequence[tuple[Row, Terms]]


@dataclass(frozen=True)
class InForce:
    """A row, the period in which it is in force (UTC, half-open), and its newest capacity in kW."""

    row: Row
    begin: datetime
    end: datetime
    capacity_kw: float | None

    def holds(self, instant: datetime) -> bool:
        """Whether the contract is in force at an instant."""
        return self.begin <= instant < self.end


@dataclass(frozen=True)
class Family:
    """Assets and metering points that share contracts only with each other."""

    assets: tuple[str, ...]
    metering_points: tuple[str, ...]
    exports: Mapping[datetime, Export]


def family(number: int, rng: Random) -> Family:
    """A random family: each export lists some of a few rows, on its own terms."""
    # Bytewise, b is greater than B, and B than a digit; a locale may order them differently.
    assets = tuple(f"{number}-{one}" for one in ("A", "a", "B")[: rng.choice((1, 2, 3))])
    points = tuple(f"MP{number}-{one}" for one in ("B", "b", "1")[: rng.choice((1, 2, 3))])
    contracts = tuple(f"C{number}-{one}" for one in ("9", "B", "b")[: rng.choice((1, 2, 3))])
    days = rng.sample(DAYS, 3)
    rows = [
        Row(
            rng.choice(contracts),
            rng.choice(assets),
            rng.choice((*points, *points, None)),
            rng.choice((None, *days)),
        )
        for _ in range(rng.randint(1, 6))
    ]
    exports = {}
    for exported in EXPORTED:
        listed = [row for row in rows if rng.random() < 0.7]
        # Listed twice in one export, the last row counts.
        listed += [row for row in listed if rng.random() < 0.1]
        rng.shuffle(listed)
        exports[exported] = [
            (row, Terms(rng.choice((None, None, *days)), rng.choice((None, "1.1", "2.2"))))
            for row in listed
        ]
    return Family(assets, points, exports)


def midnight(day: date) -> datetime:
    """The instant at which a day begins in Berlin."""
    return datetime.combine(day, time(), BERLIN).astimezone(UTC)


def contracts_in_force(exports: Mapping[datetime, Export]) -> list[InForce]:
    """Every row that was ever in force, according to the exports."""
    found = []
    for row in {row for export in exports.values() for row, _ in export}:
        listing = max(at for at, export in exports.items() if any(one == row for one, _ in export))
        terms = [said for one, said in exports[listing] if one == row][-1]
        begin = BEGINNING if row.begin is None else midnight(row.begin)
        end = END if terms.end is None else midnight(terms.end + timedelta(days=1))
        later = [at for at in exports if at > listing]
        if later:
            end = min(end, *later)
        if begin < end:
            megawatts = terms.capacity_mw
            found.append(
                InForce(row, begin, end, None if megawatts is None else float(megawatts) * 1000)
            )
    return found


def began_last(contract: InForce) -> tuple[datetime, bytes, bytes, bytes]:
    """A sort key: of an asset's or metering point's contracts, the greatest counts."""
    row = contract.row
    point = (row.metering_point_id or "").encode()
    return contract.begin, row.contract_id.encode(), row.asset_id.encode(), point


def counting(contracts: Iterable[InForce], point: str, instant: datetime) -> InForce | None:
    """The contract that says which asset a metering point belongs to at an instant."""
    naming = [one for one in contracts if one.row.metering_point_id == point]
    in_force = [one for one in naming if one.holds(instant)]
    over = [one for one in naming if one.end <= instant]
    if in_force:
        return max(in_force, key=began_last)
    if over:
        last_end = max(one.end for one in over)
        return max((one for one in over if one.end == last_end), key=began_last)
    if naming:
        first_begin = min(one.begin for one in naming)
        return max((one for one in naming if one.begin == first_begin), key=began_last)
    return None


def counted(
    contracts: Sequence[InForce], points: Iterable[str], asset_id: str, instant: datetime
) -> str | None:
    """Which of these metering points counts for an asset at an instant; None if there is none."""
    own = [
        contract
        for point in points
        if (contract := counting(contracts, point, instant)) and contract.row.asset_id == asset_id
    ]
    if not own:
        return None
    return max(own, key=lambda one: (one.holds(instant), *began_last(one))).row.metering_point_id


def members(contracts: Iterable[InForce], instant: datetime) -> dict[str, float | None]:
    """The assets under contract at an instant, with the capacity of the contract that counts."""
    newest: dict[str, InForce] = {}
    for contract in sorted(contracts, key=began_last):
        if contract.holds(instant):
            newest[contract.row.asset_id] = contract
    return {asset_id: contract.capacity_kw for asset_id, contract in newest.items()}
