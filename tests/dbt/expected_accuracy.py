"""The accuracy that a scenario must give, worked out independently of the models."""

from datetime import UTC

import numpy as np
import pandas as pd

from extract.sources.final_production import FinalProduction
from extract.sources.live_infeed import LiveInfeed
from extract.vpp.forecast import Forecast
from tests.dbt.accuracy_scenario import (
    B_JOINED,
    CAPACITIES_KW,
    CAPACITY_CHANGED,
    INSTANT,
    KEY,
    NEW_CAPACITY_KW,
    QUARTER_HOUR,
    REDISPATCHED,
    ZONES,
    Scenario,
    quarter_hours_of,
)


class Expected:
    """The marts by their definitions."""

    def __init__(self, scenario: Scenario) -> None:
        # Every value of every version; if a version was received twice, the later one counts.
        newest = {(one.asset_id, one.version_utc): one for one in scenario.of(Forecast)}
        values = pd.concat(
            pd.DataFrame(
                {
                    "asset_id": asset_id,
                    "version_utc": pd.Timestamp(version),
                    "delivery_start_utc": pd.date_range(
                        document.grid_start_utc, periods=len(document.power_kw), freq="15min"
                    ),
                    "power_kw": np.array(document.power_kw, dtype=float),
                }
            )
            for (asset_id, version), document in newest.items()
        )
        self.values = values.dropna().astype(
            {"version_utc": INSTANT, "delivery_start_utc": INSTANT}
        )
        stated: dict[tuple[str, pd.Timestamp], float] = {}
        for final in sorted(scenario.of(FinalProduction), key=lambda one: one.issued_date):
            for number, power_kw in enumerate(final.power_kw):
                if power_kw is not None:
                    start = final.grid_start_utc + number * QUARTER_HOUR
                    stated[final.metering_point_id.removeprefix("MP-"), start] = power_kw
        self.final = self._series(stated)
        samples = pd.concat(
            pd.DataFrame(
                {"asset_id": one.asset_id, "at": one.measured_utc, "power_kw": one.power_kw}
            )
            for one in scenario.of(LiveInfeed)
        )
        samples["delivery_start_utc"] = samples["at"].dt.floor("15min").astype(INSTANT)
        self.live = samples.groupby(KEY)["power_kw"].mean()
        self.redispatched = {
            (asset_id, start)
            for asset_id, begins, ends in REDISPATCHED
            for start in pd.date_range(begins, ends, freq="15min", inclusive="left", tz=UTC)
        }

    @staticmethod
    def _series(values: dict[tuple[str, pd.Timestamp], float]) -> pd.Series:
        series = pd.Series(values).rename_axis(KEY).rename("power_kw").reset_index()
        return series.astype({"delivery_start_utc": INSTANT}).set_index(KEY)["power_kw"]

    def forecast(self, gate: pd.Timedelta) -> pd.DataFrame:
        """For each quarter-hour the newest version made in time that has a value."""
        in_time = self.values[self.values.version_utc <= self.values.delivery_start_utc - gate]
        return in_time.sort_values("version_utc").groupby(KEY).last()

    def is_redispatched(self, frame: pd.DataFrame) -> pd.Series:
        keys = zip(frame.asset_id, frame.delivery_start_utc, strict=True)
        return pd.Series([key in self.redispatched for key in keys], index=frame.index)

    @staticmethod
    def capacity_kw(frame: pd.DataFrame) -> pd.Series:
        has_changed = (frame.asset_id == "A") & (frame.delivery_start_utc >= CAPACITY_CHANGED)
        return frame.asset_id.map(CAPACITIES_KW).mask(has_changed, NEW_CAPACITY_KW)

    @staticmethod
    def is_member(frame: pd.DataFrame) -> pd.Series:
        return (frame.asset_id != "B") | (frame.delivery_start_utc >= B_JOINED)

    def settled(self, kind: str) -> pd.DataFrame:
        """Quarter-hours with final production, and everything their forecast is compared with."""
        forecast = self.forecast({"latest": pd.Timedelta(0), "tradeable": QUARTER_HOUR}[kind])
        frame = self.final.rename("final").to_frame().join(forecast).reset_index()
        live = self.live.rename("persistence").reset_index()
        live = live[~self.is_redispatched(live)]
        live["ended_utc"] = live.delivery_start_utc + QUARTER_HOUR
        versions = frame[["asset_id", "version_utc"]].dropna().drop_duplicates()
        seen = pd.merge_asof(
            versions.sort_values("version_utc"),
            live[["asset_id", "ended_utc", "persistence"]].sort_values("ended_utc"),
            left_on="version_utc",
            right_on="ended_utc",
            by="asset_id",
        )
        frame = frame.merge(seen, how="left", on=["asset_id", "version_utc"])
        frame["capacity"] = self.capacity_kw(frame)
        frame["is_redispatched"] = self.is_redispatched(frame)
        frame["error"] = frame.power_kw - frame.final
        frame["persistence_error"] = (frame.persistence - frame.final).where(frame.error.notna())
        return frame

    def asset_accuracy(self) -> pd.DataFrame:
        rows = []
        for kind in ("latest", "tradeable"):
            frame = self.settled(kind)
            for asset_id, of_asset in frame.groupby("asset_id"):
                zone = ZONES[str(asset_id)]
                days = of_asset.delivery_start_utc.dt.tz_convert(zone).dt.date
                for day, of_day in of_asset.groupby(days):
                    counted = of_day[~of_day.is_redispatched]
                    left_out = of_day[of_day.is_redispatched]
                    pairs = counted.error.dropna()
                    rows.append(
                        {
                            "asset_id": asset_id,
                            "delivery_date": day,
                            "forecast_kind": kind,
                            "expected_count": quarter_hours_of(day, zone),
                            "coverage_ratio": len(pairs) / quarter_hours_of(day, zone),
                            "redispatched_count": left_out.error.count(),
                            **measures(counted.error, counted.capacity),
                            **skill(counted.error, counted.persistence_error),
                        }
                    )
        return pd.DataFrame(rows)

    def portfolio_accuracy(self) -> pd.DataFrame:
        rows = []
        for kind in ("latest", "tradeable"):
            frame = self.settled(kind)
            frame = frame[self.is_member(frame)]
            days = frame.delivery_start_utc.dt.tz_convert("Europe/Berlin").dt.date
            for day, of_day in frame.groupby(days):
                known = of_day[~of_day.is_redispatched & of_day.error.notna()]
                paired = known[known.persistence_error.notna()]
                by_start = known.groupby("delivery_start_utc")
                expected_count = quarter_hours_of(day, "Europe/Berlin")
                starts = pd.date_range(
                    pd.Timestamp(day, tz="Europe/Berlin"), periods=expected_count, freq="15min"
                )
                expected = sum(4 + (start >= B_JOINED) for start in starts)
                rows.append(
                    {
                        "delivery_date": day,
                        "forecast_kind": kind,
                        "expected_count": expected_count,
                        "asset_quarter_hour_count": len(known),
                        "expected_asset_quarter_hour_count": expected,
                        "coverage_ratio": len(known) / expected,
                        "redispatched_count": of_day[of_day.is_redispatched].error.count(),
                        "persistence_asset_quarter_hour_count": len(paired),
                        # Summed series; a sum that lacks one asset's capacity is unknown.
                        **measures(
                            by_start["power_kw"].sum() - by_start["final"].sum(),
                            by_start["capacity"].agg(lambda one: one.sum(skipna=False)),
                        ),
                        **skill(
                            paired.groupby("delivery_start_utc")["error"].sum(),
                            paired.groupby("delivery_start_utc")["persistence_error"].sum(),
                        ),
                    }
                )
        return pd.DataFrame(rows)

    def accuracy_by_lead(self) -> pd.DataFrame:
        frame = self.values.join(self.final.rename("final"), on=KEY, how="inner")
        frame = frame.reset_index(drop=True)
        frame = frame[~self.is_redispatched(frame)]
        lead = frame.delivery_start_utc - frame.version_utc
        frame["lead_minutes"] = (lead.dt.total_seconds() / 60).astype(int)
        frame = frame[frame.lead_minutes.between(0, 2880)]
        frame["error"] = frame.power_kw - frame.final
        frame["capacity"] = self.capacity_kw(frame)
        return pd.DataFrame(
            {
                "asset_id": key[0],
                "lead_minutes": key[1],
                **measures(group.error, group.capacity),
            }
            for key, group in frame.groupby(["asset_id", "lead_minutes"])
        )

    def best_of_infeed(self) -> pd.DataFrame:
        sources = {
            "final": self.final,
            "live": self.live,
            "forecast": self.forecast(pd.Timedelta(0))["power_kw"],
        }
        frame = pd.DataFrame(sources).rename_axis(KEY).reset_index()
        frame["is_redispatched"] = self.is_redispatched(frame)
        frame["forecast"] = frame.forecast.mask(frame.is_redispatched & frame.forecast.notna(), 0.0)
        frame["power_kw"] = frame.final.fillna(frame.live).fillna(frame.forecast)
        frame["infeed_source"] = frame[list(sources)].notna().idxmax(axis=1)
        zones = frame.asset_id.map(ZONES)
        frame["delivery_date"] = [
            start.tz_convert(zone).date()
            for start, zone in zip(frame.delivery_start_utc, zones, strict=True)
        ]
        return frame.drop(columns=list(sources))

    def portfolio_best_of_infeed(self) -> pd.DataFrame:
        frame = self.best_of_infeed()
        frame = frame[self.is_member(frame)]
        by_source = frame.groupby(["delivery_start_utc", "infeed_source"])["power_kw"]
        sums, counts = by_source.sum().unstack(), by_source.count().unstack(fill_value=0)
        joined = pd.concat(
            [sums.add_suffix("_power_kw"), counts.add_suffix("_asset_count")], axis=1
        )
        joined["power_kw"] = sums.sum(axis=1)
        joined["expected_asset_count"] = 4 + (joined.index >= B_JOINED)
        joined["is_complete"] = counts.sum(axis=1) == joined.expected_asset_count
        return joined.rename_axis(columns=None).reset_index()


def measures(error: pd.Series, capacity: pd.Series) -> dict[str, float]:
    """The measures of errors; some errors, and some capacities, are unknown."""
    error = error.dropna()
    capacity = capacity.loc[error.index].dropna()
    normalised = error.loc[capacity.index]
    return {
        "quarter_hour_count": len(error),
        "mae_kw": error.abs().mean(),
        "rmse_kw": np.sqrt((error**2).mean()),
        "bias_kw": error.mean(),
        "normalised_quarter_hour_count": len(normalised),
        "nmae": normalised.abs().sum() / capacity.sum() if len(capacity) else np.nan,
        "nrmse": np.sqrt((normalised**2).mean()) / capacity.mean(),
        "nbias": normalised.sum() / capacity.sum() if len(capacity) else np.nan,
    }


def skill(error: pd.Series, persistence_error: pd.Series) -> dict[str, float]:
    """Skill against persistence, where both errors are known."""
    both = pd.DataFrame({"error": error, "persistence": persistence_error}).dropna()
    rmse = np.sqrt((both**2).mean())
    return {
        "persistence_quarter_hour_count": len(both),
        "paired_rmse_kw": rmse.error,
        "persistence_rmse_kw": rmse.persistence,
        "skill_score": 1 - rmse.error / rmse.persistence,
    }
