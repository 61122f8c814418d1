"""A wave of documents, with values that show when they came."""

from datetime import timedelta
from typing import Any

import pendulum

from extract.sources.asset_contracts import AssetContracts
from extract.sources.final_production import FinalProduction
from extract.sources.imbalance_prices import ImbalancePrices
from extract.sources.live_infeed import LiveInfeed
from extract.sources.redispatch import RedispatchFlag
from extract.sources.redispatch_compensation import RedispatchCompensation
from extract.sources.technical_data import TechnicalData
from extract.vpp.forecast import Forecast
from tests.arrivals import EPOCH, QUARTER_HOUR, Arrival

CAPACITY_KW = 1000.0


def wave(number: int, capacity_kw: object = CAPACITY_KW) -> list[Arrival]:
    """What arrives in one hour. No wave removes a row of the marts, or changes one twice.

    An hour's forecasts, the hour before as measured, the hour before that as settled.
    """
    hour = EPOCH + number * timedelta(hours=1)

    def origin(address: str, minutes: int) -> dict[str, Any]:
        return {
            "source_uri": f"file:///{address}",
            "content_sha256": f"{address} {minutes}".encode(),
            "received_utc": pendulum.instance(hour + timedelta(minutes=minutes)),
        }

    technical_data = TechnicalData(
        created_utc=hour,
        assets=[
            {
                "asset_id": asset_id,
                "location": {"timezone": "Europe/Berlin"},
                "technical_attributes": {"capacity_kw": capacity_kw, "turbine_count": count},
                "status": "operational",
            }
            # The first changes with every wave.
            for asset_id, count in (("A", number), ("B", 1))
        ],
        # A correction, with another capacity, is received later.
        **origin(f"technical/{number}", 50 if capacity_kw == CAPACITY_KW else 40),
    )
    arrivals = [Arrival((technical_data,))]
    for asset_id in ("A", "B"):
        for quarter in range(4):
            version = pendulum.instance(hour + quarter * QUARTER_HOUR)
            forecast = Forecast(
                asset_id=asset_id,
                version_utc=version,
                grid_start_utc=version,
                # One more quarter-hour of B is above its capacity.
                power_kw=tuple(
                    5000.0 if (asset_id, quarter, n) == ("B", 3, 0) else float(100 * number + n)
                    for n in range(12)
                ),
                **origin(f"forecasts/{asset_id}/{version}", 15 * quarter + 1),
            )
            arrivals.append(Arrival((forecast,)))
        # Made before the market gates of what this wave settles; for no new quarter-hour, except
        # that a hole in B, on a day between others, is an hour smaller with each wave.
        early = pendulum.instance(hour - timedelta(hours=60))
        hole = range(96, 192 - 4 * number) if asset_id == "B" else ()
        forecast = Forecast(
            asset_id=asset_id,
            version_utc=early,
            grid_start_utc=early,
            power_kw=tuple(None if n in hole else float(100 * number + n) for n in range(240)),
            **origin(f"forecasts/{asset_id}/{early}", 1),
        )
        arrivals.append(Arrival((forecast,)))
        measured = [hour - timedelta(minutes=minutes) for minutes in range(60, 0, -3)]
        live_infeed = LiveInfeed(
            asset_id=asset_id,
            measured_utc=measured,
            power_kw=[float(number)] * len(measured),
            quality=[1.0] * len(measured),
            **origin(f"live/{asset_id}_{number}.json", 2),
        )
        arrivals.append(Arrival((live_infeed,)))
    for point in ("MP-A", "MP-B", "MP-of-nobody"):
        settled = FinalProduction(
            metering_point_id=point,
            issued_date=hour.date(),
            grid_start_utc=hour - timedelta(hours=2),
            power_kw=[float(number)] * 4,
            **origin(f"dso/{point}_{number}", 3),
        )
        arrivals.append(Arrival((settled,)))
    settled_hour = hour - timedelta(hours=2)
    starts = [settled_hour + quarter * QUARTER_HOUR for quarter in range(4)]
    flags = RedispatchFlag(
        metering_point_id="MP-A",
        issued_utc=hour,
        # Half of the hour, so that each wave has its own measure.
        delivery_start_utc=starts[:1],
        delivery_end_utc=starts[2:3],
        is_redispatched=[True],
        **origin(f"dso/redispatch_{number}", 3),
    )
    compensation = RedispatchCompensation(
        issued_date=hour.date(),
        delivery_start_utc=starts[:1],
        delivery_end_utc=starts[2:3],
        price_eur_per_mwh=[70.0 + number],
        **origin(f"dso/compensation_{number}", 3),
    )
    prices = ImbalancePrices(
        price_status="final",
        made_utc=hour,
        delivery_start_utc=starts,
        short_price_eur_per_mwh=[80.0 + number] * 4,
        long_price_eur_per_mwh=[60.0 - number] * 4,
        **origin(f"prices/{number}", 3),
    )
    arrivals += [Arrival((document,)) for document in (flags, compensation, prices)]
    if number == 0:
        contracts: list[dict[str, str | None]] = [
            {
                "contract_id": f"CON-{asset_id}",
                "asset_id": asset_id,
                "metering_point_id": f"MP-{asset_id}",
                "contract_begin": "2024-01-01",
            }
            for asset_id in ("A", "B")
        ]
        export = AssetContracts(exported_utc=hour, contracts=contracts, **origin("contracts", 4))
        arrivals.append(Arrival((export,)))
    return arrivals
