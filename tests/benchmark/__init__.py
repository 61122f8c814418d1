"""The benchmark: `python -m tests.benchmark --size small|full`, or `make bench SIZE=small|full`.

Every figure is a ratio to a reference measured in the same run, on the same machine and the same
data; before a ratio counts, both sides must agree row for row.
"""
