# SPDX-License-Identifier: MIT
"""Chi-square of two samples."""
import math


def agree(one, other):
    """Whether two counts of the same size may come from one distribution: chi-square beyond 1 in 10^6 says no."""
    cells = [(a, b) for a, b in zip(one, other) if a + b]
    scale = math.sqrt(sum(other) / sum(one))
    chi_square = sum((a * scale - b / scale) ** 2 / (a + b) for a, b in cells)
    degrees = len(cells) - 1
    if degrees == 0:
        return True
    # Wilson and Hilferty: the cube root of chi-square over its degrees is nearly normal
    z = ((chi_square / degrees) ** (1 / 3) - (1 - 2 / (9 * degrees))) / math.sqrt(2 / (9 * degrees))
    return z < 4.75
