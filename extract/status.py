"""What has landed of each source, how old it is, what to do next: `python -m extract status`."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import psycopg
from psycopg import sql
from rich import box
from rich.console import Console
from rich.measure import Measurement
from rich.table import Table

from extract.future import RECEIVED_AHEAD, any_run_from_future, from_future
from extract.sources.declared import SOURCES
from extract.warehouse.held_documents import held_counts

# Documents land in batches, nearly in the order in which they were received.
_LANDED_TOGETHER = 10_000
_NOT_RETRACTED = sql.SQL("document_id not in (select retracted_document_id from raw.retraction)")
_NARROWEST, _WIDEST = 80, 200
# What a narrow terminal does without, in this order.
_LESS_IMPORTANT = ("newest document", "landed", "every", "last run", "quarantine")


@dataclass(frozen=True, slots=True)
class SourceStatus:
    """What there is of one source. None: nothing was received that counts, or no run ever asked.

    A retracted document has landed, but is never the newest.
    """

    source: str
    is_configured: bool
    """Whether the variable of its address is set in this environment."""
    document_count: int = 0
    newest_document_id: int | None = None
    newest_received_utc: datetime | None = None
    newest_instant_utc: datetime | None = None
    """The newest that a document is about: of any that landed, not of the one received last."""
    quarantined_document_count: int = 0
    last_run_utc: datetime | None = None
    from_future: tuple[str, ...] = ()
    """Sentences about documents dated in the future."""

    def age(self, now: datetime) -> timedelta | None:
        """The time since the newest document was received."""
        return None if self.newest_received_utc is None else now - self.newest_received_utc

    def is_late(self, now: datetime) -> bool:
        """Whether a document should have come by now: the newest is too old, or there is none."""
        age, late_after = self.age(now), SOURCES[self.source].late_after
        return late_after is not None and (age is None or age > late_after)

    def state(self, now: datetime) -> str:
        """Whether it is late, and whether it is configured; empty: all is well."""
        late = ["late"] if self.is_late(now) else []
        variable = SOURCES[self.source].variable
        return ", ".join(late + ([] if self.is_configured else [f"not configured ({variable})"]))

    def next_step(self, now: datetime) -> str | None:
        """What to do about it, in words; None: nothing."""
        steps = []
        if self.quarantined_document_count:
            steps.append(
                f"{self.quarantined_document_count:,} in quarantine "
                "(why: python -m extract quarantine; "
                "after a fix: python -m extract quarantine replay)"
            )
        if self.is_late(now):
            steps.append(self._because_late(now))
        return "; ".join(steps) or None

    def _because_late(self, now: datetime) -> str:
        declared = SOURCES[self.source]
        load = f"python -m extract {self.source}"
        if not self.is_configured:
            elsewhere = " (or is it set where the schedule runs?)" if self.document_count else ""
            return f"set {declared.variable} to its address{elsewhere}, then run {load}"
        if self.last_run_utc is None:
            return f"no run has asked for it: run {load}, and schedule it"
        asked = now - self.last_run_utc
        if declared.late_after is None or asked > declared.late_after:
            return (
                f"no run has asked for it for {duration(asked)}: run {load}, "
                "and see why the schedule did not"
            )
        return (
            f"asked {duration(asked)} ago and nothing new landed: run {load}; "
            "if it finds nothing new, the source is silent: ask its owner"
        )


def source_statuses(
    connection: psycopg.Connection, variables: Collection[str]
) -> list[SourceStatus]:
    """The status of every source, also where raw, or a table of it, is not there yet.

    `variables` are those that are set.
    """
    tables = {
        name
        for (name,) in connection.execute(
            "select relname from pg_class where relnamespace = to_regnamespace('raw')"
        )
    }
    quarantined = held_counts(connection) if "quarantine_release" in tables else {}
    runs = _last_runs(connection) if "run" in tables else {}
    is_current = {"run", "retraction", "document"} <= tables
    is_counted = _NOT_RETRACTED if "retraction" in tables else sql.SQL("true")
    everywhere = is_current and any_run_from_future(connection)
    statuses = []
    for source, declared in SOURCES.items():
        table = declared.table
        count, newest = 0, None
        if table in tables:
            count, newest = _documents(connection, table, is_counted)
        document_id, received_utc = newest or (None, None)
        instant_utc, ahead = None, list[str]()
        if is_current and table in tables:
            instant_utc = _newest_instant(connection, source)
            ahead = from_future(connection, source, everywhere=everywhere)
        statuses.append(
            SourceStatus(
                source=source,
                is_configured=declared.variable in variables,
                document_count=count,
                newest_document_id=document_id,
                newest_received_utc=received_utc,
                newest_instant_utc=instant_utc,
                quarantined_document_count=quarantined.get(source, 0),
                last_run_utc=runs.get(source),
                from_future=tuple(ahead),
            )
        )
    return statuses


def status_table(
    statuses: Sequence[SourceStatus], now: datetime, without: Collection[str] = ()
) -> Table:
    """The statuses as a table, one line each; ages are as of `now`."""
    rows = [_row(status, now) for status in statuses]
    shown = [heading for heading in rows[0] if heading not in without]
    table = Table(box=box.SIMPLE_HEAD, show_edge=False, padding=(0, 1, 0, 0), pad_edge=False)
    for heading in shown:
        is_text = heading in ("source", "state")
        table.add_column(
            heading,
            justify="left" if is_text else "right",
            no_wrap=heading != "state",
        )
    for row in rows:
        table.add_row(*(row[heading] for heading in shown))
    return table


def print_table(console: Console, statuses: Sequence[SourceStatus], now: datetime) -> None:
    """Print the table: on a terminal as many columns as fit, and elsewhere all of them."""
    console.width = max(console.width, _NARROWEST) if console.is_terminal else _WIDEST
    unbounded = console.options.update(max_width=_WIDEST)
    for count in range(len(_LESS_IMPORTANT) + 1):
        without = _LESS_IMPORTANT[:count]
        table = status_table(statuses, now, without)
        if Measurement.get(console, unbounded, table).maximum <= console.width:
            break
    console.print(table)
    if without:
        console.print(f"(too narrow for: {', '.join(without)})", soft_wrap=True)


def _row(status: SourceStatus, now: datetime) -> dict[str, str]:
    """The cells of a source by their headings."""
    cadence, age = SOURCES[status.source].cadence, status.age(now)
    instant, last_run = status.newest_instant_utc, status.last_run_utc
    return {
        "source": status.source,
        "age": "never" if age is None else duration(age),
        "every": "-" if cadence is None else duration(cadence),
        "newest instant": "-" if instant is None else f"{instant:%Y-%m-%d %H:%MZ}",
        "newest document": str(status.newest_document_id or "-"),
        "landed": f"{status.document_count:,}",
        "quarantine": f"{status.quarantined_document_count:,}",
        "last run": "-" if last_run is None else f"{duration(now - last_run)} ago",
        "state": status.state(now),
    }


def duration(span: timedelta) -> str:
    """A span in its two largest units, cut: `3 d 4 h`, `2 h 5 min`, `7 min`."""
    minutes = max(0, int(span.total_seconds() // 60))
    days, hours = minutes // 1440, minutes // 60 % 24
    parts = [(days, "d"), (hours, "h"), (minutes % 60, "min")]
    first = next((at for at, (number, _) in enumerate(parts) if number), 2)
    shown = [f"{number} {unit}" for number, unit in parts[first : first + 2] if number]
    return " ".join(shown) or "0 min"


def _documents(
    connection: psycopg.Connection, table: str, is_counted: sql.SQL
) -> tuple[int, tuple[int, datetime] | None]:
    """How many documents a table holds; id and receipt of the one received last that counts."""
    name = sql.Identifier("raw", table)
    row = connection.execute(sql.SQL("select count(*) from {}").format(name)).fetchone()
    assert row is not None
    # A receipt by a clock that was ahead says nothing about its age.
    newest = connection.execute(
        sql.SQL(
            "select document_id, received_utc"
            " from (select * from {} where {} order by document_id desc limit %s) as landed_last"
            " where received_utc <= now() + {}::interval"
            " order by received_utc desc, document_id desc limit 1"
        ).format(name, is_counted, sql.Literal(RECEIVED_AHEAD)),
        [_LANDED_TOGETHER],
    ).fetchone()
    return int(row[0]), newest


def _newest_instant(connection: psycopg.Connection, source: str) -> datetime | None:
    """The newest instant that a document is about; retracted ones are left out."""
    row = connection.execute(
        sql.SQL("select max(instant_utc) from raw.document where source = %s and {}").format(
            _NOT_RETRACTED
        ),
        [source],
    ).fetchone()
    assert row is not None
    newest: datetime | None = row[0]
    return newest


def _last_runs(connection: psycopg.Connection) -> dict[str, datetime]:
    """By source: when a run that asked it last began."""
    rows = connection.execute(
        # By way of JSON: a warehouse that nobody has upgraded yet lacks the column.
        "select source, max(started_utc) from raw.run"
        " cross join jsonb_array_elements_text(to_jsonb(run) -> 'asked_sources') as asked (source)"
        " where started_utc <= now() + %s::interval group by source",
        [RECEIVED_AHEAD],
    )
    return dict(rows.fetchall())
