"""What is remembered of texts stays bounded, whatever is read."""

from __future__ import annotations

import pytest

from grader.checks.remembering import MOST, remembered


def counting() -> tuple[list[str], object]:
    made: list[str] = []

    @remembered
    def make(text: str, more: int = 0) -> str:
        if text == "bad":
            raise ValueError(text)
        made.append(f"{text[:9]}{more}")
        return text * 2

    return made, make


def test_equal_arguments_are_made_once() -> None:
    made, make = counting()
    assert make("a", 1) is make("a", 1)
    make("a", 2)
    make("a", 2)
    assert made == ["a1", "a2"]


def test_the_oldest_go_where_the_texts_are_long_together() -> None:
    made, make = counting()
    long = "x" * (MOST // 2)
    for text in ("a" + long, "b" + long, "b" + long, "a" + long, "c"):
        make(text)
    assert [m[0] for m in made] == ["a", "b", "a", "c"]
    make("a" + long)
    assert len(made) == 4


def test_the_oldest_go_where_they_are_many() -> None:
    made, make = counting()
    for number in range(65):
        make(str(number))
    make("64")
    make("0")
    assert made[-1] == "00"
    assert len(made) == 66


def test_one_that_is_longer_than_all_may_be_is_kept_until_the_next() -> None:
    _, make = counting()
    long = "x" * (2 * MOST)
    assert make(long) is make(long)


def test_what_is_raised_is_not_remembered() -> None:
    _, make = counting()
    for _ in range(2):
        with pytest.raises(ValueError, match="bad"):
            make("bad")


def test_tags_weigh_more_than_other_characters() -> None:
    made, make = counting()
    tags = "<" * (MOST // 40)
    for text in (f"{tags}a", f"{tags}b", f"{tags}a"):
        make(text)
    assert len(made) == 3
