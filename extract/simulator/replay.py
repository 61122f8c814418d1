"""The past as it came: forecast versions that are received by clocks of then.

A warehouse that was filled in one go received everything today, and cannot tell what was known
when. So the demo's past is landed in steps: what the VPP made at one instant is received two
minutes later; what it made during an outage of the line, all together after it.
"""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import repeat

import pendulum
import psycopg

from extract.errors import DocumentRefused, ForecastNotFound, UsageError
from extract.sources.instants import QUARTER_HOUR_SECONDS
from extract.vpp.client import VppClient
from extract.vpp.forecast import Forecast
from extract.warehouse.landing import begin_run, land_forecasts

_RECEIVED_AFTER = timedelta(minutes=2)
_STEP = timedelta(seconds=QUARTER_HOUR_SECONDS)
_REQUESTS_AT_ONCE = 8
_COMMAND = "simulator replay"
OUTAGE = datetime(2025, 6, 8, 7, 10, tzinfo=UTC), datetime(2025, 6, 8, 9, 20, tzinfo=UTC)
"""When the line was down: in local time from 09:10 to 11:20."""


def received_utc(version_utc: datetime) -> datetime:
    """When a version was received."""
    at = version_utc + _RECEIVED_AFTER
    begin, end = OUTAGE
    return end if begin <= at < end else at


def replay(
    connection: psycopg.Connection,
    client: VppClient,
    assets: Sequence[str],
    begin: datetime,
    end: datetime,
) -> int:
    """Land the versions made from `begin` (included) to `end` (excluded); how many were new.

    What the API does not have or should not have sent is left to the extractor, which says so.
    Raises SourceUnavailable, and UsageError where the warehouse holds other documents than the
    demo's.
    """
    if holds_other_documents(connection):
        raise UsageError(
            "the warehouse holds documents that are not the demo's: configure a source "
            "(python -m extract --help lists the variables), or unset PGHOST for the embedded one"
        )
    run_id = begin_run(connection, _COMMAND)
    landed = 0
    with ThreadPoolExecutor(_REQUESTS_AT_ONCE) as pool:
        while begin < end:
            answers = pool.map(_asked, repeat(client), assets, repeat(begin))
            landed += land_forecasts(connection, run_id, [one for one in answers if one])
            begin += _STEP
    return landed


def holds_other_documents(connection: psycopg.Connection) -> bool:
    """Whether something has landed where no demo did before."""
    [(answer,)] = connection.execute(
        "select exists (select from raw.document)"
        " and not exists (select from raw.run where command = %s)",
        [_COMMAND],
    )
    return bool(answer)


def _asked(client: VppClient, asset_id: str, version_utc: datetime) -> Forecast | None:
    try:
        forecast = client.get_forecast(asset_id=asset_id, version=version_utc)
    except (ForecastNotFound, DocumentRefused):
        return None
    return replace(forecast, received_utc=pendulum.instance(received_utc(version_utc)))
