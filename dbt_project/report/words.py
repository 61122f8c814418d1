"""Numbers in words: units that fit the size, days, and the sentences of the cards."""

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from zoneinfo import ZoneInfo

from dbt_project.report.marts import Row

_FINEST_MWH = 0.00005
_POWERS = ((1e6, "GW"), (1e3, "MW"), (1.0, "kW"))
_ENERGIES = ((1e3, "GWh"), (1.0, "MWh"), (1e-3, "kWh"))


def power(value_kw: float) -> str:
    """A power in kW, MW or GW."""
    return _sized(value_kw, _POWERS)


def energy(value_mwh: float) -> str:
    """An energy in kWh, MWh or GWh."""
    return _sized(value_mwh, _ENERGIES)


def power_unit(values_kw: Iterable[float | None]) -> tuple[float, str]:
    """The unit that fits these powers, and how many kW it has."""
    greatest = max((abs(value) for value in values_kw if value is not None), default=0.0)
    return next((one for one in _POWERS if greatest >= one[0]), _POWERS[-1])


def money(value_eur: float) -> str:
    """An amount in whole EUR; a small one in cents."""
    digits = 0 if abs(value_eur) >= 10 else 2
    return f"{_without_minus_zero(value_eur, digits)} EUR"


def day_name(day: date) -> str:
    """`Sunday 8 June`."""
    return f"{day:%A} {day.day} {day:%B}"


def clock(instant: datetime, timezone: ZoneInfo) -> str:
    """The local time, `13:15`."""
    return f"{instant.astimezone(timezone):%H:%M}"


def counted(count: int, thing: str) -> str:
    """`1 finding`, `2 findings`."""
    return f"{count:,} {thing}" if count == 1 else f"{count:,} {thing}s"


def of_assets(count: int, expected: int | None) -> str:
    """How many of how many assets."""
    if expected is None or count == expected:
        return f"all {counted(count, 'asset')}" if count > 1 else counted(count, "asset")
    return f"{count:,} of {counted(expected, 'asset')}"


def tomorrow(row: Row, timezone: ZoneInfo) -> list[str]:
    """What is forecast for the day of this row of portfolio_days, in sentences."""
    sentences = []
    if row["peak_power_kw"] is not None:
        at = clock(row["peak_start_utc"], timezone)
        sentences.append(f"The peak is {power(row['peak_power_kw'])} at {at}.")
    ratio, assets = row["forecast_capacity_ratio"], row["forecast_asset_count"]
    of_them = of_assets(assets, row["expected_asset_count"])
    if ratio is None:
        verb = "is" if assets == 1 else "are"
        sentences.append(f"{of_them.capitalize()} {verb} forecast; their capacity is not known.")
    else:
        known = "known " if ratio == 1 and assets != row["expected_asset_count"] else ""
        sentences.append(f"{_share(ratio)} of the {known}capacity is forecast, {of_them}.")
    lacking = row["quarter_hour_count"] - row["complete_quarter_hour_count"]
    if lacking:
        lack = "lacks" if lacking == 1 else "lack"
        sentences.append(f"{counted(lacking, 'quarter-hour')} {lack} a forecast of some asset.")
    return sentences


def yesterday(row: Row, finding_count: int) -> list[str]:
    """What was produced against what could be traded, in sentences."""
    if row["is_settled"]:
        state = "Settled"
    elif row["reconciled_quarter_hour_count"]:
        state = "Provisional, by live infeed where it is not settled yet"
    else:
        state = "Provisional, by live infeed"
    compared, forecast = row["compared_forecast_energy_mwh"], row["forecast_energy_mwh"]
    if compared and forecast and compared < forecast:
        state += (
            f": production is known for {_share(compared / forecast)} of the {energy(forecast)}"
        )
        state += " that could be traded"
    sentences = [f"{state}."]
    if row["compared_imbalance_mwh"] is not None:
        redispatched = row["compared_redispatched_imbalance_mwh"]
        rest = row["compared_other_imbalance_mwh"]
        sentence = "The forecast was "
        too = f"too {'low' if rest > 0 else 'high'}"
        sentence += f"{energy(abs(rest))} {too}" if abs(rest) >= _FINEST_MWH else "right"
        if redispatched:
            much = "less" if redispatched < 0 else "more"
            sentence += f", and redispatch left {energy(abs(redispatched))} {much}"
        sentences.append(f"{sentence}.")
    if row["compared_imbalance_eur"] is not None:
        redispatched_eur = row["compared_redispatched_imbalance_eur"]
        sentence = f"Forecast errors {_cost(row['compared_other_imbalance_eur'])}"
        if redispatched_eur:
            sentence += f", redispatch {_cost(redispatched_eur)}"
        if _is_priced_in_part(row):
            sentence += (
                f", by the prices of {row['compared_priced_quarter_hour_count']} of "
                f"{counted(row['compared_quarter_hour_count'], 'quarter-hour')}"
            )
        sentences.append(f"{sentence}.")
    return sentences + _doubt(finding_count)


def cost(rows: Sequence[Row], finding_count: int) -> list[str]:
    """What redispatch cost over these days, apart from forecast errors, in sentences."""
    priced = [row for row in rows if row["compared_imbalance_eur"] is not None]
    redispatched = [row["compared_redispatched_imbalance_eur"] for row in priced]
    sentences = []
    if any(redispatched):
        sentences.append(f"Redispatch {_cost(sum(redispatched))}, not counted in that.")
    else:
        sentences.append("Redispatch has no part in that.")
    have = "has" if len(priced) == 1 else "have"
    state = f"{len(priced)} of {counted(len(rows), 'day')} {have} a price"
    if provisional := sum(not row["is_settled"] for row in priced):
        state += f", {provisional} of them provisional"
    if in_part := sum(map(_is_priced_in_part, priced)):
        state += f", {in_part} only in part"
    sentences.append(f"{state}.")
    return sentences + _doubt(finding_count)


def _is_priced_in_part(row: Row) -> bool:
    return bool(row["compared_priced_quarter_hour_count"] < row["compared_quarter_hour_count"])


def _doubt(finding_count: int) -> list[str]:
    if not finding_count:
        return []
    ask = "asks" if finding_count == 1 else "ask"
    return [f"{counted(finding_count, 'finding')} in the data {ask} for a look first."]


def _cost(value_eur: float) -> str:
    return f"{'cost' if value_eur < 0 else 'brought'} {money(abs(value_eur))}"


def _sized(value: float, units: Sequence[tuple[float, str]]) -> str:
    # A value that would round up to the next unit is given in that unit.
    factor, unit = next((one for one in units if abs(value) >= 0.9995 * one[0]), units[-1])
    number = value / factor
    digits = 0 if abs(number) >= 100 or (factor == units[-1][0] and abs(number) >= 10) else 1
    return f"{_without_minus_zero(number, digits)} {unit}"


def _without_minus_zero(value: float, digits: int) -> str:
    return f"{round(value, digits) + 0.0:,.{digits}f}"


def _share(ratio: float) -> str:
    # 99.6 % must not become 100 %.
    return f"{min(round(100 * ratio), 99) if ratio < 1 else 100} %"
