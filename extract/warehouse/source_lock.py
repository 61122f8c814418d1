"""One load of a source at a time: a load says so in the name of its session.

The name ends with the session, however that ends. It counts only if the session's role may land:
other roles can take any name, or any advisory lock, but cannot block a load.
"""

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress

import psycopg

from extract.errors import SourceBusy
from extract.run import Run
from extract.warehouse.landing_lock import lock_landing

_POLL_S = 0.5
_HOLDER = """
    select
        session.pid,
        session.client_addr::text,
        session.client_port,
        run.run_id,
        run.started_utc
    from pg_stat_activity as session
    left join raw.run on run.run_id = substring(session.application_name from '\\d{1,18}$')::bigint
    where session.datname = current_database()
        and session.pid <> pg_backend_pid()
        and session.application_name ~ ('^extract ' || %s || ' run \\d{1,18}$')
        and has_table_privilege(session.usesysid, 'raw.landing_lock', 'update')
    limit 1
"""


@contextmanager
def loading(run: Run, source: str, *, wait: bool) -> Iterator[None]:
    """Be the only run that loads this source for as long as the block lasts.

    While another one does: wait for it, or raise SourceBusy.
    """
    holder = _begin(run, source)
    if holder is not None:
        if not wait:
            raise SourceBusy(source, holder)
        run.reporter.waiting(f"{source}: waiting: {holder}")
        while _begin(run, source) is not None:
            time.sleep(_POLL_S)
    try:
        yield
    finally:
        # A session that is lost has lost its name.
        with suppress(psycopg.Error):
            _name_session(run.connection, "extract")


def wait_for_loads(run: Run, what: str, sources: Sequence[str]) -> None:
    """Wait until no run loads one of these sources, which `what` builds on."""
    for source in sources:
        holder = _holder(run.connection, source)
        if holder is not None:
            run.reporter.waiting(f"{what}: waiting for {source}: {holder}")
            while _holder(run.connection, source) is not None:
                time.sleep(_POLL_S)


def _begin(run: Run, source: str) -> str | None:
    """Name this session as the one that loads the source; returns who else does, if anyone."""
    with run.connection.transaction():
        # Of two that begin at once, one sees the other.
        lock_landing(run.connection)
        holder = _holder(run.connection, source)
        if holder is None:
            _name_session(run.connection, f"extract {source} run {run.run_id}")
    return holder


def _name_session(connection: psycopg.Connection, name: str) -> None:
    connection.execute("select set_config('application_name', %s, false)", [name])


def _holder(connection: psycopg.Connection, source: str) -> str | None:
    """Who loads the source, in words; what the server does not show is left out."""
    row = connection.execute(_HOLDER, [source]).fetchone()
    if row is None:
        return None
    process, address, port, run_id, started_utc = row
    who = "another session"
    if started_utc is not None:
        who = f"run {run_id}, started {started_utc:%Y-%m-%d %H:%M:%SZ},"
    where = f", from {address}" if address else ", from the server's own machine" * (port == -1)
    return f"{who} is loading it (server process {process}{where})"
