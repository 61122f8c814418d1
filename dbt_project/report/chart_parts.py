"""The parts that charts share: colours, axes, lines, what hovering shows."""

from typing import Any

import altair as alt

# Okabe and Ito's colours, which colour-blind people can tell apart. Each means one thing.
LATEST = "#56B4E9"
TRADEABLE = "#0072B2"
LIVE = "#E69F00"
FINAL = "#000000"
REDISPATCH = "#CC79A7"
TOO_HIGH = "#D55E00"
TOO_LOW = "#009E73"
BEST = "#7A7A7A"
UNKNOWN = "#E4E7EB"
INK = "#52606D"
GRID = "#E9ECEF"
Spec = dict[str, Any]
# Altair's own types do not know what its methods return.
Chart = Any


def lines_of(*series: tuple[str, str], title: str = "Power (kW)", tick_count: int = 5) -> Chart:
    """Lines of the series that are named, each in its colour."""
    names, colors = zip(*series, strict=True)
    return (
        alt.Chart(alt.NamedData("line"))
        .mark_line(strokeWidth=1.8, strokeJoin="round")
        .encode(
            x=time_axis("at"),
            y=alt.Y("power_kw:Q", title=title, axis=number_axis(tick_count)),
            color=alt.Color(
                "name:N",
                scale=alt.Scale(domain=list(names), range=list(colors)),
                legend=None,
            ),
            strokeDash=alt.condition(
                "datum.name === 'best of infeed'", alt.value([5, 3]), alt.value([1, 0])
            ),
        )
    )


def hover(names: tuple[str, ...]) -> Chart:
    """The whole height of a quarter-hour tells its values."""
    return (
        alt.Chart(alt.NamedData("quarterHours"))
        .mark_rect(opacity=0)
        .encode(
            x=time_axis("start"),
            x2="end:Q",
            y=alt.value(0),
            y2=alt.value(_expression("height")),
            tooltip=[
                tip("local", "local time"),
                tip("utc", "UTC"),
                *(tip(name, name) for name in names),
            ],
        )
    )


def time_axis(field: str, label: str = "localTime") -> alt.X:
    """Instants in milliseconds, from the first to the last; a function of the page labels them."""
    return alt.X(
        f"{field}:Q",
        title=None,
        scale=alt.Scale(domain=[_expression("from"), _expression("to")], nice=False, zero=False),
        axis=alt.Axis(
            values=_expression("hours"),
            labelExpr=f"{label}(datum.value)",
            grid=True,
            gridColor=GRID,
            tickColor=GRID,
        ),
    )


def number_axis(tick_count: int = 5, number_format: str = ",.0f") -> alt.Axis:
    """An axis of numbers with few lines."""
    return alt.Axis(
        format=number_format,
        tickCount=tick_count,
        grid=True,
        gridColor=GRID,
        domain=False,
        ticks=False,
        # Charts below one another begin at the same place.
        minExtent=58,
        maxExtent=58,
    )


def tip(field: str, title: str, number_format: str | None = None) -> alt.Tooltip:
    """A line of what hovering shows."""
    if number_format is None:
        return alt.Tooltip(field=field, type="nominal", title=title)
    return alt.Tooltip(field=field, type="quantitative", title=title, format=number_format)


def _expression(text: str) -> alt.ExprRef:
    return alt.ExprRef(text)


def finished(chart: Chart) -> Spec:
    """The chart as Vega-Lite, with what all charts have in common."""
    specification: Spec = (
        chart.properties(
            width="container",
            height="container",
            autosize=alt.AutoSizeParams(type="fit", contains="padding"),
        )
        .add_params(
            alt.param(name="from", value=0),
            alt.param(name="to", value=1),
            alt.param(name="hours", value=[]),
        )
        .configure(
            background="transparent",
            font="system-ui, -apple-system, 'Segoe UI', 'DejaVu Sans', sans-serif",
            axis=alt.AxisConfig(
                labelColor=INK,
                titleColor=INK,
                titleFontWeight="normal",
                labelFontSize=11,
                titleFontSize=11,
                domainColor="#CBD2D9",
            ),
            legend=alt.LegendConfig(labelColor=INK, titleColor=INK, titleFontWeight="normal"),
            view=alt.ViewConfig(stroke=None),
        )
        .to_dict()
    )
    return specification
