"""The first screen: a card each for what tomorrow brings, what yesterday brought, what it cost."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

import altair as alt

from dbt_project.report import words
from dbt_project.report.chart_parts import (
    FORECAST,
    INK,
    NOT_COMPARED,
    NUMBERS,
    PRODUCED,
    SOFT,
    Chart,
    chart_of,
    drawn,
    parts_apart,
    zero_line,
)
from dbt_project.report.marts import QUARTER_HOUR, Answers, Day, Row

_WIDTH, _HEIGHT = 330, 96


@dataclass(frozen=True)
class Card:
    """A question, the number that answers it, a small chart, and anything else worth knowing."""

    question: str
    subject: str
    number: str
    unit: str
    sentences: list[str]
    chart: str
    """SVG, or nothing."""
    chart_text: str


def cards(answers: Answers) -> list[Card]:
    """The cards of the first screen, even if they have nothing to say yet."""
    return [_tomorrow(answers), _yesterday(answers), _cost(answers)]


def _tomorrow(answers: Answers) -> Card:
    day = answers.tomorrow
    if day is None or day.row["forecast_energy_mwh"] is None:
        return _empty("Tomorrow", "No day that lies ahead is forecast as a whole.")
    rows, power_unit = _rows_of(day, answers.rows["portfolio_power"], ("forecast_power_kw",))
    peak = [row for row in rows if row["at"] == day.place(day.row["peak_start_utc"])]
    chart = alt.layer(
        _area(rows, "forecast_power_kw", FORECAST, answers.timezone, day),
        chart_of(peak)
        .mark_circle(color=INK, size=36, opacity=1)
        .encode(x="at:Q", y="forecast_power_kw:Q"),
    )
    number, unit = words.energy(day.row["forecast_energy_mwh"]).split(" ")
    return Card(
        "Tomorrow",
        words.day_name(day.date),
        number,
        f"{unit} can be traded",
        words.tomorrow(day.row, answers.timezone),
        _sized(chart, power_unit),
        f"The forecast of the portfolio over {words.day_name(day.date)}.",
    )


def _yesterday(answers: Answers) -> Card:
    day = answers.yesterday
    if day is None or day.row["compared_produced_energy_mwh"] is None:
        return _empty("Yesterday", "No production can be compared with a forecast yet.")
    names = ("forecast_power_kw", "compared_forecast_power_kw", "produced_power_kw")
    rows, power_unit = _rows_of(day, answers.rows["portfolio_power"], names)
    chart = alt.layer(
        _area(rows, "compared_forecast_power_kw", FORECAST, answers.timezone, day),
        chart_of(rows)
        .mark_area(fill=NOT_COMPARED)
        .encode(x="at:Q", y="compared_forecast_power_kw:Q", y2="forecast_power_kw:Q"),
        chart_of(rows)
        .mark_line(color=PRODUCED, strokeWidth=1.8)
        .encode(x="at:Q", y="produced_power_kw:Q"),
    )
    number, unit = words.energy(day.row["compared_produced_energy_mwh"]).split(" ")
    against = words.energy(day.row["compared_forecast_energy_mwh"])
    return Card(
        "Yesterday",
        words.day_name(day.date),
        number,
        f"{unit} produced, {against} forecast",
        words.yesterday(day.row, _finding_count(answers, [day.row])),
        _sized(chart, power_unit),
        f"What was produced on {words.day_name(day.date)} (line) and what could be traded "
        "(area; hatched where production is not known).",
    )


def _cost(answers: Answers) -> Card:
    rows = answers.rows.get("month", [])
    parts = [part for row in rows for part in _parts(row)]
    if not parts:
        return _empty("Cost", "No imbalance has a price yet.")
    errors_eur = sum(part["eur"] for part in parts if part["part"] == "error")
    month = f"{rows[-1]['delivery_date']:%B}, {words.counted(len(rows), 'day')}"
    base = chart_of(parts)
    chart = base.mark_bar(width=alt.RelativeBandSize(0.8)).encode(
        x=alt.X("day:O", title=None, axis=alt.Axis(labelAngle=0, labelOverlap=True)),
        y=alt.Y("eur:Q", title=None, axis=_numbers()),
        fill=parts_apart(),
    )
    number, unit = words.money(abs(errors_eur)).split(" ")
    return Card(
        "Cost",
        month,
        number,
        f"{unit} {'lost to' if errors_eur < 0 else 'gained from'} forecast errors",
        words.cost(rows, _finding_count(answers, rows)),
        _sized(alt.layer(chart, zero_line()), "EUR"),
        "The value of the imbalance by day of the month: forecast errors (plain) and redispatch "
        "(hatched), cost below zero.",
    )


def _finding_count(answers: Answers, rows: Sequence[Row]) -> int:
    found = {row["delivery_date"]: row["finding_count"] for row in answers.rows["findings_by_day"]}
    return sum(found.get(row["delivery_date"], 0) for row in rows)


def _empty(question: str, sentence: str) -> Card:
    return Card(question, "", "–", "", [sentence], "", "")


def _parts(row: Row) -> list[dict[str, Any]]:
    if row["compared_imbalance_eur"] is None:
        return []
    day = row["delivery_date"].day
    return [
        {"day": day, "part": "error", "eur": row["compared_other_imbalance_eur"]},
        {"day": day, "part": "redispatched", "eur": row["compared_redispatched_imbalance_eur"]},
    ]


def _rows_of(
    day: Day, rows: Sequence[Row], names: Sequence[str]
) -> tuple[list[dict[str, Any]], str]:
    """One row per quarter-hour of the day: its place (from 0), and powers or None; their unit."""
    told: list[dict[str, Any]] = [
        {"at": place, **dict.fromkeys(names)} for place in range(day.quarter_hour_count)
    ]
    of_day = [row for row in rows if day.holds(row["delivery_start_utc"])]
    factor, unit = words.power_unit(row[name] for row in of_day for name in names)
    for row in of_day:
        at = told[day.place(row["delivery_start_utc"])]
        at.update({name: row[name] and row[name] / factor for name in names})
    return told, unit


def _area(rows: list[dict[str, Any]], name: str, color: str, timezone: ZoneInfo, day: Day) -> Chart:
    starts = [day.start_utc + place * QUARTER_HOUR for place in range(day.quarter_hour_count)]
    labels = {
        str(place): f"{start:%H:%M}"
        for place, start in enumerate(start.astimezone(timezone) for start in starts)
        if start.minute == 0 and start.hour % 6 == 0
    }
    return (
        chart_of(rows)
        .mark_area(color=color, opacity=0.3, line={"color": color, "strokeWidth": 1.5})
        .encode(
            x=alt.X(
                "at:Q",
                title=None,
                scale=alt.Scale(domain=[0, day.quarter_hour_count - 1], nice=False),
                axis=alt.Axis(
                    values=[int(place) for place in labels],
                    labelExpr=f"({labels})[datum.value]",
                    labelFlush=True,
                    grid=False,
                ),
            ),
            y=alt.Y(f"{name}:Q", title=None, axis=_numbers()),
        )
    )


def _numbers() -> alt.Axis:
    return alt.Axis(tickCount=3, domain=False, ticks=False, format=NUMBERS)


def _sized(chart: Chart, unit: str) -> str:
    title = alt.TitleParams(
        text=unit, anchor="start", fontSize=11, fontWeight="normal", color=SOFT, offset=4
    )
    return drawn(chart.properties(width=_WIDTH, height=_HEIGHT, title=title))
