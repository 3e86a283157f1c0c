"""What HTML lets stand inside what: the part of the standard's content models that can be said of two elements."""

from __future__ import annotations

from grader.checks.html import names

VOID = names("area base br col embed hr img input link meta param source track wbr")
# Elements whose content is text, whatever it looks like.
TEXT = ("script", "style", "textarea", "title", "iframe", "noembed", "noframes", "xmp")

# Content that makes a block; what is in neither list, an element of one's own for instance, may stand anywhere.
BLOCKS = names(
    """address article aside blockquote details dialog div dl fieldset figure footer form h1 h2 h3 h4 h5 h6 header
    hgroup hr main menu nav ol p pre search section table ul"""
)
# Elements that hold text and what is part of a line, and no block.
LINES = names(
    """abbr b bdi bdo button cite code data dfn em h1 h2 h3 h4 h5 h6 i kbd label legend mark meter output p pre progress
    q rp rt ruby s samp small span strong sub sup summary time u var"""
)
# Elements that hold what the element around them may hold.
TRANSPARENT = names("a audio canvas del ins map noscript object slot video")
ANYWHERE = names("script template style link meta noscript")

_HEADINGS = "h1 h2 h3 h4 h5 h6"
# Elements that hold nothing but these, and no text.
ONLY = {
    "ul": names("li"),
    "ol": names("li"),
    "menu": names("li"),
    "dl": names("dt dd div"),
    "table": names("caption colgroup thead tbody tfoot tr"),
    "thead": names("tr"),
    "tbody": names("tr"),
    "tfoot": names("tr"),
    "tr": names("td th"),
    "colgroup": names("col"),
    "picture": names("source img"),
    "hgroup": names(f"p {_HEADINGS}"),
}
# Elements that stand in one of these, and nowhere else.
WITHIN = {
    "li": names("ul ol menu"),
    "dt": names("dl div"),
    "dd": names("dl div"),
    "caption": names("table"),
    "colgroup": names("table"),
    "col": names("colgroup"),
    "thead": names("table"),
    "tbody": names("table"),
    "tfoot": names("table"),
    "tr": names("table thead tbody tfoot"),
    "td": names("tr"),
    "th": names("tr"),
    "option": names("select optgroup datalist"),
    "optgroup": names("select"),
    "legend": names("fieldset optgroup"),
    "summary": names("details"),
    "figcaption": names("figure"),
    "source": names("audio video picture"),
    "track": names("audio video"),
    "param": names("object"),
    "rt": names("ruby"),
    "rp": names("ruby"),
    "body": names("html"),
    "head": names("html"),
}
HEAD = names("base link meta noscript script style template title")
# Elements that one presses or fills in: none of them stands inside a link or a button.
PRESSED = names("a button details embed iframe label select textarea")
PRESSING = ("a", "button")
NOT_INSIDE_ITSELF = ("a", "form", "button", "label")

# Elements whose end tag may be left out, with the start tags that end them.
ENDED_BY: dict[str, frozenset[str]] = {
    "p": BLOCKS,
    "li": names("li"),
    "dt": names("dt dd"),
    "dd": names("dt dd"),
    "option": names("option optgroup hr"),
    "optgroup": names("optgroup hr"),
    "tr": names("tr tbody tfoot thead"),
    "td": names("td th tr tbody tfoot"),
    "th": names("td th tr tbody tfoot"),
    "thead": names("tbody tfoot"),
    "tbody": names("tbody tfoot"),
    "tfoot": names("tbody"),
    "colgroup": names("thead tbody tfoot tr"),
    "caption": names("thead tbody tfoot tr colgroup"),
    "rt": names("rt rp"),
    "rp": names("rt rp"),
    "head": names("body"),
    "html": frozenset(),
    "body": frozenset(),
}
