# ruff: noqa: E501 - a script reads best in lines of its own length
"""A page walked by keyboard alone: Tab from its top to its end and back, what opens opened and closed again.

What is asked at each stop is measured where it stands: the ring is drawn and not cut away, something of the stop is on
top of what floats, and the way goes on as one reads.
"""

from __future__ import annotations

from itertools import pairwise
from typing import Any, Final

from playwright.sync_api import Page

MOST_STOPS: Final = 400
WALKER: Final = r"""() => {
  const CAN = "a[href], button, input:not([type=hidden]), select, textarea, summary, [tabindex], [contenteditable=true], iframe, audio[controls], video[controls]";
  const seen = (el) => el.checkVisibility({ visibilityProperty: true }) && el.getClientRects().length > 0;
  const name = (el) => (el.outerHTML.match(/^<[^>]*>/)?.[0] ?? el.tagName).slice(0, 110) + " " + (el.textContent ?? "").trim().replace(/\s+/g, " ").slice(0, 40);
  function stopsIn(root) {
    const all = [...root.querySelectorAll(CAN)].filter((el) => seen(el) && el.tabIndex >= 0 && !el.matches(":disabled") && !el.closest("[inert]"));
    const first = (el) => el.tagName !== "SUMMARY" || el === [...el.parentElement.children].find((one) => one.tagName === "SUMMARY");
    const groups = new Map();
    for (const el of all) {
      if (el.type !== "radio" || !el.name) continue;
      const key = el.name;
      if (!groups.has(key) || el.checked) groups.set(key, el);
    }
    return all.filter((el) => first(el) && (el.type !== "radio" || !el.name || groups.get(el.name) === el));
  }
  function ring(el) {
    for (const one of [el, el.labels?.[0], el.parentElement, el.parentElement?.parentElement]) {
      if (!one || one === document.body) continue;
      const look = getComputedStyle(one);
      const width = parseFloat(look.outlineWidth);
      if (look.outlineStyle !== "none" && width >= 2) return [one, width, parseFloat(look.outlineOffset), look.outlineColor];
    }
    // Going back, the keyboard comes first to a date's own button within, which the browser rings.
    if (/^(date|datetime-local|time|month|week)$/.test(el.type) && !el.matches(":focus-visible")) return [el, 2, 0];
    return null;
  }
  // Whether a good part of one side of the ring stands where nothing that holds it cuts it away and the screen does not end.
  function isSideSeen([el, width, offset]) {
    const out = offset + width / 2;
    const cuts = [];
    let position = getComputedStyle(el).position;
    for (let up = el.parentElement; up && up !== document.body && position !== "fixed" && !el.matches(":popover-open"); up = up.parentElement) {
      const look = getComputedStyle(up);
      if (look.overflowX !== "visible" || look.overflowY !== "visible") cuts.push(up.getBoundingClientRect());
      position = look.position;
      if (up.matches(":popover-open, :modal")) break;
    }
    cuts.push(new DOMRect(0, 0, innerWidth, innerHeight));
    const isSeen = ([x, y]) => cuts.every((cut) => x >= cut.left - 0.5 && x <= cut.right + 0.5 && y >= cut.top - 0.5 && y <= cut.bottom + 0.5);
    const along = [...Array(20).keys()].map((part) => (part + 0.5) / 20);
    return [...el.getClientRects()].some((box) => [
      along.map((part) => [box.left + box.width * part, box.top - out]),
      along.map((part) => [box.left + box.width * part, box.bottom + out]),
      along.map((part) => [box.left - out, box.top + box.height * part]),
      along.map((part) => [box.right + out, box.top + box.height * part]),
    ].some((side) => side.filter(isSeen).length > 1));
  }
  function onTop(el) {
    const own = [el, el.labels?.[0]].filter(Boolean);
    for (const one of own) for (const box of one.getClientRects()) {
      const left = Math.max(box.left, 0), right = Math.min(box.right, innerWidth), top = Math.max(box.top, 0), bottom = Math.min(box.bottom, innerHeight);
      if (right <= left || bottom <= top) continue;
      for (const x of [0.5, 0.1, 0.9]) for (const y of [0.5, 0.1, 0.9]) {
        const there = document.elementFromPoint(left + (right - left) * x, top + (bottom - top) * y);
        if (there && own.some((mine) => mine === there || mine.contains(there))) return true;
        if (there && there.closest("label") && there.closest("label") === el.closest("label")) return true;
      }
    }
    return false;
  }
  const settled = () => document.getAnimations().forEach((one) => { try { one.finish(); } catch { one.cancel(); } });
  const HOLDERS = "ul, ol, form, table, fieldset, nav, section, main, dialog, aside, details";
  function wrongWith(el, last) {
    const wrong = [];
    const drawn = ring(el);
    if (!drawn) wrong.push("no ring");
    else if (!isSideSeen(drawn)) wrong.push("its ring is cut away");
    if (!onTop(el)) wrong.push("hidden by something else");
    if (last?.isConnected && last.closest(HOLDERS) === el.closest(HOLDERS) && getComputedStyle(el).direction === "ltr") {
      const box = el.getBoundingClientRect(), before = last.getBoundingClientRect();
      const isHigher = box.bottom <= before.top + 1 && box.left < before.right - 1;
      const isFurtherLeft = Math.abs(box.top - before.top) < 2 && Math.abs(box.bottom - before.bottom) < 2 && box.right <= before.left + 1;
      if (isHigher || isFurtherLeft) wrong.push("stands before the stop before it, " + name(last));
    }
    return wrong;
  }
  window.walker = {
    name,
    begin(root, but) {
      this.stops = stopsIn(root).filter((el) => el !== but);
      this.way = [];
      this.wrong = [];
      this.last = null;
      return this.stops.length;
    },
    // What stands under the keyboard now, once; -2 at the browser's own buttons.
    note() {
      settled();
      const el = document.activeElement;
      if (!el || el === document.body || el === document.documentElement) return this.way.push(-2);
      const index = this.stops.indexOf(el);
      if (el === this.last || (index >= 0 && new Set(this.way.filter((one) => one >= 0)).size === this.stops.length)) return null; // a date has several places within; after the last comes the first
      if (index >= 0 && !this.way.includes(index)) this.wrong.push(...wrongWith(el, this.last).map((one) => [one, name(el)]));
      this.last = el;
      this.way.push(index);
      return null;
    },
    dates() { return this.stops.filter((el) => /^(date|datetime-local|time|month|week)$/.test(el.type)).length; },
    end() {
      const told = { way: this.way, wrong: this.wrong, missed: this.stops.map((el, index) => (this.way.includes(index) || !el.isConnected || !seen(el) ? "" : name(el))).filter(Boolean) };
      this.way = [];
      this.wrong = [];
      this.last = null;
      return told;
    },
    by_mouse_alone() {
      const does = "a[href], button, input, select, textarea, summary, label, option, [tabindex], [contenteditable=true]";
      const wrong = [];
      for (const el of document.querySelectorAll("body *")) {
        if (!seen(el) || el.closest(does) || el.closest("dialog:not([open])")) continue;
        const pointer = getComputedStyle(el).cursor === "pointer";
        const asks = el.matches("[hx-get], [hx-post], [hx-put], [hx-delete]") && !el.matches("form") && /^(click|)$/.test((el.getAttribute("hx-trigger") ?? "").trim());
        const marked = el.matches("[data-opens], [data-key], [data-print], [data-saved-reply], [data-private], [popovertarget]");
        if (pointer || asks || marked) wrong.push(name(el));
      }
      for (const el of document.querySelectorAll("[tabindex]")) if (el.tabIndex > 0) wrong.push("tabindex above nought: " + name(el));
      return wrong;
    },
  };
  // Where the last press led is looked at as the next one comes: what a page does with it is done by then.
  document.addEventListener("keydown", (event) => { if (event.key === "Tab") walker.note(); }, true);
}"""
Trouble = list[tuple[str, ...]]


def begin(page: Page) -> None:
    """Teach the page to say where the keyboard stands; once for each page that was loaded."""
    page.evaluate(WALKER)


def walk(page: Page, name: str, within: str = "body") -> Trouble:
    """What is wrong on the way by Tab over all of the page, or over a part of it that can be gone to, and back.

    Trouble is looked at once more: what is fetched as it comes into sight moves what stands below it.
    """
    return _walked(page, name, within) and _walked(page, name, within)


def _walked(page: Page, name: str, within: str) -> Trouble:
    trouble: Trouble = [(name, "for a mouse alone", one) for one in page.evaluate("walker.by_mouse_alone()")]
    page.wait_for_load_state("networkidle")
    page.evaluate("document.activeElement?.blur()")
    if within != "body":
        page.locator(within).first.focus()
    number = page.evaluate("(within) => walker.begin(document.querySelector(within))", within)
    there = _tab(page, "Tab", number + 1)
    trouble += [(name, *one) for one in there["wrong"]] + [(name, "never reached", one) for one in there["missed"]]
    way = [index for index in there["way"] if index >= 0]
    if way != sorted(way):
        out = next(at for at, one in pairwise(way) if at > one)
        trouble.append(
            (name, "not in the order of the page", page.evaluate("(at) => walker.name(walker.stops[at])", out))
        )
    back_again = _tab(page, "Shift+Tab", number + 1)
    back = [index for index in back_again["way"] if index >= 0]
    trouble += [(name, f"going back, {one}", what) for one, what in back_again["wrong"] if "before it" not in one]
    if not there["missed"] and set(way) - set(back):
        trouble.append((name, "not reached going back", str(sorted(set(way) - set(back)))))
    return trouble


def _tab(page: Page, keys: str, number: int) -> dict[str, Any]:
    """Press it often enough to have been everywhere, dates with their places within included."""
    *held, key = keys.split("+")
    for one in held:
        page.keyboard.down(one)
    dates = page.evaluate("walker.dates()")
    for _press in range(min(number, MOST_STOPS) + 6 * dates):
        page.keyboard.down(key)
    page.keyboard.up(key)
    for one in held:
        page.keyboard.up(one)
    page.evaluate("walker.note()")
    return dict(page.evaluate("walker.end()"))


def open_each(page: Page, name: str, within: str = "body") -> Trouble:
    """What is wrong with what opens there: by Enter and by Space, its stops one after the other, closed by Escape with
    the keyboard where it was."""
    trouble: Trouble = []
    openers = page.locator(f"{within} :is(summary, [popovertarget], [data-opens])")
    for index in range(openers.count()):
        one = openers.nth(index)
        if not one.is_visible() or one.evaluate("(el) => el.disabled || el.closest('dialog, .menu-box') !== null"):
            continue
        said = one.evaluate("(el) => walker.name(el)")
        keys = ["Enter"] if one.evaluate("(el) => el.tagName === 'A'") else ["Enter", "Space"]
        stood_open = _is_open(one)
        for key in keys:
            if not _press_on(page, one, key, opens=not stood_open):
                trouble.append((name, f"{key} does not open it", said))
                continue
            if stood_open:
                _press_on(page, one, "Enter", opens=True)
            elif key == "Enter":
                if _inside(page, name, one, said):
                    _press_on(page, one, "Enter", opens=False)
                    _press_on(page, one, "Enter", opens=True)
                    trouble += _inside(page, name, one, said)
                _press_on(page, one, "Enter", opens=True)
            if one.evaluate("(el) => el.matches('details.menu > summary, [popovertarget], [data-opens]')"):
                for _press in range(2):  # the first one leaves a field
                    if _is_open(one):
                        page.keyboard.press("Escape")
                if _is_open(one):
                    trouble.append((name, "Escape does not close it", said))
                elif not one.evaluate("(el) => el === document.activeElement"):
                    at = page.evaluate("walker.name(document.activeElement)")
                    trouble.append((name, "Escape leaves the keyboard elsewhere", said, at))
            elif not stood_open:
                _press_on(page, one, "Enter", opens=False)
    return trouble


OPENED: Final = """(el) => el.tagName === 'SUMMARY' ? el.parentElement
  : document.getElementById(el.getAttribute('popovertarget') ?? el.dataset.opens)"""


def _is_open(opener: Any) -> bool:
    return bool(
        opener.evaluate(f"(el) => {{ const it = ({OPENED})(el); return it.matches('[open], :popover-open'); }}")
    )


def _press_on(page: Page, opener: Any, key: str, *, opens: bool) -> bool:
    """Go to it and press, unless it is as it should be already; whether it is so then."""
    if _is_open(opener) != opens:
        opener.evaluate("(el) => { el.focus(); }")
        page.keyboard.press(key)
    return _is_open(opener) == opens


def _inside(page: Page, name: str, opener: Any, said: str) -> Trouble:
    """Its own stops, from where the keyboard stands once it is open."""
    page.wait_for_load_state("networkidle")  # some is fetched as it opens
    if opener.evaluate(f"(el) => ({OPENED})(el).querySelector('main') !== null"):
        return []  # a sample answers with a whole page
    number = opener.evaluate(f"(el) => walker.begin(({OPENED})(el), el)")
    page.evaluate("walker.note()")
    told = _tab(page, "Tab", number - 1 + int(opener.evaluate("(el) => el === document.activeElement")))
    return [(name, *one, f"in {said}") for one in told["wrong"]] + [
        (name, "never reached within", one, said) for one in told["missed"]
    ]
