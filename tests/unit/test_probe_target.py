from __future__ import annotations

import pytest

from grader.probe.target import encode_target


@pytest.mark.parametrize(
    ("path", "sent"),
    [
        ("/", "/"),
        ("", "/"),
        ("hello", "/hello"),
        ("?a=1", "/?a=1"),
        ("/a b?x=[1]&y=c d", "/a%20b?x=%5B1%5D&y=c%20d"),
        ("/é?n=ü", "/%C3%A9?n=%C3%BC"),
        ("/a%20b?x=%5b1%5d", "/a%20b?x=%5B1%5D"),
        ("/100%/%zz?50%", "/100%25/%25zz?50%25"),
        ("/page#top?x=1", "/page"),
        ("//other/x", "//other/x"),
        ("/static/../main.py", "/static/../main.py"),
        ("/who?ask=why?", "/who?ask=why?"),
        ("/it's:(@home);a=b,c", "/it's:(@home);a=b,c"),
        ("/a\r\nHost: x", "/a%0D%0AHost:%20x"),
        ("/\ud800", "/?".replace("?", "%3F")),
    ],
)
def test_a_path_is_encoded_as_it_is_sent(path: str, sent: str) -> None:
    assert encode_target(path) == sent


@pytest.mark.parametrize("path", ["/a b?x=[1]", "/100%", "/é", "/%c3"])
def test_encoding_twice_changes_nothing(path: str) -> None:
    assert encode_target(encode_target(path)) == encode_target(path)
