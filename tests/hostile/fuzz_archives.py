"""Opens odd archives as if they had been handed in.

    python -m tests.hostile.fuzz_archives SEED [ARCHIVES]

tries the seeds from SEED on, and prints each that fails.
"""

from __future__ import annotations

import os
import shutil
import stat
import sys
import tempfile
import time
import traceback
import unicodedata
from pathlib import Path

from grader.errors import NotGradableError
from grader.submission import open_submission
from tests.hostile.odd_archives import LIMITS, made
from tests.hostile.peak import peak_memory

MOST_CPU = 1.0  # seconds, for one archive
MOST_MEMORY = 250 << 20
_CANARY = b"untouched"


class Trial:
    """Tries one seed after the other, in folders with a file on every side that nobody may touch."""

    def __init__(self, base: Path) -> None:
        self._base = base
        self._outside = base / "outside"
        self._outside.mkdir()
        self._canary = self._outside / "canary"
        self._canary.write_bytes(_CANARY)

    def attempt(self, seed: int) -> bool:
        """Whether there is something to grade. Raises whatever goes wrong with it."""
        workspace, archive = self._outside / "workspace", self._outside / "lab.zip"
        workspace.mkdir()
        archive.write_bytes(made(seed))
        began, open_before = time.thread_time(), len(os.listdir("/dev/fd"))
        found = None
        try:
            found = open_submission(archive, entries=("main.py", "app.py"), workspace=workspace, limits=LIMITS)
        except NotGradableError as error:
            _check_message(error)
        else:
            for file in found.files:
                assert (found.root / file.path).resolve().is_relative_to(workspace), file.path
        taken = time.thread_time() - began
        assert taken < MOST_CPU, f"it took {taken:.2f} s of the processor"
        assert len(os.listdir("/dev/fd")) == open_before, "a descriptor stayed open"
        self._check(workspace)
        shutil.rmtree(workspace)
        archive.unlink()
        return found is not None

    def _check(self, workspace: Path) -> None:
        """Nothing is elsewhere, and what is there is little, ordinary, and nobody's but ours."""
        assert sorted(os.listdir(self._base)) == ["outside"]
        assert sorted(os.listdir(self._outside)) == ["canary", "lab.zip", "workspace"]
        assert self._canary.read_bytes() == _CANARY
        size = count = 0
        for root, folders, files in os.walk(workspace):
            for name in (*folders, *files):
                about = os.lstat(os.path.join(root, name))
                assert stat.S_ISREG(about.st_mode) or stat.S_ISDIR(about.st_mode), f"{name!r} is no file"
                assert stat.S_IMODE(about.st_mode) in (0o644, 0o755), f"{name!r} has the mode {about.st_mode:o}"
                assert about.st_nlink == 1 or stat.S_ISDIR(about.st_mode), f"{name!r} has another name"
                count += 1
                size += about.st_size if stat.S_ISREG(about.st_mode) else 0
        assert size <= LIMITS.bytes, f"{size:,} bytes were written"
        assert count <= LIMITS.files + 3, f"{count} files and folders were made"  # with src, and what wraps a package


def _check_message(error: NotGradableError) -> None:
    """A person gets to read it: nothing in it steers a terminal."""
    # A space of another width is harmless.
    assert all(c.isprintable() or unicodedata.category(c) == "Zs" for c in error.message), f"unclean: {error.message!r}"
    assert len(error.message) < 1000, error.message
    assert error.advice


def run(first: int, archives: int) -> int:
    """Try so many seeds from `first` on; how many failed. Each is told."""
    failed = opened = 0
    for seed in range(first, first + archives):
        with tempfile.TemporaryDirectory() as base:  # a new one each time: a failure leaves its traces to itself
            try:
                opened += Trial(Path(base)).attempt(seed)
            except Exception:  # noqa: BLE001 - whatever it is, it should not have come out
                failed += 1
                print(f"python -m tests.hostile.fuzz_archives {seed}\n{traceback.format_exc()}")
    peak = peak_memory()
    if peak > MOST_MEMORY:
        failed += 1
        print(f"{peak >> 20} MB of memory at the most, with the seeds {first} to {first + archives - 1}")
    print(f"{archives} archives, {opened} gradable, {failed} failed, {peak >> 20} MB at the most")
    return failed


if __name__ == "__main__":
    sys.exit(run(int(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 1) > 0)
