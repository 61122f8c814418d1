"""The settings of a run, read once from the environment."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

PROJECT_ROOT = Path(__file__).resolve().parent.parent


@dataclass(frozen=True, slots=True)
class Settings:
    """Where the sources and the warehouse are. None: not configured."""

    vpp_api_url: str | None = None
    vpp_api_token: str | None = field(default=None, repr=False)
    technical_data_url: str | None = None
    live_infeed_url: str | None = None
    dso_url: str | None = None
    asset_contracts_url: str | None = None
    imbalance_prices_url: str | None = None
    pghost: str | None = None
    embedded_directory: Path = PROJECT_ROOT / ".warehouse"

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] | None = None) -> Self:
        """Read the settings; an empty variable counts as not set."""
        variables = os.environ if environment is None else environment

        def value(name: str) -> str | None:
            return variables.get(name, "").strip() or None

        directory = value("EMBEDDED_WAREHOUSE_DIRECTORY")
        return cls(
            vpp_api_url=value("VPP_API_URL"),
            vpp_api_token=value("VPP_API_TOKEN"),
            technical_data_url=value("TECHNICAL_DATA_URL"),
            live_infeed_url=value("LIVE_INFEED_URL"),
            dso_url=value("DSO_URL"),
            asset_contracts_url=value("ASSET_CONTRACTS_URL"),
            imbalance_prices_url=value("IMBALANCE_PRICES_URL"),
            pghost=value("PGHOST"),
            embedded_directory=Path(directory).expanduser().absolute()
            if directory
            else PROJECT_ROOT / ".warehouse",
        )

    def url(self, variable: str) -> str | None:
        """Where the source is whose address stands in this environment variable."""
        url: str | None = getattr(self, variable.lower())
        return url
