"""`python -m extract`."""

import io
import sys

from extract.cli import main

if __name__ == "__main__":
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            # Names of files may hold what the terminal cannot show.
            stream.reconfigure(errors="backslashreplace")
    raise SystemExit(main())
