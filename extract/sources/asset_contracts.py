"""Contract exports of the CRM. Personal data is dropped here and gets no further."""

import re
from dataclasses import dataclass
from datetime import date, datetime
from typing import ClassVar

from extract.documents import ORIGIN_TYPES, Delivery, Document
from extract.errors import DocumentRefused
from extract.messages import CROSSED_OUT, shown, without_mail_addresses
from extract.sources.csv_documents import read_csv
from extract.sources.identifiers import identifier
from extract.sources.instants import instant_of_name, iso_date

PATTERN = re.compile(r"asset_contracts_([0-9]{8}_[0-9]{6}Z?)\.csv")
COLUMNS = (
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
"""What is kept of a contract; whatever else an export holds may be personal data."""
LARGEST_CAPACITY_MW = 1e6
EARLIEST_DATE = date(1900, 1, 1)
"""The first midnight of year 1 is one before Christ in UTC, which Python cannot read."""
# The warehouse makes a double precision of it: no exponent, and not endless behind the point.
_DECIMAL = re.compile(r"[+-]?[0-9]{1,20}(?:\.[0-9]{1,60})?")
_PERSONAL = re.compile(r"e[-_ ]?mail", re.IGNORECASE)
_DELIMITERS = ",;\t|"
_BLANK = ' \t\r\n"\ufeff'


@dataclass(frozen=True, kw_only=True, slots=True)
class AssetContracts(Document):
    """Every row of one contract export, as text, without personal data."""

    table: ClassVar = "asset_contracts"
    types: ClassVar = {"exported_utc": "timestamptz", "contracts": "jsonb", **ORIGIN_TYPES}

    exported_utc: datetime
    contracts: list[dict[str, str | None]]


def decode(delivery: Delivery) -> list[AssetContracts]:
    """One document with all rows of the export as text; an empty cell is None.

    Of every row only COLUMNS are kept, and of a mail address in one of them nothing. Raises
    DocumentRefused.
    """
    name = PATTERN.fullmatch(delivery.name)
    if name is None:
        raise DocumentRefused(delivery.source_uri, "the name is not that of a contract export")
    exported_utc = instant_of_name(delivery, name[1])
    header, rows = read_csv(delivery, COLUMNS)
    # A torn file, not the end of the business: it would end every membership.
    if not rows:
        raise DocumentRefused(delivery.source_uri, "lists no contract")
    positions = {column: header.index(column) for column in COLUMNS}
    contracts: list[dict[str, str | None]] = [
        {column: without_mail_addresses(row[n]) or None for column, n in positions.items()}
        for row in rows
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


def without_personal_data(content: bytes) -> bytes:
    """An export as we may keep it: mail columns crossed out, mail addresses elsewhere taken out.

    Works on malformed CSV too, and moves no quote, cell or line, so that the rest is refused or
    decoded as the whole would be. Of bytes that are not text nothing is left: they may hide any.
    """
    for encoding in ("utf-8", "cp1252"):
        try:
            text = content.decode(encoding)
            break
        except UnicodeDecodeError:
            continue
    else:
        return b""
    if "\x00" in text:
        return b""
    delimiter = max(_DELIMITERS, key=text.lstrip(_BLANK).partition("\n")[0].count)
    return without_mail_addresses(_without_mail_columns(text, delimiter)).encode(encoding)


def _without_mail_columns(text: str, delimiter: str) -> str:
    other = f"[^{delimiter}\r\n]*+"
    cell = re.compile(f'("(?:[^"]++|"")*+"?{other}|{other})(\\{delimiter}|\r\n|\r|\n|\\Z)')
    pieces: list[str] = []
    row: list[tuple[str, str]] = []
    width, first = 0, 0
    personal: set[int] | None = None
    for match in cell.finditer(text):
        row.append((match[1], match[2]))
        if match[2] == delimiter:
            continue
        if personal is not None and len(row) == width:
            row = [
                (_crossed_out(kept) if n in personal else kept, end)
                for n, (kept, end) in enumerate(row)
            ]
        elif personal:
            # Torn or shifted: the address may be as many cells to the left as are missing.
            begin = first - max(0, width - len(row))
            row = [
                (_crossed_out(kept) if n >= begin else kept, end)
                for n, (kept, end) in enumerate(row)
            ]
        elif personal is None and any(kept.strip(_BLANK) for kept, _ in row):
            names = [kept.strip(_BLANK) for kept, _ in row]
            personal = {n for n, name in enumerate(names) if not name or _PERSONAL.search(name)}
            width, first = len(row), min(personal, default=0)
        pieces.extend(kept + end for kept, end in row)
        row = []
    return "".join(pieces)


def _crossed_out(cell: str) -> str:
    # A cell of several lines is one that a lost quote has run into the rows that follow.
    return cell if "\n" in cell or "\r" in cell else re.sub(r'[^"\s]', "x", cell)


def _check_contract(delivery: Delivery, contract: dict[str, str | None]) -> None:
    contract_id = contract["contract_id"]
    for field in ("contract_id", "asset_id", "metering_point_id"):
        value = contract[field]
        if value is None and field == "metering_point_id":
            continue
        what = field if field == "contract_id" else f"{field} of {shown(contract_id)}"
        # Crossed out, the ids of all would be one.
        if CROSSED_OUT in identifier(delivery, value, what):
            raise DocumentRefused(delivery.source_uri, f"{what} holds a mail address")
    capacity = contract["capacity"]
    if capacity is not None and not (
        _DECIMAL.fullmatch(capacity) and 0 <= float(capacity) < LARGEST_CAPACITY_MW
    ):
        raise DocumentRefused(
            delivery.source_uri,
            f"capacity of {shown(contract_id)} is {shown(capacity)}, "
            "not a number of MW with a decimal point",
        )
    for field in ("contract_begin", "contract_end"):
        text = contract[field]
        if text is not None and not _is_date(text):
            raise DocumentRefused(
                delivery.source_uri,
                f"{field} of {shown(contract_id)} is {shown(text)}, "
                f"not a date (YYYY-MM-DD) on or after {EARLIEST_DATE}",
            )


def _is_date(text: str) -> bool:
    day = iso_date(text)
    return day is not None and day >= EARLIEST_DATE
