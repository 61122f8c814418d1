"""The page: one HTML file that holds its data, its charts and the library that draws them."""

import json
from pathlib import Path
from string import Template
from typing import Any

import vl_convert

from dbt_project.report import charts

_BESIDE = Path(__file__).parent


def page(data: dict[str, Any]) -> str:
    """The HTML of the report; it asks for nothing from anywhere else."""
    template = Template((_BESIDE / "page.html").read_text())
    specifications = {
        "charts": charts.all_charts(),
        "colors": {
            "latest": charts.LATEST,
            "tradeable": charts.TRADEABLE,
            "live": charts.LIVE,
            "final": charts.FINAL,
            "best": charts.BEST,
            "redispatch": charts.REDISPATCH,
            "tooHigh": charts.TOO_HIGH,
            "tooLow": charts.TOO_LOW,
            "unknown": charts.UNKNOWN,
        },
    }
    return template.substitute(
        style=(_BESIDE / "page.css").read_text(),
        tradeable=charts.TRADEABLE,
        best=charts.BEST,
        final=charts.FINAL,
        data=_json(data),
        specifications=_json(specifications),
        library=vl_convert.javascript_bundle("window.vegaEmbed = vegaEmbed;", vl_version="6.4"),
        script=(_BESIDE / "page.js").read_text(),
    )


def _json(value: Any) -> str:
    """JSON that may stand inside a script element."""
    return json.dumps(value, separators=(",", ":"), allow_nan=False).replace("<", "\\u003c")
