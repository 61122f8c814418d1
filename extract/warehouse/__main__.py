"""`python -m extract.warehouse`."""

from extract.console import end_with
from extract.warehouse.command import main

if __name__ == "__main__":
    end_with(main)
