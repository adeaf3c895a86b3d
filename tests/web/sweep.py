"""Axe over a page in both themes and at two widths, loading it once: rules that look at words and order run once."""

from __future__ import annotations

from typing import Any, Final

from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import Browser

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


class Sweep:
    """One tab that goes from page to page."""

    def __init__(self, browser: Browser, cookies: list[Any] | None = None) -> None:
        self.context = browser.new_context()
        self.context.add_cookies(cookies or [])
        self.page = self.context.new_page()

    def look_at(self, address: str, within: str = "html") -> list[tuple[str, ...]]:
        """What is wrong with it, or with the part of it that `within` selects, named by the address."""
        self._wide()
        self.page.goto(address)
        return self.look_again(address, within)

    def look_again(self, name: str, within: str = "html") -> list[tuple[str, ...]]:
        """What is wrong with what stands there now, or with the part of it that `within` selects."""
        page = self.page
        trouble = []
        for width in (390, 1440):
            page.set_viewport_size({"width": width, "height": 844})
            wider = page.evaluate(WIDER)
            if wider > 0:
                trouble.append((f"at {width}", "wider than the screen by", str(wider)))
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
