"""Measuring times: medians of repetitions that take turns."""

import statistics
import time
from collections.abc import Callable, Mapping


def seconds_of(action: Callable[[], object]) -> float:
    """How long it took."""
    began = time.perf_counter()
    action()
    return time.perf_counter() - began


def medians_s(
    repetitions: int, measurements: Mapping[str, Callable[[], float]]
) -> dict[str, float]:
    """The median seconds of each measurement.

    They take turns, so that a slow minute of the machine affects all alike. Each returns the
    seconds it measured itself, without its preparation.
    """
    seconds: dict[str, list[float]] = {name: [] for name in measurements}
    for _ in range(repetitions):
        for name, measure in measurements.items():
            seconds[name].append(measure())
    return {name: statistics.median(measured) for name, measured in seconds.items()}
