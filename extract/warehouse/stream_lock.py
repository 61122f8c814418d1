"""One load of a stream at a time: a lock that the server takes back when its holder dies.

Held by the session, beside the locks of single transactions that landing takes. The name of the
session (application_name) says to others which run it is.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress

import psycopg

from extract.errors import StreamBusy
from extract.run import Run

# Two numbers, so that pg_locks shows which stream a lock is of.
_KEY = "hashtext('extract stream'), hashtext(%s)"
_HOLDER = """
    select
        session.pid,
        session.application_name,
        session.client_addr::text,
        (
            select started_utc from raw.run
            where run_id = substring(session.application_name from ' run (\\d{1,18})$')::bigint
        )
    from pg_locks as held
    inner join pg_stat_activity as session on session.pid = held.pid
    where held.locktype = 'advisory'
        and held.granted
        and held.database = (select oid from pg_database where datname = current_database())
        and held.objsubid = 2
        and held.classid = (hashtext('extract stream')::bigint & 4294967295)::oid
        and held.objid = (hashtext(%s)::bigint & 4294967295)::oid
    limit 1
"""


@contextmanager
def loading(run: Run, stream: str, *, wait: bool) -> Iterator[None]:
    """Be the only run that loads this stream for as long as the block lasts.

    While another one does: wait for it, or raise StreamBusy.
    """
    connection = run.connection
    _name_session(run, stream)
    if not _execute(connection, f"select pg_try_advisory_lock({_KEY})", stream):
        busy = StreamBusy(stream, _holder(connection, stream))
        if not wait:
            raise busy
        run.reporter.line(f"{stream}: waiting: {busy.holder}")
        _execute(connection, f"select pg_advisory_lock({_KEY})", stream)
    try:
        yield
    finally:
        # A session that is lost has lost its locks.
        with suppress(psycopg.Error):
            _execute(connection, f"select pg_advisory_unlock({_KEY})", stream)


def wait_for_loads(run: Run, what: str, streams: Sequence[str]) -> None:
    """Wait until no run loads one of these streams, which `what` builds on."""
    for stream in streams:
        if not _execute(run.connection, f"select pg_try_advisory_lock_shared({_KEY})", stream):
            holder = _holder(run.connection, stream)
            run.reporter.line(f"{what}: waiting for {stream}: {holder}")
            _execute(run.connection, f"select pg_advisory_lock_shared({_KEY})", stream)
        _execute(run.connection, f"select pg_advisory_unlock_shared({_KEY})", stream)


def _name_session(run: Run, stream: str) -> None:
    name = f"extract {stream} run {run.run_id}"
    run.connection.execute("select set_config('application_name', %s, false)", [name])


def _holder(connection: psycopg.Connection, stream: str) -> str:
    """Who loads the stream, in words; what the server does not tell is left out."""
    row = connection.execute(_HOLDER, [stream]).fetchone()
    if row is None:
        return "another run was loading it and has just ended"
    process, name, address, started_utc = row
    who = "another session"
    if started_utc is not None:
        who = f"run {name.rpartition(' ')[2]}, started {started_utc:%Y-%m-%d %H:%M:%SZ},"
    where = f"from {address}" if address else "from the server's own machine"
    return f"{who} is loading it (server process {process}, {where})"


def _execute(connection: psycopg.Connection, query: str, stream: str) -> bool:
    row = connection.execute(query, [stream]).fetchone()
    return bool(row and row[0])
