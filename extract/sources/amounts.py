"""Numbers, powers and prices as the sources write them, checked."""

from types import NoneType
from typing import Any

from extract.documents import Delivery
from extract.errors import DocumentRefused
from extract.messages import shown

LARGEST_POWER_KW = 1e9
LARGEST_PRICE_EUR_PER_MWH = 1e6
SMALLEST_AMOUNT = 1e-30
"""What is smaller (kW, EUR/MWh) is nothing: squared it would have no double precision any more."""


def amount(value: float) -> float:
    """The number, or 0 where it is too small to reckon with."""
    return value if abs(value) >= SMALLEST_AMOUNT else 0.0


def powers(delivery: Delivery, cells: list[Any], column: str) -> list[float | None]:
    """Powers in kW, None for null. Raises DocumentRefused for what no plant can have."""
    for cell in numbers(delivery, cells, column):
        if cell is not None and not -LARGEST_POWER_KW < cell < LARGEST_POWER_KW:
            reason = f"{column} holds {shown(cell)} kW, not a plausible power"
            raise DocumentRefused(delivery.source_uri, reason)
    return [None if cell is None else amount(float(cell)) for cell in cells]


def numbers(delivery: Delivery, cells: list[Any], column: str) -> list[float | None]:
    """The cells, which are numbers (also NaN) or null. Raises DocumentRefused for any other."""
    if not set(map(type, cells)) <= {int, float, NoneType}:
        odd = next(cell for cell in cells if type(cell) not in (int, float, NoneType))
        raise DocumentRefused(delivery.source_uri, f"{column} holds {shown(odd)}, not a number")
    return cells
