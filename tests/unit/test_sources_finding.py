"""Which kind a source is told to be, and what sources are refused, each with a sentence and what to do."""

from __future__ import annotations

import io
import os
import random
import stat
import struct
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from grader.errors import UngradedError, UsageError
from grader.sources import Found, Kind, find, listing, unpacking
from tests.exports import class_of, write_export, zipped

MAIN = b"print()\n"
Search = Callable[..., Found]


@pytest.fixture
def search(tmp_path: Path) -> Search:
    count = iter(range(1000))

    def search(source: Path | dict[str, bytes], *, packed: bool = False, **how) -> Found:
        room = tmp_path / f"room{next(count)}"
        room.mkdir()
        if not isinstance(source, Path):
            if packed:
                (room / "given.zip").write_bytes(zipped(source))
                source = room / "given.zip"
            else:
                source = written(room / "given", source)
        return find(source, workspace=room, **how)

    return search


def written(root: Path, files: dict[str, bytes]) -> Path:
    root.mkdir()
    for name, data in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.mkdir(exist_ok=True) if name.endswith("/") else path.write_bytes(data)
    return root


@pytest.fixture
def refused(search: Search) -> Callable[..., str]:
    def refused(*args, **how) -> str:
        with pytest.raises(UsageError) as caught:
            search(*args, **how)
        assert caught.value.message.endswith(".")
        assert caught.value.message.isprintable()
        assert caught.value.advice
        return caught.value.message

    return refused


def keys(found: Found) -> list[str]:
    return [a.person.key for a in found.attempts]


def canvas_names(count: int) -> dict[str, bytes]:
    return {f"person_{n}_{n + 900}_main.py": MAIN for n in range(10, 10 + count)}


def moodle_names(count: int) -> dict[str, bytes]:
    return {f"Person_{n}_assignsubmission_file/main.py": MAIN for n in range(10, 10 + count)}


# ---------------------------------------------------------------------------------------------------------------- kinds


def test_the_majority_tells_and_the_rest_is_left_out(search: Search) -> None:
    found = search({**canvas_names(9), "grades.csv": b"", "README.md": b""})
    assert found.kind is Kind.CANVAS
    assert found.why == "Canvas: 9 of 11 names are as it gives them (NAME_USER_ATTACHMENT_FILE)."
    assert [(o.path, o.reason) for o in found.left_out] == [
        ("README.md", "its name is not one that this kind of export gives"),
        ("grades.csv", "it is a table, not work"),
    ]


def test_a_few_of_another_kind_do_not_count(search: Search) -> None:
    found = search({**canvas_names(9), **moodle_names(1)})
    assert (found.kind, len(found.attempts), len(found.left_out)) == (Kind.CANVAS, 9, 1)


def test_mixed_kinds_are_refused_with_their_numbers(refused: Callable[..., str]) -> None:
    message = refused({**canvas_names(4), **moodle_names(4)})
    assert message == "given is mixed: of 8 names there are 4 as Moodle gives them, 4 as Canvas gives them."


def test_a_kind_can_be_forced(search: Search, refused: Callable[..., str]) -> None:
    files = {**canvas_names(4), **moodle_names(4)}
    assert len(search(files, kind=Kind.MOODLE).attempts) == 4
    assert search(files, kind=Kind.MOODLE).why == "Moodle, as was said: 4 of 8 names are as it gives them."
    assert len(search(files, kind=Kind.FOLDER).attempts) == 8
    assert "Nothing in given is named as Blackboard names it" in refused(files, kind=Kind.BLACKBOARD)


@pytest.mark.parametrize("packed", [False, True])
def test_folders_around_everything_do_not_matter(search: Search, packed: bool) -> None:
    for names in (canvas_names(3), moodle_names(3)):
        found = search({f"a/b/{name}": data for name, data in names.items()}, packed=packed)
        assert len(found.attempts) == 3
    people = {f"class/{name}/lab/main.py": MAIN for name in ("jane", "joe")}
    assert keys(search(people, packed=packed)) == ["jane", "joe"]
    assert keys(search({"class/jane.py": MAIN, "class/joe.py": MAIN}, packed=packed)) == ["jane", "joe"]


def test_one_persons_folder_is_a_class_of_one(search: Search) -> None:
    found = search({"jane/main.py": MAIN, "jane/helper.py": MAIN, "jane/templates/base.html": b""})
    assert keys(found) == ["jane"]
    assert found.why == "A folder of 1 folder: no kind of export has such names."


def test_a_list_of_the_class_beside_its_folder_does_not_matter(search: Search) -> None:
    people = {f"class/{name}/lab/main.py": MAIN for name in ("jane", "joe")}
    for names in (people, {f"class/{name}": data for name, data in moodle_names(2).items()}):
        found = search({**names, "roster.csv": b"Name\n"})
        assert len(found.attempts) == 2
        assert [(o.path, o.reason) for o in found.left_out] == [("roster.csv", "it is a table, not work")]


def test_a_folder_around_the_zip_of_an_export_does_not_matter(search: Search) -> None:
    found = search({"submissions.zip": zipped(canvas_names(3)), "roster.csv": b"Name\n"})
    assert (found.kind, len(found.attempts)) == (Kind.CANVAS, 3)
    assert keys(search({"jane.zip": zipped({"main.py": MAIN, "models.py": MAIN})})) == ["jane"]
    assert keys(search({"jane.zip": b"broken"})) == ["jane"]


def test_whoever_hands_in_an_archive_of_another_kind_is_not_left_out(search: Search) -> None:
    found = search({"jane.rar": b"x", "joe.tar.gz": b"x", "max.7z": b"x", "tim/main.py": MAIN, "notes.gz": b"x"})
    assert keys(found) == ["jane", "joe", "max", "tim"]
    assert found.why.startswith("A folder of 1 folder and 3 other archives:")


def test_far_too_many_names_are_refused_by_the_sources_own_name_before_anything_is_unpacked(
    refused: Callable[..., str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(listing, "MOST_NAMES", 20)
    assert refused(canvas_names(30)) == "given holds more than 20 names."
    assert refused(canvas_names(30), packed=True) == "given.zip holds more than 20 names."
    assert not list(tmp_path.rglob("person_*_main.py"))[30:]


def test_why_counts_what_there_is(search: Search) -> None:
    found = search({"a/m.py": MAIN, "b/m.py": MAIN, "c.zip": b"", "d.py": MAIN, "e.py": MAIN})
    assert found.why == "A folder of 2 folders, 1 zip and 2 Python files: no kind of export has such names."


@pytest.mark.parametrize("packed", [False, True])
def test_what_tools_made_is_left_out_with_a_reason(search: Search, packed: bool) -> None:
    junk = ("__MACOSX/._x", ".DS_Store", "._jane", "desktop.ini", "Thumbs.db", ".vscode/x", "Icon\r")
    found = search({"jane/m.py": MAIN, "joe/m.py": MAIN, **dict.fromkeys(junk, b"x")}, packed=packed)
    assert keys(found) == ["jane", "joe"]
    assert {one.path: one.reason.partition(" made")[0] for one in found.left_out} == {
        "__MACOSX": "macOS",
        ".DS_Store": "macOS",
        "._jane": "macOS",
        "Icon\\r": "macOS",
        "desktop.ini": "Windows",
        "Thumbs.db": "Windows",
        ".vscode": "a tool",
    }


# -------------------------------------------------------------------------------------------------------------- refused


def test_nothing_there(refused: Callable[..., str], tmp_path: Path) -> None:
    assert refused({}) == "given holds nobody's work: it is empty."
    assert refused({"a.txt": b"", "b.pdf": b""}) == "given holds nobody's work: only a.txt, b.pdf."
    assert "there is nothing of this name" in refused(tmp_path / "nowhere")
    (tmp_path / "x.txt").touch()
    assert refused(tmp_path / "x.txt") == "x.txt is neither a folder nor a zip."
    os.mkfifo(tmp_path / "pipe.zip")
    assert refused(tmp_path / "pipe.zip") == "pipe.zip is neither a folder nor a zip."


@pytest.mark.parametrize("packed", [False, True])
def test_one_persons_work_is_no_class(refused: Callable[..., str], packed: bool) -> None:
    message = refused({"main.py": MAIN, "templates/base.html": b""}, packed=packed)
    assert message == "given looks like the work of one person: main.py and its folders stand right in it."


# --------------------------------------------------------------------------------------------------------------- packed


def test_an_export_in_a_zip_is_unpacked_twice_at_most(
    search: Search, refused: Callable[..., str], tmp_path: Path
) -> None:
    once = zipped(moodle_names(3))
    assert len(search({"export.zip": once}, packed=True).attempts) == 3
    assert "is a zip in a zip in a zip" in refused({"a.zip": zipped({"b.zip": once})}, packed=True)


def test_one_persons_zip_in_an_export_is_not_the_export(search: Search) -> None:
    found = search({"doejane_1_2_lab.zip": zipped({"main.py": MAIN})}, packed=True)
    assert (found.kind, keys(found)) == (Kind.CANVAS, ["1"])


def test_a_two_gigabyte_zip_is_not_read(refused: Callable[..., str], tmp_path: Path) -> None:
    with (tmp_path / "huge.zip").open("wb") as file:
        file.truncate(2 << 30)
    assert refused(tmp_path / "huge.zip") == "huge.zip cannot be unpacked: it has 2,048 MB, and 1,024 MB are read."


def test_a_broken_export(refused: Callable[..., str], tmp_path: Path) -> None:
    for number, data in enumerate((b"", b"x" * 100, zipped(canvas_names(3))[:-30], b"PK\x05\x06" + b"\0" * 18)):
        path = tmp_path / f"broken{number}.zip"
        path.write_bytes(data)
        assert refused(path).startswith((f"broken{number}.zip cannot be unpacked: ", "broken3 holds nobody's work"))


def test_a_list_of_entries_that_is_too_long(refused: Callable[..., str], tmp_path: Path) -> None:
    end = struct.pack("<4s4H2LH", b"PK\x05\x06", 0, 0, 1, 1, 0xF0000000, 0, 0)
    (tmp_path / "long.zip").write_bytes(end)
    assert "far too many entries" in refused(tmp_path / "long.zip")


def test_too_much_altogether(monkeypatch: pytest.MonkeyPatch, refused: Callable[..., str]) -> None:
    monkeypatch.setattr(unpacking, "_LIMITS", unpacking.CopyLimits(files=20))
    assert "holds more than 20 files" in refused(canvas_names(30), packed=True)


def test_one_bomb_is_its_own_problem(search: Search) -> None:
    files = {**moodle_names(20), "Bomb_99_assignsubmission_file/main.py": b"\0" * (30 << 20)}
    found = search(files, packed=True)
    (bomb,) = [a for a in found.attempts if a.problem]
    assert bomb.person.name == "Bomb"
    assert "it unpacks to hundreds of times its size" in bomb.problem


def test_hostile_entries_are_left_out_one_by_one(search: Search, tmp_path: Path) -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, data in moodle_names(5).items():
            archive.writestr(name, data)
        link = zipfile.ZipInfo("Link_98_assignsubmission_file")
        link.external_attr = (stat.S_IFLNK | 0o777) << 16
        archive.writestr(link, "/etc")
        for name in ("../out.py", "/etc/out.py", "a/../../out.py", "..\\sub\\out.py", "x" * 300, "d/" * 60 + "m.py"):
            archive.writestr(name, MAIN)
        archive.writestr("Person_10_assignsubmission_file/main.py/inner.py", MAIN)
    source = tmp_path / "given.zip"
    source.write_bytes(buffer.getvalue())
    found = search(source)
    assert len(found.attempts) == 5
    reasons = [one.reason for one in found.left_out]
    assert reasons.count("its name leads out of the archive") == 4
    assert reasons.count("it is a link, and links are not followed") == 1
    assert reasons.count("its name is too long") == 1
    assert reasons.count("it lies in too many folders") == 1
    assert reasons.count("the archive holds a file and a folder of one name") == 1
    assert not list(tmp_path.rglob("out.py"))


def test_an_entry_without_a_name_and_one_in_a_file(search: Search, tmp_path: Path) -> None:
    files = {"a_1_2_main.py": MAIN, "b_1_2_m.py": MAIN, "c_3_4_m.py": MAIN, "c_3_4_m.pyX.DS_Store": MAIN}
    data = zipped(files).replace(b"c_3_4_m.pyX.DS", b"c_3_4_m.py/.DS")
    for signature, at in ((b"PK\x03\x04", 30), (b"PK\x01\x02", 46)):
        start = data.find(signature) + at
        data = data[:start] + b"\0" + data[start + 1 :]
    (tmp_path / "given.zip").write_bytes(data)
    found = search(tmp_path / "given.zip")
    assert keys(found) == ["1", "3"]
    assert "its name is empty" in [one.reason for one in found.left_out]


def test_one_name_twice_in_a_zip(search: Search, tmp_path: Path) -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("d_1_2_main.py", b"one")
        with pytest.warns(UserWarning, match="Duplicate"):
            archive.writestr("d_1_2_main.py", b"two")
    (tmp_path / "given.zip").write_bytes(buffer.getvalue())
    found = search(tmp_path / "given.zip")
    assert [p.read_bytes() for p in found.attempts[0].paths] == [b"one"]
    assert [one.reason for one in found.left_out] == ["the archive holds another file of this name"]


def test_an_encrypted_entry_is_its_own_problem(search: Search, tmp_path: Path) -> None:
    data = bytearray(zipped(canvas_names(3)))
    for signature, at in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        data[data.find(signature) + at] |= 1
    (tmp_path / "given.zip").write_bytes(data)
    problems = [a.problem for a in search(tmp_path / "given.zip").attempts]
    assert problems[1:] == ["", ""]
    assert problems[0].endswith("cannot be unpacked: it is encrypted.")


def test_names_of_old_archives(search: Search, tmp_path: Path) -> None:
    data = zipped({"Jos\u00e9_1_assignsubmission_file/main.py": MAIN})
    for at in (data.find(b"PK\x03\x04") + 7, data.find(b"PK\x01\x02") + 9):
        data = data[:at] + b"\0" + data[at + 1 :]  # UTF-8, and does not say so
    (tmp_path / "given.zip").write_bytes(data)
    assert search(tmp_path / "given.zip").attempts[0].person.name == "José"


@pytest.mark.parametrize("kind", [Kind.CANVAS, Kind.MOODLE, Kind.BLACKBOARD, Kind.GRADESCOPE, Kind.CLASSROOM50])
def test_the_order_in_an_archive_does_not_matter(search: Search, tmp_path: Path, kind: Kind) -> None:
    source = write_export(kind, tmp_path / "export.zip", class_of(20, lambda n: {"main.py": b"%d" % n}))
    with zipfile.ZipFile(source) as archive:
        files = [(name, archive.read(name)) for name in archive.namelist()]
    random.Random(7).shuffle(files)
    (tmp_path / "other").mkdir()
    (tmp_path / "other/export.zip").write_bytes(zipped(dict(files)))
    one, two = search(source), search(tmp_path / "other/export.zip")
    said = [[(a.person, a.number, a.names, a.label) for a in found.attempts] for found in (one, two)]
    assert said[0] == said[1]
    assert (one.why, one.left_out) == (two.why, two.left_out)


def test_a_workspace_that_cannot_be_written_is_no_fault_of_anybody(search: Search, tmp_path: Path) -> None:
    (tmp_path / "given.zip").write_bytes(zipped(canvas_names(2)))
    (tmp_path / "room").mkdir()
    (tmp_path / "room/export0").touch()
    with pytest.raises(UngradedError, match=r"^There is no room to unpack in .*: File exists\. Make room"):
        find(tmp_path / "given.zip", workspace=tmp_path / "room")


@pytest.mark.parametrize("data", [b'a,b\n"x', b"a,b\n" + b"x" * 200_000, b"\0" * 9])
def test_a_table_beside_the_clones_that_cannot_be_read_is_passed_over(search: Search, data: bytes) -> None:
    files = {f"lab-{name}/{file}": MAIN for name in ("a", "b") for file in ("m.py", ".git/HEAD")}
    found = search({**files, "grades.csv": data, "scores.csv": data})
    assert (found.kind, keys(found)) == (Kind.GITHUB_CLASSROOM, ["a", "b"])


def test_two_in_a_group_share_what_was_handed_in(search: Search, tmp_path: Path) -> None:
    source = write_export(Kind.GRADESCOPE, tmp_path / "x", class_of(2, lambda n: {"main.py": MAIN}), groups=2)
    one, two = search(source).attempts
    assert one.paths == two.paths
    assert one.person != two.person
