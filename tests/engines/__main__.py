"""`make spark`: build the marts on Spark from a lake, and compare each with PostgreSQL's.

Run with the Python of the Spark environment. LAKE says where the lake is; Spark keeps its tables in
SPARK_FOLDER (default: .spark). Arguments are passed on to `dbt build`, such as the `--vars` that
PostgreSQL's marts were built with.
"""

import fcntl
import os
import subprocess
import sys
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import Any

import fsspec
import psycopg
from pyarrow import ArrowException, parquet

from extract.console import Reporter, end_with
from extract.errors import ConfigurationError, ExtractError, LakeUnusable
from extract.lake.folder import Folder
from extract.lake.layout import Snapshot, read_snapshot
from extract.settings import Settings
from extract.warehouse.connection import connect
from tests.engines.compared import differences
from tests.engines.on_spark import PROGRAMS, spark_environment
from tests.engines.rows import described, postgres_rows, spark_rows
from tests.marts import KEYS

READERS = os.environ.get("SPARK_READERS_SCHEMA", "public")
SHOWN = 5


class NotEqual(ExtractError):
    """The engines differ, or cannot be compared."""


def main() -> int:
    """Build and compare; returns the exit status."""
    reporter = Reporter()
    try:
        address = lake()
        folder = Path(os.environ.get("SPARK_FOLDER", ".spark")).resolve()
        with alone(folder), connect(Settings.from_environment()) as connection:
            said = snapshot_of(address)
            refuse_broken_files(address, said)
            refuse_other_documents(connection, said)
            schema = f"build_{datetime.now(UTC):%Y%m%d_%H%M%S}"
            os.environ.update(spark_environment(folder, address, schema))
            reporter.line(f"Building and testing the marts on Spark, in {schema} (dbt build) ...")
            build(sys.argv[1:])
            reporter.line("Comparing each mart with PostgreSQL's, value by value ...")
            compare(connection, reporter)
    except ExtractError as error:
        reporter.error(str(error))
        return 1
    return 0


@contextmanager
def alone(folder: Path) -> Iterator[None]:
    """Be the only session here that uses these tables. Raises NotEqual if another one does.

    The names of the tables are in an embedded database that only one process can open.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise NotEqual(f"{folder} is in use: wait until the other build there ends") from None
        yield


def lake() -> str:
    """Where the lake is. Raises ConfigurationError if nothing says so."""
    address = os.environ.get("LAKE", "")
    if not address:
        raise ConfigurationError("LAKE is not set: make spark LAKE=lake")
    # A path without a protocol is a local folder; Spark would look in its own working directory.
    return address.rstrip("/") if "://" in address else str(Path(address).resolve())


def snapshot_of(address: str) -> Snapshot:
    """What a lake says about itself. Raises LakeUnusable if that cannot be read."""
    said = read_snapshot(Folder(address))
    if said is None:
        raise LakeUnusable(f"{address} has no snapshot: python -m extract archive writes one")
    return said


def refuse_broken_files(address: str, said: Snapshot) -> None:
    """Raises LakeUnusable if a file of the lake cannot be read: Spark takes pages to say so."""
    files, folder = fsspec.url_to_fs(address)
    for table in said.tables:
        for name in files.glob(f"{folder}/{table}/*/*.parquet"):
            try:
                with files.open(name) as file:
                    parquet.read_metadata(file)
            except (OSError, ArrowException):
                raise LakeUnusable(
                    f"{name} cannot be read: python -m extract archive --verify names what is wrong"
                ) from None


def refuse_other_documents(connection: psycopg.Connection, said: Snapshot) -> None:
    """Raises NotEqual if PostgreSQL's marts were not built from the lake's documents."""
    built: tuple[Any, ...] | None = None
    if connection.execute("select to_regclass('build.run') is not null").fetchone() == (True,):
        built = connection.execute(
            """
            select documents_upto, to_char(extracted_utc, 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')
            from build.run
            where finished_utc is not null
            order by build_number desc
            limit 1
            """
        ).fetchone()
    if built is None:
        raise NotEqual("PostgreSQL has no marts to compare with: make run, or dbt run, makes them")
    if built != (said.documents_upto, said.extracted_utc):
        raise NotEqual(
            f"PostgreSQL's marts were built up to document {built[0]} (the extractor ran at "
            f"{built[1]}), the lake is whole up to {said.documents_upto} (at "
            f"{said.extracted_utc}): build there once more (make run, or dbt run)"
        )


def build(arguments: Sequence[str]) -> None:
    """Run `dbt build` on Spark and show its output. Raises NotEqual if it fails."""
    command = [str(PROGRAMS / "dbt"), "--log-level", "warn", "build", "--target", "spark"]
    if subprocess.run([*command, *arguments], check=False).returncode:
        raise NotEqual("the build on Spark failed: dbt's lines above say where")


def compare(connection: psycopg.Connection, reporter: Reporter) -> None:
    """Compare every mart that readers read. Raises NotEqual if one differs."""
    # Spark warns about the newest pandas, which is not used here.
    warnings.simplefilter("ignore", FutureWarning)
    from pyspark.sql import SparkSession  # noqa: PLC0415

    session = (
        SparkSession.builder.enableHiveSupport()
        .config("spark.sql.session.timeZone", "UTC")
        .getOrCreate()
    )
    differing = 0
    for name, key in KEYS.items():
        mart = described(connection, name, key)
        found = list(
            islice(
                differences(
                    postgres_rows(connection, mart),
                    spark_rows(session, READERS, mart),
                    list(mart.types),
                    mart.key,
                ),
                SHOWN,
            )
        )
        reporter.line(f"  {name}: {'differs' if found else 'equal'}")
        for line in found:
            reporter.line(f"    {line}")
        differing += bool(found)
    session.stop()
    if differing:
        raise NotEqual(f"{differing} of {len(KEYS)} marts differ")
    reporter.line(f"{len(KEYS)} marts equal")


if __name__ == "__main__":
    end_with(main)
