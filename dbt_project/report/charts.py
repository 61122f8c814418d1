"""The charts that the page draws anew for each day and asset.

The page gives each its rows (named data) and its axis (parameters). Instants on an axis are
milliseconds since 1970 on a linear scale, so that no day folds where the clocks change; the page's
function `localTime` writes them in local time.
"""

import altair as alt

from dbt_project.report.chart_parts import (
    ERROR,
    FORECAST,
    INK,
    LATEST,
    LINE,
    LIVE,
    NOT_COMPARED,
    NUMBERS,
    PAPER,
    PRODUCED,
    REDISPATCHED,
    SOFT,
    Chart,
    Spec,
    chosen,
    drawn_by_page,
    lines_of,
    number_axis,
    parts_apart,
    time_axis,
    zero_line,
)


def all_charts() -> dict[str, Spec]:
    """Every chart of the page, by the id of its place in the page."""
    charts = {
        "portfolio": portfolio(),
        "stack": stack(),
        "asset": asset(),
        "revisions": revisions(),
        "gates": bars("error", "error:Q", ERROR),
        "bridge": bars("eur", "eur:Q", FORECAST),
        "lead": accuracy_by_lead(),
        "energy": imbalance(),
        "value": imbalance(),
        "price": price(),
    }
    return {name: drawn_by_page(chart) for name, chart in charts.items()}


def portfolio() -> Chart:
    """What could be traded and what came, like with like; the rest of the forecast is hatched."""
    base = alt.Chart(alt.NamedData("areas")).encode(x=time_axis("at"))
    compared = base.mark_area(color=FORECAST, opacity=0.22).encode(
        y=alt.Y("compared:Q", title=None, axis=number_axis())
    )
    rest = base.mark_area(fill=NOT_COMPARED).encode(y="low:Q", y2="high:Q")
    return alt.layer(
        compared, rest, lines_of(("forecast", FORECAST), ("produced", PRODUCED)), chosen()
    )


def stack() -> Chart:
    """The largest assets stacked, with the rest on top."""
    stripes = (
        alt.Chart(alt.NamedData("stack"))
        .mark_area(stroke=PAPER, strokeWidth=0.7, fill=FORECAST)
        .encode(
            x=time_axis("at"),
            y=alt.Y("power:Q", stack="zero", title=None, axis=number_axis()),
            fillOpacity=alt.FillOpacity("shade:Q", scale=None),
            detail="rank:Q",
            order=alt.Order("rank:Q"),
        )
    )
    return alt.layer(stripes, chosen())


def asset() -> Chart:
    """One asset over one day, with gaps for unknown values."""
    curtailed = (
        alt.Chart(alt.NamedData("redispatched"))
        .mark_rect(fill=REDISPATCHED)
        .encode(x=time_axis("start"), x2="end:Q")
    )
    lines = lines_of(
        ("latest", LATEST), ("tradeable", FORECAST), ("live", LIVE), ("final", PRODUCED)
    )
    return alt.layer(curtailed, lines, chosen())


def revisions() -> Chart:
    """How the forecast of a quarter-hour moved from gate to gate, with the last hours stretched."""
    base = alt.Chart(alt.NamedData("versions"))
    x = alt.X(
        "lead_minutes:Q",
        title=None,
        scale=alt.Scale(type="symlog", constant=60, domain=[2880, 0], nice=False),
        axis=alt.Axis(
            values=[2880, 1440, 720, 360, 180, 60, 30, 15, 0],
            labelExpr="datum.value < 60 ? datum.value + ' min' : datum.value / 60 + ' h'",
            labelOverlap=True,
            grid=False,
        ),
    )
    y = alt.Y("power:Q", title=None, axis=number_axis(), scale=alt.Scale(zero=False))
    gates = alt.Chart(alt.NamedData("gates")).mark_rule(color=SOFT, strokeDash=[4, 3]).encode(x=x)
    gate_labels = (
        alt.Chart(alt.NamedData("gates"))
        .mark_text(align="left", baseline="bottom", angle=270, dx=4, dy=-3, color=SOFT, fontSize=10)
        .encode(x=x, y=alt.value(alt.ExprRef("height")), text="label:N")
    )
    line = base.mark_line(interpolate="step-after", color=FORECAST, strokeWidth=1.5).encode(
        x=x, y=y
    )
    named = (
        base.mark_circle(size=55, opacity=1, color=FORECAST)
        .encode(x=x, y=y)
        .transform_filter("datum.isNamed")
    )
    produced = (
        alt.Chart(alt.NamedData("produced")).mark_rule(color=PRODUCED, strokeWidth=1.5).encode(y=y)
    )
    return alt.layer(gates, gate_labels, produced, line, named)


def bars(name: str, value: str, color: str) -> Chart:
    """A bar for each gate, or each step from one to the next, in their order."""
    return (
        alt.Chart(alt.NamedData(name))
        .mark_bar(color=color, height=alt.RelativeBandSize(0.62))
        .encode(
            x=alt.X(
                value,
                title=None,
                axis=alt.Axis(format=NUMBERS, tickCount=4, domain=False, ticks=False),
            ),
            y=alt.Y(
                "label:N",
                sort=None,
                title=None,
                axis=alt.Axis(labelLimit=150, domain=False, ticks=False, labelColor=INK),
            ),
        )
    )


def accuracy_by_lead() -> Chart:
    """How the error of all versions grows with the lead time: the asset among the others."""
    base = alt.Chart(alt.NamedData("leads")).encode(
        x=alt.X(
            "lead_hours:Q",
            title=None,
            scale=alt.Scale(domain=[0, 48], nice=False),
            axis=alt.Axis(values=list(range(0, 49, 6)), grid=False),
        ),
        y=alt.Y("nmae:Q", title=None, axis=number_axis(number_format="%")),
    )
    others = (
        base.mark_line(color=LINE, strokeWidth=1)
        .encode(detail="rank:N")
        .transform_filter("!datum.isChosen")
    )
    return alt.layer(
        others,
        base.mark_line(color=FORECAST, strokeWidth=2).transform_filter("datum.isChosen"),
    )


def imbalance() -> Chart:
    """Long (or income) above zero, short (or cost) below; what redispatch left stands apart."""
    bar = (
        alt.Chart(alt.NamedData("parts"))
        .mark_rect()
        .encode(
            x=time_axis("start"),
            x2="end:Q",
            y=alt.Y("low:Q", title=None, axis=number_axis(3)),
            y2="high:Q",
            fill=parts_apart(),
        )
    )
    return alt.layer(bar, zero_line(), chosen())


def price() -> Chart:
    """The imbalance price; an estimate is dashed."""
    line = (
        alt.Chart(alt.NamedData("line"))
        .mark_line(color=INK, strokeWidth=1.5)
        .encode(
            x=time_axis("at"),
            y=alt.Y("power:Q", title=None, axis=number_axis(3)),
            strokeDash=alt.StrokeDash(
                "name:N",
                scale=alt.Scale(domain=["final", "estimate"], range=[[1, 0], [3, 3]]),
                legend=None,
            ),
        )
    )
    return alt.layer(line, chosen())
