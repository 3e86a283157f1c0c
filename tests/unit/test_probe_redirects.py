from __future__ import annotations

import pytest

from grader.model import FailureKind
from grader.probe.failure import AnswerError
from grader.probe.redirects import Hop, next_hop, too_many

PORT = 5000
HERE = Hop("GET", "/lab/page?x=1")


def target(location: str, hop: Hop = HERE) -> str:
    onward = next_hop(hop, 302, location, PORT)
    assert onward is not None
    return onward.target


@pytest.mark.parametrize(
    ("location", "expected"),
    [
        ("/home", "/home"),
        ("home", "/lab/home"),
        ("../home", "/home"),
        ("?y=2", "/lab/page?y=2"),
        ("/café b", "/caf%C3%A9%20b"),
        ("/home#part", "/home"),
        ("http://127.0.0.1:5000/home", "/home"),
        ("http://localhost:5000", "/"),
        ("HTTP://LOCALHOST:5000/home", "/home"),
        ("http://0.0.0.0:5000/home", "/home"),
        ("//127.0.0.1:5000/home", "/home"),
    ],
)
def test_a_redirect_inside_the_app_is_resolved(location: str, expected: str) -> None:
    assert target(location) == expected


@pytest.mark.parametrize(
    "location",
    [
        "http://127.0.0.1:5001/",
        "http://127.0.0.1/",
        "https://127.0.0.1:5000/",
        "http://example.org/",
        "//example.org:5000/",
        "http://127.0.0.1:5000@example.org/",
        "http://127.0.0.1.example.org:5000/",
        "file:///etc/passwd",
        "javascript:alert(1)",
    ],
)
def test_a_redirect_to_anywhere_else_is_not_followed(location: str) -> None:
    assert next_hop(HERE, 302, location, PORT) is None


@pytest.mark.parametrize("location", ["http://[::1/", "http://127.0.0.1:99999/", "http://127.0.0.1:port/"])
def test_a_redirect_to_no_address_is_refused(location: str) -> None:
    with pytest.raises(AnswerError, match="redirect") as caught:
        next_hop(HERE, 302, location, PORT)
    assert caught.value.failure.kind is FailureKind.REDIRECT


def test_the_host_that_was_sent_is_the_same_origin() -> None:
    hop = Hop("GET", "/", (("Host", "shop.test:8000"),))
    assert target("http://shop.test:8000/cart", hop) == "/cart"


@pytest.mark.parametrize(
    ("status", "method", "expected"),
    [
        (301, "POST", "GET"),
        (302, "POST", "GET"),
        (303, "POST", "GET"),
        (303, "PUT", "GET"),
        (303, "HEAD", "HEAD"),
        (302, "HEAD", "HEAD"),
        (302, "PUT", "PUT"),
        (307, "POST", "POST"),
        (308, "POST", "POST"),
    ],
)
def test_the_method_changes_as_in_a_browser(status: int, method: str, expected: str) -> None:
    hop = Hop(method, "/", (("Content-Type", "text/plain"), ("X-Lab", "1")), b"body")
    onward = next_hop(hop, status, "/next", PORT)
    assert onward is not None
    assert onward.method == expected
    kept = onward.method == method
    assert onward.body == (b"body" if kept else b"")
    assert onward.headers == (hop.headers if kept else (("X-Lab", "1"),))


@pytest.mark.parametrize(
    ("status", "location"), [(200, "/x"), (300, "/x"), (304, "/x"), (None, "/x"), (302, None), (302, "")]
)
def test_other_answers_are_no_redirects(status: int | None, location: str | None) -> None:
    assert next_hop(HERE, status, location, PORT) is None


def test_a_circle_is_told_from_a_long_chain() -> None:
    assert "circle: /a" in str(too_many(["/", "/a"], "/a"))
    assert "more than 5" in str(too_many(["/", "/a"], "/b"))
