"""Text comparison: what does not matter, and what belongs to a number."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from grader.checks.text import is_integer, is_number, match, numbers, parse_pattern, tokens, value

HELLO = "Hello, there!"
NUMBER = "The number is {number}"
WORDS = st.lists(st.text("abcXYZäéß", min_size=1, max_size=6), min_size=1, max_size=5)
BETWEEN = st.text(" \t\n\u00a0!?;:'\"()[]…“”*_", max_size=4)


@pytest.mark.parametrize(
    "text",
    [
        "Hello, there!",
        "hello there",
        "  HELLO ,\n\tTHERE !!! ",
        "Hello,\u00a0there.",
        "Hello\u200b, there",
        "\uff28\uff45\uff4c\uff4c\uff4f, there",
        "Hel lo the re",
        "👋 Hello, there! 👋",
    ],
)
def test_case_space_and_punctuation_do_not_matter(text: str) -> None:
    assert match(HELLO, text) == ()


@pytest.mark.parametrize(
    "text", ["", "Hello", "Hello, there! 5", "Oh, hello, there!", "Hello, there! Bye", "Helo, there"]
)
def test_the_whole_text_must_read_the_pattern(text: str) -> None:
    assert match(HELLO, text) is None


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("The number is 42", "42"),
        ("The number is 42.", "42"),
        ("the number is: 42!", "42"),
        ("The number is42", "42"),
        ("The number is -5", "-5"),
        ("The number is \u22125", "-5"),
        ("The number is (-5)", "-5"),
        ("The number is:-5", "-5"),
        ("The number is +5", "5"),
        ("The number is - 5", "5"),
        ("The number is-5", "5"),
        ("The number is 512.3", "512.3"),
        ("The number is 5.0", "5.0"),
        ("The number is .5", ".5"),
        ("The number is -.5", "-.5"),
        ("The number is ...5", "5"),
        ("The number is 12,345", "12345"),
        ("The number is 1,234,567.5", "1234567.5"),
        ("The number is 1e+16", "1e+16"),
        ("The number is \uff15\uff11\uff12", "512"),
    ],
)
def test_a_number_keeps_its_sign_point_and_exponent(text: str, number: str) -> None:
    assert match(NUMBER, text) == (number,)


@pytest.mark.parametrize(
    "text",
    [
        "The number is",
        "The number is {{ random_number }}",
        "The number is 1 2",
        "The number is 1\n2",
        "The number is 1,23",
        "The number is 1-2",
        "The number is 1.2.3",
        "The number is five",
        "The number is 5th",
        "5 The number is 5",
    ],
)
def test_the_pattern_wants_exactly_one_number_in_its_place(text: str) -> None:
    assert match(NUMBER, text) is None


def test_commas_group_only_three_digits() -> None:
    assert numbers("1,234 12,34 1234,567 1,2345") == ("1234", "12", "34", "1234", "567", "1", "2345")


def test_integers_are_told_by_how_they_are_written() -> None:
    assert [n for n in ("5", "-5", "0", "5.0", "5e3", ".5") if is_integer(n)] == ["5", "-5", "0"]


def test_a_pattern_with_nothing_to_compare_is_refused() -> None:
    with pytest.raises(ValueError, match="no letter and no number"):
        parse_pattern("?!")


def test_an_unknown_placeholder_is_refused_with_the_known_one() -> None:
    with pytest.raises(ValueError, match=r"\{nummer\} stands for nothing.*\{number\}"):
        parse_pattern("The number is {nummer}")


def test_a_pattern_may_hold_numbers_and_several_places() -> None:
    assert match("CS253: {number} of {number}", "cs 253 \u2013 3 of 10") == ("3", "10")
    assert match("CS253: {number} of {number}", "cs 254 \u2013 3 of 10") is None


@given(WORDS, st.data())
def test_words_read_the_same_whatever_lies_between_their_letters(words: list[str], data: st.DataObject) -> None:
    plain = "".join(words)
    scattered = "".join(letter + data.draw(BETWEEN) for letter in plain)
    assert match(plain, scattered) == ()
    assert match(scattered, plain.upper()) == ()


@given(st.integers(), BETWEEN)
def test_every_integer_is_found_again(number: int, end: str) -> None:
    assert match(NUMBER, f"The number is {number}{end}") == (str(number),)
    assert match(NUMBER, f"The number is {number:,}{end}") == (str(number),)
    assert value(str(number)) == number


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_no_float_passes_for_an_integer(number: float) -> None:
    found = match(NUMBER, f"The number is {number}")
    assert found is not None
    assert float(value(found[0])) == number
    assert not is_integer(found[0])


@given(
    st.lists(st.integers(0, 10**9), min_size=2, max_size=6), st.sampled_from([" ", "\n", "\u00a0", ", ", " - ", "/"])
)
def test_numbers_never_merge(several: list[int], between: str) -> None:
    assert numbers(between.join(map(str, several))) == tuple(map(str, several))


@given(st.text(max_size=200))
def test_any_text_has_tokens_that_are_letters_or_numbers(text: str) -> None:
    for token in tokens(text):
        if is_number(token):
            assert value(token).is_finite()
        else:
            assert token.isalnum()


@given(st.text(max_size=60))
def test_a_text_reads_itself(text: str) -> None:
    if tokens(text) and "{" not in text:
        assert match(text, text) == ()
