"""Contract exports of the CRM. Personal data is dropped here and gets no further."""

import re

from extract.documents import AssetContracts, Delivery
from extract.errors import DocumentRefused
from extract.messages import shown
from extract.sources.csv_documents import decimal, read_csv
from extract.sources.instants import instant_of_name, iso_date
from extract.sources.json_documents import identifier, storable

PATTERN = re.compile(r"asset_contracts_([0-9]{8}_[0-9]{6}Z?)\.csv")
REQUIRED = (
    "contract_id",
    "asset_id",
    "metering_point_id",
    "capacity",
    "technology",
    "contract_begin",
    "contract_end",
    "price_model",
    "price",
    "fee_model",
    "fee",
    "fee_percent",
)
LARGEST_CAPACITY_MW = 1e6
_PERSONAL = re.compile(r"e[-_ ]?mail", re.IGNORECASE)


def decode(delivery: Delivery) -> list[AssetContracts]:
    """One document with all rows of the export as text; an empty cell is None.

    Columns that name a mail address are dropped, and so are columns without a name. Raises
    DocumentRefused.
    """
    name = PATTERN.fullmatch(delivery.name)
    if name is None:
        raise DocumentRefused(delivery.source_uri, "the name is not that of a contract export")
    exported_utc = instant_of_name(delivery, name[1])
    header, rows = read_csv(delivery, REQUIRED)
    kept = [
        (n, column) for n, column in enumerate(header) if column and not _PERSONAL.search(column)
    ]
    contracts: list[dict[str, str | None]] = [
        {column: row[n] or None for n, column in kept} for row in rows
    ]
    for contract in contracts:
        _check_contract(delivery, contract)
    return [
        AssetContracts(
            exported_utc=exported_utc,
            contracts=contracts,
            source_uri=delivery.source_uri,
            content_sha256=delivery.content_sha256,
            received_utc=delivery.received_utc,
        )
    ]


def _check_contract(delivery: Delivery, contract: dict[str, str | None]) -> None:
    contract_id = identifier(delivery, contract["contract_id"], "contract_id")
    identifier(delivery, contract["asset_id"], f"asset_id of {shown(contract_id)}")
    if contract["metering_point_id"] is not None:
        identifier(
            delivery, contract["metering_point_id"], f"metering_point_id of {shown(contract_id)}"
        )
    if not storable(contract):
        raise DocumentRefused(
            delivery.source_uri, f"{shown(contract_id)} holds text that cannot be stored"
        )
    capacity = contract["capacity"]
    if capacity is not None:
        megawatts = decimal(capacity)
        if megawatts is None or not 0 <= megawatts < LARGEST_CAPACITY_MW:
            raise DocumentRefused(
                delivery.source_uri,
                f"capacity of {shown(contract_id)} is {shown(capacity)}, "
                "which is no number of MW with a decimal point",
            )
    for field in ("contract_begin", "contract_end"):
        text = contract[field]
        if text is not None and iso_date(text) is None:
            raise DocumentRefused(
                delivery.source_uri,
                f"{field} of {shown(contract_id)} is {shown(text)}, which is no date",
            )
