"""What somebody who has set nothing up yet runs into: one line, with the command that helps."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from extract.errors import ConfigurationError
from extract.vpp.client import VppClient, get_forecast
from tests.conftest import SETTINGS
from tests.dbt_project import ROOT
from tests.documents import VERSION, forecast_for
from tests.http_server import Answer, HttpServer


@pytest.mark.parametrize("pghost", [None, ""])
def test_dbt_without_a_warehouse_says_what_leads_to_one(pghost: str | None, tmp_path: Path) -> None:
    ours = {name for name in os.environ if name.startswith("DBT_")} | set(SETTINGS)
    environment = {name: value for name, value in os.environ.items() if name not in ours}
    # libpq would take an empty one for a server on this machine.
    given = {} if pghost is None else {"PGHOST": pghost}
    outcome = subprocess.run(
        [str(Path(sys.executable).with_name("dbt")), "--no-use-colors", "run"],
        # With no directory given, dbt finds the project and profile here.
        cwd=ROOT / "dbt_project",
        env=environment | given | {"DBT_TARGET_PATH": str(tmp_path), "DBT_LOG_PATH": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert outcome.returncode == 2
    assert outcome.stdout.splitlines()[-1] == (
        "  Env var required but not provided: "
        """'PGHOST: export it, or run eval "$(make -s env)" in the root of the project'"""
    )


def test_a_forecast_without_an_address(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("VPP_API_URL", raising=False)
    with pytest.raises(ConfigurationError) as failure:
        get_forecast(asset_id="WND-DE-003", version=VERSION)
    assert str(failure.value) == (
        "VPP_API_URL is not set: export the address of the forecast API, or that of a stand-in "
        "(python -m extract.simulator serve prints it)"
    )


def test_an_address_that_is_none() -> None:
    with pytest.raises(ConfigurationError) as failure:
        VppClient("vpp.example.com/api")
    assert str(failure.value) == (
        "VPP_API_URL is not an HTTP address: vpp.example.com/api (it must begin with https:// or http://)"
    )


@pytest.mark.parametrize(
    ("version", "is_refused"), [((3, 10, 13), True), ((3, 13, 0), False), ((3, 14, 0), True)]
)
def test_a_python_that_is_too_old_or_too_new(
    version: tuple[int, int, int], is_refused: bool, tmp_path: Path
) -> None:
    python = tmp_path / "python3"
    # It runs what `-c` says, and fails to make an environment.
    python.write_text(
        f"#!{sys.executable}\nimport sys\nsys.version_info = {version}\nexec(sys.argv[2])\n"
    )
    python.chmod(0o755)
    outcome = subprocess.run(
        ["make", "--silent", "--always-make", "install", f"PYTHON={python}"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert outcome.returncode
    refusal = (
        f"{python} is not Python 3.11, 3.12 or 3.13: name one, as in make install PYTHON=python3.13"
    )
    assert (refusal in outcome.stderr) == is_refused, outcome.stderr


def test_what_is_installed_can_be_imported_from_anywhere(tmp_path: Path) -> None:
    project = tmp_path / "a project"
    (project / "extract").mkdir(parents=True)
    (project / "extract" / "__init__.py").write_text("print(__file__)")
    (project / "requirements.lock").touch()
    shutil.copy(ROOT / "Makefile", project)
    made = subprocess.run(
        ["make", "--silent", "install", f"PYTHON={sys.executable}"],
        cwd=project,
        capture_output=True,
        text=True,
        check=False,
    )
    assert made.returncode == 0, made.stderr
    imported = subprocess.run(
        [project / ".venv" / "bin" / "python", "-c", "import extract"],
        cwd=tmp_path,
        env={name: value for name, value in os.environ.items() if name != "PYTHONPATH"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert imported.stdout == f"{project / 'extract' / '__init__.py'}\n", imported.stderr


def test_the_python_of_operations(http_server: HttpServer, monkeypatch: pytest.MonkeyPatch) -> None:
    http_server.answer = lambda target: Answer(body=forecast_for(target))
    monkeypatch.setenv("VPP_API_URL", http_server.url)
    page = (ROOT / "dbt_project" / "docs" / "operations.md").read_text()
    [code] = re.findall(r"```python\n(.*?)```", page, re.DOTALL)
    names: dict[str, Any] = {}
    exec(code, names)
    assert names["forecast"].version_utc == VERSION
