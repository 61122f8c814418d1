"""What a run shows: a progress bar or plain lines, and one table at the end."""

import io
import os
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import NoReturn

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

from extract.messages import visible

PLAIN_SECONDS = 10


@dataclass(slots=True)
class Tally:
    """What became of the documents that one source offered."""

    source: str
    landed: int = 0
    unchanged: int = 0
    ignored: int = 0
    refused: int = 0

    @property
    def found(self) -> int:
        """Everything that was there."""
        return self.landed + self.unchanged + self.ignored + self.refused


@dataclass
class Reporter:
    """Writes progress and the table to standard output, refusals and errors to standard error."""

    out: Console = field(default_factory=lambda: Console(highlight=False))
    err: Console = field(default_factory=lambda: Console(stderr=True, highlight=False))

    def line(self, text: str) -> None:
        """A line of news."""
        self._print(self.out, text)

    def waiting(self, text: str) -> None:
        """A line about another session that this one waits for."""
        self._print(self.out, text)

    def refused(self, text: str) -> None:
        """A line about a document that was refused."""
        self._print(self.err, f"refused: {text}")

    def busy(self, text: str) -> None:
        """A line about a source that another run is loading."""
        self._print(self.err, f"busy: {text}")

    def warning(self, text: str) -> None:
        """A line about something that a person has to look at."""
        self._print(self.err, f"warning: {text}")

    def error(self, text: str) -> None:
        """A line about something that could not be done."""
        self._print(self.err, f"error: {text}")

    @contextmanager
    def progress(self, what: str, total: int) -> Iterator["Meter"]:
        """A meter for `total` steps: a bar on a terminal, else a line every ten seconds."""
        if not self.out.is_terminal:
            yield PlainMeter(self, what, total)
            return
        columns = (
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeRemainingColumn(),
        )
        with Progress(*columns, console=self.out, transient=True) as bar:
            yield BarMeter(bar, what, total)

    def table(self, tallies: Sequence[Tally]) -> None:
        """The table at the end."""
        columns = ("found", "landed", "unchanged", "ignored", "refused")
        table = Table("source")
        for column in columns:
            table.add_column(column, justify="right")
        for tally in tallies:
            table.add_row(tally.source, *(f"{getattr(tally, column):,}" for column in columns))
        self.out.print(table)

    @staticmethod
    def _print(console: Console, text: str) -> None:
        console.print(visible(text), markup=False, emoji=False, soft_wrap=True)


class Meter:
    """Counts the steps of something long."""

    def advance(self) -> None:
        """One step is done."""
        raise NotImplementedError


class BarMeter(Meter):
    """A progress bar."""

    def __init__(self, bar: Progress, what: str, total: int) -> None:
        self._bar = bar
        self._task = bar.add_task(what, total=total)

    def advance(self) -> None:
        self._bar.advance(self._task)


class PlainMeter(Meter):
    """A line now and then."""

    def __init__(self, reporter: Reporter, what: str, total: int) -> None:
        self._reporter, self._what, self._total = reporter, what, total
        self._done = 0
        self._next = time.monotonic() + PLAIN_SECONDS

    def advance(self) -> None:
        self._done += 1
        if time.monotonic() >= self._next:
            self._reporter.line(f"{self._what}: {self._done:,} of {self._total:,}")
            self._next = time.monotonic() + PLAIN_SECONDS


def end_with(program: Callable[[], int]) -> NoReturn:
    """Run a program and end with its status, wherever its output goes.

    A character that the encoding there lacks is written as an escape, and a reader who leaves
    early is no error of ours.
    """
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    try:
        status = program()
        sys.stdout.flush()
    except BrokenPipeError:
        status = 1
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    sys.exit(status)
