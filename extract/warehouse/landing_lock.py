"""One landing at a time over all of raw: document ids become visible in their order.

So what a build sees is everything up to one id. The lock is that of a table, which only a role that
may update it can take: a reader cannot hold landing up.
"""

from collections.abc import Callable

import psycopg
from psycopg.errors import Diagnostic, LockNotAvailable

PATIENCE_S = 10
"""How long a landing waits for another one before saying so."""

_LOCK = """
do $$
declare
    given_lock_timeout constant text := current_setting('lock_timeout');
begin
    begin
        set local lock_timeout = '{patience_s}s';
        lock table raw.landing_lock in share row exclusive mode;
    exception when lock_not_available then
        raise notice 'waiting to land: % holds raw.landing_lock', (
            select coalesce(
                string_agg(
                    format('%s (server process %s, role %s)', application_name, pid, usename), ', '
                ),
                'a session that has just ended'
            )
            from pg_locks inner join pg_stat_activity using (pid)
            where relation = 'raw.landing_lock'::regclass and granted and mode <> 'AccessShareLock'
        ) using errcode = 'lock_not_available';
        set local lock_timeout = 0;
        lock table raw.landing_lock in share row exclusive mode;
        -- Later looks at the sessions must see the current ones.
        perform pg_stat_clear_snapshot();
    end;
    perform set_config('lock_timeout', given_lock_timeout, true);
    -- Repeated statements are planned once: a plan made while a table was small would be kept as
    -- it grows, and would scan it all for every document looked up.
    set local enable_seqscan = off;
end
$$
"""


def lock_landing(connection: psycopg.Connection) -> None:
    """Lock raw against other landings until the end of the transaction."""
    connection.execute(_LOCK.replace("{patience_s}", str(PATIENCE_S)))


def tell_waits(connection: psycopg.Connection, tell: Callable[[str], None]) -> None:
    """Have `tell` called with one line whenever a landing in this session has to wait long."""

    def notice(diagnostic: Diagnostic) -> None:
        if diagnostic.sqlstate == LockNotAvailable.sqlstate and diagnostic.message_primary:
            tell(diagnostic.message_primary)

    connection.add_notice_handler(notice)
