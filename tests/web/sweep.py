"""Axe over a page in both themes and at two widths, loading it once: rules that look at words and order run once.

Or over pages that stand still, each in one look.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any, Final

from axe_playwright_python.base import AXE_SCRIPT
from flask import Flask
from playwright.sync_api import Browser, Page

from agency.sandbox.main import served

WCAG: Final = {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}
LOOKS: Final = {"type": "rule", "values": ["color-contrast", "target-size", "scrollable-region-focusable"]}
"""What a width or a theme can change of a page that is right otherwise."""
RUN: Final = """async ([within, only]) => {
  document.getAnimations().forEach((one) => one.finish());
  const found = await axe.run(within, { runOnly: only, resultTypes: ["violations"], preload: false });
  return found.violations.map((one) => [one.id, one.nodes[0].html]);
}"""
"""A colour on its way to the other theme's is none that anybody reads, so it arrives first."""
FEWER: Final = """() => {
  for (const parent of document.querySelectorAll("body *")) {
    const seen = new Map();
    for (const child of parent.children.length > 6 ? [...parent.children] : []) {
      const kind = child.tagName + child.className;
      seen.set(kind, (seen.get(kind) ?? 0) + 1);
      if (seen.get(kind) > 6) child.remove();
    }
  }
}"""
"""The seventh of a kind beside each other is as the sixth: two hundred accounts take axe twenty seconds."""
WIDER: Final = "document.documentElement.scrollWidth - innerWidth"
SCRIPT: Final = re.compile(r"<script\b[^>]*\bsrc=[^>]*></script>")
Trouble = list[tuple[str, ...]]


def still_pages(
    chromium: Browser, app: Flask, pages: Iterable[tuple[str, str, str]], *, theme: str, width: int
) -> Iterator[tuple[str, ...]]:
    """What is wrong with pages, or with a part of each, in one look: name, the page itself, what selects the part.

    They stand without their scripts, one after the other in a tab that keeps axe, whose loading takes longer than its
    looking. What stands in files comes from the app.
    """
    with _files_of(app) as home:
        context = chromium.new_context(color_scheme=theme, viewport={"width": width, "height": 844})  # type: ignore[arg-type]
        page = context.new_page()
        page.goto(home)
        page.evaluate(AXE_SCRIPT)
        for name, html, within in pages:
            page.set_content(SCRIPT.sub("", html))
            page.evaluate(FEWER)
            yield from ((name, *one) for one in _too_wide(page, width))
            yield from ((name, *one) for one in page.evaluate(RUN, [within, WCAG]))
        context.close()


@contextmanager
def _files_of(app: Flask) -> Iterator[str]:
    """The address of an empty page, and beside it what stands in files but for scripts: nothing of these pages moves or
    asks for more. The browser keeps the files from page to page, as it does not once a route of playwright's looks on.
    """

    def answer(environ: Any, start: Any) -> Iterable[bytes]:
        path = environ["PATH_INFO"]
        if path.startswith("/static/") and not path.endswith(".js"):
            return app(environ, start)
        start("200 OK" if path == "/" else "404 Not Found", [("Content-Type", "text/html")])
        return [b"<!doctype html>"]

    with served(answer, ends_within=1) as address:
        yield address


def _too_wide(page: Page, width: int) -> Trouble:
    wider = page.evaluate(WIDER)
    return [(f"at {width}", "wider than the screen by", str(wider))] if wider > 0 else []


class Sweep:
    """One tab that goes from page to page."""

    def __init__(self, browser: Browser, cookies: list[Any] | None = None) -> None:
        self.context = browser.new_context()
        self.context.add_cookies(cookies or [])
        self.page = self.context.new_page()

    def look_at(self, address: str, within: str = "html") -> Trouble:
        """What is wrong with it, or with the part of it that `within` selects, named by the address."""
        self._wide()
        self.page.goto(address)
        return self.look_again(address, within)

    def look_again(self, name: str, within: str = "html") -> Trouble:
        """What is wrong with what stands there now, or with the part of it that `within` selects."""
        page = self.page
        trouble: Trouble = []
        for width in (390, 1440):
            page.set_viewport_size({"width": width, "height": 844})
            trouble += _too_wide(page, width)
        page.evaluate(FEWER)
        page.evaluate(AXE_SCRIPT)
        trouble += [("light, wide", *one) for one in page.evaluate(RUN, [within, WCAG])]
        page.emulate_media(color_scheme="dark")
        page.set_viewport_size({"width": 390, "height": 844})
        trouble += [("dark, narrow", *one) for one in page.evaluate(RUN, [within, LOOKS])]
        self._wide()
        return [(name, *one) for one in trouble]

    def close(self) -> None:
        self.context.close()

    def _wide(self) -> None:
        self.page.emulate_media(color_scheme="light")
        self.page.set_viewport_size({"width": 1440, "height": 900})
