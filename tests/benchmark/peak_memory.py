"""Runs a command and prints its peak memory: `python peak_memory.py COMMAND ...`.

It is a small process of its own, because Linux counts the memory of a process's parent as the
process's own until it begins.
"""

import resource
import subprocess
import sys


def main() -> int:
    """Run the command; print its peak memory in bytes as the last line."""
    done = subprocess.run(sys.argv[1:], check=False)
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
    # macOS counts bytes, others KiB.
    print(peak if sys.platform == "darwin" else peak * 1024)
    return done.returncode


if __name__ == "__main__":
    sys.exit(main())
