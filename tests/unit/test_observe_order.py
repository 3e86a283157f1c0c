"""The order in which requests are sent, where it is shuffled."""

from __future__ import annotations

from dataclasses import replace

from grader.model import Observation, Request, Step
from grader.observe.merging import merged
from grader.observe.order import seed_of, shuffled
from grader.render import render
from tests.unit.report_samples import perfect

KNOCK = Request("/favicon.ico")
SINGLE = [Observation(steps=(Step(Request(f"/{n}")),)) for n in range(8)]
SERIES = Observation(steps=(Step(Request("/b")), Step(Request("/a"))))
OTHERS = [
    Observation(steps=(Step(Request("/x", "POST")),)),
    Observation(steps=(Step(Request("/y", headers=(("Cookie", "a=b"),))),)),
    Observation(steps=(Step(KNOCK),)),
]


def paths(wishes: list[Observation], seed: str) -> list[str]:
    return [step.request.path for step in shuffled(merged(wishes), wishes, seed, (KNOCK,))]


def test_the_same_seed_gives_the_same_order_and_another_one_another() -> None:
    orders = {seed: paths(SINGLE, seed) for seed in map(str, range(5))}
    assert orders == {seed: paths(SINGLE, seed) for seed in orders}
    assert len(set(map(tuple, orders.values()))) > 1
    assert all(sorted(order) == [f"/{n}" for n in range(8)] for order in orders.values())


def test_what_may_depend_on_its_place_keeps_it() -> None:
    wishes = [OTHERS[2], *SINGLE[:4], OTHERS[0], SERIES, *SINGLE[4:], OTHERS[1]]
    plain = [step.request.path for step in merged(wishes)]
    for seed in map(str, range(20)):
        order = paths(wishes, seed)
        for path in ("/favicon.ico", "/x", "/y", "/b", "/a"):
            assert order.index(path) == plain.index(path)


def test_a_step_of_a_series_stays_also_where_another_check_asks_for_it_alone() -> None:
    wishes = [Observation(steps=(Step(Request("/a")),)), *SINGLE, SERIES]
    assert {paths(wishes, seed)[0] for seed in map(str, range(20))} == {"/a"}


def test_repetitions_stay_together() -> None:
    wishes = [*SINGLE, Observation(steps=(Step(Request("/r"), 3, 5),))]
    step = next(s for s in shuffled(merged(wishes), wishes, "1") if s.request.path == "/r")
    assert (step.at_least, step.at_most) == (3, 5)


def test_the_report_tells_the_seed_where_the_order_was_shuffled() -> None:
    seed = seed_of("work rubric")
    assert len(seed) == 16
    assert seed in render(replace(perfect(), seed=seed), "text")
    assert "shuffled" not in render(perfect(), "text")
