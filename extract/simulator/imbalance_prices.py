"""The imbalance prices of the transmission system operators (CSV): estimates, and final prices."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass
from zoneinfo import ZoneInfo

import numpy as np

from extract.simulator.noise import Integers, normal, smooth, stream_key, uniform
from extract.simulator.plan import (
    DAY_SECONDS,
    QUARTER_HOUR_SECONDS,
    SimulationPlan,
    epoch_of_day,
)

_BERLIN = ZoneInfo("Europe/Berlin")
_ESTIMATES_EACH_SECONDS = 6 * 3600
_MEAN_EUR_PER_MWH, _SWING_EUR_PER_MWH = 62.0, 95.0
_SCALE_SECONDS = 5400
_SHARE_OF_HOLES = 0.06
# Where power is this scarce, reserves are called on, and being short costs more.
_SCARCE_FROM_EUR_PER_MWH = 210.0
_SURCHARGE_FACTOR = 2.0
_ESTIMATION_HEADER = "Datum;Zeitzone;von;bis;Datenkategorie;Datentyp;Einheit;AEP-Schätzer;Status"
_FINAL_HEADER = (
    "Datum;Zeitzone;von;bis;Datenkategorie;Datentyp;Einheit;reBAP unterdeckt;reBAP ueberdeckt"
)


@dataclass(frozen=True)
class _Prices:
    """Prices in EUR/MWh of quarter-hours, arrays of equal length."""

    short: list[float]
    long: list[float]
    estimate: list[float]
    is_missing: list[bool]
    """Whether the final file has a hole there."""


def imbalance_price_files(plan: SimulationPlan) -> Iterator[tuple[str, bytes]]:
    """Names and contents: an estimate every six hours, and final prices of each UTC day.

    The files of every other day tell Berlin's time; estimates are in Windows-1252 then, and final
    files begin with a byte-order mark.
    """
    for number, day in enumerate(plan.days):
        is_local = number % 2 == 1
        day_epoch = epoch_of_day(day)
        for made in range(day_epoch, day_epoch + DAY_SECONDS, _ESTIMATES_EACH_SECONDS):
            yield _estimation(plan, made + 18 * 60 + 4 * 3600, is_local)
        yield _final(plan, day, is_local)


def _estimation(plan: SimulationPlan, made_epoch: int, is_local: bool) -> tuple[str, bytes]:
    """The file made then: the day before it, and the quarter-hour that is under way."""
    end = made_epoch - made_epoch % QUARTER_HOUR_SECONDS + QUARTER_HOUR_SECONDS
    epochs = np.arange(end - DAY_SECONDS, end, QUARTER_HOUR_SECONDS, dtype=np.int64)
    # The newest figures are revised once more.
    is_rough = epochs >= end - 3600
    estimates = np.array(_prices(plan, epochs).estimate) + np.where(is_rough, 4.0, 0.0)
    lines = [_ESTIMATION_HEADER]
    for epoch, price in zip(epochs.tolist(), estimates.tolist(), strict=True):
        when = _when(epoch, is_local)
        lines.append(f"{when};AEP-Schätzer;Betrieblich;EUR/MWh;{_german(price)};0,00")
    made = dt.datetime.fromtimestamp(made_epoch, dt.UTC)
    name = f"imbalance_price_estimation_{made:%Y-%m-%dT%H%M%SZ}.csv"
    return name, ("\r\n".join(lines) + "\r\n").encode("cp1252" if is_local else "utf-8")


def _final(plan: SimulationPlan, day: dt.date, is_local: bool) -> tuple[str, bytes]:
    """The final prices of a UTC day, with holes."""
    start = epoch_of_day(day)
    epochs = np.arange(start, start + DAY_SECONDS, QUARTER_HOUR_SECONDS, dtype=np.int64)
    prices = _prices(plan, epochs)
    lines = [_FINAL_HEADER]
    for epoch, short, long, is_missing in zip(
        epochs.tolist(), prices.short, prices.long, prices.is_missing, strict=True
    ):
        if not is_missing:
            when = _when(epoch, is_local)
            pair = f"{_german(short)};{_german(long)}"
            lines.append(f"{when};reBAP;Qualitätsgesichert;EUR/MWh;{pair}")
    name = f"imbalance_price_final_{day:%Y%m%d}_170800.csv"
    return name, ("\n".join(lines) + "\n").encode("utf-8-sig" if is_local else "utf-8")


def _prices(plan: SimulationPlan, epochs: Integers) -> _Prices:
    quarter_hours = epochs // QUARTER_HOUR_SECONDS
    curve = smooth(stream_key(plan.seed, "imbalance price"), epochs, _SCALE_SECONDS)
    long = np.round(_MEAN_EUR_PER_MWH + _SWING_EUR_PER_MWH * curve, 2)
    surcharge = _SURCHARGE_FACTOR * np.maximum(long - _SCARCE_FROM_EUR_PER_MWH, 0.0)
    error = normal(stream_key(plan.seed, "imbalance price estimate"), quarter_hours)
    drawn = uniform(stream_key(plan.seed, "imbalance price holes"), quarter_hours)
    return _Prices(
        short=np.round(long + surcharge, 2).tolist(),
        long=long.tolist(),
        estimate=np.round(long + 6.0 * error, 2).tolist(),
        is_missing=(drawn < _SHARE_OF_HOLES).tolist(),
    )


def _when(epoch: int, is_local: bool) -> str:
    """The first four cells of a row; 23:45 ends at 00:00 of the next day."""
    zone = _BERLIN if is_local else dt.UTC
    start = dt.datetime.fromtimestamp(epoch, zone)
    # Clock times are at the offset of the start, also where the clocks change at the end.
    end = start + dt.timedelta(seconds=QUARTER_HOUR_SECONDS)
    return f"{start:%d.%m.%Y};{start.tzname()};{start:%H:%M};{end:%H:%M}"


def _german(price: float) -> str:
    return f"{price:.2f}".replace(".", ",")
