"""`python -m extract.warehouse`."""

import sys

from extract.warehouse.command import main

if __name__ == "__main__":
    sys.exit(main())
