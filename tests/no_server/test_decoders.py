"""The rules that all decoders have in common."""

import json

import pytest

from extract.errors import DocumentRefused
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
from tests.documents import (
    COMPENSATION,
    CONTRACTS,
    FINAL,
    FINAL_PRICES,
    LIVE_NAME,
    REDISPATCH,
    REDISPATCH_NAME,
    delivery,
    forecast,
    live_infeed,
    technical_data,
)
from tests.no_server.decoded import (
    compensation_of,
    final_of,
    forecast_of,
    live_of,
    prices_of,
    technical_of,
)


@pytest.mark.parametrize("year", ["0001", "1999", "2100", "9999"])
def test_a_name_of_an_implausible_year_is_refused(year: str) -> None:
    for decode, name, content in (
        (technical.decode, f"technical_data_{year}-06-01T125000Z.json", technical_data()),
        (asset_contracts.decode, f"asset_contracts_{year}0608_043831.csv", CONTRACTS),
        (final_production.decode, f"final_production_A_{year}0609.csv", FINAL),
        (redispatch.decode, f"redispatch_flag_A_{year}0609_1201.csv", REDISPATCH),
        (
            redispatch_compensation.decode,
            f"redispatch_compensation_{year}-06-20.csv",
            COMPENSATION,
        ),
        (imbalance_prices.decode, f"imbalance_price_final_{year}0608_170800.csv", FINAL_PRICES),
    ):
        with pytest.raises(DocumentRefused, match="the name holds no valid date and time"):
            decode(delivery(content, name))


@pytest.mark.parametrize("tiny", ["1e-400", "1e-320", "-1e-31", "0." + "0" * 100_000 + "1", "-0.0"])
def test_an_amount_too_small_to_reckon_with_is_nothing(tiny: str) -> None:
    """The square of 1e-320 has no double precision, and PostgreSQL refuses to round it to 0."""
    content = json.dumps(forecast(count=1)).replace("1.5", tiny)
    assert str(forecast_of(content).power_kw) == "(0.0,)"
    assert str(final_of(FINAL.replace("306.72", tiny))[0].power_kw) == "[0.0, 310.5]"
    [live_document] = live.decode(
        delivery(json.dumps(live_infeed()).replace("1875.5", tiny), LIVE_NAME)
    )
    assert str(live_document.power_kw[0]) == "0.0"
    prices = compensation_of(COMPENSATION.replace("71.48", tiny)).price_eur_per_mwh
    assert str(prices) == "[0.0, None]"
    if "e" not in tiny:
        written = tiny.replace(".", ",")
        prices = prices_of(FINAL_PRICES.replace("87,11", written)).short_price_eur_per_mwh
        assert str(prices) == "[0.0, 90.0]"


def test_small_amounts_are_kept() -> None:
    assert forecast_of(json.dumps(forecast(count=1)).replace("1.5", "-1e-30")).power_kw == (-1e-30,)


def test_a_final_production_file_cannot_fill_the_memory() -> None:
    columns = ",".join(f"MP-{n}__kw_" for n in range(2_000))
    cells = ",".join(["1"] * 2_000)
    rows = [f"2025-0{month}-01 00:00:00 UTC,{cells}" for month in (1, 4)]
    with pytest.raises(DocumentRefused, match="8,641 quarter-hours of 2,000 metering points"):
        final_of("\n".join([f"delivery_start__utc_,{columns}", *rows]))


@pytest.mark.parametrize("extra", [[], [1], "x", None, {"a": []}, [[1, 2], 3]])
def test_extra_columns_and_fields_of_any_kind_are_no_problem(extra: object) -> None:
    for document in (forecast(count=2), live_infeed()):
        document["column_ids"] += ["note", "note", 7]
        document["values"] += [extra, extra, extra]
        document["units"] = extra
        document["extra"] = document["key"]["extra"] = extra
        if "version" in document["column_ids"]:
            assert len(forecast_of(document).power_kw) == 2
        else:
            assert len(live_of(document).power_kw) == 3


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252"])
@pytest.mark.parametrize("line_end", ["\n", "\r\n", "\r"])
def test_csv_of_every_encoding_and_line_end(encoding: str, line_end: str) -> None:
    def written(text: str) -> bytes:
        head, *rows = text.rstrip().split("\n")
        lines = [f"{head},Größe", *(f"{row},wäre" for row in rows), ""]
        return line_end.join(lines).encode(encoding)

    [final] = final_of(written(FINAL))
    assert final.power_kw == [306.72, 310.5]
    [flags] = redispatch.decode(delivery(written(REDISPATCH), REDISPATCH_NAME))
    assert flags.is_redispatched == [True, False]


def test_json_that_breaks_off_anywhere_is_refused() -> None:
    for document, decode in (
        (forecast(count=2), forecast_of),
        (live_infeed(), lambda content: live.decode(delivery(content, LIVE_NAME))),
        (technical_data(), technical_of),
    ):
        content = json.dumps(document).encode()
        for end in range(len(content)):
            with pytest.raises(DocumentRefused):
                decode(content[:end])


def test_csv_that_breaks_off_is_refused_or_holds_whole_rows() -> None:
    """Except in the last cell: a file may end without a line end, so a cut there does not show."""
    refused = 0
    for end in range(len(FINAL)):
        try:
            [document] = final_of(FINAL[:end])
        except DocumentRefused:
            refused += 1
            continue
        *rows, last = document.power_kw
        assert rows == [306.72, 310.5][: len(rows)]
        whole = str([306.72, 310.5][len(rows)])
        assert last is None or whole.startswith(f"{last:g}")
    assert refused > len(FINAL) * 0.8
