"""Files that a rubric provides: from beside it or written out, within their folder and within bounds."""

from __future__ import annotations

from pathlib import Path

import pytest

from grader.errors import RubricError
from grader.rubric import load_rubric

CHECKS = "checks: [{id: a, title: A, points: 1, type: starts}]\n"


def loaded(folder: Path, provide: str) -> dict[str, bytes]:
    path = folder / "lab.yaml"
    path.write_text(f"id: lab\ntitle: A lab\nprovide: {provide}\n{CHECKS}")
    return {file.path: file.content for file in load_rubric(str(path)).provided}


def refused(folder: Path, provide: str) -> list[str]:
    with pytest.raises(RubricError) as caught:
        loaded(folder, provide)
    return [fault.sentence for fault in caught.value.details]


def test_files_come_from_beside_the_rubric_or_are_written_out(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data/prices.csv").write_bytes(b"\xff\x00")
    provide = "[data/prices.csv, {file: data/prices.csv, to: other.csv}, {content: 'é', to: a/b.txt}]"
    assert loaded(tmp_path, provide) == {
        "data/prices.csv": b"\xff\x00",
        "other.csv": b"\xff\x00",
        "a/b.txt": "é".encode(),
    }


def test_a_rubric_with_other_files_is_another_rubric(tmp_path: Path) -> None:
    hashes = set()
    for text in ("one", "two"):
        (tmp_path / "a.txt").write_text(text)
        loaded(tmp_path, "a.txt")
        hashes.add(load_rubric(str(tmp_path / "lab.yaml")).sha256)
    assert len(hashes) == 2


def test_what_is_not_there_is_no_file_or_leads_out_is_refused(tmp_path: Path) -> None:
    lab = tmp_path / "lab"
    (lab / "folder").mkdir(parents=True)
    (tmp_path / "secret").write_text("x")
    (lab / "link").symlink_to(tmp_path / "secret")
    (lab / "circle").symlink_to(lab / "circle")
    assert refused(lab, "none.txt") == ['provide: there is no file "none.txt" beside the rubric.']
    assert refused(lab, "folder") == ['provide: there is no file "folder" beside the rubric.']
    assert refused(lab, "link") == ['provide: "link" leads out of the rubric\'s folder.']
    assert len(refused(lab, "circle")) == 1
    assert refused(lab, f"{'n' * 300}")[0].startswith('provide: "nnn')


def test_what_is_too_large_alone_or_together_is_refused(tmp_path: Path) -> None:
    for name, size in (("large", (20 << 20) + 1), ("one", 11 << 20), ("two", 11 << 20)):
        with (tmp_path / name).open("wb") as file:
            file.truncate(size)
    assert refused(tmp_path, "large") == ['provide: "large" is larger than 20 MiB.']
    assert refused(tmp_path, "[one, two]") == ["provide: all files together are larger than 20 MiB."]
