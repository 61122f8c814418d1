"""`python -m extract`."""

from extract.console import end_with
from extract.cycle import main

if __name__ == "__main__":
    end_with(main)
