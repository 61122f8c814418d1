"""What a solar plant would yield under a clear sky, from pvlib."""

from __future__ import annotations

import datetime as dt
from functools import lru_cache

import numpy as np
import pandas as pd
import pvlib

from extract.simulator.noise import Floats
from extract.simulator.plan import DAY_SECONDS, QUARTER_HOUR_SECONDS, epoch_of_day

_FIXED_TILT_DEGREES = 30.0
_SOUTH_DEGREES = 180.0


@lru_cache(maxsize=512)
def plane_irradiance_w_per_m2(
    latitude: float, longitude: float, tracking_type: str, first_day: dt.date, day_count: int
) -> Floats:
    """Clear-sky irradiance in the plane of the panels in W/m2, by quarter-hour (UTC).

    Starts at the UTC midnight of `first_day` and is taken at the middle of each quarter-hour. The
    panels face south at 30 degrees, or follow the sun on one axis.
    """
    start = epoch_of_day(first_day) + QUARTER_HOUR_SECONDS // 2
    seconds = np.arange(start, start + day_count * DAY_SECONDS, QUARTER_HOUR_SECONDS)
    middles = pd.DatetimeIndex(pd.to_datetime(seconds, unit="s", utc=True))
    location = pvlib.location.Location(latitude, longitude, tz="UTC")
    sun = location.get_solarposition(middles)
    # What the two last arguments replace uses a property of dates that pandas is giving up.
    sky = location.get_clearsky(
        middles,
        solar_position=sun,
        dni_extra=pvlib.irradiance.get_extra_radiation(middles.day_of_year.to_numpy()),
        interp_turbidity=False,
    )
    if tracking_type == "single_axis":
        panels = pvlib.tracking.singleaxis(sun["apparent_zenith"], sun["azimuth"])
        # The tracker has no position at night, when it does not matter.
        tilt = panels["surface_tilt"].fillna(0.0)
        azimuth = panels["surface_azimuth"].fillna(_SOUTH_DEGREES)
    else:
        tilt, azimuth = _FIXED_TILT_DEGREES, _SOUTH_DEGREES
    plane = pvlib.irradiance.get_total_irradiance(
        tilt, azimuth, sun["apparent_zenith"], sun["azimuth"], sky["dni"], sky["ghi"], sky["dhi"]
    )
    irradiance = np.nan_to_num(plane["poa_global"].to_numpy(dtype=np.float64), nan=0.0)
    irradiance.setflags(write=False)
    return np.asarray(irradiance)
