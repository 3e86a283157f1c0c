"""CSS selectors are loaded when a rubric names one, and not before; by whichever thread comes first."""

from __future__ import annotations

import subprocess
import sys

PROGRAM = """
import sys, threading
from grader.checks.elements import select
from grader.checks.html import Page

def texts(css):
    return [tag.get_text() for tag in select(Page("<h1><b>one</b></h1><h1>two</h1>"), css)]

assert texts("h1") == ["one", "two"]
assert "soupsieve.css_parser" not in sys.modules, "loaded for the name of an element"
found = []
threads = [threading.Thread(target=lambda: found.append(texts("h1 > b"))) for _ in range(8)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
assert found == [["one"]] * 8, found
assert "soupsieve.css_parser" in sys.modules
import bs4
assert [tag.get_text() for tag in bs4.BeautifulSoup("<p><i>x</i></p>", "lxml").select("p > i")] == ["x"]
"""


def test_selectors_are_loaded_when_one_is_used() -> None:
    subprocess.run([sys.executable, "-c", PROGRAM], check=True, timeout=60)
