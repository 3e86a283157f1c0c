"""Archives as people really make them, and as somebody would who means harm."""

from __future__ import annotations

import contextlib
import io
import os
import stat
import struct
import time
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path

import pytest

from grader.errors import NotGradableError
from grader.model import FlagKind, Submission
from grader.submission import CopyLimits, open_submission

MAIN = b"from flask import Flask\napp = Flask(__name__)\napp.run()\n"
Open = Callable[..., Submission]


@pytest.fixture
def opened(tmp_path: Path) -> Open:
    def open_it(data: bytes, **how) -> Submission:
        (tmp_path / "lab.zip").write_bytes(data)
        (tmp_path / "workspace").mkdir()
        return open_submission(
            tmp_path / "lab.zip", entries=("main.py", "app.py"), workspace=tmp_path / "workspace", **how
        )

    return open_it


@pytest.fixture
def refused(opened: Open, tmp_path: Path) -> Callable[..., str]:
    """Opens an archive that must be refused as a whole; gives the message, and sees that nothing got out."""

    def open_it(data: bytes, **how) -> str:
        with pytest.raises(NotGradableError) as caught:
            opened(data, **how)
        assert sorted(os.listdir(tmp_path)) == ["lab.zip", "workspace"]
        assert os.listdir(tmp_path / "workspace") in ([], ["src"])
        assert caught.value.message.startswith("lab.zip ")
        assert caught.value.message.isprintable()
        assert caught.value.advice
        return caught.value.message

    return open_it


def entry(name: str, mode: int = 0, how: int = zipfile.ZIP_DEFLATED) -> zipfile.ZipInfo:
    info = zipfile.ZipInfo(name)
    info.external_attr = mode << 16
    info.compress_type = how
    return info


def packed(*files: tuple[str | zipfile.ZipInfo, bytes]) -> bytes:
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files:
            archive.writestr(name, content)
    return data.getvalue()


def renamed(data: bytes, old: bytes, new: bytes) -> bytes:
    """The archive with a name that zipfile would not write."""
    assert len(old) == len(new)
    assert data.count(old) == 2
    return data.replace(old, new)


def paths(found: Submission) -> list[str]:
    return [file.path for file in found.files]


# ------------------------------------------------------------------------------------------------- as people make them


def test_an_archive_is_the_same_work_as_its_folder(opened: Open, tmp_path: Path) -> None:
    found = opened(packed(("lab/", b""), ("lab/main.py", MAIN), ("lab/templates/base.html", b"<h1>x</h1>")))
    folder = tmp_path / "folder"
    (folder / "templates").mkdir(parents=True)
    (folder / "main.py").write_bytes(MAIN)
    (folder / "templates/base.html").write_bytes(b"<h1>x</h1>")
    (tmp_path / "workspace2").mkdir()
    other = open_submission(folder, entries=("main.py",), workspace=tmp_path / "workspace2")
    assert (found.sha256, found.files, found.entry) == (other.sha256, other.files, other.entry)
    assert (found.name, found.entry) == ("lab.zip", "main.py")
    modes = {stat.S_IMODE(p.stat().st_mode) for p in found.root.rglob("*.*")}
    assert modes == {0o644}
    assert stat.S_IMODE((found.root / "templates").stat().st_mode) == 0o755


def test_what_a_mac_adds_is_left_out(opened: Open) -> None:
    found = opened(
        packed(
            ("lab/main.py", MAIN),
            ("lab/.DS_Store", b"x"),
            ("lab/Icon\r", b""),
            ("__MACOSX/", b""),
            ("__MACOSX/lab/._main.py", b"\0\5\x16\7"),
        )
    )
    assert paths(found) == ["main.py"]
    assert found.flags == ()


def test_environments_and_repositories_are_left_out_and_do_not_count(opened: Open) -> None:
    much = [(f"lab/env/lib/python3.12/site-packages/x/{n}.py", b"") for n in range(3_000)]
    much += [("lab/env/pyvenv.cfg", b""), ("lab/env/app.py", MAIN), ("lab/.git/config", b"[core]\nfsmonitor=evil\n")]
    found = opened(packed(("lab/main.py", MAIN), *much))
    assert paths(found) == ["main.py"]


@pytest.mark.parametrize("outer", ["", "lab/"])
def test_the_work_of_who_made_the_environment_in_its_folder_is_kept(outer: str, opened: Open) -> None:
    data = packed((f"{outer}pyvenv.cfg", b""), (f"{outer}bin/x.py", b""), (f"{outer}main.py", MAIN))
    assert paths(opened(data)) == ["main.py"]


@pytest.mark.parametrize(
    ("raw", "name"),
    [
        (b"caf\xc3\xa9.html", "caf\u00e9.html"),
        (b"cafe\xcc\x81.htm", "caf\u00e9.htm"),
        (b"caf\x82__.html", "caf\u00e9__.html"),
    ],
)
def test_names_in_any_coding_become_composed_unicode(raw: bytes, name: str, opened: Open) -> None:
    placeholder = b"x" * len(raw)
    data = renamed(packed(("main.py", MAIN), (placeholder.decode(), b"x")), placeholder, raw)
    assert paths(opened(data)) == sorted([name, "main.py"])


def test_a_leading_dot_folder_means_here(opened: Open) -> None:
    assert paths(opened(packed(("./", b""), ("./main.py", MAIN), ("./static//a.css", b"")))) == [
        "main.py",
        "static/a.css",
    ]


def test_an_archive_behind_other_bytes_and_with_a_comment_is_read(opened: Open) -> None:
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as archive:
        archive.writestr("main.py", MAIN)
        archive.comment = b"PK my lab"
    assert paths(opened(b"#!/bin/sh\n" + data.getvalue())) == ["main.py"]


def test_a_64_bit_archive_is_read(opened: Open) -> None:
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as archive, archive.open("main.py", "w", force_zip64=True) as file:
        file.write(MAIN)
    assert paths(opened(data.getvalue())) == ["main.py"]


def test_a_link_inside_the_work_becomes_what_it_leads_to(opened: Open) -> None:
    found = opened(
        packed(
            ("main.py", MAIN),
            ("templates/base.html", b"<h1>x</h1>"),
            (entry("templates/index.html", stat.S_IFLNK | 0o777), b"base.html"),
        )
    )
    assert (found.root / "templates/index.html").read_bytes() == b"<h1>x</h1>"
    assert not (found.root / "templates/index.html").is_symlink()


# ----------------------------------------------------------------------------------------------------- links, devices


@pytest.mark.parametrize("target", ["/etc/passwd", "../../secret", "/", "\0", "", "a\x1b[2J"])
def test_links_that_lead_out_are_left_out_and_reported(target: str, opened: Open) -> None:
    found = opened(packed(("main.py", MAIN), (entry("link", stat.S_IFLNK | 0o777), target.encode())))
    assert not os.path.lexists(found.root / "link")
    (flag,) = found.flags
    assert (flag.kind, flag.where) == (FlagKind.LINK_LEFT_OUT, "link")
    assert flag.message.isprintable()


def test_nothing_is_written_through_a_link(opened: Open, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    with pytest.raises(NotGradableError, match="as a file and as a folder"):
        opened(packed(("main.py", MAIN), (entry("d", stat.S_IFLNK | 0o777), str(outside).encode()), ("d/evil", b"x")))
    assert list(outside.iterdir()) == []


@pytest.mark.parametrize("kind", [stat.S_IFIFO, stat.S_IFCHR, stat.S_IFBLK, stat.S_IFSOCK])
def test_devices_and_pipes_are_not_made(kind: int, opened: Open) -> None:
    found = opened(packed(("main.py", MAIN), (entry("thing", kind | 0o666), b"")))
    assert paths(found) == ["main.py"]
    assert [f.where for f in found.flags] == ["thing"]


def test_no_right_of_the_archive_is_taken_over(opened: Open) -> None:
    found = opened(packed((entry("main.py", stat.S_IFREG | 0o6777), MAIN)))
    assert stat.S_IMODE((found.root / "main.py").stat().st_mode) == 0o644


# --------------------------------------------------------------------------------------------------------------- names


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("../evil.py", "leads out"),
        ("lab/../../evil.py", "leads out"),
        ("a/../b.py", "leads out"),
        ("..", "leads out"),
        ("/etc/evil", "absolute"),
        ("//server/evil", "absolute"),
        ("lab\\main.py", "backslash"),
        ("..\\evil.py", "leads out"),
        ("C:/evil.py", "colon"),
        ("main.py:stream", "colon"),
        ("a\x1b[2J.py", "hidden characters"),
        ("a\nb.py", "hidden characters"),
        ("a\u202eyp.exe", "hidden characters"),
        ("a\u200bb.py", "hidden characters"),
        ("__MACOSX/../../evil", "leads out"),
        ("x" * 300, "too long"),
    ],
)
def test_one_bad_name_refuses_the_whole_archive(name: str, why: str, refused) -> None:
    assert why in refused(packed(("main.py", MAIN), (name, b"x")))


def test_a_name_with_a_null_byte_is_refused(refused) -> None:
    assert "hidden characters" in refused(
        renamed(packed(("main.py", MAIN), ("a.py_.txt", b"x")), b"a.py_.txt", b"a.py\0.txt")
    )


def test_an_entry_without_a_name_is_refused(refused) -> None:
    data = packed(("main.py", MAIN), ("x", b"1"))
    listed = data.rfind(b"PK\1\2")
    struct_at = listed + 28
    data = data[:struct_at] + b"\0\0\1\0" + data[struct_at + 4 :]  # its name becomes an extra field
    refused(data)


@pytest.mark.parametrize(
    ("one", "two"),
    [
        ("Index.html", "index.html"),
        ("a/STATIC.css", "A/static.css"),
        ("caf\u00e9.html", "cafe\u0301.html"),
        ("stra\u00dfe", "STRASSE"),
        ("a/b", "a//b"),
        ("a", "a/b"),
        ("A", "a/b"),
    ],
)
def test_two_names_for_one_file_are_refused(one: str, two: str, refused) -> None:
    refused(packed(("main.py", MAIN), (one, b"1"), (two, b"2")))


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_one_name_twice_is_refused(refused) -> None:
    assert "main.py twice" in refused(packed(("main.py", MAIN), ("main.py", b"evil")))


# --------------------------------------------------------------------------------------------------------------- bombs


def test_a_file_that_unpacks_to_hundreds_of_times_its_size_is_refused(refused, tmp_path: Path) -> None:
    message = refused(packed(("main.py", MAIN), ("zeros", b"\0" * (20 << 20))))
    assert "hundreds of times" in message
    assert (tmp_path / "workspace/src/zeros").stat().st_size < 6 << 20


def test_a_bomb_that_states_a_small_size_is_stopped_by_what_comes_out(refused, tmp_path: Path) -> None:
    data = packed(("main.py", MAIN), ("zeros", b"\0" * (20 << 20)))
    size = struct.pack("<L", 20 << 20)
    assert data.count(size) == 2
    refused(data.replace(size, struct.pack("<L", 100)))
    written = (tmp_path / "workspace/src/zeros").stat().st_size if (tmp_path / "workspace/src/zeros").exists() else 0
    assert written < 6 << 20


def test_an_honest_size_beyond_the_limit_is_refused_before_unpacking(refused, tmp_path: Path) -> None:
    assert "more than 1 MB" in refused(
        packed((entry("big", how=zipfile.ZIP_STORED), b"x" * (2 << 20)), ("main.py", MAIN)),
        limits=CopyLimits(bytes=1 << 20),
    )
    assert not (tmp_path / "workspace/src/big").exists()


def test_too_many_files_are_refused(refused) -> None:
    assert "more than 2,000 files" in refused(packed(*((f"f{n}", b"") for n in range(2_100))))


def test_names_of_many_accents_are_soon_read(opened: Open) -> None:
    """To put those of one name in order takes a second."""
    names = ("a" + "\u0316\u0300" * 16_000 + f"{number}.py" for number in range(30))
    begun = time.monotonic()
    with contextlib.suppress(NotGradableError):
        opened(packed(*((name, MAIN) for name in names)))
    assert time.monotonic() - begun < 6


def test_folders_that_never_end_are_refused(refused) -> None:
    assert "20 deep" in refused(packed(("main.py", MAIN), ("d/" * 60 + "x", b"")))


def test_a_list_of_entries_without_end_is_refused_before_it_is_read(refused) -> None:
    data = packed(("main.py", MAIN))
    end = data.rfind(b"PK\5\6")
    many = struct.pack("<HHLL", 0xFFFF, 0xFFFF, 64 << 20, 0)
    assert "too many entries" in refused(data[: end + 8] + many + data[end + 20 :])


def test_a_list_of_entries_without_end_in_64_bits_is_refused_before_it_is_read(refused) -> None:
    data = packed(("main.py", MAIN))
    end = data.rfind(b"PK\5\6")
    record = struct.pack("<4sQ2H2L4Q", b"PK\6\6", 44, 45, 45, 0, 0, 1, 1, 1 << 40, 0)
    locator = struct.pack("<4sLQL", b"PK\6\7", 0, end, 1)
    assert "too many entries" in refused(data[:end] + record + locator + data[end:])


def overlapping(count: int) -> bytes:
    """One packed file, listed `count` times under different names: each entry alone is fine."""
    content = zlib.compress(b"x" * 100_000)[2:-4]
    checksum = zlib.crc32(b"x" * 100_000)
    common = struct.pack("<HHHHHLLL", 20, 0, 8, 0, 0x21, checksum, len(content), 100_000)
    data = b"PK\3\4" + common + struct.pack("<HH", 4, 0) + b"f000" + content
    listed = b"".join(
        b"PK\1\2" + struct.pack("<H", 20) + common + struct.pack("<HHHHHLL", 4, 0, 0, 0, 0, 0, 0) + b"f%03d" % n
        for n in range(count)
    )
    return data + listed + b"PK\5\6" + struct.pack("<HHHHLLH", 0, 0, count, count, len(listed), len(data), 0)


def test_entries_that_share_their_bytes_are_refused(refused) -> None:
    assert "overlap" in refused(overlapping(50))


# -------------------------------------------------------------------------------------------------- broken, encrypted


def test_an_encrypted_archive_is_refused_with_what_to_do(opened: Open) -> None:
    data = bytearray(packed(("main.py", MAIN)))
    for signature, at in ((b"PK\3\4", 6), (b"PK\1\2", 8)):
        data[data.find(signature) + at] |= 1
    with pytest.raises(NotGradableError) as caught:
        opened(bytes(data))
    assert "encrypted" in caught.value.message
    assert "without a password" in caught.value.advice


@pytest.mark.parametrize("method", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_a_method_that_is_not_read_is_refused(method: int, refused) -> None:
    assert "method" in refused(packed((entry("main.py", how=method), MAIN)))


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"PK",
        b"no zip at all" * 100,
        b"PK\3\4" + b"\0" * 200,
        b"\0" * 70_000,
        packed(("main.py", MAIN))[:-10],
        packed(("main.py", MAIN))[:40],
        packed(("main.py", MAIN)).replace(b"PK\3\4", b"PK\3\5"),
        packed(("main.py", MAIN))[20:],
    ],
    ids=["empty", "two bytes", "text", "head only", "zeros", "end cut", "only begun", "wrong mark", "head cut"],
)
def test_what_is_no_whole_zip_is_refused_in_one_sentence(data: bytes, refused) -> None:
    assert "no zip file, or a broken or incomplete one" in refused(data)


def test_content_that_does_not_fit_its_checksum_is_refused(refused) -> None:
    data = packed((entry("main.py", how=zipfile.ZIP_STORED), MAIN))
    refused(data.replace(b"app.run()", b"app.ran()"))


@pytest.mark.parametrize("at", range(0, 180, 3))
def test_a_damaged_byte_never_becomes_a_crash(at: int, opened: Open) -> None:
    data = bytearray(packed(("lab/main.py", MAIN), ("lab/a.html", b"x")))
    data[at % len(data)] ^= 0xFF
    try:
        found = opened(bytes(data))
    except NotGradableError:
        return
    assert found.entry == "main.py" or found.entry.endswith("main.py")


def test_an_empty_zip_is_not_gradable(refused) -> None:
    assert "it is empty" in refused(packed())


def test_a_zip_without_python_names_what_it_holds(refused) -> None:
    assert "index.html" in refused(packed(("index.html", b"x")))
