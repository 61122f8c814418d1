"""Four roles with the least rights that their work needs."""

from collections.abc import Mapping
from pathlib import Path

import psycopg
from psycopg import sql

from extract.errors import ConfigurationError
from extract.messages import one_line

ROLES = ("vpp_loader", "vpp_transformer", "vpp_developer", "vpp_reader")
_MISSING = Path(__file__).with_name("missing_grants.sql")


def password_variable(role: str) -> str:
    """The environment variable that holds the password which a role is to have."""
    return f"{role.upper()}_PASSWORD"


def ensure_roles(connection: psycopg.Connection, environment: Mapping[str, str]) -> list[str]:
    """Make what is missing of the roles and their rights; returns the statements that did it.

    The schema raw exists. Passwords come from `environment`; a role whose variable is not set
    keeps the one it has, or none. All is done or nothing. Raises ConfigurationError where the
    session's user may not do it.
    """
    with connection.transaction():
        connection.execute("set local lock_timeout to '10s'")
        # Two at once: one waits, and then finds everything.
        _run(connection, "lock table raw.landing_lock in share row exclusive mode")
        done = [_run(connection, statement) for statement in _missing_roles(connection)]
        _refuse_mighty(connection)
        done += [_run(connection, statement) for statement in _missing_grants(connection)]
        # Whoever lacks the right to grant is sometimes only warned.
        for statement in _missing_grants(connection):
            raise ConfigurationError(
                f"{connection.info.user} may not {statement}: run this as the owner of the "
                "database and of its schema raw, or as a superuser"
            )
        for role in ROLES:
            password = environment.get(password_variable(role))
            if password:
                _set_password(connection, role, password)
                done.append(f"alter role {role} password (from {password_variable(role)})")
    return done


def lacks_superuser(connection: psycopg.Connection) -> bool:
    """Whether readers may still write large objects, which only a superuser can change."""
    row = connection.execute(
        "select has_function_privilege('vpp_reader', 'pg_catalog.lo_create(oid)', 'execute')"
    ).fetchone()
    return row == (True,)


def _missing_roles(connection: psycopg.Connection) -> list[str]:
    rows = connection.execute(
        "select role from unnest(%s::text[]) as role"
        " where not exists (select from pg_roles where rolname = role)",
        [list(ROLES)],
    )
    return [f"create role {role} login" for (role,) in rows]


def _refuse_mighty(connection: psycopg.Connection) -> None:
    """Refuse a role that was there before and to whom grants mean nothing."""
    rows = connection.execute(
        "select rolname from pg_roles where rolname = any(%s)"
        " and (rolsuper or rolcreaterole or rolreplication)",
        [list(ROLES)],
    )
    for (role,) in rows:
        raise ConfigurationError(
            f"{role} is there already and may do what no grant limits "
            f"(superuser, createrole or replication): alter or drop it, then run this again"
        )


def _missing_grants(connection: psycopg.Connection) -> list[str]:
    exists = connection.execute("select to_regclass('build.model_state') is not null").fetchone()
    built = (
        connection.execute("select model from build.model_state").fetchall()
        if exists == (True,)
        else []
    )
    rows = connection.execute(
        sql.SQL(_MISSING.read_text()),
        {"built_marts": [model for (model,) in built]},
    )
    return [statement for _, statement in rows]


def _run(connection: psycopg.Connection, statement: str) -> str:
    """Run a statement of ours; returns it."""
    try:
        connection.execute(sql.SQL(statement))
    except psycopg.errors.InsufficientPrivilege as error:
        raise ConfigurationError(
            f"{connection.info.user} may not {statement}: {one_line(error)}"
        ) from error
    except psycopg.errors.LockNotAvailable as error:
        raise ConfigurationError(
            f"{statement} had to wait too long: is a build or a load running? Then run this again"
        ) from error
    return statement


def _set_password(connection: psycopg.Connection, role: str, password: str) -> None:
    """Set a password. The server gets its hash only, so that no log of it can hold more."""
    verifier = connection.pgconn.encrypt_password(
        password.encode(), role.encode(), b"scram-sha-256"
    ).decode()
    alter = sql.SQL("alter role {} password {}").format(sql.Identifier(role), sql.Literal(verifier))
    try:
        connection.execute(alter)
    except psycopg.errors.InsufficientPrivilege as error:
        raise ConfigurationError(
            f"{connection.info.user} may not set the password of {role}: {one_line(error)}"
        ) from None
