"""Forecast versions that were asked for and could not be had."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import Enum

import psycopg

from extract.warehouse.copying import copy_rows, plain_instant


class AbsenceReason(Enum):
    """Why a version could not be had, in words that follow a number of versions."""

    MISSING = "that did not exist"
    REFUSED = "whose answer was refused"
    UNANSWERED = "without an answer"


@dataclass(frozen=True, slots=True)
class Absence:
    """A forecast version that was asked for and could not be had."""

    asset_id: str
    version_utc: datetime
    asked_utc: datetime
    reason: AbsenceReason


def absences(
    connection: psycopg.Connection, asset_ids: Sequence[str], begin: datetime, end: datetime
) -> list[tuple[Absence, int]]:
    """The versions of these assets in this window that ever could not be had.

    For each the last failure, and how many there were.
    """
    rows = connection.execute(
        """
        select distinct on (asset_id, version_utc)
            asset_id,
            version_utc,
            asked_utc,
            is_answered,
            is_refused,
            count(*) over (partition by asset_id, version_utc)
        from raw.forecast_absence
        where asset_id = any(%s) and version_utc >= %s and version_utc < %s
        order by asset_id, version_utc, asked_utc desc
        """,
        [list(asset_ids), begin, end],
        # A cached plan would be one for a table that was still small.
        prepare=False,
    )
    return [
        (Absence(asset_id, version_utc, asked_utc, _reason(is_answered, is_refused)), count)
        for asset_id, version_utc, asked_utc, is_answered, is_refused, count in rows
    ]


def _reason(is_answered: bool, is_refused: bool) -> AbsenceReason:
    if not is_answered:
        return AbsenceReason.UNANSWERED
    return AbsenceReason.REFUSED if is_refused else AbsenceReason.MISSING


def note_absences(connection: psycopg.Connection, run_id: int, in_vain: Sequence[Absence]) -> None:
    """Note versions that could not be had."""
    if not in_vain:
        return
    types = {
        "asset_id": "text",
        "version_utc": "timestamptz",
        "asked_utc": "timestamptz",
        "is_answered": "boolean",
        "is_refused": "boolean",
        "run_id": "bigint",
    }
    copy_rows(
        connection,
        "forecast_absence",
        types,
        (
            (
                absence.asset_id,
                plain_instant(absence.version_utc),
                plain_instant(absence.asked_utc),
                absence.reason is not AbsenceReason.UNANSWERED,
                absence.reason is AbsenceReason.REFUSED,
                run_id,
            )
            for absence in in_vain
        ),
    )
