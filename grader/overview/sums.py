"""Sums that come out the same in whatever order, and never grow beyond a few machine words.

A value becomes a whole number of steps, of which so many make one that halves to sixteenths, hundredths and thousandths
are exact; anything else is off by less than a ten millionth. Whole numbers add up exactly, as floats do not.
"""

from __future__ import annotations

import math
from fractions import Fraction

STEPS = 18_018_000  # the least common multiple of 1 to 16 and of 1000


def steps(value: Fraction) -> int:
    """A value as a whole number of steps."""
    whole, rest = divmod(value.numerator * STEPS, value.denominator)
    return whole if not rest else round(value * STEPS)


class Moments:
    """Of a value: how many, their sum, and the sum of their squares."""

    def __init__(self) -> None:
        self.n = self.sum = self.squares = 0

    def add(self, value: int) -> None:
        """Count in a value, in steps."""
        self.n += 1
        self.sum += value
        self.squares += value * value

    @property
    def spread(self) -> int:
        """n² times the variance, in steps: never negative, and 0 only where all values are one."""
        return self.n * self.squares - self.sum * self.sum

    @property
    def mean(self) -> float:
        """The mean."""
        return float(Fraction(self.sum, self.n * STEPS))

    @property
    def deviation(self) -> float:
        """The standard deviation of this very class: it is no sample of another, so n is what is divided by."""
        return math.sqrt(Fraction(self.spread, (self.n * STEPS) ** 2))


class Pairs:
    """Of two values that come together: what their correlation rests on."""

    def __init__(self) -> None:
        self.first, self.second, self.products = Moments(), Moments(), 0

    def add(self, first: int, second: int) -> None:
        """Count in a pair, in steps."""
        self.first.add(first)
        self.second.add(second)
        self.products += first * second

    @property
    def correlation(self) -> float | None:
        """Pearson's, None where one of the two never varies. Its sign is exact."""
        scale = self.first.spread * self.second.spread
        if not scale:
            return None
        together = self.first.n * self.products - self.first.sum * self.second.sum
        size = math.sqrt(Fraction(together * together, scale))
        return math.copysign(min(size, 1.0), together) if together else 0.0
