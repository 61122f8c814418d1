"""The page: one HTML file that holds its data, its charts and the library that draws them."""

import json
from pathlib import Path
from string import Template
from typing import Any

import vl_convert

from dbt_project.report import chart_parts, charts

_BESIDE = Path(__file__).parent


def page(data: dict[str, Any]) -> str:
    """The HTML of the report; it asks for nothing from anywhere else."""
    template = Template((_BESIDE / "page.html").read_text())
    specifications = {
        "charts": charts.all_charts(),
        "colors": {
            "latest": chart_parts.LATEST,
            "tradeable": chart_parts.TRADEABLE,
            "live": chart_parts.LIVE,
            "final": chart_parts.FINAL,
            "best": chart_parts.BEST,
            "redispatch": chart_parts.REDISPATCH,
            "tooHigh": chart_parts.TOO_HIGH,
            "tooLow": chart_parts.TOO_LOW,
            "unknown": chart_parts.UNKNOWN,
        },
    }
    return template.substitute(
        style=(_BESIDE / "page.css").read_text(),
        tradeable=chart_parts.TRADEABLE,
        best=chart_parts.BEST,
        final=chart_parts.FINAL,
        data=_json(data),
        specifications=_json(specifications),
        library=vl_convert.javascript_bundle("window.vegaEmbed = vegaEmbed;", vl_version="6.4"),
        script=(_BESIDE / "page.js").read_text(),
    )


def _json(value: Any) -> str:
    """JSON that may stand inside a script element."""
    return json.dumps(value, separators=(",", ":"), allow_nan=False).replace("<", "\\u003c")
