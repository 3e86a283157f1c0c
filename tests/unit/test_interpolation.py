"""Values put into what a rubric says: as they are, as a pattern that means themselves, or as one part of an address."""

from __future__ import annotations

import pytest

from grader.checks.asking import Ask
from grader.checks.interpolation import Unknown, bind, literal, made_up, with_made_up
from grader.checks.predicates import Predicates
from grader.model import Json

ODD = "a b&c=d/e?f#g%20h+é"
ENCODED = "a%20b%26c%3Dd%2Fe%3Ff%23g%2520h%2B%C3%A9"


@pytest.mark.parametrize(
    ("path", "wanted"),
    [
        ("/item/${x}", f"/item/{ENCODED}"),
        ("/item?name=${x}&page=2", f"/item?name={ENCODED}&page=2"),
        ("/item/${n}/${n}", "/item/5/5"),
        ("${link}", "/at?q=a%20b"),
        ("${link}&name=${x}", f"/at?q=a%20b&name={ENCODED}"),
    ],
)
def test_in_a_path_a_value_is_one_part_of_the_address_unless_the_path_begins_with_it(path: str, wanted: str) -> None:
    assert bind(Ask(path=path), {"x": ODD, "n": 5, "link": "/at?q=a%20b"}).path == wanted


def test_what_begins_a_path_must_be_an_address_of_the_program() -> None:
    with pytest.raises(Unknown, match="path begins with a slash"):
        bind(Ask(path="${link}"), {"link": "https://example.org/"})
    with pytest.raises(Unknown, match="is not known"):
        bind(Ask(path="/item/${x}"), {})


def test_elsewhere_a_value_is_what_it_is() -> None:
    asked = bind(Ask(path="/", form=(("name", Json.of("${x}")), ("count", Json.of("${n}")))), {"x": ODD, "n": 5})
    assert [given.value for _, given in asked.form] == [ODD, 5]
    assert bind(Ask(path="/", headers=(("X-A", "<${n}>"),)), {"n": 5}).headers == (("X-A", "<5>"),)


def test_in_a_pattern_a_value_stands_for_itself() -> None:
    assert bind(Predicates(matches="^${x}$"), {"x": "a.b*"}).matches == r"^a\.b\*$"


def test_a_dollar_sign_has_a_name_so_that_every_text_can_be_said() -> None:
    text = "${x} costs $${y} or $5 {z}"
    assert literal(text) == "${dollar}{x} costs $${dollar}{y} or $5 {z}"
    assert bind(literal(text), {"dollar": made_up("dollar", "seed"), "x": "no", "y": "no"}) == text


def test_only_made_up_values_go_into_a_text_that_knows_no_captures() -> None:
    assert with_made_up("${number_a} ${x}", "seed") == with_made_up("${number_a} ${x}", "seed")
    made = with_made_up("${number_a} ${x}", "seed")
    assert made[:4].isdecimal()
    assert made[4:] == " ${x}"
