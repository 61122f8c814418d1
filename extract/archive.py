"""The archive on the command line: landed documents as Parquet files in a folder."""

import argparse
from typing import Any

import psycopg

from extract.console import Reporter
from extract.errors import UsageError
from extract.lake.folder import Folder
from extract.lake.verifying import verify
from extract.lake.writing import archive

COMMAND = "archive"
_SHOWN_HASH = 12
_PATIENCE_S = 2


def add_parser(subparsers: Any) -> None:
    """Add the command to the command line."""
    parser = subparsers.add_parser(
        COMMAND,
        help="copy landed documents into a folder of Parquet files, or compare the folder with raw",
        description="Copy every document of raw that the folder does not hold yet, as Parquet "
        "files any tool can read: <table>/received_day=YYYY-MM-DD/<first>-<last>.parquet, named by "
        "document id. snapshot.json says up to which document the folder is complete. Changes "
        "nothing in the warehouse. If a run is killed, the next one finishes its work.",
    )
    parser.add_argument(
        "url",
        metavar="URL",
        help="the folder: a path, or a URL such as s3://bucket/lake; created if missing",
    )
    parser.add_argument(
        "--verify",
        action="store_true",
        help="write nothing; compare every file with raw and print a line for each table, plus one "
        "for anything that differs, is missing, duplicated or out of place (exit status 1)",
    )


def run_command(
    options: argparse.Namespace, connection: psycopg.Connection, reporter: Reporter
) -> int:
    """Archive or verify; returns the exit status. Raises UsageError, LakeUnusable."""
    if not options.url.strip():
        raise UsageError("URL is empty: name a folder")
    folder = Folder(options.url)
    if options.verify:
        return _verify(connection, folder, reporter)
    if not _lock(connection, folder):
        reporter.busy(f"{folder.address}: another run is archiving into it")
        return 4
    archived = archive(connection, folder, reporter.line)
    if not archived.files:
        reporter.line(
            f"nothing new: the lake holds all {archived.held:,} documents up to {archived.upto}"
        )
        return 0
    reporter.line(
        f"archived {archived.documents:,} documents in {archived.files:,} files, "
        f"up to document {archived.upto}: {folder.address}"
    )
    return 0


def _lock(connection: psycopg.Connection, folder: Folder) -> bool:
    """Lock a folder for this session until it ends, however it ends.

    False if another session holds the lock; one that has just ended is waited for.
    """
    try:
        with connection.transaction():
            connection.execute(f"set local lock_timeout = '{_PATIENCE_S}s'")
            connection.execute(
                "select pg_advisory_lock(hashtextextended('archive ' || %s, 0))", [folder.identity]
            )
    except psycopg.errors.LockNotAvailable:
        return False
    return True


def _verify(connection: psycopg.Connection, folder: Folder, reporter: Reporter) -> int:
    any_problem = False
    for found in verify(connection, folder):
        verdict = "differs" if found.problems else "equal"
        if found.table:
            sha256 = found.sha256[:_SHOWN_HASH]
            reporter.line(f"{found.table}: {found.documents:,} documents, {sha256}, {verdict}")
        for problem in found.problems:
            any_problem = True
            reporter.error(problem)
    return 1 if any_problem else 0
