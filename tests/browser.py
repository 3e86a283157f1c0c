"""A real browser for tests: Debian's Chromium, driven by Playwright, against a real server. Nothing leaves the machine.

with served(department.app) as address, browsing(address) as browser:
    page = browser.page(width=390, dark=True, script=False)
    page.goto(address)
    browser.assert_accessible(page)
"""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from axe_playwright_python.sync_playwright import Axe
from flask import Flask
from playwright.sync_api import Browser, ConsoleMessage, Page, Route, expect, sync_playwright
from waitress.server import create_server

expect.set_options(timeout=30_000)  # on a busy machine
CHROMIUM = "/usr/bin/chromium"
WIDTHS = (390, 1280)
_AXE = {"iframes": False, "resultTypes": ["violations"]}  # a frame shows what a student's program sent
_ON_PAPER = """() => {
  const seen = (one) => one.checkVisibility({ visibilityProperty: true }) && one.getBoundingClientRect().width > 1;
  const says = (one) => `${one.tagName} ${one.className} ${one.textContent.trim().slice(0, 60)}`;
  const all = [...document.body.querySelectorAll("*")].filter(seen);
  const pressed = all.filter((one) => one.matches("nav, button, input, select, textarea, iframe, .button"));
  const clips = (one) => getComputedStyle(one).overflowX !== "visible";
  const cut = all.filter((one) => clips(one) && one.scrollWidth > one.clientWidth + 1);
  const style = getComputedStyle(document.body);
  return { ink: style.color, paper: style.backgroundColor, pressed: pressed.map(says), cut: cut.map(says) };
}"""
_BY_KEYBOARD = """() => {
  const wanted = "a[href], button, input:not([type=hidden]), select, textarea, summary, [tabindex='0']";
  const forward = [...document.querySelectorAll("[tabindex]")].filter((one) => one.tabIndex > 0);
  const wrong = forward.map((one) => ["order", one]);
  for (const one of document.querySelectorAll(wanted)) {
    if (one.disabled || !one.checkVisibility({ visibilityProperty: true })) continue;
    one.focus();
    if (document.activeElement !== one) { wrong.push(["no focus", one]); continue; }
    const ringed = one.closest(".field:has(> textarea)") || one;
    const style = getComputedStyle(ringed);
    if (style.outlineStyle === "none" || parseFloat(style.outlineWidth) < 2) wrong.push(["no ring", one]);
    const box = [...one.getClientRects()].find((rect) => rect.width > 1);
    if (!box) continue;
    const [x, y] = [box.left + Math.min(4, box.width / 2), box.top + Math.min(4, box.height / 2)];
    const upper = document.elementFromPoint(x, y);
    const label = one.closest("label") || one;
    const seen = upper && (label.contains(upper) || upper.contains(one));
    if (!seen && !one.matches("pre, .scroll, .diff")) wrong.push(["covered", one]);
    const ring = parseFloat(style.outlineWidth) + parseFloat(style.outlineOffset) - 1.5;
    const clips = (above) => getComputedStyle(above).overflowX !== "visible" && above !== document.body;
    for (let above = ringed.parentElement; above && !one.closest("svg"); above = above.parentElement) {
      if (!clips(above)) continue;
      const [inner, outer] = [ringed.getBoundingClientRect(), above.getBoundingClientRect()];
      const wide = inner.width > outer.width;
      if (!wide && (inner.left - ring < outer.left || inner.right + ring > outer.right)) wrong.push(["cut ring", one]);
      break;
    }
  }
  return wrong.map(([what, one]) => `${what}: ${one.outerHTML.slice(0, 140)}`);
}"""
_SHIFTS = """window.shifted = 0;
new PerformanceObserver((list) => {
  for (const one of list.getEntries()) if (!one.hadRecentInput) window.shifted += one.value;
}).observe({ type: "layout-shift", buffered: true });"""
LOOKS = ((390, True), (1280, False))  # width, and whether it is dark: both of each, in half the time of all four


@contextlib.contextmanager
def served(app: Flask, threads: int = 8) -> Iterator[str]:
    """The application behind a real server, in a thread; its address."""
    server = create_server(app, host="127.0.0.1", port=0, threads=threads)
    address = f"http://127.0.0.1:{server.effective_port}"
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    try:
        yield address
    finally:
        server.close()
        thread.join(10)


class Browsing:
    """Pages, each with cookies of its own. What they ask of another site, and what they complain of, fails the test."""

    def __init__(self, browser: Browser, address: str) -> None:
        self._browser, self.address = browser, address
        self.foreign: list[str] = []
        self.complaints: list[str] = []

    def page(self, width: int = 1280, *, dark: bool = False, script: bool = True, **more: Any) -> Page:
        """A new window. `script`: whether JavaScript runs in it."""
        context = self._browser.new_context(
            viewport={"width": width, "height": 900},
            color_scheme="dark" if dark else "light",
            java_script_enabled=script,
            base_url=self.address,
            reduced_motion="reduce",
            **more,
        )
        context.set_default_timeout(60_000)
        context.route("**/*", self._own_alone)
        page = context.new_page()
        page.on("console", self._hear)
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        return page

    def sign_in(self, page: Page, login: str, password: str) -> None:
        """By the form."""
        page.goto("/sign-in")
        page.get_by_label("Name").fill(login)
        page.get_by_label("Password").fill(password)
        page.get_by_role("button", name="Sign in").click()

    def assert_accessible(self, page: Page) -> None:
        """Nothing that axe finds, and nothing wider than the window."""
        found = Axe().run(page, options=_AXE)
        assert found.violations_count == 0, found.generate_report()
        wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        assert wide <= 0, f"{page.url} is {wide} px wider than the window"

    def assert_accessible_everywhere(self, path: str, login: str, password: str) -> None:
        """A page at both widths and in both themes."""
        for width, dark in LOOKS:
            page = self.page(width, dark=dark)
            self.sign_in(page, login, password)
            page.goto(path)
            self.assert_accessible(page)
            page.context.close()

    def watch_shifts(self, page: Page) -> None:
        """From its next page on, `shifted` tells how much has moved there."""
        page.add_init_script(_SHIFTS)

    def shifted(self, page: Page) -> float:
        """What moved on this page since it was opened, as browsers count it."""
        found: float = page.evaluate("window.shifted")
        return found

    def assert_reached_by_keyboard(self, page: Page) -> None:
        """Whatever can have the focus gets it in the order of the page, is not covered then, and has a whole ring."""
        page.keyboard.press("Tab")  # rings are for those who use it
        wrong = page.evaluate(_BY_KEYBOARD)
        assert not wrong, "\n".join(wrong[:8])

    def assert_on_paper(self, page: Page) -> None:
        """Printed, it is black on white, nothing is cut off, and nothing is there to be pressed."""
        page.emulate_media(media="print")
        before = page.viewport_size
        page.set_viewport_size({"width": 1032, "height": 900})  # A4 across, as Chromium counts its width
        found = page.evaluate(_ON_PAPER)
        assert (found["ink"], found["paper"]) == ("rgb(0, 0, 0)", "rgb(255, 255, 255)")
        assert not found["pressed"]
        assert not found["cut"]
        wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        assert wide <= 0, f"{page.url} is {wide} px wider than the paper"
        page.set_viewport_size(before or {"width": 1280, "height": 900})
        page.emulate_media(media="screen")

    def assert_quiet(self) -> None:
        """Nothing was asked of another site, and no page complained."""
        assert not self.foreign
        assert not self.complaints

    def _own_alone(self, route: Route) -> None:
        url = route.request.url
        if url.startswith((self.address + "/", "data:", "blob:", "about:")):
            route.continue_()
        else:
            self.foreign.append(url)
            route.abort()

    def _hear(self, message: ConsoleMessage) -> None:
        expected = "the server responded with a status of"  # pages that are meant to be refused
        if message.type in ("error", "warning") and expected not in message.text:
            self.complaints.append(message.text)


@contextlib.contextmanager
def browsing(address: str) -> Iterator[Browsing]:
    """A browser for one test; in the end it must have been quiet."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=CHROMIUM, args=["--no-sandbox", "--disable-quic", "--disable-gpu"]
        )
        try:
            yield (found := Browsing(browser, address))
            found.assert_quiet()
        finally:
            browser.close()


def picture(page: Page, file: Path) -> None:
    """The whole page, to be looked at."""
    page.screenshot(path=file, full_page=True)
