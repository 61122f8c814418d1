"""One text for all engines: what an engine expresses in its own way is in its folder of words."""

import re
from pathlib import Path

import pytest
import yaml

from tests.dbt_project import ROOT

PROJECT = ROOT / "dbt_project"
ENGINES = sorted(path.name for path in (PROJECT / "engines").iterdir())
SHARED = sorted(
    path for folder in ("models", "macros", "tests") for path in (PROJECT / folder).rglob("*.sql")
)
CONSTRUCTS = {
    "a series of its own": r"\b(generate_series|sequence|unnest|explode|posexplode|inline)\s*\(",
    "an array's element": r"\w\[(?!\s*[\"'])[^\]]",
    "an array's length": r"\b(cardinality|size|array_length)\s*\(",
    "rows in brackets": r"lateral\s*\(\s*values\b",
    "the newest row in its own way": r"\bdistinct\s+on\b|\bqualify\b",
    "the order of a sum": r"\bsum\s*\([^()]*\border\s+by\b",
    "a time zone": r"\bat\s+time\s+zone\b|_utc_timestamp\b",
    "an instant in its own way": r"\b(date_bin|date_trunc|date_part|extract|to_timestamp|now)\s*\(",
    "an endless instant": r"'-?infinity'",
    "a type that others name otherwise": (
        r"::\s*(double|text|jsonb?|numeric|timestamptz?|bytea|float8|string|long)\b"
    ),
    "JSON": r"->>?|#>>|\bjsonb_|\bget_json_object\b",
    "how it plans": r"\bmaterialized\s*\(|\boffset\s+0\b",
    "a collation": r"\bcollate\b",
    "a select of nothing": r"\bselect\s+from\b",
    "a catalogue": r"\b(pg_\w+|information_schema)\b",
    "its own name": r"\btarget\.type\b|\badapter\.dispatch\b",
}
EXAMPLES = {
    "a series of its own": "cross join lateral generate_series(1, 2) as n",
    "an array's element": "documents.power_kw[1 + place.position]",
    "an array's length": "cardinality(power_kw)",
    "rows in brackets": "cross join lateral (\n    values\n    (1)",
    "the newest row in its own way": "select distinct on (asset_id) asset_id",
    "the order of a sum": "sum(error_kw order by delivery_start_utc)",
    "a time zone": "(delivery_start_utc at time zone 'UTC')::date",
    "an instant in its own way": "date_trunc('day', delivery_start_utc, 'UTC')",
    "an endless instant": "'infinity'::timestamptz",
    "a type that others name otherwise": "null::jsonb as technical_attributes",
    "JSON": "contract ->> 'capacity'",
    "how it plans": "with live as not materialized (",
    "a collation": 'asset_id collate "C"',
    "a select of nothing": "exists (select from affected)",
    "a catalogue": "from pg_catalog.pg_timezone_names",
    "its own name": "{% if target.type == 'spark' %}",
}


def sql_of(text: str) -> str:
    """The text without its comments."""
    return re.sub(r"\{#.*?#\}|--[^\n]*", "", text, flags=re.DOTALL)


def words_in(folder: Path) -> set[str]:
    """The macros that the files in a folder define."""
    return {
        name
        for path in folder.rglob("*.sql")
        for name in re.findall(r"\{%-?\s*macro\s+(\w+)", path.read_text())
    }


def described_in(folder: Path) -> set[str]:
    """The macros that the files in a folder describe."""
    return {
        macro["name"]
        for path in folder.rglob("*.yml")
        for macro in yaml.safe_load(path.read_text())["macros"]
    }


@pytest.mark.parametrize("construct", CONSTRUCTS)
def test_shared_sql_says_nothing_in_the_way_of_one_engine(construct: str) -> None:
    found = {
        str(path.relative_to(PROJECT)): match.group(0)
        for path in SHARED
        if (match := re.search(CONSTRUCTS[construct], sql_of(path.read_text())))
    }
    assert found == {}


@pytest.mark.parametrize("construct", CONSTRUCTS)
def test_the_construct_would_be_found(construct: str) -> None:
    assert re.search(CONSTRUCTS[construct], sql_of(EXAMPLES[construct]))


def test_comments_may_say_anything() -> None:
    assert sql_of("{#- distinct on -#}select 1 -- at time zone\n").strip() == "select 1"


def test_each_engine_says_every_word() -> None:
    vocabulary = described_in(PROJECT / "macros/words") | described_in(PROJECT / "macros/forecasts")
    missing = {
        engine: vocabulary - words_in(PROJECT / "engines" / engine / "macros") for engine in ENGINES
    }
    assert missing == {engine: set() for engine in ENGINES}


def asked_by(text: str) -> set[str]:
    """The macros that a text calls in a build that computes everything."""
    whole = re.sub(r"\{% if is_incremental\(\) %\}.*?\{% endif %\}", "", text, flags=re.DOTALL)
    jinja = " ".join(re.findall(r"\{[{%].*?[%}]\}", whole, flags=re.DOTALL))
    return set(re.findall(r"\b(\w+)\(", jinja))


def test_what_shared_sql_asks_for_is_said_by_each_engine() -> None:
    """A macro that a model calls from one engine's folder has a namesake in every other."""
    asked = {name for path in SHARED for name in asked_by(path.read_text())} - {"source"}
    said = {engine: words_in(PROJECT / "engines" / engine / "macros") for engine in ENGINES}
    everywhere = {name for words in said.values() for name in words}
    missing = {engine: (asked & everywhere) - said[engine] for engine in ENGINES}
    assert missing == {engine: set() for engine in ENGINES}


def test_shared_macros_are_shared() -> None:
    """No engine's folder redefines a shared macro."""
    shared = words_in(PROJECT / "macros")
    again = {
        engine: shared & words_in(PROJECT / "engines" / engine / "macros") for engine in ENGINES
    }
    assert again == {engine: set() for engine in ENGINES}
