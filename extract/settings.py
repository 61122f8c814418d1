"""The settings of a run, read once from the environment."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

from extract.errors import ConfigurationError

PROJECT_ROOT = Path(__file__).resolve().parent.parent


@dataclass(frozen=True, slots=True)
class Settings:
    """Where the sources and the warehouse are. None: not configured."""

    urls: Mapping[str, str] = field(default_factory=dict)
    """The addresses of the sources, by the environment variable that holds each."""
    vpp_api_token: str | None = field(default=None, repr=False)
    pghost: str | None = None
    embedded_directory: Path = PROJECT_ROOT / ".warehouse"

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] | None = None) -> Self:
        """Read the settings; an empty variable counts as not set.

        Raises ConfigurationError where psql, dbt and we would not all take the same warehouse.
        """
        variables = os.environ if environment is None else environment

        def value(name: str) -> str | None:
            return variables.get(name, "").strip() or None

        if value("PGSERVICE"):
            raise ConfigurationError(
                "PGSERVICE is set, but dbt needs the parts of the address: unset it and set "
                "PGHOST, PGPORT, PGUSER and PGDATABASE"
            )
        if value("PGHOSTADDR") and not value("PGHOST"):
            raise ConfigurationError(
                "PGHOSTADDR is set without PGHOST: set both, or neither for the embedded one"
            )
        directory = value("EMBEDDED_WAREHOUSE_DIRECTORY")
        return cls(
            urls={
                name: url for name in variables if name.endswith("_URL") and (url := value(name))
            },
            vpp_api_token=value("VPP_API_TOKEN"),
            pghost=value("PGHOST"),
            embedded_directory=Path(directory).expanduser().absolute()
            if directory
            else PROJECT_ROOT / ".warehouse",
        )
