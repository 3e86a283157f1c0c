"""Quick dataclasses behave as those of the standard library do."""

from __future__ import annotations

import copy
import dataclasses
import pickle
import subprocess
import sys
from typing import Any, ClassVar

import pytest
from hypothesis import given
from hypothesis import strategies as st

from grader.frozen import dataclass
from grader.model import Exchange, Request


def of(decorator: Any) -> tuple[type, type, type]:
    """The same classes, made by a decorator."""

    @decorator(frozen=True)
    class Base:
        """Has something of everything."""

        KIND: ClassVar[str] = "base"

        one: int
        two: str = "two"
        three: tuple[int, ...] = ()
        four: list[int] = dataclasses.field(default_factory=list, compare=False)
        five: Any = dataclasses.field(default=None, metadata={"key": "5"}, repr=False)

    @decorator(frozen=True)
    class Heir(Base):
        """Has more, and looks at it."""

        six: float = 0.0

        def __post_init__(self) -> None:
            if self.six < 0:
                raise ValueError("six is below zero")

        def __str__(self) -> str:
            return "an heir"

    @decorator(frozen=True)
    class Nothing:
        """Has nothing."""

    return Base, Heir, Nothing


QUICK, SLOW = of(dataclass), of(dataclasses.dataclass)
VALUES = st.fixed_dictionaries(
    {"one": st.integers(0, 2)},
    optional={
        "two": st.sampled_from(["two", "2"]),
        "three": st.sampled_from([(), (1,)]),
        "four": st.sampled_from([[], [1]]),
        "five": st.none() | st.booleans(),
    },
)


@given(VALUES, VALUES)
def test_equality_hash_and_representation_are_the_same(first: dict[str, Any], second: dict[str, Any]) -> None:
    for quick, slow in zip(QUICK[:2], SLOW[:2], strict=True):
        ours, theirs = (quick(**first), quick(**second)), (slow(**first), slow(**second))
        assert (ours[0] == ours[1]) == (theirs[0] == theirs[1])
        assert repr(ours[0]) == repr(theirs[0])
        assert dataclasses.asdict(ours[0]) == dataclasses.asdict(theirs[0])
        if ours[0] == ours[1]:
            assert hash(ours[0]) == hash(ours[1])
    assert QUICK[0](**first) != SLOW[0](**first)
    assert QUICK[0](**first) != QUICK[1](**first)


@pytest.mark.parametrize("made", [QUICK, SLOW], ids=["quick", "slow"])
def test_what_both_kinds_do(made: tuple[type, ...]) -> None:
    base, heir, nothing = made
    assert [f.name for f in dataclasses.fields(heir)] == ["one", "two", "three", "four", "five", "six"]
    assert dataclasses.is_dataclass(base)
    assert base(1, "x") == base(two="x", one=1)
    assert dataclasses.replace(heir(1), six=2.5) == heir(1, six=2.5)
    assert base(1).four is not base(1).four
    assert str(heir(1)) == "an heir"
    assert nothing() == nothing()
    assert hash(nothing()) == hash(nothing())
    assert base.KIND == "base"
    assert copy.deepcopy(heir(1, "x", (2,))) == heir(1, "x", (2,))
    match base(7, "seven"):
        case base(one, two):
            assert (one, two) == (7, "seven")


@pytest.mark.parametrize("made", [QUICK, SLOW], ids=["quick", "slow"])
def test_nothing_can_be_changed(made: tuple[type, ...]) -> None:
    value = made[0](1)
    with pytest.raises(dataclasses.FrozenInstanceError):
        value.one = 2
    with pytest.raises(dataclasses.FrozenInstanceError):
        value.another = 2
    with pytest.raises(dataclasses.FrozenInstanceError):
        del value.one
    assert value.one == 1


@pytest.mark.parametrize("made", [QUICK, SLOW], ids=["quick", "slow"])
@pytest.mark.parametrize(
    ("args", "given"), [((), {}), ((1, 2, 3, 4, 5, 6, 7), {}), ((1,), {"one": 1}), ((1,), {"seven": 7})], ids=str
)
def test_values_that_do_not_fit_are_refused(
    made: tuple[type, ...], args: tuple[Any, ...], given: dict[str, Any]
) -> None:
    with pytest.raises(TypeError):
        made[0](*args, **given)


def test_what_is_made_is_looked_at() -> None:
    with pytest.raises(ValueError, match="six is below zero"):
        QUICK[1](1, six=-1.0)
    with pytest.raises(ValueError, match="six is below zero"):
        dataclasses.replace(QUICK[1](1), six=-1.0)


def test_values_of_the_grader_can_be_stored() -> None:
    value = Exchange("s1.1", "s1", Request("/x", headers=(("A", "b"),)), 200)
    assert pickle.loads(pickle.dumps(value)) == value
    assert {value: 1}[pickle.loads(pickle.dumps(value))] == 1


def test_loading_the_lab_s_rubric_compiles_no_class() -> None:
    """What it is for, without a clock: of all classes that are loaded, few are the slow kind."""
    code = (
        "import dataclasses, sys\n"
        "slow, real = [], dataclasses._process_class\n"
        "def process(cls, init, *rest, **more):\n"
        "    slow.extend([cls.__name__] if init else [])\n"
        "    return real(cls, init, *rest, **more)\n"
        "import grader.cli\n"
        "dataclasses._process_class = process\n"
        "from grader.rubric import load_rubric\n"
        "load_rubric('flask-lab')\n"
        "print(len(slow))"
    )
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert int(done.stdout) < 10
