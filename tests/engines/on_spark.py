"""Programs in the Spark environment (`.venv-spark`), each with its own tables."""

import os
import subprocess
from collections.abc import Mapping
from pathlib import Path

from extract.settings import PROJECT_ROOT

PROGRAMS = PROJECT_ROOT / ".venv-spark" / "bin"


def spark_environment(folder: Path, lake: str, schema: str) -> dict[str, str]:
    """The environment variables for Spark on this machine, and for dbt on it.

    `folder` holds Spark's tables, their names and what dbt writes; `lake` is what a build reads,
    `schema` where it builds.
    """
    folder.mkdir(parents=True, exist_ok=True)
    names = f"jdbc:derby:;databaseName={folder}/metastore;create=true"
    return {
        "LAKE": lake,
        "SPARK_SCHEMA": schema,
        "SPARK_CONF_DIR": str(PROJECT_ROOT / "profiles" / "spark"),
        "PYSPARK_SUBMIT_ARGS": f"--conf spark.sql.warehouse.dir={folder}/warehouse"
        f" --conf spark.hadoop.javax.jdo.option.ConnectionURL={names} pyspark-shell",
        # Spark warns about the newest pandas, which is not used here.
        "PYTHONWARNINGS": "ignore::FutureWarning",
        "DBT_PROJECT_DIR": str(PROJECT_ROOT / "dbt_project"),
        "DBT_PROFILES_DIR": str(PROJECT_ROOT / "profiles"),
        "DBT_TARGET_PATH": str(folder / "target"),
        "DBT_LOG_PATH": str(folder / "logs"),
    }


def run_on_spark(
    folder: Path, lake: Path, schema: str, environment: Mapping[str, str], *command: str
) -> subprocess.CompletedProcess[str]:
    """Run a command whose program is named without its folder; its output is captured."""
    program, *arguments = command
    return subprocess.run(
        [str(PROGRAMS / program), *arguments],
        cwd=PROJECT_ROOT,
        env={**os.environ, **spark_environment(folder, str(lake), schema), **environment},
        capture_output=True,
        text=True,
        check=False,
    )
