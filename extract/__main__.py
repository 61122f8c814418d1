"""`python -m extract`."""

from extract.cli import main
from extract.console import end_with

if __name__ == "__main__":
    end_with(main)
