"""Passwords and tokens come from the environment, and stay there."""

import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest
from psycopg import sql

from tests.conftest import SETTINGS
from tests.dbt_project import ROOT
from tests.documents import forecast_for, write_sources
from tests.http_server import Answer, HttpServer
from tests.warehouses import PostgresServer, Warehouse, fresh_warehouse

PASSWORD, TOKEN, URL_PASSWORD = "marker-of-password", "marker-of-token", "half@marker-of-url"
SECRETS = (PASSWORD, TOKEN, "half@", "marker-of-url")
DBT = str(Path(sys.executable).with_name("dbt"))
PROJECT = {
    "DBT_PROJECT_DIR": str(ROOT / "dbt_project"),
    "DBT_PROFILES_DIR": str(ROOT / "profiles"),
}
CLEAN = {
    name: value
    for name, value in os.environ.items()
    if name not in SETTINGS and not name.startswith("DBT_")
}


@dataclass(frozen=True)
class Place:
    """Where commands run, and everything they leave behind is kept."""

    directory: Path
    environment: Mapping[str, str]
    said: list[str]

    def run(self, *command: str, **settings: str) -> subprocess.CompletedProcess[str]:
        ended = subprocess.run(
            command,
            cwd=self.directory,
            env={**CLEAN, "PYTHONPATH": str(ROOT), **self.environment, **settings},
            capture_output=True,
            text=True,
            check=False,
        )
        self.said.append(ended.stdout + ended.stderr)
        return ended


def python(module: str, *arguments: str) -> tuple[str, ...]:
    return (sys.executable, "-m", module, *arguments)


@pytest.fixture
def place(warehouse: Warehouse, tmp_path: Path) -> Place:
    target = tmp_path / "target"
    settings = {
        **warehouse.environment,
        **PROJECT,
        "PGPASSWORD": PASSWORD,
        "VPP_API_TOKEN": TOKEN,
        "DBT_TARGET_PATH": str(target),
        "DBT_LOG_PATH": str(tmp_path / "logs"),
    }
    return Place(tmp_path, settings, [])


def texts_of(warehouse: Warehouse) -> Iterator[tuple[str, str]]:
    """Every row of every relation, and every comment, as text."""
    relations = warehouse.rows(
        "select nspname::text, relname::text from pg_class"
        " inner join pg_namespace on relnamespace = pg_namespace.oid"
        " where relkind in ('r', 'v')"
        "  and nspname in ('raw', 'build', 'staging', 'intermediate', 'public')"
    )
    with warehouse.connect() as connection:
        for names in relations:
            relation = sql.Identifier(*map(str, names))
            query = sql.SQL("select one::text from {} as one").format(relation)
            for (row,) in connection.execute(query):
                yield f"{names[0]}.{names[1]}", row
        for (comment,) in connection.execute("select description from pg_description"):
            yield "a comment", comment


def test_no_secret_is_left_anywhere(
    place: Place, warehouse: Warehouse, http_server: HttpServer
) -> None:
    http_server.answer = lambda target: Answer(body=forecast_for(target))
    sources = write_sources(place.directory / "sources")
    api = http_server.url.replace("http://", f"http://somebody:{URL_PASSWORD}@")
    window = ("--from", "2025-06-08T06:00", "--to", "2025-06-08T07:00")

    landed = place.run(*python("extract", "all", *window), VPP_API_URL=api, **sources)
    assert landed.returncode == 0, landed.stderr
    # They were used.
    assert any(TOKEN in headers["Authorization"] for _, headers in http_server.requests)
    http_server.answer = lambda target: Answer(403, body=b"who are you?")
    refused = place.run(*python("extract", "forecasts", "--assets", "B", *window), VPP_API_URL=api)
    assert refused.returncode != 0
    assert place.run(*python("extract", "status")).returncode == 0
    assert place.run(*python("extract.warehouse", "env")).returncode == 0

    built = place.run(DBT, "--debug", "build", "--exclude-resource-type", "unit_test")
    assert built.returncode == 0, built.stdout
    documented = place.run(DBT, "--debug", "docs", "generate", "--static")
    assert documented.returncode == 0, documented.stdout
    # Failing commands tend to say more.
    assert place.run(DBT, "--debug", "run", PGDATABASE="nowhere").returncode != 0
    assert place.run(*python("extract", "schema"), PGDATABASE="nowhere").returncode == 1
    place.run(DBT, "debug")

    files = [
        path
        for path in place.directory.rglob("*")
        if path.is_file() and path.relative_to(place.directory).parts[0] != "sources"
    ]
    assert {"manifest.json", "static_index.html", "dbt.log"} <= {path.name for path in files}
    found = [
        (where, secret)
        for where, text in [
            *((str(path), path.read_bytes().decode("latin-1")) for path in files),
            *(("output", text) for text in place.said),
            *texts_of(warehouse),
        ]
        for secret in SECRETS
        if secret in text
    ]
    assert found == []


def test_a_file_with_settings_is_read_only_where_someone_asks(
    postgres_server: PostgresServer, tmp_path: Path
) -> None:
    with fresh_warehouse(postgres_server) as warehouse:
        settings = {**warehouse.environment, "TECHNICAL_DATA_URL": str(tmp_path / "nowhere")}
        for name in (".env", "production.env"):
            lines = (f"{variable}={value}\n" for variable, value in settings.items())
            (tmp_path / name).write_text("".join(lines))
        unset = Place(
            tmp_path, {**PROJECT, "DBT_TARGET_PATH": "target", "DBT_LOG_PATH": "logs"}, []
        )

        parsed = unset.run(DBT, "parse")
        assert parsed.returncode != 0
        assert "PGHOST" in parsed.stdout
        skipped = Place(tmp_path, warehouse.environment, []).run(*python("extract", "all"))
        assert "TECHNICAL_DATA_URL is not set" in skipped.stdout

        # As operations.md shows.
        words = " ".join(python("extract", "technical-data"))
        asked = unset.run("sh", "-c", f"set -a; . ./production.env; {words}")
        assert asked.returncode == 1
        assert "nowhere" in asked.stderr
