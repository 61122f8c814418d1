"""The charts, as Vega-Lite. The page gives each its rows (named data) and its axis (parameters).

Instants on an axis are milliseconds since 1970 on a linear scale, so that no day folds where the
clocks change; the page's function `localTime` writes them in local time.
"""

import altair as alt

from dbt_project.report.chart_parts import (
    BEST,
    FINAL,
    GRID,
    INK,
    LATEST,
    LIVE,
    REDISPATCH,
    TOO_HIGH,
    TOO_LOW,
    TRADEABLE,
    UNKNOWN,
    Chart,
    Spec,
    _expression,
    finished,
    hover,
    lines_of,
    number_axis,
    time_axis,
    tip,
)


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
    return {name: finished(chart) for name, chart in charts.items()}


def portfolio() -> Chart:
    """What is traded on (or produced), stacked by asset, under the sums."""
    stack = (
        alt.Chart(alt.NamedData("stack"))
        .mark_area(stroke="white", strokeWidth=0.6)
        .encode(
            x=time_axis("at"),
            y=alt.Y("power_kw:Q", stack="zero", title="Power (kW)", axis=number_axis()),
            fillOpacity=alt.FillOpacity("shade:Q", scale=alt.Scale(domain=[0, 1]), legend=None),
            fill=alt.Fill("color:N", scale=None),
            detail="asset:N",
            order=alt.Order("rank:Q"),
        )
    )
    sums = lines_of(("tradeable", TRADEABLE), ("best of infeed", BEST), ("final", FINAL))
    return alt.layer(stack, sums, hover(("tradeable", "best of infeed", "final", "by asset")))


def capacity() -> Chart:
    """How much of the installed capacity the sums stand on."""
    expected = (
        alt.Chart(alt.NamedData("expected"))
        .mark_area(color=UNKNOWN)
        .encode(
            x=time_axis("at"), y=alt.Y("power_kw:Q", title="Capacity (kW)", axis=number_axis(3))
        )
    )
    covered = lines_of(
        ("tradeable", TRADEABLE), ("final", FINAL), title="Capacity (kW)", tick_count=3
    )
    return alt.layer(
        expected,
        covered,
        hover(("installed", "with a tradeable forecast", "reconciled", "assets")),
    )


def asset() -> Chart:
    """One asset over one day; where a value is not known there is a gap."""
    curtailed = (
        alt.Chart(alt.NamedData("redispatched"))
        .mark_rect(color=REDISPATCH, opacity=0.3)
        .encode(x=time_axis("start"), x2="end:Q")
    )
    lines = lines_of(("latest", LATEST), ("tradeable", TRADEABLE), ("live", LIVE), ("final", FINAL))
    hovered = hover(("latest", "tradeable", "live", "final", "best of infeed", "redispatched"))
    return alt.layer(curtailed, lines, hovered)


def revisions() -> Chart:
    """How the forecast of one quarter-hour moved, until the gate closed and after."""
    base = alt.Chart(alt.NamedData("versions"))
    y = alt.Y("power_kw:Q", title="Power (kW)", axis=number_axis(), scale=alt.Scale(zero=False))
    line = base.mark_line(interpolate="step-after", color="#9AA5B1", strokeWidth=1.5).encode(
        x=time_axis("version", "localDayAndTime"), y=y
    )
    points = base.mark_circle(size=26, opacity=1).encode(
        x=time_axis("version", "localDayAndTime"),
        y=y,
        color=alt.Color("color:N", scale=None),
        tooltip=[
            tip("local", "version made at"),
            tip("utc", "UTC"),
            tip("lead", "before delivery"),
            tip("power_kw", "forecast (kW)", ",.1f"),
            tip("kind", "the forecast is"),
        ],
    )
    gate = (
        alt.Chart(alt.NamedData("gate"))
        .mark_rule(color=INK, strokeDash=[4, 3])
        .encode(x=time_axis("at", "localDayAndTime"))
    )
    gate_label = (
        alt.Chart(alt.NamedData("gate"))
        .mark_text(align="right", baseline="bottom", dx=-5, dy=-4, color=INK, fontSize=11)
        .encode(
            x=time_axis("at", "localDayAndTime"), y=alt.value(_expression("height")), text="label:N"
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
        x=time_axis("start"),
        x2="end:Q",
        y=alt.Y(
            "rank:O",
            title=None,
            sort=None,
            axis=alt.Axis(grid=False, labelLimit=180, labelExpr="names[datum.value]"),
        ),
        tooltip=[
            tip("asset", "asset"),
            tip("local", "local time"),
            tip("utc", "UTC"),
            tip("status", "status"),
            tip("error_kw", "forecast − final (kW)", ",.1f"),
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
    y = alt.Y("nmae:Q", title="nMAE (share of capacity)", axis=number_axis(number_format="%"))
    base = alt.Chart(alt.NamedData("leads"))
    tooltip = [
        tip("asset", "asset"),
        tip("lead_hours", "lead time (h)", ".2f"),
        tip("nmae", "nMAE", ".1%"),
        tip("mae_kw", "MAE (kW)", ",.1f"),
        tip("rmse_kw", "RMSE (kW)", ",.1f"),
        tip("quarter_hour_count", "pairs", ",d"),
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
            x=time_axis("start"),
            x2="end:Q",
            y=alt.Y(f"{column}:Q", title=title, axis=number_axis(4)),
            y2=alt.datum(0),
            color=alt.Color("color:N", scale=None),
            tooltip=[
                tip("local", "local time"),
                tip("utc", "UTC"),
                tip("side", "the imbalance is"),
                tip(column, title, number_format),
                tip("redispatched", "redispatched"),
                tip("price_eur_per_mwh", "price (EUR/MWh)", ",.2f"),
                tip("price_status", "the price is"),
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
            x=time_axis("at"),
            y=alt.Y("power_kw:Q", title="Price (EUR/MWh)", axis=number_axis(4)),
            strokeDash=alt.StrokeDash(
                "name:N",
                scale=alt.Scale(domain=["final", "estimate"], range=[[1, 0], [3, 3]]),
                legend=None,
            ),
        )
    )
    return alt.layer(line, hover(("price", "price is")))
