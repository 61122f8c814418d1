"""What all parts of one run share."""

from dataclasses import dataclass

import psycopg

from extract.console import Reporter


@dataclass(frozen=True, slots=True)
class Run:
    """A run of the extractor: its session of the warehouse, its id there, and where it reports."""

    connection: psycopg.Connection
    run_id: int
    reporter: Reporter
