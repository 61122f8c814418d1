"""One run of the extractor: its sources one after the other, each for itself."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from extract.console import Tally
from extract.directory_load import load_directory
from extract.errors import ConfigurationError, SourceBusy, SourceUnavailable
from extract.forecast_load import load_forecasts
from extract.forecast_request import ForecastRequest
from extract.run import Run
from extract.settings import Settings
from extract.sources.declared import FORECASTS, NAMES_OF_ASSETS, SOURCES
from extract.vpp.client import VppClient
from extract.warehouse.held_documents import held_counts
from extract.warehouse.source_lock import loading, wait_for_loads


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a run ended."""

    any_unavailable: bool
    any_refused: bool
    any_busy: bool

    @property
    def status(self) -> int:
        """0: all landed; 1: a source could not be read; 3: a document was refused; 4: busy."""
        if self.any_unavailable:
            return 1
        return 3 if self.any_refused else 4 if self.any_busy else 0


def configured(settings: Settings, sources: Iterable[str]) -> list[str]:
    """Those of these sources that have an address."""
    return [name for name in sources if SOURCES[name].variable in settings.urls]


def load(
    run: Run,
    settings: Settings,
    sources: Sequence[str],
    forecasts: ForecastRequest | None,
    *,
    wait: bool = False,
) -> Outcome:
    """Load these sources in this order. One that cannot be read does not stop the others.

    Nor does one that another run is loading: it is left out, or waited for if `wait` says so.
    Without forecasts among the sources, `forecasts` may be None.
    """
    tallies: list[Tally] = []
    any_unavailable = any_busy = any_configured = False
    for name in sources:
        source = SOURCES[name]
        url = settings.urls.get(source.variable)
        if url is None:
            run.reporter.line(f"{name}: skipped, {source.variable} is not set")
            continue
        any_configured = True
        tally = Tally(name)
        try:
            with loading(run, name, wait=wait):
                tallies.append(tally)
                if name == FORECASTS:
                    assert forecasts is not None
                    if not forecasts.assets:
                        # They name the assets: another run may be about to land one.
                        wait_for_loads(run, name, NAMES_OF_ASSETS)
                    with VppClient(url, settings.vpp_api_token) as client:
                        load_forecasts(run, client, forecasts, tally)
                else:
                    load_directory(run, source, url, tally)
        except SourceBusy as error:
            any_busy = True
            run.reporter.busy(str(error))
        except (SourceUnavailable, ConfigurationError) as error:
            any_unavailable = True
            # The forecast API's errors name what they need.
            leads = f" (check {source.variable})" if source.files else ""
            run.reporter.error(f"{name}: {error}{leads}")
        else:
            run.reporter.line(f"{name}: done")
    if not any_configured:
        run.reporter.line(
            "no source is configured, so nothing was done: python -m extract --help lists the "
            "variables, make run lands a demo"
        )
    if tallies:
        run.reporter.table(tallies)
        by_source = held_counts(run.connection)
        held = sum(by_source.get(tally.source, 0) for tally in tallies)
        if held:
            run.reporter.line(f"in quarantine: {held:,} (python -m extract quarantine says why)")
    return Outcome(any_unavailable, any(tally.refused for tally in tallies), any_busy)
