"""What is laid out for grading, what one attempt's digest counts, and what a manifest says."""

from __future__ import annotations

import os
import tempfile
import unicodedata
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from grader.errors import NotGradableError, UsageError
from grader.sources import Attempt, Found, Kind, Person, digest, find, stage
from tests.exports import zipped

MAIN = b"print()\n"


def attempt_of(paths: list[Path], names: list[str], problem: str = "") -> Attempt:
    return Attempt(
        Person("p", "P"), 1, None, None, late=False, paths=tuple(paths), label="P", names=tuple(names), problem=problem
    )


@pytest.fixture
def room(tmp_path: Path) -> Path:
    (tmp_path / "room").mkdir()
    return tmp_path / "room"


def given_zip(folder: Path, files: dict[str, bytes], name: str = "d_1_2_lab.zip") -> Path:
    (folder / name).write_bytes(zipped(files))
    return folder / name


def laid(path: Path) -> dict[str, bytes]:
    return {str(p.relative_to(path)): p.read_bytes() for p in path.rglob("*") if p.is_file()}


# ------------------------------------------------------------------------------------------------------------- staging


def test_one_zip_stays_where_it_is(tmp_path: Path, room: Path) -> None:
    path = given_zip(tmp_path, {"main.py": MAIN})
    assert stage(attempt_of([path], ["lab.zip"]), room) == path
    assert not list(room.iterdir())


def test_a_zip_with_pictures_beside_it_is_the_work(tmp_path: Path, room: Path) -> None:
    path = given_zip(tmp_path, {"main.py": MAIN})
    (tmp_path / "d_1_3_x.png").write_bytes(b"x")
    assert stage(attempt_of([path, tmp_path / "d_1_3_x.png"], ["lab.zip", "x.png"]), room) == path


def test_files_get_their_authors_names_back(tmp_path: Path, room: Path) -> None:
    for name in ("d_1_2_main.py", "d_1_3_x.png"):
        (tmp_path / name).write_bytes(name.encode())
    names = ["main.py", "../../x/.."]
    staged = stage(attempt_of([tmp_path / "d_1_2_main.py", tmp_path / "d_1_3_x.png"], names), room)
    assert laid(staged) == {"main.py": b"d_1_2_main.py", "_/_/x/_": b"d_1_3_x.png"}
    assert staged.parent == room


@pytest.mark.parametrize("names", [["lab.rar"], ["Lab.TAR.GZ", "notes.txt"], ["screen.png", "x.7z"]])
def test_an_archive_of_another_kind_is_named_with_what_to_do(tmp_path: Path, room: Path, names: list[str]) -> None:
    paths = [tmp_path / f"d_1_{n}" for n, _ in enumerate(names)]
    for path in paths:
        path.write_bytes(b"x")
    with pytest.raises(NotGradableError, match=r"(lab\.rar|Lab\.TAR\.GZ|x\.7z) is an archive .* only zips are\."):
        stage(attempt_of(paths, names), room)
    (tmp_path / "main.py").write_bytes(MAIN)
    assert "main.py" in laid(stage(attempt_of([*paths, tmp_path / "main.py"], [*names, "main.py"]), room))


def test_a_very_long_name_keeps_its_ending(tmp_path: Path, room: Path) -> None:
    for name in ("a", "b"):
        (tmp_path / name).write_bytes(MAIN)
    staged = stage(attempt_of([tmp_path / "a", tmp_path / "b"], ["é" * 200 + ".py", "main.py"]), room)
    assert sorted(len(os.fsencode(name)) for name in laid(staged)) == [7, 199]


def test_folders_and_files_of_one_attempt_come_together(tmp_path: Path, room: Path) -> None:
    (tmp_path / "work/templates/__pycache__").mkdir(parents=True)
    (tmp_path / "work/templates/base.html").write_bytes(b"x")
    (tmp_path / "work/templates/__pycache__/x.pyc").write_bytes(b"x")
    (tmp_path / "main.py").write_bytes(MAIN)
    staged = stage(attempt_of([tmp_path / "work", tmp_path / "main.py"], ["", "main.py"]), room)
    assert laid(staged) == {"main.py": MAIN, "templates/base.html": b"x"}


def test_a_zip_in_a_zip_is_unpacked_and_no_further(tmp_path: Path, room: Path) -> None:
    inner = zipped({"main.py": MAIN})
    path = given_zip(tmp_path, {"__MACOSX/._x": b"x", "lab.zip": inner})
    assert stage(attempt_of([path], ["lab.zip"]), room).read_bytes() == inner
    (tmp_path / "other").mkdir()
    deeper = given_zip(tmp_path, {"deep.zip": zipped({"lab.zip": inner})})
    with pytest.raises(NotGradableError, match=r"^d_1_2_lab\.zip is a zip in a zip in a zip\. Pack"):
        stage(attempt_of([deeper], ["lab.zip"]), tmp_path / "other")


def test_a_bomb_in_a_zip_is_refused(tmp_path: Path, room: Path) -> None:
    path = given_zip(tmp_path, {"lab.zip": b"\0" * (30 << 20)})
    with pytest.raises(NotGradableError, match="hundreds of times"):
        stage(attempt_of([path], ["lab.zip"]), room)


@pytest.mark.parametrize("data", [b"", b"no zip", zipped({"main.py": MAIN})[:-10]])
def test_a_broken_zip_is_left_to_whoever_grades_it(tmp_path: Path, room: Path, data: bytes) -> None:
    (tmp_path / "x.zip").write_bytes(data)
    assert stage(attempt_of([tmp_path / "x.zip"], ["x.zip"]), room) == tmp_path / "x.zip"


def test_what_cannot_be_graded_says_why(tmp_path: Path, room: Path) -> None:
    with pytest.raises(NotGradableError, match=r"^A link was handed in\."):
        stage(attempt_of([], [], "A link was handed in."), room)
    with pytest.raises(NotGradableError, match=r"^gone\.py is gone"):
        stage(attempt_of([tmp_path / "gone.py"], ["main.py"]), room)
    os.mkfifo(tmp_path / "pipe.py")
    with pytest.raises(NotGradableError, match="neither a file nor a folder"):
        stage(attempt_of([tmp_path / "pipe.py"], ["main.py"]), room)


# -------------------------------------------------------------------------------------------------------------- digests

FILES = st.dictionaries(
    st.sampled_from(["main.py", "a/b.html", "a/c.py", "é.py", "z.txt"]), st.binary(max_size=50), min_size=1
)


@settings(max_examples=40, deadline=None)
@given(FILES, FILES)
def test_equal_work_and_only_that_has_equal_digests(one: dict[str, bytes], two: dict[str, bytes]) -> None:
    with tempfile.TemporaryDirectory() as name:
        digests = []
        for number, files in enumerate((one, two)):
            folder, around = Path(name) / f"folder{number}", Path(name) / f"zip{number}"
            around.mkdir()
            for path, data in reversed(files.items()):
                (folder / path).parent.mkdir(parents=True, exist_ok=True)
                (folder / path).write_bytes(data)
            archive = around / f"{number}.zip"
            with zipfile.ZipFile(archive, "w") as packed:  # another order, another time, not compressed
                for path, data in sorted(files.items()):
                    packed.writestr(zipfile.ZipInfo(path, (2001 + number, 1, 1, 0, 0, 0)), data)
            digests.append((digest(attempt_of([folder], [""])), digest(attempt_of([archive], [f"{number}.zip"]))))
        assert [a == b for a, b in zip(*digests, strict=True)] == [one == two] * 2


def test_what_no_grader_reads_does_not_count(tmp_path: Path) -> None:
    (tmp_path / "main.py").write_bytes(MAIN)
    before = digest(attempt_of([tmp_path], [""]))
    for path in (".git/HEAD", "__pycache__/x.pyc", ".DS_Store", "venv/pyvenv.cfg"):
        (tmp_path / path).parent.mkdir(exist_ok=True)
        (tmp_path / path).write_bytes(b"x")
    os.utime(tmp_path / "main.py", (1, 1))
    os.symlink("/etc", tmp_path / "link")
    assert digest(attempt_of([tmp_path], [""])) == before


@pytest.mark.parametrize(("count", "opened"), [(50, True), (6_000, False)])
def test_a_zip_of_more_files_than_any_lab_has_counts_by_its_bytes(tmp_path: Path, count: int, opened: bool) -> None:
    for name, order in (("one", 1), ("two", -1)):
        given_zip(tmp_path, {f"{n}.txt": b"" for n in range(count)[::order]}, f"{name}.zip")
    one, two = (digest(attempt_of([tmp_path / f"{name}.zip"], ["lab.zip"])) for name in ("one", "two"))
    assert (one == two) is opened


def test_what_cannot_be_read_still_has_a_digest(tmp_path: Path) -> None:
    with (tmp_path / "huge.zip").open("wb") as file:
        file.truncate(3 << 30)
    (tmp_path / "broken.zip").write_bytes(b"x")
    os.mkfifo(tmp_path / "pipe")
    found = [digest(attempt_of([tmp_path / name], [name])) for name in ("huge.zip", "broken.zip", "pipe", "gone")]
    assert len(set(found)) == 4
    assert digest(attempt_of([], [], "one")) != digest(attempt_of([], [], "two"))


def test_the_form_of_a_name_does_not_count(tmp_path: Path) -> None:
    (tmp_path / "x").write_bytes(b"")
    forms = [unicodedata.normalize(form, "é.py") for form in ("NFC", "NFD")]
    assert len({digest(attempt_of([tmp_path / "x"], [name])) for name in forms}) == 1


# ------------------------------------------------------------------------------------------------------------ manifests


@pytest.fixture
def say(tmp_path: Path) -> Callable[[str | bytes], Found]:
    root = tmp_path / "class"
    for name in ("doejane_1_2_main-1.py", "roejoe_3_4_main.py", "roejoe_3_5_base.html"):
        (tmp_path / "class").mkdir(exist_ok=True)
        (root / name).write_bytes(name.encode())
    (root / "folder/sub").mkdir(parents=True)
    (root / "folder/sub/main.py").write_bytes(MAIN)
    os.symlink("/etc/passwd", root / "link.py")

    def say(text: str | bytes) -> Found:
        (tmp_path / "who.csv").write_bytes(text if isinstance(text, bytes) else text.encode())
        return find(root, kind=None, manifest=tmp_path / "who.csv", workspace=tmp_path)

    return say


def test_a_manifest_overrides_the_names(say: Callable[[str | bytes], Found]) -> None:
    found = say(
        "path,person,name,attempt,late_seconds,submitted_at\n"
        "doejane_1_2_main-1.py,1,Jane Doe,,,\n"
        "folder/sub,x,,2,90.5,2024-10-03T23:59:01Z\n"
        "roejoe_3_4_main.py,x,Joe,1,,\n"
    )
    assert found.kind is Kind.CANVAS
    assert found.why == "The manifest who.csv names 3 files or folders of 2 people."
    assert [(a.person.key, a.person.name, a.number, a.late_seconds, a.late, a.names) for a in found.attempts] == [
        ("1", "Jane Doe", 1, None, False, ("main.py",)),
        ("x", "Joe", 1, None, False, ("main.py",)),
        ("x", "x", 2, 90.5, True, ("",)),
    ]
    assert found.attempts[0].person.ids == (("canvas_id", "1"),)
    assert [one.path for one in found.left_out] == ["link.py", "roejoe_3_5_base.html"]


@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
@pytest.mark.parametrize("coding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le"])
def test_separators_and_codings_of_a_manifest(say: Callable[[str | bytes], Found], separator: str, coding: str) -> None:
    text = f"Path{separator}Person\r\n\r\nfolder{separator}Zoë, Q. \r\n".encode(coding)
    if separator == ",":
        text = 'sep=,\nPath,Person\nfolder,"Zoë, Q."\n'.encode(coding)
    assert [a.person.name for a in say(text).attempts] == ["Zoë, Q."]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "who.csv is empty."),
        ("path\nfolder\n", "who.csv:1: the column person is missing; there are path."),
        ("path,person,path\n", "who.csv:1: the column path is there twice."),
        ("path,person\nno,a\nfolder,\n", "who.csv:2: path: there is no no in class. who.csv:3: person: it is empty."),
        ("path,person\n../x,a\n", "who.csv:2: path: ../x is no path below class."),
        ("path,person\n/etc/passwd,a\n", "who.csv:2: path: /etc/passwd is no path below class."),
        ("path,person\n.,a\n", "who.csv:2: path: . is no path below class."),
        ("path,person\nlink.py,a\n", "who.csv:2: path: link.py is a link or no regular file, which is not followed."),
        ("path,person\nlink.py/x,a\n", "path: link.py/x is a link or no regular file, which is not followed."),
        ("path,person,attempt\nfolder,a,0\n", "who.csv:2: attempt: 0 is no number from 1."),
        ("path,person,attempt\nfolder,a,two\n", "who.csv:2: attempt: two is no number from 1."),
        ("path,person,late_seconds\nfolder,a,-1\n", "who.csv:2: late_seconds: -1 is no number of seconds."),
        ("path,person,late_seconds\nfolder,a,nan\n", "who.csv:2: late_seconds: nan is no number of seconds."),
        (b"path,person\n\xff,a\n", "who.csv:2:1: this is not UTF-8."),
        (b"PK\x03\x04\0\0", "who.csv is a workbook or a zip, not a table."),
        ("path,person\n" + "x,a\n" * 8, "And 3 more."),
    ],
)  # fmt: skip
def test_mistakes_in_a_manifest(say: Callable[[str | bytes], Found], text: str | bytes, message: str) -> None:
    with pytest.raises(UsageError) as caught:
        say(text)
    assert caught.value.message.endswith(message)
    assert caught.value.advice


def test_a_line_break_in_a_cell_counts_in_lines(say: Callable[[str | bytes], Found]) -> None:
    with pytest.raises(UsageError, match=r"^who\.csv:4: path: there is no nowhere"):
        say('path,person,name\nfolder,a,"A\nB"\nnowhere,b,\n')


def test_a_manifest_for_what_no_name_tells(tmp_path: Path) -> None:
    (tmp_path / "class/data").mkdir(parents=True)
    (tmp_path / "class/data/a.txt").write_bytes(MAIN)
    (tmp_path / "who.csv").write_text("path,person\ndata/a.txt,Zoë\n")
    found = find(tmp_path / "class", manifest=tmp_path / "who.csv", workspace=tmp_path)
    assert [(a.person.key, a.names) for a in found.attempts] == [("Zoë", ("a.txt",))]
    assert found.kind is Kind.FOLDER


def test_two_files_of_one_name_are_never_mixed_up(tmp_path: Path, room: Path) -> None:
    (tmp_path / "work").mkdir()
    for path in ("work/main.py", "main.py"):
        (tmp_path / path).write_bytes(MAIN)
    with pytest.raises(NotGradableError, match=r"^P holds main\.py twice\. Say in a manifest"):
        stage(attempt_of([tmp_path / "work", tmp_path / "main.py"], ["", "main.py"]), room)
