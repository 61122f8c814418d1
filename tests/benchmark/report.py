"""The figures as measured: progress lines, results.json and a Markdown table."""

import json
import time
from dataclasses import asdict, dataclass, field
from itertools import zip_longest
from pathlib import Path
from typing import Any

_COLUMNS = ("figure", "size", "measured", "reference", "ratio", "to reach", "met")


class Disagreement(AssertionError):
    """Two computations of the same thing differ, so their times mean nothing."""


Rows = list[tuple[Any, ...]]


def check_equal(what: str, found: Rows, expected: Rows) -> None:
    """Compare rows in order. Raises Disagreement with the first that differ."""
    if found == expected:
        return
    pairs = zip_longest(found, expected)
    at, pair = next((at, pair) for at, pair in enumerate(pairs) if pair[0] != pair[1])
    raise Disagreement(
        f"{what}: {len(found):,} rows, the reference has {len(expected):,}; "
        f"row {at:,} is {pair[0]}, the reference's {pair[1]}"
    )


@dataclass(frozen=True)
class Figure:
    """One figure: a value, what it is compared with, and what their ratio should be."""

    figure: str
    size: str
    value: float
    unit: str
    reference: float | None
    reference_name: str
    ratio: float | None
    target: str | None
    """None: reported without a target."""
    met: bool | None


@dataclass
class Report:
    """Collects the figures of one run."""

    figures: list[Figure] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    """Lines below the table."""
    attachments: dict[str, str] = field(default_factory=dict)
    """Texts to save beside the table, by file name."""
    began: float = field(default_factory=time.monotonic)

    def progress(self, text: str) -> None:
        """Print what happens next."""
        print(f"[{time.monotonic() - self.began:5.0f} s] {text}", flush=True)

    def at_least(
        self, figure: str, size: str, value_s: float, reference: tuple[str, float], times: float
    ) -> None:
        """A time, and how many times faster than its reference it must be."""
        name, reference_s = reference
        ratio = reference_s / value_s
        target = f"at least {times:g} times faster"
        self._add(
            Figure(figure, size, value_s, "s", reference_s, name, ratio, target, ratio >= times)
        )

    def at_most(
        self,
        figure: str,
        size: str,
        value: tuple[float, str],
        reference: tuple[str, float],
        times: float,
    ) -> None:
        """A value with its unit, and how many times its reference it may be."""
        (number, unit), (name, compared) = value, reference
        ratio = number / compared
        target = f"at most {times:g} times"
        self._add(Figure(figure, size, number, unit, compared, name, ratio, target, ratio <= times))

    def reported(
        self,
        figure: str,
        size: str,
        value: tuple[float, str],
        reference: tuple[str, float] | None = None,
    ) -> None:
        """A value without a target."""
        (number, unit), (name, compared) = value, reference or ("", None)
        ratio = None if compared is None else number / compared
        self._add(Figure(figure, size, number, unit, compared, name, ratio, None, None))

    def _add(self, figure: Figure) -> None:
        self.figures.append(figure)
        self.progress(" | ".join(_cells(figure)))

    def markdown(self) -> str:
        """The table, figures with a target first."""
        ordered = sorted(self.figures, key=lambda one: one.target is None)
        rows = [_COLUMNS, ("---",) * len(_COLUMNS), *map(_cells, ordered)]
        lines = [f"| {' | '.join(row)} |" for row in rows]
        return "\n".join([*lines, "", *(f"- {note}" for note in self.notes)]) + "\n"

    def write(self, directory: Path) -> None:
        """Write results.json, results.md and the attachments."""
        directory.mkdir(parents=True, exist_ok=True)
        results = [asdict(figure) for figure in self.figures]
        (directory / "results.json").write_text(f"{json.dumps(results, indent=2)}\n")
        (directory / "results.md").write_text(self.markdown())
        for name, text in self.attachments.items():
            (directory / name).write_text(text)


def _cells(figure: Figure) -> tuple[str, ...]:
    compared = "" if figure.reference is None else _number(figure.reference, figure.unit)
    return (
        figure.figure,
        figure.size,
        _number(figure.value, figure.unit),
        f"{figure.reference_name}: {compared}" if compared else "",
        "" if figure.ratio is None else f"{figure.ratio:.2f}",
        figure.target or "",
        "" if figure.met is None else ("yes" if figure.met else "**no**"),
    )


def _number(value: float, unit: str) -> str:
    digits = f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.3g}"
    return f"{digits} {unit}".rstrip()
