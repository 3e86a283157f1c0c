"""The rubric's files beside the student's: in place of them, or at their end."""

from __future__ import annotations

from pathlib import Path

import pytest

from grader.errors import UngradedError
from grader.model import Provided, Submission
from grader.submission import open_submission, provide


def opened(folder: Path, **files: str) -> Submission:
    for name, text in {"lab__main": "import prices\n", **files}.items():
        path = folder / "work" / f"{name.replace('__', '/').replace('INIT', '__init__')}.py"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    (folder / "work/notes.txt").touch()  # or the folder below would be the root
    (folder / "copy").mkdir()
    return open_submission(folder / "work", entries=("main.py",), entry=None, workspace=folder / "copy")


def test_a_file_goes_beside_the_entry_and_takes_the_place_of_the_student_s(tmp_path: Path) -> None:
    before = opened(tmp_path, lab__prices="own\n")
    after = provide(before, (Provided("prices.py", b"ours"), Provided("data/x.txt", b"x")))
    assert (before.root / "lab/prices.py").read_text() == "ours"
    assert {f.path: (f.text, f.provided) for f in after.files} == {
        "lab/main.py": ("import prices\n", False),
        "lab/prices.py": ("ours", True),
        "lab/data/x.txt": ("x", True),
        "notes.txt": ("", False),
    }
    assert after.flags[-1].message == "lab/prices.py was replaced by that of the rubric."
    assert after.sha256 == before.sha256


def test_what_is_appended_is_run_but_what_is_read_is_the_student_s(tmp_path: Path) -> None:
    before = opened(tmp_path, lab__prices="def lookup(s): pass")
    after = provide(before, (Provided("prices.py", b"def lookup(s): return 1\n", append=True),))
    assert (before.root / "lab/prices.py").read_text() == "def lookup(s): pass\n\ndef lookup(s): return 1\n"
    assert {f.path: (f.text, f.provided) for f in after.files}["lab/prices.py"] == ("def lookup(s): pass", False)
    assert after.flags[-1].message == "lab/prices.py goes on with lines of the rubric."


def test_what_is_appended_to_nothing_is_a_file_of_the_rubric_s(tmp_path: Path) -> None:
    after = provide(opened(tmp_path), (Provided("prices.py", b"x = 1", append=True),))
    assert {f.path: (f.text, f.provided) for f in after.files}["lab/prices.py"] == ("x = 1", True)


@pytest.mark.parametrize("append", [True, False])
def test_a_module_that_is_a_package_is_met_where_it_is_imported(tmp_path: Path, append: bool) -> None:
    before = opened(tmp_path, lab__prices__INIT="own = 1")
    provide(before, (Provided("prices.py", b"ours = 1", append=append),))
    assert (before.root / "lab/prices/__init__.py").read_text() == ("own = 1\n\nours = 1" if append else "ours = 1")
    assert not (before.root / "lab/prices.py").exists()


def test_a_file_where_a_folder_is_needed_is_for_a_person_to_look_at(tmp_path: Path) -> None:
    with pytest.raises(UngradedError, match="could not be laid into the copy"):
        provide(opened(tmp_path), (Provided("main.py/x.txt", b"x"),))
