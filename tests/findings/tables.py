"""The tables of all portfolios together, in Markdown, and whether the goals are met."""

from collections.abc import Sequence

from tests.findings.conditions import CONDITIONS
from tests.findings.faults import KINDS
from tests.findings.injection import LARGE
from tests.findings.scoring import Judgement

LEAST_RECALL = 0.95
"""For each kind, among large faults."""
MOST_FALSE = 1.0
"""Findings per 1,000 clean asset-days: fewer than this."""


def goals_met(judgements: Sequence[Judgement]) -> bool:
    """Whether every kind's recall and the false findings meet the goals."""
    recalls = [_recall(judgements, kind) for kind in KINDS]
    enough = all(recall is None or recall >= LEAST_RECALL for recall in recalls)
    return enough and _false_rate(judgements, None)[2] < MOST_FALSE


def markdown(judgements: Sequence[Judgement]) -> str:
    """Both tables, and an explanation of them."""
    seeds = ", ".join(str(one.seed) for one in judgements)
    return "\n".join(
        [
            f"Seeds {seeds}. A fault is large where it changes the quarter-hours of its document's "
            f"day by more than {LARGE:.0%} of the capacity on average. Goals: recall of at least "
            f"{LEAST_RECALL} of the large ones of each kind, and fewer than {MOST_FALSE:g} finding "
            "per 1,000 clean asset-days. A finding is an edge on the day before or after that of a "
            "faulty document, which holds a part of it.",
            "",
            *_kinds_table(judgements),
            "",
            *_false_table(judgements),
            "",
        ]
    )


def details(judgements: Sequence[Judgement]) -> str:
    """Every missed large fault and every wrong finding, one line each."""
    lines = []
    for one in judgements:
        lines += [
            f"seed {one.seed}, missed: {fault.kind} {fault.source} {fault.asset_id} "
            f"{fault.delivery_date} {fault.other_asset_id or ''} {fault.detail} "
            f"(changes {fault.change:.1%})"
            for fault, is_named in one.faults
            if fault.is_large and not is_named
        ]
        for finding, verdict in one.findings:
            if verdict != "wrong":
                continue
            day = (finding.asset_id, finding.delivery_date)
            there = [
                f"{fault.kind} {fault.source} {fault.delivery_date} {fault.detail}"
                for fault, _ in one.faults
                if any(finding.asset_id == asset_id for asset_id, _ in fault.carriers)
                and abs((fault.delivery_date - finding.delivery_date).days) <= 1
            ]
            where = "; ".join(there) or f"clean {', '.join(sorted(one.clean_days.get(day, ())))}"
            lines.append(
                f"seed {one.seed}, wrong: {finding.finding} {finding.source} {finding.asset_id} "
                f"{finding.delivery_date} {finding.other_asset_id or ''} {finding.detail} [{where}]"
            )
    return "\n".join(" ".join(line.split()) for line in lines)


def _kinds_table(judgements: Sequence[Judgement]) -> list[str]:
    found = {finding.finding for one in judgements for finding, _ in one.findings}
    rows = [
        (
            "finding",
            "large faults",
            "named",
            "recall",
            "goal met",
            "small faults",
            "named",
            "right findings",
            "wrong",
            "of them on clean asset-days",
            "edges",
            "precision",
        )
    ]
    for kind in [*KINDS, *sorted(found - set(KINDS))]:
        large, small = (_named(judgements, kind, is_large) for is_large in (True, False))
        verdicts = [
            verdict
            for one in judgements
            for finding, verdict in one.findings
            if finding.finding == kind
        ]
        right, wrong = verdicts.count("right"), verdicts.count("wrong")
        on_clean_days = sum(
            finding.finding == kind for one in judgements for finding in one.false_findings
        )
        recall = _recall(judgements, kind)
        rows.append(
            (
                kind,
                str(len(large)),
                str(sum(large)),
                _share(recall),
                "" if recall is None else _yes(recall >= LEAST_RECALL),
                str(len(small)),
                str(sum(small)),
                str(right),
                str(wrong),
                str(on_clean_days),
                str(verdicts.count("edge")),
                _share(right / (right + wrong) if right + wrong else None),
            )
        )
    return _table(rows)


def _false_table(judgements: Sequence[Judgement]) -> list[str]:
    rows = [("clean asset-days", "count", "findings", "per 1,000", "goal met")]
    for condition in (None, *CONDITIONS, ""):
        days, findings, rate = _false_rate(judgements, condition)
        name = {None: "all", "": "none of these"}.get(condition, condition)
        met = _yes(rate < MOST_FALSE) if condition is None else ""
        rows.append((str(name), f"{days:,}", f"{findings:,}", f"{rate:.2f}", met))
    return _table(rows)


def _named(judgements: Sequence[Judgement], kind: str, is_large: bool) -> list[bool]:
    return [
        is_named
        for one in judgements
        for fault, is_named in one.faults
        if fault.kind == kind and fault.is_large == is_large
    ]


def _recall(judgements: Sequence[Judgement], kind: str) -> float | None:
    """Among large faults; None if there are none."""
    named = _named(judgements, kind, True)
    return sum(named) / len(named) if named else None


def _false_rate(judgements: Sequence[Judgement], condition: str | None) -> tuple[int, int, float]:
    """Clean asset-days with a condition (None: all; "": without any), findings, per 1,000."""

    def counts(names: frozenset[str]) -> bool:
        return condition is None or (condition in names if condition else not names)

    days = sum(counts(names) for one in judgements for names in one.clean_days.values())
    findings = sum(
        counts(one.clean_days[finding.asset_id, finding.delivery_date])
        for one in judgements
        for finding in one.false_findings
    )
    return days, findings, 1000 * findings / days if days else 0.0


def _share(value: float | None) -> str:
    return "" if value is None else f"{value:.3f}"


def _yes(is_met: bool) -> str:
    return "yes" if is_met else "**no**"


def _table(rows: Sequence[Sequence[str]]) -> list[str]:
    head, *body = rows
    return [f"| {' | '.join(row)} |" for row in (head, ["---"] * len(head), *body)]
