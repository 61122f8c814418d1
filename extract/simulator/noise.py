"""Random numbers that depend on their place, not on the numbers drawn before.

A usual generator is a sequence: its tenth number needs the nine before it. Here a number follows
from a stream (an integer key made from the seed and some names) and a position in it, so any
quarter-hour of any asset can be computed alone, in any order and in any process.
"""

from __future__ import annotations

import hashlib
from functools import lru_cache

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]
_Unsigned = npt.NDArray[np.uint64]

_GOLDEN = 0x9E3779B97F4A7C15
_MIX_1 = np.uint64(0xBF58476D1CE4E5B9)
_MIX_2 = np.uint64(0x94D049BB133111EB)


@lru_cache(maxsize=65_536)
def stream_key(*parts: str | int) -> int:
    """The key of the stream named by the parts: an integer below 2**64, alike in every process."""
    text = "\x1f".join(str(part) for part in parts)
    return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8).digest(), "little")


def uniform(stream: int, positions: Integers) -> Floats:
    """Numbers above 0 and below 1, evenly distributed, one for each position."""
    # SplitMix64: a good mixer of bits, and a few operations in numpy.
    bits: _Unsigned = positions.astype(np.int64).view(np.uint64) * np.uint64(_GOLDEN)
    bits = bits + np.uint64(stream)
    bits = (bits ^ (bits >> np.uint64(30))) * _MIX_1
    bits = (bits ^ (bits >> np.uint64(27))) * _MIX_2
    bits = bits ^ (bits >> np.uint64(31))
    return ((bits >> np.uint64(11)).astype(np.float64) + 0.5) / 2.0**53


def normal(stream: int, positions: Integers) -> Floats:
    """Numbers of the standard normal distribution, one for each position."""
    radius = np.sqrt(-2.0 * np.log(uniform(stream, positions)))
    angle = 2.0 * np.pi * uniform(stream ^ _GOLDEN, positions)
    return np.asarray(radius * np.cos(angle), dtype=np.float64)


def spline_weights(fraction: Floats) -> Floats:
    """The weights of the four knots around a point: shape (4, points), of unit variance.

    `fraction` is the way from the second knot to the third, 0 to 1. The weights are those of a
    cubic B-spline, scaled so that independent normal knots give a normal value.
    """
    rest = 1.0 - fraction
    weights = np.stack(
        [
            rest**3,
            3.0 * fraction**3 - 6.0 * fraction**2 + 4.0,
            3.0 * rest**3 - 6.0 * rest**2 + 4.0,
            fraction**3,
        ]
    )
    return np.asarray(weights / np.sqrt((weights**2).sum(axis=0)), dtype=np.float64)


def smooth(stream: int, epoch_seconds: Integers, scale_seconds: int) -> Floats:
    """A smooth random curve, standard normal at each point, that forgets itself within the scale.

    The curve is a function of the stream and the instant alone: two ranges that overlap agree.
    """
    first_knot, remainder = np.divmod(epoch_seconds, scale_seconds)
    lowest = int(first_knot.min())
    knots = normal(stream, np.arange(lowest - 1, int(first_knot.max()) + 3, dtype=np.int64))
    weights = spline_weights(remainder / float(scale_seconds))
    offset = first_knot - lowest
    curve = sum(weights[knot] * knots[offset + knot] for knot in range(4))
    return np.asarray(curve, dtype=np.float64)
