"""docs/own-lab.md, done: its files are written, its commands run in a shell, and what they print is what it shows."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from grader.rubric import load_rubric
from tests.conftest import Grade

ROOT = Path(__file__).resolve().parents[2]
TEXT = (ROOT / "docs/own-lab.md").read_text("utf-8")


class Block(NamedTuple):
    """A code block, with the words right before it and the line that it begins in."""

    before: str
    kind: str
    text: str
    line: int


def blocks() -> Iterator[Block]:
    for found in re.finditer(r"^```(\w+)\n(.*?)^```$", TEXT, flags=re.MULTILINE | re.DOTALL):
        before = " ".join(TEXT[: found.start()].split("```")[-1].split())
        yield Block(before, found[1], found[2], TEXT[: found.start()].count("\n") + 1)


def shell(commands: str, folder: Path) -> str:
    """What commands print, standard error among it, as a terminal of 100 characters shows it."""
    binaries = folder / ".bin"
    if not binaries.is_dir():
        binaries.mkdir()
        grade = binaries / "grade"
        grade.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m grader "$@"\n')
        grade.chmod(0o755)
    environment = {**os.environ, "PATH": f"{binaries}:{os.environ['PATH']}", "COLUMNS": "100", "NO_COLOR": "1"}
    environment["PYTHONPATH"] = str(ROOT)
    done = subprocess.run(
        ["sh", "-c", commands],
        cwd=folder,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        timeout=120,
        check=False,
    )
    assert done.returncode in (0, 1, 2), done.stdout
    return done.stdout


def as_pattern(shown: str) -> str:
    """What is shown as a pattern: … alone in a line stands for lines that are left out, else for words."""
    lines = [r"(.*\n)*?" if line.strip() == "…" else re.escape(line).replace("…", ".*") + r"\s*\n"
             for line in shown.splitlines()]  # fmt: skip
    return "".join(lines)


def named(block: Block, folder: Path) -> Path:
    """The file that the words before a block name."""
    name = re.search(r"`([\w./-]+)`(?: begins with| goes on| holds)?:$", block.before)
    assert name is not None, block.line
    return folder / name[1]


def write(block: Block, folder: Path) -> None:
    path = named(block, folder)
    path.parent.mkdir(parents=True, exist_ok=True)
    before = f"{path.read_text('utf-8')}\n" if block.before.endswith("goes on:") else ""
    path.write_text(before + block.text, "utf-8")


def is_file(block: Block) -> bool:
    return block.kind not in ("sh", "text") and not block.before.endswith("holds:")


@pytest.mark.slow
def test_the_rubric_of_the_tutorial_gives_its_app_everything(tmp_path: Path, grade: Grade) -> None:
    for block in filter(is_file, blocks()):
        write(block, tmp_path)
    report = grade(tmp_path / "reading", rubric=load_rubric(str(tmp_path / "reading.yaml")))
    assert report.score == 105
    assert report.max_score == 100


@pytest.mark.slow
def test_the_tutorial_is_true_from_its_first_file_to_its_last_command(tmp_path: Path) -> None:
    printed, done = "", 0
    for block in blocks():
        if block.kind == "sh":
            printed = shell(block.text, tmp_path)
        elif block.kind == "text":
            assert re.fullmatch(as_pattern(block.text), printed), f"line {block.line}:\n{printed}"
        elif is_file(block):
            write(block, tmp_path)
        else:
            assert block.text in named(block, tmp_path).read_text("utf-8"), block.line
        done += 1
    assert done > 30


def test_every_command_for_rubrics_that_takes_a_file_is_shown() -> None:
    commands = "".join(block.text for block in blocks() if block.kind == "sh")
    assert all(f"grade rubric {name} " in commands for name in ("new", "check", "explain", "try", "diff"))
