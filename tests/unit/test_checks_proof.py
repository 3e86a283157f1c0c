"""The swapped template, rendered by the real Jinja in every way in which a student's page can come about."""

from __future__ import annotations

import ast
from collections.abc import Callable

import flask
import jinja2
import pytest
from jinja2.sandbox import SandboxedEnvironment

from grader.checks.proof import read, swap
from grader.model import Exchange, Overlay, Request

NONCE = "0123456789abcdef"
PATH = "templates/base.html"


def answer(text: str) -> Exchange:
    return Exchange("e1", "s1", Request(), status=200, body=text.encode())


def render(environment: jinja2.Environment, name: str = "base.html", **variables: object) -> Exchange:
    return answer(environment.get_template(name).render(**variables))


def loader(**others: str) -> jinja2.DictLoader:
    return jinja2.DictLoader({"base.html": swap(PATH, NONCE).content.decode(), **others})


ENVIRONMENTS: dict[str, Callable[[jinja2.BaseLoader], jinja2.Environment]] = {
    "plain": lambda files: jinja2.Environment(loader=files),  # autoescape off, as Jinja's default is
    "autoescape": lambda files: jinja2.Environment(loader=files, autoescape=True),
    "strict": lambda files: jinja2.Environment(loader=files, autoescape=True, undefined=jinja2.StrictUndefined),
    "trimmed": lambda files: jinja2.Environment(loader=files, autoescape=True, trim_blocks=True, lstrip_blocks=True),
}


@pytest.mark.parametrize("kind", ENVIRONMENTS)
def test_a_rendered_template_tells_the_names_that_it_received(kind: str) -> None:
    proof = read(PATH, NONCE, render(ENVIRONMENTS[kind](loader()), random_number=5, other="<b>&amp;"))
    assert proof is not None
    assert proof.names == ("other", "random_number")


@pytest.mark.parametrize("kind", ENVIRONMENTS)
@pytest.mark.parametrize(
    "page",
    [
        '{% extends "base.html" %}{% block body %}<h1>{{ random_number }}</h1>{% endblock %}',
        '<html>{% include "base.html" %}</html>',
        '{% for n in [1, 2] %}{% include "base.html" %}{% endfor %}',
        '{% extends "middle.html" %}',
    ],
    ids=["inherited", "included", "included in a loop", "inherited twice"],
)
def test_inheritance_and_inclusion_prove_it_too(kind: str, page: str) -> None:
    files = loader(**{"index.html": page, "middle.html": '{% extends "base.html" %}'})
    proof = read(PATH, NONCE, render(ENVIRONMENTS[kind](files), "index.html", random_number=5))
    assert proof is not None
    assert proof.names is not None
    assert "random_number" in proof.names


def test_a_sandbox_proves_the_rendering_and_keeps_the_names() -> None:
    proof = read(PATH, NONCE, render(SandboxedEnvironment(loader=loader(), autoescape=True), random_number=5))
    assert proof is not None
    assert proof.names is None


@pytest.mark.parametrize("undefined", [jinja2.Undefined, jinja2.StrictUndefined])
def test_a_sandbox_tells_the_names_that_are_asked_for(undefined: type[jinja2.Undefined]) -> None:
    content = swap(PATH, NONCE, ("random_number", "random_num")).content.decode()
    files = jinja2.DictLoader({"base.html": content})
    environment = SandboxedEnvironment(loader=files, undefined=undefined, autoescape=True)
    proof = read(PATH, NONCE, render(environment, random_number=5))
    assert proof is not None
    assert proof.names == ("random_number",)


def test_flask_shows_what_the_view_passed_and_not_what_flask_adds(tmp_path) -> None:
    (tmp_path / "templates").mkdir()
    (tmp_path / PATH).write_bytes(swap(PATH, NONCE).content)
    app = flask.Flask("app", root_path=str(tmp_path))
    app.context_processor(lambda: {"course": "CS253"})
    app.add_url_rule("/", view_func=lambda: flask.render_template("base.html", random_number=5), endpoint="home")
    proof = read(PATH, NONCE, answer(app.test_client().get("/").text))
    assert proof is not None
    assert proof.names == ("course", "random_number")


def test_a_template_without_variables_is_proved_all_the_same() -> None:
    proof = read(PATH, NONCE, render(ENVIRONMENTS["strict"](loader())))
    assert proof is not None
    assert proof.names == ()


@pytest.mark.parametrize(
    "fake",
    [
        lambda source: source,
        lambda source: source.replace("{{", "").replace("}}", ""),
        lambda source: source.replace("{{ random_number }}", "5"),
        lambda source: "<h1>The number is 5</h1>",
        lambda source: "",
        lambda source: str(ast.literal_eval(source[source.index("[") : source.index("]") + 1])),
    ],
    ids=["as it is", "braces gone", "replaced", "another page", "nothing", "the list alone"],
)
def test_what_jinja_did_not_render_proves_nothing(fake: Callable[[str], str]) -> None:
    assert read(PATH, NONCE, answer(fake(swap(PATH, NONCE).content.decode()))) is None


def test_a_proof_is_of_one_file_and_of_one_grading() -> None:
    exchange = render(ENVIRONMENTS["plain"](loader()))
    assert read(PATH, NONCE, exchange) is not None
    assert read("templates/index.html", NONCE, exchange) is None
    assert read(PATH, "another nonce", exchange) is None


def test_the_answer_is_not_in_the_question() -> None:
    shown = render(ENVIRONMENTS["plain"](loader())).body.decode()
    result = shown.split("(")[1].split(")")[0]
    assert result.isdecimal()
    assert result not in swap(PATH, NONCE).content.decode()


def test_equal_path_and_nonce_give_the_same_overlay_so_that_checks_share_a_start() -> None:
    assert swap(PATH, NONCE) == swap(PATH, NONCE)
    assert swap(PATH, NONCE) != swap(PATH, "another nonce")
    assert swap(PATH, NONCE) == Overlay(PATH, swap(PATH, NONCE).content, replaces=True)
