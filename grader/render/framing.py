"""A student's page as it may stand in a frame, beside the policy that the frame has."""

from __future__ import annotations

import re

# No policy keeps a browser from connecting to where a <link rel="preconnect"> or the address of a frame points, before
# it finds that it may not load it. Of attributes of one name the first counts, so that these take the page's place.
_REACHING = re.compile(r"<(link|iframe|frame)(?=[\s/>])", re.IGNORECASE)
_INSTEAD = {
    "link": '<meta name="" http-equiv="" content="" ',
    "iframe": '<iframe src="about:blank" srcdoc="" ',
    "frame": '<frame src="about:blank" ',
}


def inert(markup: str) -> str:
    """The page without what would reach out before any policy is asked. Nothing of that could be seen anyway."""
    return _REACHING.sub(lambda found: _INSTEAD[found[1].lower()], markup)
