"""How good the findings are: each fault is named or missed, each finding right or wrong."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal

from tests.findings.injection import Fault

NEVER_CAME = "never_came"
"""It reports what did not come: no document is wrong, so it is not judged."""
_DAY = timedelta(days=1)

Verdict = Literal["right", "edge", "wrong"]
AssetDay = tuple[str, date]


@dataclass(frozen=True)
class Finding:
    """A row of data_findings."""

    source: str
    asset_id: str
    delivery_date: date
    finding: str
    other_asset_id: str | None = None
    detail: str = ""


@dataclass(frozen=True)
class Judgement:
    """One portfolio: what was put in, what was found, and which of it is right."""

    seed: int
    faults: list[tuple[Fault, bool]]
    """Whether each was named; for swapped documents, both must be."""
    findings: list[tuple[Finding, Verdict]]
    """On an edge: the day before or after the faulty document's, which reaches into it."""
    clean_days: dict[AssetDay, frozenset[str]]
    """Asset-days without a fault on them or on adjacent days, with their conditions."""
    false_findings: list[Finding]
    """Those on clean asset-days."""


def judge(
    seed: int,
    faults: Sequence[Fault],
    findings: Iterable[Finding],
    conditions: Mapping[AssetDay, frozenset[str]],
) -> Judgement:
    """Compare findings with faults; `conditions` has every asset-day that is judged.

    Findings on other asset-days do not count, unless they name a fault or are on its edge.
    """
    sites = {
        (fault.source, asset_id, fault.delivery_date, fault.kind, other)
        for fault in faults
        for asset_id, other in fault.carriers
    }
    touched = {
        (asset_id, fault.delivery_date + distance)
        for fault in faults
        for asset_id, _ in fault.carriers
        for distance in (-_DAY, timedelta(), _DAY)
    }
    clean_days = {one: names for one, names in conditions.items() if one not in touched}
    judged, false_findings, named = [], [], set()
    for finding in findings:
        if finding.finding == NEVER_CAME:
            continue
        verdict = _verdict(finding, sites)
        if verdict == "right":
            named.add(_site(finding, finding.delivery_date))
        asset_day = (finding.asset_id, finding.delivery_date)
        if verdict != "wrong" or asset_day in conditions:
            judged.append((finding, verdict))
        if asset_day in clean_days:
            false_findings.append(finding)
    return Judgement(
        seed,
        [
            (
                fault,
                all(
                    (fault.source, asset_id, fault.delivery_date, fault.kind, other) in named
                    for asset_id, other in fault.carriers
                ),
            )
            for fault in faults
        ],
        judged,
        clean_days,
        false_findings,
    )


Site = tuple[str, str, date, str, str | None]


def _site(finding: Finding, day: date) -> Site:
    return finding.source, finding.asset_id, day, finding.finding, finding.other_asset_id


def _verdict(finding: Finding, sites: set[Site]) -> Verdict:
    if _site(finding, finding.delivery_date) in sites:
        return "right"
    documents = {(source, asset_id, day) for source, asset_id, day, _, _ in sites}
    distances = {
        distance.days
        for distance in (-_DAY, timedelta(), _DAY)
        if (finding.source, finding.asset_id, finding.delivery_date + distance) in documents
    }
    # A UTC day's document holds parts of two local days.
    return "edge" if distances and 0 not in distances else "wrong"
