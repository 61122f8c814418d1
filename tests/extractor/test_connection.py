"""Sessions of the warehouse rely on nothing they did not set, or say what is wrong."""

import os
import re
import select
import shutil
import socket
import struct
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from psycopg import sql

from extract.settings import Settings
from extract.warehouse.connection import connect
from tests.conftest import SETTINGS, ExtractCommand
from tests.documents import LIVE_NAME, write_sources
from tests.warehouses import PostgresServer, Warehouse

ODD_SETTINGS = {
    "client_encoding": "latin1",
    "datestyle": "german",
    "default_transaction_isolation": "serializable",
    "extra_float_digits": "-10",
    "standard_conforming_strings": "off",
    "timezone": "Asia/Tokyo",
}


@pytest.fixture
def odd(warehouse: Warehouse) -> Warehouse:
    """A database whose owner has set whatever can be set."""
    with warehouse.connect() as connection:
        for name, value in ODD_SETTINGS.items():
            statement = "alter database {} set {} to {}"
            database = sql.Identifier(warehouse.environment["PGDATABASE"])
            connection.execute(
                sql.SQL(statement).format(database, sql.Identifier(name), sql.Literal(value))
            )
    return warehouse


def test_a_session_sets_what_it_relies_on(odd: Warehouse, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in odd.environment.items():
        monkeypatch.setenv(name, value)
    with connect(Settings.from_environment()) as connection:
        [row] = connection.execute(
            sql.SQL("select {}").format(
                sql.SQL(", ").join(
                    sql.SQL("current_setting({})").format(sql.Literal(name))
                    for name in ODD_SETTINGS
                )
            )
        )
    assert dict(zip(ODD_SETTINGS, row, strict=True)) == {
        "client_encoding": "UTF8",
        "datestyle": "ISO, DMY",
        "default_transaction_isolation": "read committed",
        "extra_float_digits": "1",
        "standard_conforming_strings": "on",
        "timezone": "UTC",
    }


def test_what_a_database_sets_makes_no_difference(
    odd: Warehouse, extract: ExtractCommand, tmp_path: Path
) -> None:
    settings = write_sources(tmp_path)
    (tmp_path / "live" / "ü_20250608.json").write_text("{")
    assert extract("all", **settings).status == 3
    assert extract("all", **settings).counts("live-infeed")["unchanged"] == 2
    held = extract("quarantine")
    assert re.search(r"^\d+  \d{4}-\d\d-\d\d \d\d:\d\d:\d\dZ .*ü_20250608", held.out, re.MULTILINE)
    assert extract("status").status == 5
    assert odd.rows("select power_kw from raw.live_infeed") == [([1875.5, -3.0, None],)]
    assert odd.rows("select exported_utc at time zone 'UTC' from raw.asset_contracts")


@pytest.mark.parametrize(
    ("variable", "value"), [("PGDATESTYLE", "German"), ("PGCLIENTENCODING", "LATIN1")]
)
def test_what_the_environment_sets_makes_no_difference(
    variable: str, value: str, extract: ExtractCommand, tmp_path: Path
) -> None:
    (tmp_path / "\u4e2d_20250608.json").write_text("{")
    assert extract("live-infeed", LIVE_INFEED_URL=tmp_path, **{variable: value}).status == 3
    assert extract("status", **{variable: value}).status == 5
    assert "\u4e2d_20250608" in extract("quarantine", **{variable: value}).out


def test_text_that_is_not_utf_8_is_kept_as_an_escape(
    warehouse: Warehouse, extract: ExtractCommand, tmp_path: Path
) -> None:
    settings = write_sources(tmp_path)
    assert extract("live-infeed", **settings).status == 0
    document_id = str(warehouse.value("select document_id from raw.live_infeed"))
    reason = os.fsdecode(b"of an old syst\xe8me")
    assert extract("retract", document_id, "--why", reason).status == 0
    assert warehouse.rows("select reason from raw.retraction") == [("of an old syst\\udce8me",)]
    [(command,)] = warehouse.rows("select command from raw.run order by run_id desc limit 1")
    assert str(command).endswith("--why 'of an old syst\\udce8me'")


@pytest.mark.parametrize("variable", ["PGHOST", "EMBEDDED_WAREHOUSE_DIRECTORY"])
def test_a_place_that_is_not_utf_8_is_one_line(variable: str, tmp_path: Path) -> None:
    place = os.fsencode(tmp_path) + b"/\xff" if variable.startswith("E") else b"\xff"
    environment = {name: value for name, value in os.environb.items() if name != b"PGHOST"}
    outcome = subprocess.run(
        [sys.executable, "-m", "extract", "status"],
        env={**environment, variable.encode(): place},
        capture_output=True,
        text=True,
        check=False,
    )
    assert outcome.returncode == 1
    [line] = outcome.stderr.splitlines()
    assert line.startswith("error: the ")


def test_an_error_that_repeats_an_address_does_not_print_its_password(
    extract: ExtractCommand,
) -> None:
    outcome = extract("schema", PGHOST="postgresql://user:se@cret@db.example/x")
    assert outcome.status == 1
    assert len(outcome.err.splitlines()) == 1
    assert "cret" not in outcome.said


def test_a_reader_who_leaves_early_is_no_error(warehouse: Warehouse) -> None:
    for module, argument in (("extract", "status"), ("extract.warehouse", "env")):
        program = subprocess.Popen(
            [sys.executable, "-m", module, argument],
            env={**os.environ, **warehouse.environment},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        assert program.stdout is not None
        program.stdout.close()
        assert program.stderr is not None
        assert program.stderr.read() == b""
        program.stderr.close()
        assert program.wait() != 0


def test_a_database_that_is_not_utf_8_is_refused_at_once(
    postgres_server: PostgresServer, extract: ExtractCommand, tmp_path: Path
) -> None:
    database = f"latin_{os.getpid()}"
    name = sql.Identifier(database)
    with postgres_server.connect("postgres") as connection:
        connection.execute(
            sql.SQL("create database {} template template0 encoding 'LATIN1' locale 'C'").format(
                name
            )
        )
        (tmp_path / LIVE_NAME).write_text("{")
        outcome = extract("live-infeed", LIVE_INFEED_URL=tmp_path, PGDATABASE=database)
        connection.execute(sql.SQL("drop database {}").format(name))
    assert outcome.status == 1
    assert outcome.err == (
        f"error: the database {database} is encoded in LATIN1, which cannot hold every name: "
        "create one with encoding 'UTF8'\n"
    )


@pytest.fixture
def pooler(postgres_server: PostgresServer) -> Iterator[Path]:
    """A proxy to the server like a connection pooler: it reports its own process numbers."""
    directory = Path(tempfile.mkdtemp(prefix="pooler-"))
    port = postgres_server.environment["PGPORT"]
    upstream = f"{postgres_server.environment['PGHOST']}/.s.PGSQL.{port}"
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(str(directory / f".s.PGSQL.{port}"))
    listener.listen()

    def renamed(said: bytes) -> bytes:
        """What the server says when a session begins, with another process number."""
        key = re.search(rb"K\x00\x00\x00\x0c(.{4})", said, re.DOTALL)
        if key is None:
            return said
        other = struct.pack(">i", -struct.unpack(">i", key[1])[0])
        return said.replace(key[0], key[0][:5] + other)

    def serve() -> None:
        server = socket.socket(socket.AF_UNIX)
        with suppress(OSError), listener.accept()[0] as client, server:
            server.connect(upstream)
            while True:
                for source in select.select((client, server), (), ())[0]:
                    if not (said := source.recv(1 << 16)):
                        return
                    client.sendall(renamed(said)) if source is server else server.sendall(said)

    threading.Thread(target=serve, daemon=True).start()
    yield directory
    listener.close()
    shutil.rmtree(directory)


def test_a_connection_pooler_is_refused_at_once(extract: ExtractCommand, pooler: Path) -> None:
    outcome = extract("schema", PGHOST=pooler)
    assert outcome.status == 1
    [line] = outcome.err.splitlines()
    assert line.startswith("error: PGHOST and PGPORT lead to a connection pooler, ")


@pytest.mark.parametrize("module", ["extract", "extract.warehouse"])
@pytest.mark.parametrize(
    ("given", "line"),
    [
        (
            {"PGHOSTADDR": "127.0.0.1"},
            "PGHOSTADDR is set without PGHOST: set both, or neither for the embedded one",
        ),
        *(
            (
                {"PGSERVICE": "production"} | host,
                "PGSERVICE is set, but dbt needs the parts of the address: unset it and set "
                "PGHOST, PGPORT, PGUSER and PGDATABASE",
            )
            for host in ({}, {"PGHOST": "db.example"})
        ),
    ],
)
def test_what_would_lead_psql_or_dbt_elsewhere_is_refused(
    module: str, given: dict[str, str], line: str, tmp_path: Path
) -> None:
    """libpq takes the host of a service before PGHOST, and connects to PGHOSTADDR, not PGHOST."""
    clean = {name: value for name, value in os.environ.items() if name not in SETTINGS}
    directory = {"EMBEDDED_WAREHOUSE_DIRECTORY": str(tmp_path / "none")}
    outcome = subprocess.run(
        [sys.executable, "-m", module, "schema" if module == "extract" else "psql"],
        env={**clean, **directory, **given},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (outcome.returncode, outcome.stderr) == (1, f"error: {line}\n")
    assert not (tmp_path / "none").exists()
