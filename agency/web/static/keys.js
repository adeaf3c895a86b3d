// The keyboard. Whatever carries data-key="x" is clicked (or focused, with data-key-focus) by that key.
// Single keys never act while somebody types, nor in a dialog, and can be switched off (WCAG 2.1.4).
"use strict";

(() => {
  const OFF = "keys-off";
  const SEQUENCE_MS = 1200;
  const typing = "input:not([type=checkbox], [type=radio], [type=button], [type=submit]), textarea, select, [contenteditable=true]";
  let first = "";
  let firstAt = 0;

  function stored() {
    try {
      return localStorage.getItem(OFF) === "1";
    } catch {
      return false;
    }
  }

  const switchedOff = () => document.body.dataset.keys !== "on" || stored();

  function visible(element) {
    return element.checkVisibility ? element.checkVisibility() : element.offsetParent !== null;
  }

  function use(element) {
    if ("keyFocus" in element.dataset) {
      const fold = element.closest("details");
      if (fold) fold.open = true;
      element.focus();
      if (element.matches("input")) element.select();
      // A draft is gone on with at its end, unless somebody was in the middle of it.
      if (element.matches("textarea") && element.selectionEnd === 0) element.setSelectionRange(element.value.length, element.value.length);
      return;
    }
    element.click();
  }

  function find(name) {
    const all = [...document.querySelectorAll(`[data-key="${CSS.escape(name)}"]`)];
    return all.find((element) => visible(element) || "keyFocus" in element.dataset || element.dataset.opens);
  }

  function press(name) {
    const rows = [...document.querySelectorAll(".row")];
    if (name === "j" || name === "k") return rows.length > 0 && moveAlong(rows, name === "j" ? 1 : -1);
    if (name === "b") return openSwitcher();
    if (name === "[" || name === "]") return Boolean(window.onbrandFindings?.go(name === "]" ? 1 : -1));
    const element = find(name);
    if (!element) return false;
    use(element);
    return true;
  }

  function moveAlong(rows, step) {
    let at = rows.indexOf(document.activeElement);
    if (at < 0) at = rows.findIndex((row) => row.hasAttribute("aria-current"));
    const next = rows[Math.min(rows.length - 1, Math.max(0, at + step))];
    if (!visible(next)) return false;
    next.focus();
    next.scrollIntoView({ block: "nearest" });
    return true;
  }

  function openSwitcher() {
    const dialog = document.getElementById("brand-switcher");
    if (!dialog) return false;
    dialog.showModal();
    return true;
  }

  document.addEventListener("keydown", (event) => {
    if (event.defaultPrevented || event.isComposing) return;
    const target = event.target instanceof Element ? event.target : document.body;
    const modifier = event.ctrlKey || event.metaKey;

    if (modifier && event.key === "Enter" && target.closest("#composer-form")) {
      event.preventDefault();
      document.querySelector('#composer-form [data-key="Mod+Enter"]')?.click();
      return;
    }
    if (event.key === "Escape" && target.matches(typing) && !target.closest("dialog")) {
      target.blur();
      return;
    }
    if (modifier || event.altKey || target.closest(typing) || document.querySelector("dialog[open]") || switchedOff()) return;

    const now = performance.now();
    const pair = first && now - firstAt < SEQUENCE_MS ? `${first} ${event.key}` : "";
    first = "";
    if (pair && find(pair)) {
      event.preventDefault();
      use(find(pair));
      return;
    }
    if (event.key === "g" && !pair) {
      first = "g";
      firstAt = now;
      return;
    }
    if (event.key.length === 1 && event.key !== " " && press(event.key)) event.preventDefault();
  });

  const box = document.getElementById("keys-off");
  if (box) {
    box.checked = stored();
    document.documentElement.classList.toggle("no-keys", switchedOff());
    box.addEventListener("change", () => {
      try {
        if (box.checked) localStorage.setItem(OFF, "1");
        else localStorage.removeItem(OFF);
      } catch {
        // Without storage the choice lasts as long as this page; the account page keeps it for good.
      }
      document.documentElement.classList.toggle("no-keys", switchedOff());
    });
  }
})();
