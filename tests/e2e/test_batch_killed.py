"""A run that is killed: what it saved counts, the same command goes on, and nothing is left lying about."""

from __future__ import annotations

import os
import random
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from grader.cli import run
from tests import batches

KILLS, PEOPLE = 25, 6  # and one more whose work is broken
WAYS: list[Callable[..., None]] = [batches.kill_the_main_process, batches.kill_its_group, batches.kill_all_below]


@pytest.fixture
def scratch(tmp_path: Path) -> Path:
    """Where temporary files are."""
    (tmp_path / "scratch").mkdir()
    return tmp_path / "scratch"


@pytest.mark.slow
def test_killed_at_any_moment_it_goes_on_to_the_same_gradebook(tmp_path: Path, scratch: Path) -> None:
    """Of every eight kills one hits the beginning, and one each a while after so many are told to be done, to the last.
    Three hit each folder, one after the other, before a run is let come to its end."""
    source = batches.write_class(tmp_path, PEOPLE)
    environment = {"TMPDIR": str(scratch)}
    seconds = took(source, "whole", environment)
    seed = os.urandom(4).hex()
    drawn = random.Random(seed)
    hit, between = 0, 0
    for first in range(0, KILLS, 3):
        out, before = tmp_path / f"killed{first}", set[tuple[int, str, int]]()
        for number in range(first, min(first + 3, KILLS)):
            count, way = number % (PEOPLE + 2), drawn.choice(WAYS)
            delay = drawn.random() * seconds / (PEOPLE + 2 if count else 1)
            context = f"seed {seed}, kill {number}: {delay:.3f} s after {count} were done, {way.__name__}"
            process = batches.begun(source, out, environment=environment)
            told = batches.until_told(process, count)
            time.sleep(delay)
            hit += process.poll() is None
            way(process)
            told = max(told, batches.told(batches.finished(process)[2]))
            assert before <= batches.saved(out), context
            before = batches.saved(out)
            assert told <= len(before), context
            between += 0 < len(before) <= PEOPLE
        code, _, said = batches.finished(batches.begun(source, out, environment=environment))
        assert code == 0, (context, said)
        assert f"{len(before)} were done before." in said, context
        assert before <= batches.saved(out), context
        batches.assert_the_same_results(tmp_path / "whole", out, context)
    assert hit >= KILLS // 2, f"seed {seed}: the runs ended before they were killed"
    assert between >= 3, f"seed {seed}: hardly one was killed while it graded"
    batches.until_empty(scratch)


def took(source: Path, out: str, environment: dict[str, str]) -> float:
    """How long a run takes that nobody kills."""
    begin = time.monotonic()
    code, _, said = batches.finished(batches.begun(source, out, environment=environment))
    assert code == 0, said
    return time.monotonic() - begin


@pytest.mark.slow
def test_killed_with_all_that_it_started_it_goes_on_and_clears_away_what_is_left(
    tmp_path: Path, scratch: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    source, out = batches.write_class(tmp_path, 4), tmp_path / "results"
    process = batches.begun(source, environment={"TMPDIR": str(scratch)})
    batches.until_graded(process, 1)
    batches.kill_all_below(process)
    batches.finished(process)
    before = batches.saved(out)
    assert before
    assert {path.name.rpartition("-")[0] for path in scratch.iterdir()} >= {"grade-class", "grade-programs"}
    (out / "reports/.student1.json-0123456789abcdef").write_text("{")
    monkeypatch.setattr(tempfile, "tempdir", str(scratch))
    assert run(batches.command(source)) == 0
    assert f"{len(before)} were done before." in capsys.readouterr().err
    assert before <= batches.saved(out)
    assert sorted(key for _, key, _ in batches.saved(out)) == ["broken #1", *(f"student{n} #1" for n in range(4))]
    rows = [row.split(",")[:4] for row in (out / "gradebook.csv").read_text("utf-8-sig").splitlines()[1:]]
    assert rows == [
        ["broken", "1", "not_gradable", ""],
        *(["student0", "1", "graded", "4"], ["student1", "1", "graded", "10"]),
        *(["student2", "1", "graded", "10"], ["student3", "1", "graded", "4"]),
    ]
    names = ("broken", *(f"student{n}" for n in range(4)))
    assert {p.name for p in (out / "reports").iterdir()} == {
        f"{n}.{ending}" for n in names for ending in ("json", "html")
    }
    assert not any(scratch.iterdir())
