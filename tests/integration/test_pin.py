"""Random draws pinned to one end, seen in real programs: only the student's own, and never without end."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from grader.launch.launcher import Launcher
from grader.model import Condition, Limits, Pin, SourceFile, Submission

Answer = Callable[..., dict[str, Any]]


@pytest.fixture
def draws(launcher: Launcher, tmp_path: Path) -> Answer:
    """What a program prints as JSON in its last line, with draws pinned to an end."""

    def draws(program: str, pin: Pin, *, fresh: bool = False, **files: str) -> dict[str, Any]:
        texts = {"main.py": program, **files}
        for name, text in texts.items():
            (tmp_path / name).parent.mkdir(exist_ok=True)
            (tmp_path / name).write_text(text)
        for path in [tmp_path, *tmp_path.rglob("*")]:
            path.chmod(0o755)
        paths = [p for p in tmp_path.rglob("*") if p.is_file()]
        sources = tuple(SourceFile(str(p.relative_to(tmp_path)), 1, p.read_text()) for p in paths)
        work = Submission("lab", tmp_path, "main.py", "0" * 64, sources)
        with launcher.open(work, Limits(), fresh=fresh) as box, box.start(Condition(pin=pin), "s1") as running:
            pass
        assert running.start.exit
        assert running.start.exit.clean, running.start.log
        printed: dict[str, Any] = json.loads(
            next(line for line in running.start.log.splitlines() if line.startswith("{"))
        )
        return printed

    return draws


PROGRAM = """
import json, random, secrets
r, s = random.Random(), random.SystemRandom()
items = [3, 1, 2]
mixed = ["a", 1, None]
shuffled = [2, 3, 1]
random.shuffle(shuffled)
odd = ["b", 2]
random.shuffle(odd)
print(json.dumps(dict(
    randint=random.randint(1, 100000),
    randrange=random.randrange(2000, 9001, 10),
    choice=random.choice(items),
    choice_of_range=random.choice(range(5, 50, 5)),
    falling=random.choice(range(50, 5, -5)),
    mixed=random.choice(mixed),
    choices=random.choices(items, k=2),
    weighted=len(random.choices(items, weights=[0, 0, 1], k=3)),
    sample=random.sample(items, 2),
    sample_of_range=random.sample(range(10**9), 2),
    all=sorted(random.sample(mixed, 3), key=str),
    shuffled=shuffled,
    odd=sorted(map(str, odd)),
    uniform=int(random.uniform(2000, 9001)),
    random=round(random.random(), 6),
    bits=random.getrandbits(4),
    below=secrets.randbelow(7),
    secret=secrets.choice(items),
    randbits=secrets.randbits(3),
    own=r.randint(5, 9),
    system=s.randint(5, 9),
    system_choice=s.choice(items),
    gauss=abs(random.normalvariate(0, 1)) < 100,
)))
"""
LOW = {
    "randint": 1, "randrange": 2000, "choice": 1, "choice_of_range": 5, "falling": 10, "mixed": "a", "choices": [1, 1],
    "weighted": 3, "sample": [1, 2], "sample_of_range": [0, 1], "all": sorted(["a", 1, None], key=str),
    "shuffled": [1, 2, 3], "odd": ["2", "b"], "uniform": 2000, "random": 0.0, "bits": 0, "below": 0, "secret": 1,
    "randbits": 0, "own": 5, "system": 5, "system_choice": 1, "gauss": True,
}  # fmt: skip
HIGH = {
    "randint": 100000, "randrange": 9000, "choice": 3, "choice_of_range": 45, "falling": 50, "mixed": None,
    "choices": [3, 3], "weighted": 3, "sample": [3, 2], "sample_of_range": [10**9 - 1, 10**9 - 2],
    "all": sorted(["a", 1, None], key=str), "shuffled": [3, 2, 1], "odd": ["2", "b"], "uniform": 9000, "random": 1.0,
    "bits": 15, "below": 6, "secret": 3, "randbits": 7, "own": 9, "system": 9, "system_choice": 3, "gauss": True,
}  # fmt: skip


@pytest.mark.parametrize("fresh", [False, True], ids=["warm", "fresh"])
@pytest.mark.parametrize(("pin", "ends"), [(Pin.LOW, LOW), (Pin.HIGH, HIGH)])
def test_every_kind_of_draw_gives_its_end(draws: Answer, pin: Pin, ends: dict[str, object], fresh: bool) -> None:
    assert draws(PROGRAM, pin, fresh=fresh) == ends


def test_a_loop_that_waits_for_another_value_ends(draws: Answer) -> None:
    program = (
        "import json, random\nlast = random.randint(1, 6)\ncount = 0\nn = last\n"
        "while n == last:\n    n = random.randint(1, 6)\n    count += 1\nprint(json.dumps(dict(count=count)))\n"
    )
    assert draws(program, Pin.HIGH)["count"] > 64


def test_draws_of_libraries_and_the_system_are_natural(draws: Answer) -> None:
    program = (
        "import json, os, random, secrets, tempfile, uuid\nfrom email.utils import make_msgid\n"
        "draws = dict(uuid=uuid.uuid4, token=secrets.token_hex, urandom=lambda: os.urandom(8),\n"
        "             temporary=tempfile.mktemp, message=make_msgid)\n"
        "print(json.dumps({name: len({draw() for _ in range(5)}) for name, draw in draws.items()}))\n"
    )
    assert set(draws(program, Pin.LOW).values()) == {5}


def test_a_seed_does_not_undo_the_pin_and_helpers_of_the_student_count_as_their_own(draws: Answer) -> None:
    program = (
        "import json, random\nimport helper\nrandom.seed(42)\n"
        "print(json.dumps(dict(own=random.randint(1, 9), helper=helper.draw(), filter=helper.template())))\n"
    )
    helper = (
        "import random\nfrom jinja2 import Template\ndef draw():\n    return random.randint(1, 9)\n"
        "def template():\n    return int(Template('{{ [4, 7, 5]|random }}').render())\n"
    )
    found = draws(program, Pin.HIGH, **{"helper.py": helper})
    assert (found["own"], found["helper"]) == (9, 9)


NUMPY = """
import sys
sys.path.insert(0, '.')
import json
import numpy as np
import numpy.random as nr
g = nr.default_rng()
print(json.dumps(dict(
    randint=nr.randint(1, 10),
    upto=nr.randint(10),
    many=list(nr.randint(1, 10, 3)),
    old=nr.random_integers(1, 10),
    uniform=int(nr.uniform(2, 9.5)),
    rand=round(nr.rand(), 6),
    random=round(nr.random(), 6),
    choice=nr.choice([4, 2, 8]),
    upto_choice=nr.choice(5),
    integers=g.integers(1, 10),
    endpoint=g.integers(1, 10, endpoint=True),
    grand=round(g.random(), 6),
    guniform=int(g.uniform(2, 9.5)),
    gchoice=g.choice([4, 2, 8]),
)))
"""


def fake_numpy() -> dict[str, str]:
    module = (
        "class Generator:\n    def __init__(self, bits=None): self.bit_generator = bits\n"
        "    def integers(self, *a, **k): return 'natural'\n    def random(self, *a, **k): return 0.5\n"
        "    def uniform(self, *a): return 0.5\n    def choice(self, *a, **k): return 'natural'\n"
        "def default_rng(seed=None): return Generator(seed)\n"
        + "".join(
            f"def {name}(*a, **k): return 'natural'\n"
            for name in ("randint", "random_integers", "uniform", "rand", "choice", "random", "random_sample", "sample")
        )
    )
    package = "def full(size, value): return [value] * size\n"
    return {"numpy/__init__.py": package, "numpy/random.py": module}


@pytest.mark.parametrize(("pin", "index"), [(Pin.LOW, 0), (Pin.HIGH, 1)])
def test_draws_of_numpy_give_their_ends(draws: Answer, pin: Pin, index: int) -> None:
    ends = {
        "randint": (1, 9),
        "upto": (0, 9),
        "many": ([1] * 3, [9] * 3),
        "old": (1, 10),
        "uniform": (2, 9),
        "rand": (0.0, 1.0),
        "random": (0.0, 1.0),
        "choice": (2, 8),
        "upto_choice": (0, 4),
        "integers": (1, 9),
        "endpoint": (1, 10),
        "grand": (0.0, 1.0),
        "guniform": (2, 9),
        "gchoice": (2, 8),
    }
    assert draws(NUMPY, pin, **fake_numpy()) == {name: both[index] for name, both in ends.items()}
