"""What the report asks the marts, and what they answer."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from dbt_project.report.marts import QUERIES, WORST_COUNT, day_of
from tests.report_pages import BERLIN
from tests.warehouses import Warehouse


def asked(
    warehouse: Warehouse, name: str, marts: Mapping[str, str], **parameters: Any
) -> list[Any]:
    """The answers to a query about 26 October 2025, if the marts hold what these queries return."""
    day = day_of({"delivery_date": date(2025, 10, 26)}, BERLIN)
    parameters = {
        "from_utc": day.start_utc,
        "to_utc": day.end_utc,
        "first_date": day.date,
        "last_date": day.date,
        "settled_dates": [day.date],
        "timezone": str(BERLIN),
        "count": WORST_COUNT,
    } | parameters
    with warehouse.connect() as connection, connection.transaction(force_rollback=True):
        for mart, rows in marts.items():
            connection.execute(f"create temporary table {mart} as {rows}".encode())
        query = (QUERIES / f"{name}.sql").read_bytes()
        return connection.execute(query, parameters).fetchall()
