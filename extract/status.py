"""What has landed of each source, and how old it is: `python -m extract status`."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import psycopg
from psycopg import sql
from rich import box
from rich.table import Table

from extract.future import RECEIVED_AHEAD, any_run_from_future, from_future
from extract.sources.declared import SOURCES
from extract.warehouse.held_documents import held_counts

# Documents land in batches, nearly in the order in which they were received.
_LANDED_TOGETHER = 10_000


@dataclass(frozen=True, slots=True)
class SourceStatus:
    """What there is of one source. None: nothing was ever received, or no run ever asked."""

    source: str
    document_count: int = 0
    newest_document_id: int | None = None
    newest_received_utc: datetime | None = None
    quarantined_document_count: int = 0
    last_run_utc: datetime | None = None
    from_future: tuple[str, ...] = ()
    """What says that it is from the future, in sentences."""

    def age(self, now: datetime) -> timedelta | None:
        """The time since the newest document was received."""
        return None if self.newest_received_utc is None else now - self.newest_received_utc

    def is_late(self, now: datetime) -> bool:
        """Whether a document should have come by now: the newest is too old, or there is none."""
        age, late_after = self.age(now), SOURCES[self.source].late_after
        return late_after is not None and (age is None or age > late_after)


def source_statuses(connection: psycopg.Connection) -> list[SourceStatus]:
    """The status of every source, also where raw, or a table of it, is not there yet."""
    tables = {
        name
        for (name,) in connection.execute(
            "select relname from pg_class where relnamespace = to_regnamespace('raw')"
        )
    }
    quarantined = held_counts(connection) if "quarantine_release" in tables else {}
    runs = _last_runs(connection) if "run" in tables else {}
    can_be_ahead = {"run", "retraction", "document"} <= tables
    everywhere = can_be_ahead and any_run_from_future(connection)
    statuses = []
    for source, declared in SOURCES.items():
        table = declared.table
        count, newest = _documents(connection, table) if table in tables else (0, None)
        document_id, received_utc = newest or (None, None)
        ahead = (
            from_future(connection, source, everywhere=everywhere)
            if can_be_ahead and table in tables
            else []
        )
        last_runs = [runs[word] for word in (source, "all") if word in runs]
        statuses.append(
            SourceStatus(
                source=source,
                document_count=count,
                newest_document_id=document_id,
                newest_received_utc=received_utc,
                quarantined_document_count=quarantined.get(source, 0),
                last_run_utc=max(last_runs, default=None),
                from_future=tuple(ahead),
            )
        )
    return statuses


def status_table(statuses: Sequence[SourceStatus], now: datetime) -> Table:
    """The statuses as a table, one line each; ages are as of `now`."""
    table = Table(box=box.SIMPLE_HEAD, show_edge=False, padding=(0, 1), pad_edge=False)
    table.add_column("source")
    for heading in ("age", "every", "newest document", "landed", "quarantine", "last run"):
        table.add_column(heading, justify="right")
    for status in statuses:
        cadence, age = SOURCES[status.source].cadence, status.age(now)
        late = ", late" if status.is_late(now) else ""
        table.add_row(
            status.source,
            ("never" if age is None else duration(age)) + late,
            "-" if cadence is None else duration(cadence),
            "-" if status.newest_document_id is None else str(status.newest_document_id),
            f"{status.document_count:,}",
            f"{status.quarantined_document_count:,}",
            "-" if status.last_run_utc is None else f"{duration(now - status.last_run_utc)} ago",
        )
    return table


def duration(span: timedelta) -> str:
    """A span in its two largest units, cut: `3 d 4 h`, `2 h 5 min`, `7 min`."""
    minutes = max(0, int(span.total_seconds() // 60))
    days, hours = minutes // 1440, minutes // 60 % 24
    parts = [(days, "d"), (hours, "h"), (minutes % 60, "min")]
    first = next((at for at, (number, _) in enumerate(parts) if number), 2)
    shown = [f"{number} {unit}" for number, unit in parts[first : first + 2] if number]
    return " ".join(shown) or "0 min"


def _documents(
    connection: psycopg.Connection, table: str
) -> tuple[int, tuple[int, datetime] | None]:
    """How many documents a table holds, and id and receipt of the one received last."""
    name = sql.Identifier("raw", table)
    row = connection.execute(sql.SQL("select count(*) from {}").format(name)).fetchone()
    assert row is not None
    # A receipt by a clock that was ahead says nothing of how old it is.
    newest = connection.execute(
        sql.SQL(
            "select document_id, received_utc"
            " from (select * from {} order by document_id desc limit %s) as landed_last"
            " where received_utc <= now() + {}::interval"
            " order by received_utc desc, document_id desc limit 1"
        ).format(name, sql.Literal(RECEIVED_AHEAD)),
        [_LANDED_TOGETHER],
    ).fetchone()
    return int(row[0]), newest


def _last_runs(connection: psycopg.Connection) -> dict[str, datetime]:
    """When a run last began, by the word that follows `python -m extract`."""
    rows = connection.execute(
        "select split_part(command, ' ', 4), max(started_utc) from raw.run"
        " where started_utc <= now() + %s::interval group by 1",
        [RECEIVED_AHEAD],
    )
    return dict(rows.fetchall())
