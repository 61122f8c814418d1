"""Sessions of the warehouse."""

import psycopg

from extract.errors import WarehouseUnavailable
from extract.messages import one_line, without_credentials
from extract.settings import Settings
from extract.warehouse import embedded

OLDEST_SERVER = 15
_CONNECT_SECONDS = 10
# What we rely on, whatever the server, the database, the role or the environment says.
_SESSION = {
    "client_encoding": "UTF8",
    "datestyle": "ISO",
    "timezone": "UTC",
    "extra_float_digits": "1",
    "standard_conforming_strings": "on",
    # Each statement sees what others have committed: landing looks again at what is there.
    "default_transaction_isolation": "read committed",
    # If this machine vanishes, the server notices within minutes and frees our locks.
    "tcp_keepalives_idle": "60",
    "tcp_keepalives_interval": "15",
    "tcp_keepalives_count": "4",
}


def connect(settings: Settings) -> psycopg.Connection:
    """A session in UTC: of the PostgreSQL that libpq's variables name, else of the embedded one.

    Every statement commits by itself unless it stands in `connection.transaction()`.
    Raises WarehouseUnavailable if nothing answers, or if what answers cannot be the warehouse.
    """
    try:
        if settings.pghost is None:
            connection = embedded.start(settings.embedded_directory).connect()
        else:
            connection = psycopg.connect(
                host=settings.pghost, autocommit=True, connect_timeout=_CONNECT_SECONDS
            )
    except (psycopg.Error, UnicodeError) as error:
        reason = one_line(without_credentials(str(error)))
        leads = (
            " (check PGHOST, PGPORT, PGUSER and PGDATABASE; unset PGHOST for the embedded one)"
            if settings.pghost is not None
            else ""
        )
        raise WarehouseUnavailable(f"the warehouse cannot be reached: {reason}{leads}") from error
    try:
        _check(connection)
    except WarehouseUnavailable:
        connection.close()
        raise
    connection.execute(
        "select set_config(name, value, false)"
        " from unnest(%s::text[], %s::text[]) as setting (name, value)",
        [list(_SESSION), list(_SESSION.values())],
    )
    return connection


def _check(connection: psycopg.Connection) -> None:
    """Raises WarehouseUnavailable for a server that would fail sooner or later."""
    version = connection.info.server_version // 10_000
    if version < OLDEST_SERVER:
        raise WarehouseUnavailable(
            f"the warehouse is PostgreSQL {version}; {OLDEST_SERVER} or newer is needed"
        )
    encoding = connection.info.parameter_status("server_encoding")
    if encoding != "UTF8":
        raise WarehouseUnavailable(
            f"the database {connection.info.dbname} is encoded in {encoding}, which cannot hold "
            "every name: create one with encoding 'UTF8'"
        )
    [(process,)] = connection.execute("select pg_backend_pid()")
    if process != connection.info.backend_pid:
        raise WarehouseUnavailable(
            "PGHOST and PGPORT lead to a connection pooler, which does not keep the sessions that "
            "locks depend on: point them at PostgreSQL itself"
        )


def libpq_environment(connection: psycopg.Connection) -> dict[str, str]:
    """The variables, except the password, that point another program to the same warehouse."""
    info = connection.info
    return {
        "PGHOST": info.host,
        "PGPORT": str(info.port),
        "PGUSER": info.user,
        "PGDATABASE": info.dbname,
    }
