"""How colours are seen: their contrast, and how far apart they stay for the colour-blind."""

import itertools
from collections.abc import Mapping

import numpy as np

from extract.simulator.noise import Floats

# Machado, Oliveira and Fernandes 2009, "A physiologically-based model for simulation of color
# vision deficiency", table 1, severity 1.0; on linear RGB.
_SEEN_BY: Mapping[str, Floats] = {
    "most": np.eye(3),
    "protanopes": np.array(
        [
            [0.152286, 1.052583, -0.204868],
            [0.114503, 0.786281, 0.099216],
            [-0.003882, -0.048116, 1.051998],
        ]
    ),
    "deuteranopes": np.array(
        [
            [0.367322, 0.860646, -0.227968],
            [0.280085, 0.672501, 0.047413],
            [-0.011820, 0.042940, 0.968881],
        ]
    ),
    "tritanopes": np.array(
        [
            [1.255528, -0.076749, -0.178779],
            [-0.078411, 0.930809, 0.147602],
            [0.004733, 0.691367, 0.303900],
        ]
    ),
    # The luminance of sRGB (IEC 61966-2-1).
    "nobody, in grey": np.tile([0.2126, 0.7152, 0.0722], (3, 1)),
}
_TO_XYZ = np.array([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]])
_WHITE = np.array([0.9505, 1.0, 1.089])


def contrast(one: str, other: str) -> float:
    """The contrast ratio of two colours (`rgb(1, 2, 3)` or `#010203`), as WCAG 2 defines it."""
    light, dark = sorted(
        (float(_TO_XYZ[1] @ _linear(color)) for color in (one, other)), reverse=True
    )
    return (light + 0.05) / (dark + 0.05)


def closest(colors: Mapping[str, str]) -> tuple[float, str]:
    """The least distance (CIE 1976) between two of these colours for any eye; and which two."""
    return min(
        (
            float(np.linalg.norm(_lab(seen @ _linear(one)) - _lab(seen @ _linear(other)))),
            f"{names}, {by}",
        )
        for by, seen in _SEEN_BY.items()
        for names, (one, other) in zip(
            itertools.combinations(colors, 2),
            itertools.combinations(colors.values(), 2),
            strict=True,
        )
    )


def _linear(color: str) -> Floats:
    """Linear RGB from 0 to 1."""
    if color.startswith("#"):
        parts = [int(color[place : place + 2], 16) for place in (1, 3, 5)]
    else:
        parts = [int(float(part)) for part in color[color.index("(") + 1 : -1].split(",")[:3]]
    share = np.array(parts) / 255
    linear: Floats = np.where(share <= 0.04045, share / 12.92, ((share + 0.055) / 1.055) ** 2.4)
    return linear


def _lab(linear: Floats) -> Floats:
    ratio = (_TO_XYZ @ np.clip(linear, 0, 1)) / _WHITE
    root = np.where(ratio > 216 / 24389, np.cbrt(ratio), (24389 / 27 * ratio + 16) / 116)
    lab: Floats = np.array(
        [116 * root[1] - 16, 500 * (root[0] - root[1]), 200 * (root[1] - root[2])]
    )
    return lab
