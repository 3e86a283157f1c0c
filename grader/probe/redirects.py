"""Where a redirect leads. One within the same server is followed; one away from it is the answer itself."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from urllib.parse import SplitResult, urljoin, urlsplit

from grader.frozen import dataclass
from grader.model import FailureKind
from grader.probe.failure import AnswerError
from grader.probe.target import encode_target

MOST_REDIRECTS = 5
_REDIRECTS = (301, 302, 303, 307, 308)
_OWN_NAMES = ("127.0.0.1", "localhost", "0.0.0.0")  # noqa: S104 - compared with, never bound


@dataclass(frozen=True)
class Hop:
    """One request of a chain: `target` is the path and query as they are sent."""

    method: str
    target: str
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b""


def next_hop(hop: Hop, status: int | None, location: str | None, port: int) -> Hop | None:
    """Return the request that a browser would send next to the same server, or None where the answer is no redirect
    or leads to another server, which is never asked.

    Raises AnswerError when the redirect cannot be read.
    """
    if status not in _REDIRECTS or not location:
        return None
    try:
        goal = urlsplit(urljoin(f"http://127.0.0.1:{port}{hop.target}", location))
        own = _is_own(goal, hop, port)
    except ValueError as error:
        raise AnswerError(FailureKind.REDIRECT, f"the redirect points to no address: {location[:200]}") from error
    if not own:
        return None
    target = encode_target(goal.path + (f"?{goal.query}" if goal.query else ""))
    if (status == 303 and hop.method != "HEAD") or (status in (301, 302) and hop.method == "POST"):
        return Hop("GET", target, tuple(h for h in hop.headers if not h[0].lower().startswith("content-")))
    return replace(hop, target=target)


def too_many(visited: Collection[str], target: str) -> AnswerError:
    """Make the error for a chain that went through `visited` and now leads on to `target`."""
    if target in visited:
        return AnswerError(FailureKind.REDIRECT, f"the redirects go in a circle: {target[:200]} leads back to itself")
    return AnswerError(FailureKind.REDIRECT, f"more than {MOST_REDIRECTS} redirects, one after the other")


def _is_own(goal: SplitResult, hop: Hop, port: int) -> bool:
    """Whether a redirect stays with the server, under one of its usual names or under the Host that was sent."""
    if goal.scheme != "http":
        return False
    address = (goal.hostname, goal.port or 80)
    hosts = [urlsplit(f"http://{value}") for name, value in hop.headers if name.lower() == "host"]
    return address in [*((name, port) for name in _OWN_NAMES), *((host.hostname, host.port or 80) for host in hosts)]
