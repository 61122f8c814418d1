"""Sessions of the warehouse."""

import psycopg

from extract.errors import WarehouseUnavailable
from extract.messages import one_line
from extract.settings import Settings
from extract.warehouse import embedded

OLDEST_SERVER = 15
_CONNECT_SECONDS = 10


def connect(settings: Settings) -> psycopg.Connection:
    """A session in UTC: of the PostgreSQL that libpq's variables name, else of the embedded one.

    Every statement commits by itself unless it stands in `connection.transaction()`.
    Raises WarehouseUnavailable when nobody answers or the server is too old.
    """
    try:
        if settings.pghost is None:
            connection = embedded.start(settings.embedded_directory).connect()
        else:
            connection = psycopg.connect(
                host=settings.pghost, autocommit=True, connect_timeout=_CONNECT_SECONDS
            )
    except psycopg.Error as error:
        raise WarehouseUnavailable(f"the warehouse cannot be reached: {one_line(error)}") from error
    version = connection.info.server_version // 10_000
    if version < OLDEST_SERVER:
        connection.close()
        raise WarehouseUnavailable(
            f"the warehouse is PostgreSQL {version}; {OLDEST_SERVER} or newer is needed"
        )
    connection.execute("set timezone to 'UTC'")
    # Should this machine vanish, the server is to notice in minutes and free our locks.
    connection.execute(
        "set tcp_keepalives_idle = 60; set tcp_keepalives_interval = 15; "
        "set tcp_keepalives_count = 4"
    )
    return connection


def libpq_environment(connection: psycopg.Connection) -> dict[str, str]:
    """The variables, but for the password, that lead another program to the same warehouse."""
    info = connection.info
    return {
        "PGHOST": info.host,
        "PGPORT": str(info.port),
        "PGUSER": info.user,
        "PGDATABASE": info.dbname,
    }
