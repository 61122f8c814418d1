"""Whatever comes in, a decoder either returns documents that can be landed, or refuses it."""

import json
import os
import re
from collections.abc import Callable, Sequence
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from extract.documents import Delivery, Document
from extract.errors import DocumentRefused
from extract.refusals import quarantined
from extract.run import Run
from extract.sources import (
    asset_contracts,
    final_production,
    imbalance_prices,
    redispatch,
    redispatch_compensation,
)
from extract.sources import (
    live_infeed as live,
)
from extract.sources import (
    technical_data as technical,
)
from extract.vpp import forecast as forecasts
from extract.warehouse.held_documents import quarantine
from extract.warehouse.landing import Observation, land_files, land_forecasts
from tests.documents import (
    COMPENSATION,
    COMPENSATION_NAME,
    CONTRACTS,
    CONTRACTS_NAME,
    ESTIMATION,
    ESTIMATION_NAME,
    FINAL,
    FINAL_NAME,
    FINAL_PRICES,
    FINAL_PRICES_NAME,
    LIVE_NAME,
    REDISPATCH,
    REDISPATCH_NAME,
    TECHNICAL_NAME,
    VERSION,
    delivery,
    forecast,
    live_infeed,
    technical_data,
)

CASES = int(os.environ.get("DECODER_CASES", "300"))
Decoder = Callable[[Delivery], Sequence[Document]]


def decode_forecast(document: Delivery) -> Sequence[Document]:
    return [forecasts.decode(document, "WND-DE-003", VERSION)]


DECODERS: dict[str, tuple[Decoder, str, str]] = {
    "forecast": (decode_forecast, "response.json", json.dumps(forecast(count=3))),
    "technical_data": (technical.decode, TECHNICAL_NAME, json.dumps(technical_data())),
    "live_infeed": (live.decode, LIVE_NAME, json.dumps(live_infeed())),
    "asset_contracts": (asset_contracts.decode, CONTRACTS_NAME, CONTRACTS),
    "final_production": (final_production.decode, FINAL_NAME, FINAL),
    "redispatch": (redispatch.decode, REDISPATCH_NAME, REDISPATCH),
    "redispatch_compensation": (
        redispatch_compensation.decode,
        COMPENSATION_NAME,
        COMPENSATION,
    ),
    "estimated_prices": (imbalance_prices.decode, ESTIMATION_NAME, ESTIMATION),
    "final_prices": (imbalance_prices.decode, FINAL_PRICES_NAME, FINAL_PRICES),
}
ODD_TEXT = ["", "NaN", "1e309", "-1e308", "9" * 400, "true", "null", "\x00", "\\u0000", "\\ud800",
            "1749363300", "1749363300000", "[]", "{}", '"', ",", "\n", "\r", "é", "2025-02-30",
            "0001-01-01T00:00:00+14:00", "2025-06-08 00:00:00 UTC",
            ";", "31.02.2025", "24:00", "99.99.9999", "1.234", "9" * 300 + ",0",
            "CEST", "owner@example.com"]  # fmt: skip
SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.integers(1749300000, 1749400000),
    st.floats(),
    st.text(max_size=5),
    st.sampled_from(ODD_TEXT),
)
VALUES = st.recursive(
    SCALARS, lambda v: st.lists(v, max_size=4) | st.dictionaries(st.text(max_size=4), v, max_size=3)
)


@st.composite
def mutated_text(draw: st.DrawFn, text: str) -> bytes:
    """The document with pieces of its text cut out, doubled or replaced."""
    for _ in range(draw(st.integers(1, 4))):
        start = draw(st.integers(0, len(text)))
        end = draw(st.integers(start, min(len(text), start + 30)))
        text = text[:start] + draw(st.sampled_from([*ODD_TEXT, text[start:end] * 2])) + text[end:]
    content = text.encode(draw(st.sampled_from(["utf-8", "utf-8-sig", "utf-16"])), "replace")
    return content[: draw(st.integers(0, len(content)))] if draw(st.booleans()) else content


@st.composite
def mutated_json(draw: st.DrawFn, text: str) -> bytes:
    """The JSON document with a value replaced anywhere in it."""
    document = json.loads(text)
    for _ in range(draw(st.integers(1, 3))):
        place: Any = document
        while True:
            keys = list(place) if isinstance(place, dict) else list(range(len(place)))
            if not keys:
                break
            key = draw(st.sampled_from(keys))
            if not isinstance(place[key], dict | list) or draw(st.integers(0, 3)) == 0:
                place[key] = draw(VALUES)
                break
            place = place[key]
    return json.dumps(document).encode()


@st.composite
def contents(draw: st.DrawFn, text: str) -> bytes:
    kinds = [st.binary(max_size=200), mutated_text(text)]
    if text.startswith("{"):
        kinds.append(mutated_json(text))
    return draw(st.one_of(kinds))


@pytest.mark.parametrize("name", DECODERS)
@settings(
    max_examples=CASES,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(data=st.data())
def test_a_decoder_returns_what_can_be_landed_or_refuses(
    name: str, data: st.DataObject, run: Run
) -> None:
    decode, file_name, text = DECODERS[name]
    document = delivery(data.draw(contents(text)), file_name)
    try:
        documents = decode(document)
    except DocumentRefused as refusal:
        assert refusal.address == document.source_uri
        assert refusal.reason
        assert "\n" not in refusal.reason
        assert len(refusal.reason) < 400
        str(refusal).encode()
        held = quarantined(name, refusal, document, bytes)
        with run.connection.transaction(force_rollback=True):
            assert quarantine(run.connection, run.run_id, [held]) == [held]
        return
    with run.connection.transaction(force_rollback=True):
        if name == "forecast":
            land_forecasts(run.connection, run.run_id, documents)  # type: ignore[arg-type]
        else:
            observation = Observation(
                document.source_uri, "stamp", document.content_sha256, document.received_utc
            )
            assert land_files(run.connection, run.run_id, [(observation, documents)]) == 1


@settings(max_examples=CASES, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(content=contents(CONTRACTS))
def test_an_export_without_personal_data_is_decoded_or_refused_as_the_whole(content: bytes) -> None:
    kept = asset_contracts.without_personal_data(content)
    assert not re.search(rb"[a-z]@example", kept)
    try:
        [whole] = asset_contracts.decode(delivery(content, CONTRACTS_NAME))
    except DocumentRefused:
        with pytest.raises(DocumentRefused):
            asset_contracts.decode(delivery(kept, CONTRACTS_NAME))
        return
    [left] = asset_contracts.decode(delivery(kept, CONTRACTS_NAME))
    assert left.contracts == whole.contracts


@pytest.mark.parametrize("name", DECODERS)
def test_the_unchanged_documents_are_good(name: str) -> None:
    decode, file_name, text = DECODERS[name]
    assert decode(delivery(text, file_name))
