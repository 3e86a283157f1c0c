"""The overview in a real browser: its script may run, sorts and filters; nothing sticks out of a narrow window."""

from __future__ import annotations

import json
import re
from html import unescape
from pathlib import Path

import pytest

from tests.e2e.test_html_in_browser import chromium
from tests.unit.overview_samples import course, written

ACTS = """
const names = () => rows.length && [...body.rows].filter((r) => !r.hidden).map((r) => r.cells[0].textContent.trim());
const scores = () => [...body.rows].map((r) => parseFloat(r.cells[2].textContent));
const press = (n) => heads[n].querySelector("button").click();
const set = (control, value) => { control.value = value; control
  .dispatchEvent(new Event("input", { bubbles: true })); };
const said = {};
said.wide = document.documentElement.scrollWidth <= innerWidth;
said.before = names();
press(2); said.up = scores(); said.ariaUp = heads[2].getAttribute("aria-sort");
press(2); said.down = scores(); said.ariaDown = heads[2].getAttribute("aria-sort");
press(5); said.late = [...body.rows].map((r) => r.cells[5].textContent).filter(Boolean);
press(0); said.byName = names(); said.ariaMoved = heads[2].hasAttribute("aria-sort");
set(find, "zoe 2"); said.found = names(); said.shown = shown.textContent;
set(find, ""); set(state, "missing"); said.missing = names().length;
set(state, ""); set(lost, "0"); said.lost = names().length;
said.lostAll = [...body.rows].filter((r) => !r.hidden).every((r) => r.cells[6].textContent === "0");
set(lost, ""); said.all = names().length;
const out = document.createElement("pre");
out.id = "said"; out.textContent = JSON.stringify(said); document.body.append(out);
"""


@pytest.mark.slow
def test_its_own_script_runs_under_its_policy(tmp_path: Path) -> None:
    page = tmp_path / "index.html"
    page.write_text(written(list(course(20))), encoding="utf-8")
    dom = chromium(tmp_path, "--dump-dom", page.as_uri())
    assert "20 of 20 shown" in dom
    tools = re.search(r'<div class="tools"[^>]*>', dom)
    assert tools is not None
    assert "hidden" not in tools[0]


@pytest.mark.slow
@pytest.mark.parametrize("width", [390, 1280])
def test_the_table_sorts_and_filters_and_fits(tmp_path: Path, width: int) -> None:
    rows = list(course(120))
    page = tmp_path / "index.html"
    acting = written(rows).replace("</script>", f"{ACTS}</script>")
    page.write_text(re.sub(r"<meta http-equiv[^>]*>", "", acting), encoding="utf-8")
    dom = chromium(tmp_path, f"--window-size={width},900", "--dump-dom", page.as_uri())
    said = json.loads(unescape(dom.split('<pre id="said">')[1].split("</pre>")[0]))
    scored = sorted(float(row.score) for row in rows if row.score is not None)
    none = [None] * (len(rows) - len(scored))  # last in either direction
    assert said["before"] == [row.name for row in rows]
    assert (said["up"], said["ariaUp"]) == (scored + none, "ascending")
    assert (said["down"], said["ariaDown"]) == (scored[::-1] + none, "descending")
    assert said["late"] == [row.late for row in sorted(rows, key=lambda row: row.late_seconds) if row.late]
    assert said["byName"][:3] == ["Ada Lovelace 0", "Ada Lovelace 7", "Ada Lovelace 14"]  # numbers as numbers
    assert not said["ariaMoved"]
    assert set(said["found"]) == {
        r.name for r in rows if r.name.startswith("Zoë") and "2" in " ".join([r.name, r.ids[0][1], r.ids[1][1]])
    }
    assert said["shown"] == f"{len(said['found'])} of 120 shown"
    assert said["missing"] == sum(row.status.value == "missing" for row in rows)
    assert said["lost"] == sum(bool(row.checks) and row.checks[0].points == 0 for row in rows) > 0
    assert said["lostAll"]
    assert said["all"] == 120
    assert said["wide"]


@pytest.mark.slow
@pytest.mark.parametrize(("width", "scheme"), [(1280, 1), (390, 0)], ids=["wide and light", "narrow and dark"])
def test_it_can_be_looked_at(tmp_path: Path, width: int, scheme: int) -> None:
    page, picture = tmp_path / "index.html", tmp_path / "page.png"
    page.write_text(written(list(course(120))), encoding="utf-8")
    scheme_of = f"--blink-settings=preferredColorScheme={scheme}"
    chromium(tmp_path, f"--screenshot={picture}", f"--window-size={width},1600", scheme_of, page.as_uri())
    assert picture.stat().st_size > 20_000
