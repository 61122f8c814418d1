"""The charts, as Vega-Lite. The page gives each its rows (named data) and its axis (parameters).

Instants on an axis are milliseconds since 1970 on a linear scale, so that no day folds where the
clocks change; the page's function `localTime` writes them in local time.
"""

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


def all_charts() -> dict[str, Spec]:
    """Every chart of the page, by the id of its place in the page."""
    charts = {
        "portfolio": portfolio(),
        "capacity": capacity(),
        "asset": asset(),
        "revisions": revisions(),
        "reconciliation": reconciliation(),
        "lead": accuracy_by_lead(),
        "energy": imbalance("imbalance_kwh", "Imbalance energy (kWh)", ",.0f"),
        "cost": imbalance("imbalance_eur", "Imbalance value (EUR)", ",.1f"),
        "price": price(),
    }
    return {name: _finished(chart) for name, chart in charts.items()}


def portfolio() -> Chart:
    """What is traded on (or produced), stacked by asset, under the sums."""
    stack = (
        alt.Chart(alt.NamedData("stack"))
        .mark_area(stroke="white", strokeWidth=0.6)
        .encode(
            x=_time("at"),
            y=alt.Y("power_kw:Q", stack="zero", title="Power (kW)", axis=_numbers()),
            fillOpacity=alt.FillOpacity("shade:Q", scale=alt.Scale(domain=[0, 1]), legend=None),
            fill=alt.Fill("color:N", scale=None),
            detail="asset:N",
            order=alt.Order("rank:Q"),
        )
    )
    sums = _lines(("tradeable", TRADEABLE), ("best of infeed", BEST), ("final", FINAL))
    return alt.layer(stack, sums, _hover(("tradeable", "best of infeed", "final", "by asset")))


def capacity() -> Chart:
    """How much of the installed capacity the sums stand on."""
    expected = (
        alt.Chart(alt.NamedData("expected"))
        .mark_area(color=UNKNOWN)
        .encode(x=_time("at"), y=alt.Y("power_kw:Q", title="Capacity (kW)", axis=_numbers(3)))
    )
    covered = _lines(
        ("tradeable", TRADEABLE), ("final", FINAL), title="Capacity (kW)", tick_count=3
    )
    return alt.layer(
        expected,
        covered,
        _hover(("installed", "with a tradeable forecast", "reconciled", "assets")),
    )


def asset() -> Chart:
    """One asset over one day; where a value is not known there is a gap."""
    curtailed = (
        alt.Chart(alt.NamedData("redispatched"))
        .mark_rect(color=REDISPATCH, opacity=0.3)
        .encode(x=_time("start"), x2="end:Q")
    )
    lines = _lines(("latest", LATEST), ("tradeable", TRADEABLE), ("live", LIVE), ("final", FINAL))
    hover = _hover(("latest", "tradeable", "live", "final", "best of infeed", "redispatched"))
    return alt.layer(curtailed, lines, hover)


def revisions() -> Chart:
    """How the forecast of one quarter-hour moved, until the gate closed and after."""
    base = alt.Chart(alt.NamedData("versions"))
    y = alt.Y("power_kw:Q", title="Power (kW)", axis=_numbers(), scale=alt.Scale(zero=False))
    line = base.mark_line(interpolate="step-after", color="#9AA5B1", strokeWidth=1.5).encode(
        x=_time("version", "localDayAndTime"), y=y
    )
    points = base.mark_circle(size=26, opacity=1).encode(
        x=_time("version", "localDayAndTime"),
        y=y,
        color=alt.Color("color:N", scale=None),
        tooltip=[
            _tip("local", "version made at"),
            _tip("utc", "UTC"),
            _tip("lead", "before delivery"),
            _tip("power_kw", "forecast (kW)", ",.1f"),
            _tip("kind", "the forecast is"),
        ],
    )
    gate = (
        alt.Chart(alt.NamedData("gate"))
        .mark_rule(color=INK, strokeDash=[4, 3])
        .encode(x=_time("at", "localDayAndTime"))
    )
    gate_label = (
        alt.Chart(alt.NamedData("gate"))
        .mark_text(align="right", baseline="bottom", dx=-5, dy=-4, color=INK, fontSize=11)
        .encode(
            x=_time("at", "localDayAndTime"), y=alt.value(_expression("height")), text="label:N"
        )
    )
    final = (
        alt.Chart(alt.NamedData("produced"))
        .mark_rule(color=FINAL, strokeWidth=1.5)
        .encode(y=alt.Y("power_kw:Q"))
    )
    final_label = (
        alt.Chart(alt.NamedData("produced"))
        .mark_text(align="left", baseline="bottom", dx=4, dy=-3, color=FINAL, fontSize=11)
        .encode(x=alt.value(0), y="power_kw:Q", text="label:N")
    )
    return alt.layer(final, final_label, gate, gate_label, line, points)


def reconciliation() -> Chart:
    """The error of the tradeable forecast, asset by quarter-hour."""
    cells = alt.Chart(alt.NamedData("cells")).encode(
        x=_time("start"),
        x2="end:Q",
        y=alt.Y(
            "rank:O",
            title=None,
            sort=None,
            axis=alt.Axis(grid=False, labelLimit=180, labelExpr="names[datum.value]"),
        ),
        tooltip=[
            _tip("asset", "asset"),
            _tip("local", "local time"),
            _tip("utc", "UTC"),
            _tip("status", "status"),
            _tip("error_kw", "forecast − final (kW)", ",.1f"),
        ],
    )
    # Curtailed, not forecast wrongly.
    curtailed = cells.mark_rect(color=REDISPATCH).transform_filter("datum.isRedispatched")
    cells = cells.transform_filter("!datum.isRedispatched")
    unknown = cells.mark_rect(color=UNKNOWN).transform_filter("datum.error_kw === null")
    known = (
        cells.mark_rect()
        .encode(
            color=alt.Color(
                "error_kw:Q",
                title="forecast − final (kW)",
                scale=alt.Scale(
                    domain=[_expression("-reach"), 0, _expression("reach")],
                    range=[TOO_LOW, "#F7F7F7", TOO_HIGH],
                ),
                legend=alt.Legend(orient="top", gradientLength=260, format="+,.0f", tickCount=5),
            )
        )
        .transform_filter("datum.error_kw !== null")
    )
    return alt.layer(unknown, known, curtailed).add_params(
        alt.param(name="reach", value=1), alt.param(name="names", value=[])
    )


def accuracy_by_lead() -> Chart:
    """How the error of all versions grows with the lead time."""
    x = alt.X(
        "lead_hours:Q",
        title="Lead time: hours from the version to the start of delivery",
        scale=alt.Scale(domain=[0, 48], nice=False),
        axis=alt.Axis(values=list(range(0, 49, 6)), grid=False, tickColor=GRID),
    )
    y = alt.Y("nmae:Q", title="nMAE (share of capacity)", axis=_numbers(number_format="%"))
    base = alt.Chart(alt.NamedData("leads"))
    tooltip = [
        _tip("asset", "asset"),
        _tip("lead_hours", "lead time (h)", ".2f"),
        _tip("nmae", "nMAE", ".1%"),
        _tip("mae_kw", "MAE (kW)", ",.1f"),
        _tip("rmse_kw", "RMSE (kW)", ",.1f"),
        _tip("quarter_hour_count", "pairs", ",d"),
    ]
    others = (
        base.mark_line(color="#C3C9D0", strokeWidth=1)
        .encode(x=x, y=y, detail="rank:N")
        .transform_filter("!datum.isChosen")
    )
    chosen = base.transform_filter("datum.isChosen")
    line = chosen.mark_line(color=INK, strokeWidth=2).encode(x=x, y=y)
    points = base.mark_circle(size=60, opacity=0).encode(x=x, y=y, tooltip=tooltip)
    return alt.layer(others, line, points)


def imbalance(column: str, title: str, number_format: str) -> Chart:
    """Bars over the day: above zero long, below short; curtailment has its own colour."""
    zero = alt.Chart().mark_rule(color=INK, strokeWidth=0.8).encode(y=alt.datum(0))
    bars = (
        alt.Chart(alt.NamedData("quarterHours"))
        .mark_bar()
        .encode(
            x=_time("start"),
            x2="end:Q",
            y=alt.Y(f"{column}:Q", title=title, axis=_numbers(4)),
            y2=alt.datum(0),
            color=alt.Color("color:N", scale=None),
            tooltip=[
                _tip("local", "local time"),
                _tip("utc", "UTC"),
                _tip("side", "the imbalance is"),
                _tip(column, title, number_format),
                _tip("redispatched", "redispatched"),
                _tip("price_eur_per_mwh", "price (EUR/MWh)", ",.2f"),
                _tip("price_status", "the price is"),
            ],
        )
    )
    return alt.layer(bars, zero)


def price() -> Chart:
    """The imbalance price; an estimate is dashed."""
    line = (
        alt.Chart(alt.NamedData("line"))
        .mark_line(color=INK, strokeWidth=1.5)
        .encode(
            x=_time("at"),
            y=alt.Y("power_kw:Q", title="Price (EUR/MWh)", axis=_numbers(4)),
            strokeDash=alt.StrokeDash(
                "name:N",
                scale=alt.Scale(domain=["final", "estimate"], range=[[1, 0], [3, 3]]),
                legend=None,
            ),
        )
    )
    return alt.layer(line, _hover(("price", "price is")))


def _lines(*series: tuple[str, str], title: str = "Power (kW)", tick_count: int = 5) -> Chart:
    names, colors = zip(*series, strict=True)
    return (
        alt.Chart(alt.NamedData("line"))
        .mark_line(strokeWidth=1.8, strokeJoin="round")
        .encode(
            x=_time("at"),
            y=alt.Y("power_kw:Q", title=title, axis=_numbers(tick_count)),
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


def _hover(names: tuple[str, ...]) -> Chart:
    """The whole height of a quarter-hour tells its values."""
    return (
        alt.Chart(alt.NamedData("quarterHours"))
        .mark_rect(opacity=0)
        .encode(
            x=_time("start"),
            x2="end:Q",
            y=alt.value(0),
            y2=alt.value(_expression("height")),
            tooltip=[
                _tip("local", "local time"),
                _tip("utc", "UTC"),
                *(_tip(name, name) for name in names),
            ],
        )
    )


def _time(field: str, label: str = "localTime") -> alt.X:
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


def _numbers(tick_count: int = 5, number_format: str = ",.0f") -> alt.Axis:
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


def _tip(field: str, title: str, number_format: str | None = None) -> alt.Tooltip:
    if number_format is None:
        return alt.Tooltip(field=field, type="nominal", title=title)
    return alt.Tooltip(field=field, type="quantitative", title=title, format=number_format)


def _expression(text: str) -> alt.ExprRef:
    return alt.ExprRef(text)


def _finished(chart: Chart) -> Spec:
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
