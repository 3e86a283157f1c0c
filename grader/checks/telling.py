"""What is asked of a step, in sentences for a person, from the rubric alone."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from grader.checks.dialogue import FlowStep
from grader.checks.wording import shown
from grader.model import Json

_LONG = 80  # characters of one value


def told(step: FlowStep) -> Iterable[str]:
    """What is done, what is sent, and what must come of it."""
    sent = "; ".join(_sent(step))
    times = f", {step.repeat} times" if step.repeat > 1 else ""
    who = f" in the browser “{step.browser}”" if step.browser else ""
    wanted = [e.asked for e in step.expect]
    if step.distinct is not None:
        wanted.append(step.distinct.asked)
    what = f"{step.title[0].upper()}{step.title[1:]}{f' ({sent})' if sent else ''}"
    yield f"{what}{who}{times}: {'; '.join(wanted) or 'no error'}."


def _sent(step: FlowStep) -> Iterator[str]:
    """What a request carries beside its method and path."""
    if step.query:
        yield f"query {_pairs(step.query)}"
    if step.form or step.files:
        yield _pairs((*step.form, *step.files))
    if step.submit is not None and step.submit.fill:
        yield _pairs(step.submit.fill)
    if step.json is not None:
        yield f"JSON {_cut(step.json.text)}"
    if step.body is not None:
        yield f"body {_value(Json.of(step.body))}"
    for noun, pairs in (("header", step.headers), ("cookie", step.cookies)):
        yield from (f"{noun} {name}: {_value(Json.of(text))}" for name, text in pairs)
    if step.redirects == "stay":
        yield "redirects not followed"


def _pairs(pairs: Iterable[tuple[str, Json]]) -> str:
    return ", ".join(f"{name}: {_value(given)}" for name, given in pairs)


def _value(given: Json) -> str:
    return shown(Json.of(_cut(given.value))) if isinstance(given.value, str) else _cut(given.text)


def _cut(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= _LONG else f"{line[:_LONG]}…"
