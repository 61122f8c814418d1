"""`python -m extract`."""

from extract.console import Reporter, end_with
from extract.errors import ConfigurationError


def main() -> int:
    """Run the command line; a fault in the declaration of the sources is one line too."""
    try:
        from extract.cycle import main as run  # noqa: PLC0415
    except ConfigurationError as error:
        Reporter().error(str(error))
        return 1
    return run()


if __name__ == "__main__":
    end_with(main)
