"""Writes the file sources of a plan into a directory."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from extract.simulator.dso import (
    final_production_files,
    redispatch_compensation_files,
    redispatch_files,
)
from extract.simulator.faults import faulty_final_production_files, faulty_live_infeed_files
from extract.simulator.imbalance_prices import imbalance_price_files
from extract.simulator.live_infeed import live_infeed_files
from extract.simulator.master_data import contract_files, technical_data_files
from extract.simulator.plan import SimulationPlan

_FOLDERS = {
    "TECHNICAL_DATA_URL": "technical_data",
    "LIVE_INFEED_URL": "live_infeed",
    "DSO_URL": "dso",
    "ASSET_CONTRACTS_URL": "asset_contracts",
    "IMBALANCE_PRICES_URL": "imbalance_prices",
}
# Real folders hold things that are none of a loader's business: a note, a picture of one pixel.
_README = b"Delivered automatically. Please do not put files of your own into this folder.\n"
_PICTURE = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)


@dataclass(frozen=True)
class SimulatedSources:
    """The directory that holds the sources, and how many of its files were written this time."""

    directory: Path
    written_file_count: int
    unchanged_file_count: int

    def environment(self, api_url: str) -> dict[str, str]:
        """The settings that point the extractor at these files and at a forecast server."""
        folders = {name: str(self.directory / folder) for name, folder in _FOLDERS.items()}
        return {"VPP_API_URL": api_url, **folders}


def write_files(plan: SimulationPlan, directory: Path) -> SimulatedSources:
    """Write the file sources of the plan, each into its folder of the directory.

    A file that holds the same bytes already is not touched, files of other names are left alone.
    """
    directory = directory.absolute()
    written = unchanged = 0
    for folder in _FOLDERS.values():
        (directory / folder).mkdir(parents=True, exist_ok=True)
    for relative_path, content in _files(plan):
        path = directory / relative_path
        if path.is_file() and path.read_bytes() == content:
            unchanged += 1
        else:
            path.write_bytes(content)
            written += 1
    return SimulatedSources(directory, written, unchanged)


def _files(plan: SimulationPlan) -> Iterator[tuple[str, bytes]]:
    """Paths below the directory and contents of all files."""
    live_infeed, final_production = (
        (faulty_live_infeed_files, faulty_final_production_files)
        if plan.with_faults
        else (live_infeed_files, final_production_files)
    )
    sources = {
        "technical_data": (technical_data_files,),
        "asset_contracts": (contract_files,),
        "live_infeed": (live_infeed,),
        "dso": (final_production, redispatch_files, redispatch_compensation_files),
        "imbalance_prices": (imbalance_price_files,),
    }
    for folder, writers in sources.items():
        for writer in writers:
            for name, content in writer(plan):
                yield f"{folder}/{name}", content
        yield f"{folder}/README.txt", _README
    yield "live_infeed/logo.png", _PICTURE
