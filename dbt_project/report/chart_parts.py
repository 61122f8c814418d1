"""The parts that charts share: colours, axes, lines, the chosen quarter-hour."""

from typing import Any

import altair as alt
import vl_convert

# The page gives each a value for light and for dark; each means one thing.
FORECAST = "var(--forecast)"
LATEST = "var(--latest)"
LIVE = "var(--live)"
PRODUCED = "var(--produced)"
ERROR = "var(--error)"
REDISPATCHED = "url(#redispatched)"
NOT_COMPARED = "url(#not-compared)"
INK = "var(--ink)"
SOFT = "var(--soft)"
LINE = "var(--line)"
PAPER = "var(--paper)"
# Lines differ in grey, too.
DASHES = {FORECAST: [1, 0], LATEST: [2, 3], LIVE: [7, 3], PRODUCED: [1, 0]}
NUMBERS = ",.2~f"
_FONT = "system-ui, -apple-system, 'Segoe UI', 'DejaVu Sans', sans-serif"
_LIBRARY = "6.4"
Spec = dict[str, Any]
# Altair's own types do not know what its methods return.
Chart = Any


def chart_of(rows: list[dict[str, Any]]) -> Chart:
    """A chart that holds its rows."""
    return alt.Chart(alt.Data(values=rows))  # type: ignore[no-untyped-call]


def lines_of(*series: tuple[str, str]) -> Chart:
    """Lines of the named series, each in its colour."""
    names, colors = zip(*series, strict=True)
    return (
        alt.Chart(alt.NamedData("line"))
        .mark_line(strokeWidth=2, strokeJoin="round")
        .encode(
            x=time_axis("at"),
            y=alt.Y("power:Q", title=None, axis=number_axis()),
            color=alt.Color(
                "name:N", scale=alt.Scale(domain=list(names), range=list(colors)), legend=None
            ),
            strokeDash=alt.StrokeDash(
                "name:N",
                scale=alt.Scale(domain=list(names), range=[DASHES[color] for color in colors]),
                legend=None,
            ),
        )
    )


def chosen() -> Chart:
    """A rule at the quarter-hour whose values the page shows."""
    return (
        alt.Chart(alt.NamedData("chosen"))
        .mark_rule(color=SOFT, strokeWidth=1)
        .encode(x=time_axis("at"))
    )


def parts_apart() -> alt.Fill:
    """What forecast errors and what redispatch left of an imbalance, each in its own fill."""
    return alt.Fill(
        "part:N",
        scale=alt.Scale(domain=["error", "redispatched"], range=[ERROR, REDISPATCHED]),
        legend=None,
    )


def zero_line() -> Chart:
    """A line at zero, between what is brought and what is lost."""
    return alt.Chart().mark_rule(color=SOFT, strokeWidth=0.8).encode(y=alt.datum(0))


def time_axis(field: str) -> alt.X:
    """Instants in milliseconds, from the first to the last; a function of the page labels them."""
    return alt.X(
        f"{field}:Q",
        title=None,
        scale=alt.Scale(domain=[alt.ExprRef("from"), alt.ExprRef("to")], nice=False, zero=False),
        axis=alt.Axis(
            values=alt.ExprRef("hours"),
            labelExpr="localTime(datum.value)",
            labelOverlap=True,
            grid=False,
        ),
    )


def number_axis(tick_count: int = 4, number_format: str = NUMBERS) -> alt.Axis:
    """An axis of numbers with few lines."""
    return alt.Axis(
        format=number_format,
        tickCount=tick_count,
        grid=True,
        domain=False,
        ticks=False,
        # Charts below one another start at the same place.
        minExtent=44,
        maxExtent=44,
    )


def drawn_by_page(chart: Chart) -> Spec:
    """The chart for Vega, which fills its place in the page and gets its rows from the page."""
    whole = chart.properties(
        width=400,
        height=200,
        autosize=alt.AutoSizeParams(type="fit", contains="padding"),
    ).add_params(
        alt.param(name="from", value=0),
        alt.param(name="to", value=1),
        alt.param(name="hours", value=[]),
    )
    specification: Spec = vl_convert.vegalite_to_vega(
        _configured(whole).to_dict(), vl_version=_LIBRARY
    )
    return specification


def library() -> str:
    """The JavaScript that draws the charts in the page."""
    script: str = vl_convert.javascript_bundle("window.vegaEmbed = vegaEmbed;", vl_version=_LIBRARY)
    return script


def drawn(chart: Chart) -> str:
    """The chart as SVG."""
    svg: str = vl_convert.vegalite_to_svg(_configured(chart).to_dict(), vl_version=_LIBRARY)
    return svg


def _configured(chart: Chart) -> Chart:
    return chart.configure(
        background="transparent",
        font=_FONT,
        # The page says in words what a chart shows.
        aria=False,
        axis=alt.AxisConfig(
            labelColor=SOFT,
            labelFontSize=11,
            domainColor=LINE,
            tickColor=LINE,
            gridColor=LINE,
        ),
        view=alt.ViewConfig(stroke=None),
    )
