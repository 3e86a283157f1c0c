"""A page and everything of the same server that it names: what is fetched with it, linked from it, or sent to."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING
from urllib.parse import unquote

from grader.checks.elements import attribute_of, led_to
from grader.checks.html import page_of
from grader.checks.places import final_target
from grader.checks.verdict import broken
from grader.frozen import dataclass
from grader.model import Exchange, Request

if TYPE_CHECKING:
    from bs4 import Tag

MOST = 60  # addresses of a page
_DANGEROUS = ("logout", "delete", "remove", "reset")
_ADDRESSES = {
    "a": ("href",),
    "area": ("href",),
    "img": ("src", "srcset"),
    "input": ("src",),
    "script": ("src",),
    "link": ("href",),
    "source": ("src", "srcset"),
    "iframe": ("src",),
    "video": ("src", "poster"),
    "audio": ("src",),
    "track": ("src",),
    "object": ("data",),
    "embed": ("src",),
    "form": ("action",),
    "button": ("formaction",),
}
_SENDS = ("form", "button")
_AHEAD = ("preconnect", "dns-prefetch")  # of other servers, and not fetched


@dataclass(frozen=True)
class Crawl:
    """A script: a page, and then every address of the same server that it names, each once; what could end a session or
    take something away, last."""

    path: str

    def next(self, exchanges: tuple[Exchange, ...]) -> Request | None:
        """The next request; None at the end."""
        if not exchanges:
            return Request(self.path)
        if exchanges[0].status is None or broken(exchanges[0]):
            return None
        addresses, done = list(targets(exchanges[0])), len(exchanges) - 1
        return Request(addresses[done]) if done < min(len(addresses), MOST) else None


def targets(answer: Exchange) -> dict[str, bool]:
    """Path and query of each address on a page, and whether more than forms lead there: what takes a form answers as it
    likes where nothing is sent."""
    found: dict[str, bool] = {}
    for tag in page_of(answer).root.find_all(list(_ADDRESSES)):
        for address in _written(tag):
            target = led_to(answer, address) if address and not address.startswith(("#", "data:")) else None
            if target is not None:
                path = target.partition("#")[0]
                found[path] = found.get(path, False) or tag.name not in _SENDS
    return dict(sorted(found.items(), key=lambda pair: any(word in pair[0].lower() for word in _DANGEROUS)))


def _written(tag: Tag) -> Iterator[str]:
    if any(word in (attribute_of(tag, "rel") or "").split() for word in _AHEAD):
        return
    for name in _ADDRESSES[tag.name]:
        given = (attribute_of(tag, name) or "").strip()
        if name != "srcset":
            yield given
        elif not given.startswith("data:"):
            yield from (candidate.split()[0] for candidate in given.split(",") if candidate.strip())


def lost_fragments(answer: Exchange) -> Iterator[str]:
    """The ids that links within a page lead to, and no element of it has."""
    page, own = page_of(answer), final_target(answer)
    known = {attribute_of(tag, "id") for tag in page.root.find_all(id=True)}
    known |= {attribute_of(tag, "name") for tag in page.root.find_all("a", attrs={"name": True})}
    for tag in page.root.find_all(("a", "area"), href=True):
        address, _, fragment = (attribute_of(tag, "href") or "").strip().partition("#")
        if not fragment or fragment.lower() == "top" or (address and led_to(answer, address) != own):
            continue
        if fragment not in known and unquote(fragment) not in known:
            yield fragment
