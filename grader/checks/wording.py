"""Predicates in words, as a student reads them behind the name of what is asked: `is 200`, `contains "milk"`."""

from __future__ import annotations

from collections.abc import Iterator

from grader.checks.predicates import Predicates
from grader.checks.text import NUMBER
from grader.model import Json


def words(asked: Predicates) -> str:
    """All that is asked."""
    found = [*_texts(asked), *_numbers(asked), *_kinds(asked), *_of_all(asked)]
    return " and ".join(found) or "is there"


def _texts(asked: Predicates) -> Iterator[str]:
    if asked.equals is not None:
        yield f"is {shown(asked.equals)}"
    if asked.reads:
        yield f"reads {reading(asked)}"
    if asked.contains:
        yield f"contains {' and '.join(map(shown, asked.contains))}"
    for text, verb in ((asked.starts_with, "begins with"), (asked.ends_with, "ends with")):
        if text is not None:
            yield f'{verb} "{text}"'
    if asked.matches is not None:
        yield f"matches the pattern {asked.matches}"
    if asked.one_of:
        yield f"is {' or '.join(map(shown, asked.one_of))}"


def _numbers(asked: Predicates) -> Iterator[str]:
    if asked.between:
        yield f"is from {shown(asked.between[0])} to {shown(asked.between[1])}"
    bounds = (
        (asked.more, "more than"),
        (asked.less, "less than"),
        (asked.at_least, "at least"),
        (asked.at_most, "at most"),
    )
    for bound, verb in bounds:
        if bound is not None:
            yield f"is {verb} {shown(bound)}"


def _kinds(asked: Predicates) -> Iterator[str]:
    kinds = ((asked.is_integer, "a whole number"), (asked.is_number, "a number"), (asked.is_date, "a date"))
    for is_so, what in kinds:
        if is_so is not None:
            yield f"is {what}" if is_so else f"is not {what}"


def _of_all(asked: Predicates) -> Iterator[str]:
    if asked.count is not None:
        yield f"occurs {_times(asked.count)}"
    states = (
        (asked.exists, "is there", "is not there"),
        (asked.empty, "is empty", "is not empty"),
        (asked.distinct, "holds no value twice", "holds some value twice"),
    )
    for is_so, yes, no in states:
        if is_so is not None:
            yield yes if is_so else no
    if asked.sorted is not None:
        yield f"is in {asked.sorted} order"
    if asked.each is not None:
        yield f"in each case {words(asked.each)}"
    if asked.not_ is not None:
        yield f"never {words(asked.not_)}"


def reading(asked: Predicates) -> str:
    """The texts of `reads` as alternatives, with N for a number, and what N may be."""
    texts = " or ".join(f'"{" ".join(p.replace(NUMBER, "N").split())}"' for p in asked.reads)
    if not asked.about_number:
        return texts
    low = f" from {asked.from_}" if asked.from_ is not None else ""
    high = f" to {asked.to}" if asked.to is not None else ""
    return f"{texts}, N {'an integer' if asked.integer else 'a number'}{low}{high}"


def shown(wanted: Json) -> str:
    """A value of the rubric, in words for a student."""
    return f'"{wanted.value}"' if isinstance(wanted.value, str) else wanted.text


def _times(count: Predicates) -> str:
    if count.equals is not None:
        return "once" if count.equals.value == 1 else f"{count.equals.text} times"
    return f"a number of times that {words(count)}"
