"""Exact numbers as people and JSON read them; the only place where a score is rounded."""

from __future__ import annotations

from decimal import ROUND_HALF_EVEN, Decimal
from fractions import Fraction

from grader.model import Late

_HUNDREDTH = Decimal("0.01")


def rounded(value: Fraction) -> int | float:
    """A whole number where it is one, else rounded half-even to hundredths."""
    if value.denominator == 1:
        return value.numerator
    exact = Decimal(value.numerator) / Decimal(value.denominator)
    return float(exact.quantize(_HUNDREDTH, ROUND_HALF_EVEN))


def number(value: Fraction) -> str:
    """The same, in words: "7", "7.5", "33.33"."""
    return str(rounded(value))


def late_words(late: Late) -> str:
    """What lateness cost, in a sentence."""
    hours = late.seconds / 3600
    if hours >= 48:
        when = f"{hours / 24:.1f} days"
    elif hours >= 2:
        when = f"{hours:.1f} hours"
    else:
        when = f"{late.seconds // 60} minute{'' if late.seconds // 60 == 1 else 's'}"
    taken = f"{number(late.points)} point{'' if late.points == 1 else 's'}"
    return f"{taken} taken off: it came {when} late, which costs {number(late.percent)} percent."
