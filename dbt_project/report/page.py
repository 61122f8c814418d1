"""The page: one HTML file that holds its data, its charts and the library that draws them."""

import json
from html import escape
from pathlib import Path
from string import Template
from typing import Any

from dbt_project.report import charts, words
from dbt_project.report.cards import Card, cards
from dbt_project.report.chart_parts import library
from dbt_project.report.marts import Answers
from dbt_project.report.packing import compressed, page_data

_FILES = Path(__file__).with_name("template")
# One script, in this order.
_SCRIPTS = ("data.js", "drawings.js", "choosing.js")
# How many sentences are shown at once.
_TOLD = 5


def page(answers: Answers) -> str:
    """The HTML of the report; it asks for nothing from anywhere else."""
    template = Template((_FILES / "page.html").read_text())
    sentences = [row["sentence"] for row in answers.rows["attention"]]
    title, told = attention(sentences, bool(answers.days))
    return template.substitute(
        style=(_FILES / "page.css").read_text(),
        as_of=_as_of(answers),
        attention_title=title,
        attention=told,
        cards="\n".join(_card(card) for card in cards(answers)),
        contents=_contents(answers),
        data=_json(page_data(answers)),
        specifications=_json(charts.all_charts()),
        library=compressed(library()),
        script="\n".join((_FILES / name).read_text() for name in _SCRIPTS),
    )


def attention(sentences: list[str], is_anything_there: bool) -> tuple[str, str]:
    """The heading and the HTML of what is wrong: the worst shown, the rest folded."""
    if not is_anything_there:
        nothing = "No forecast of the portfolio has landed: there is nothing to show yet"
        sentences = [nothing, *sentences]
    if not sentences:
        return "All is there", (
            "<p>Every source has sent everything for every asset on each of the days "
            "shown, and nothing looks wrong.</p>"
        )
    told = _list(sentences[:_TOLD])
    if rest := sentences[_TOLD:]:
        told += f"<details><summary>and {len(rest)} more</summary>{_list(rest)}</details>"
    return "What needs a look", told


def _list(sentences: list[str]) -> str:
    items = "".join(f"<li>{escape(sentence)}</li>" for sentence in sentences)
    return f'<ul class="attention">{items}</ul>'


def _card(card: Card) -> str:
    drawing = (
        f'<div class="drawing" role="img" aria-label="{escape(card.chart_text)}">{card.chart}</div>'
        if card.chart
        else ""
    )
    name = card.question.lower()
    return (
        f'<article class="card" id="{name}" aria-labelledby="{name}-title">'
        f'<h2 id="{name}-title">{card.question} <small>{escape(card.subject)}</small></h2>'
        f'<p class="number"><b>{card.number}</b> {escape(card.unit)}</p>'
        f'<p class="sentences">{escape(" ".join(card.sentences))}</p>'
        f"{drawing}</article>"
    )


def _as_of(answers: Answers) -> str:
    version = answers.newest_version_utc
    if version is None:
        return "no forecast version has landed"
    local = version.astimezone(answers.timezone)
    return (
        f"as of the forecast version of {words.day_name(local.date())} {local:%Y, %H:%M %Z} "
        f"({version:%Y-%m-%d %H:%M} UTC)"
    )


def _contents(answers: Answers) -> str:
    if not answers.days:
        return "Made from the marts. Once something has landed: make report."
    first, last = (words.day_name(answers.days[place].date) for place in (0, -1))
    assets = words.counted(len(answers.rows["assets"]), "asset")
    days = words.counted(len(answers.days), "day")
    return (
        f"Days and hours are those of {answers.timezone}. Included: {assets}, {days} from {first} "
        f"to {last}. Powers are rounded to about a thousandth of an "
        "asset's capacity. Where each number comes from says the lineage site (make docs)."
    )


def _json(value: Any) -> str:
    """JSON that may stand inside a script element."""
    return json.dumps(value, separators=(",", ":"), allow_nan=False).replace("<", "\\u003c")
