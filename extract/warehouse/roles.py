"""Four roles with the least rights their work needs, listed in roles.sql."""

from collections.abc import Mapping
from pathlib import Path

import psycopg
from psycopg import sql

from extract.errors import ConfigurationError
from extract.messages import one_line

ROLES = ("vpp_loader", "vpp_transformer", "vpp_developer", "vpp_reader")
_DEFINITION = Path(__file__).with_name("roles.sql")


def password_variable(role: str) -> str:
    """The environment variable that holds the password which a role is to have."""
    return f"{role.upper()}_PASSWORD"


def ensure_roles(connection: psycopg.Connection, environment: Mapping[str, str]) -> list[str]:
    """Make the roles and give them their rights; returns the roles whose password was set.

    The schema raw exists. Passwords come from `environment`; a role whose variable is not set
    keeps the one it has, or none. All is done or nothing. Raises ConfigurationError where the
    session's user may not do it.
    """
    warnings: list[str | None] = []

    def note(notice: psycopg.errors.Diagnostic) -> None:
        if notice.severity_nonlocalized == "WARNING":
            warnings.append(notice.message_primary)

    connection.add_notice_handler(note)
    passwords = {role: environment.get(password_variable(role)) for role in ROLES}
    try:
        with connection.transaction():
            connection.execute("set local lock_timeout to '10s'")
            # Of two runs at once, one waits for the other.
            connection.execute("lock table raw.landing_lock in share row exclusive mode")
            connection.execute(sql.SQL(_DEFINITION.read_text()))
            # A role without the right to grant sometimes only gets a warning.
            for warning in warnings:
                raise _refused(connection, warning)
            for role, password in passwords.items():
                if password:
                    _set_password(connection, role, password)
    except psycopg.errors.InsufficientPrivilege as error:
        raise _refused(connection, error.diag.message_primary) from error
    except psycopg.errors.RaiseException as error:
        raise ConfigurationError(one_line(error.diag.message_primary or error)) from error
    except psycopg.errors.LockNotAvailable as error:
        raise ConfigurationError(
            "waited too long for a lock: is a build or a load running? Run this again when it has "
            "ended"
        ) from error
    finally:
        connection.remove_notice_handler(note)
    return [role for role, password in passwords.items() if password]


def readers_may_write_large_objects(connection: psycopg.Connection) -> bool:
    """Whether readers may still write large objects, which only a superuser can change."""
    row = connection.execute(
        "select has_function_privilege('vpp_reader', 'pg_catalog.lo_create(oid)', 'execute')"
    ).fetchone()
    return row == (True,)


def _refused(connection: psycopg.Connection, reason: str | None) -> ConfigurationError:
    return ConfigurationError(
        f"{connection.info.user} may not make the roles: {one_line(reason or '')}: "
        "run this as the owner of the database and its schema raw, with the right to create roles"
    )


def _set_password(connection: psycopg.Connection, role: str, password: str) -> None:
    """Set a password. The server gets its hash only, so that no log of it can hold more."""
    verifier = connection.pgconn.encrypt_password(
        password.encode(), role.encode(), b"scram-sha-256"
    ).decode()
    alter = sql.SQL("alter role {} password {}").format(sql.Identifier(role), sql.Literal(verifier))
    connection.execute(alter)
