// The keyboard. Whatever carries data-key="x" is clicked (or focused, with data-key-focus) by that key.
// Single keys never act while somebody types, nor in a dialog, and can be switched off (WCAG 2.1.4).
"use strict";

(() => {
  const OFF = "keys-off";
  const SEQUENCE_MS = 1200;
  const LEAVING_MS = 10000;
  const typing = "input:not([type=checkbox], [type=radio], [type=button], [type=submit]), textarea, select, [contenteditable=true]";
  const PALETTE = '[data-key="Mod+k"]';
  const source = document.currentScript.src;
  let first = "";
  let firstAt = 0;
  let leftAt = -Infinity;
  let fetchedAt = -Infinity;

  function stored() {
    try {
      return localStorage.getItem(OFF) === "1";
    } catch {
      return false;
    }
  }

  // A form was sent, and the page it leads to is not here yet; after a while that page will not come.
  const isLeaving = () => performance.now() - leftAt < LEAVING_MS;
  window.addEventListener("submit", (event) => {
    const goes = !event.defaultPrevented && event.target.method !== "dialog" && event.submitter?.formMethod !== "dialog";
    if (goes && !event.target.target) leftAt = performance.now();
  });
  window.addEventListener("pageshow", () => { leftAt = -Infinity; });
  document.addEventListener("htmx:beforeRequest", (event) => { if (event.target.matches(".row")) fetchedAt = performance.now(); });
  const isFetching = () => performance.now() - fetchedAt < LEAVING_MS && document.querySelector(".row.htmx-request") !== null;

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
    const reach = (element) => visible(element) || "keyFocus" in element.dataset || "keyFolded" in element.dataset || element.dataset.opens || (name.startsWith("g ") && element.href);
    return all.find(reach);
  }

  function press(name) {
    if (name === "j" || name === "k") return moveAlong(name === "j" ? 1 : -1);
    if (name === "b") return openSwitcher();
    if (name === "[" || name === "]") return Boolean(window.onbrandFindings?.go(name === "]" ? 1 : -1));
    if (window.onbrandChoosing?.press(name)) return true;
    const element = find(name);
    if (!element) return false;
    use(element);
    return true;
  }

  // The row one is at: the focused one, else the open one.
  function rowAt(rows) {
    const at = rows.findIndex((row) => row === document.activeElement || row.parentElement.contains(document.activeElement));
    return at >= 0 ? at : rows.findIndex((row) => row.hasAttribute("aria-current"));
  }

  function moveAlong(step) {
    const rows = [...document.querySelectorAll(".row")];
    if (rows.length === 0) return false;
    const next = rows[Math.min(rows.length - 1, Math.max(0, rowAt(rows) + step))];
    if (!visible(next)) return false;
    next.focus();
    next.scrollIntoView({ block: "nearest" });
    return true;
  }

  // A key by what it writes, whatever the layout. CapsLock makes no J of j; where the letters are not Latin, by its place.
  function named(event) {
    let name = event.key;
    if (name.length === 1 && name > "~" && /^Key[A-Z]$/.test(event.code)) name = event.code.slice(3);
    if (/^[A-Za-z]$/.test(name)) return event.shiftKey ? name.toUpperCase() : name.toLowerCase();
    return name;
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
    // Some layouts write [ and ] with AltGr, which Windows tells as Ctrl and Alt together.
    const writes = event.getModifierState?.("AltGraph") || (event.altKey && !event.ctrlKey && "[]".includes(event.key));
    const modifier = (event.ctrlKey || event.metaKey) && !writes;
    // A field keeps the focus until the browser draws its dialog closed; nobody types in what is no longer there.
    const types = target.closest(typing) && visible(target);

    if (modifier && !event.altKey && !event.shiftKey && event.key.toLowerCase() === "k" && document.querySelector(PALETTE)) {
      event.preventDefault();
      openPalette();
      return;
    }
    if (modifier && event.key === "Enter" && target.closest("#composer-form")) {
      event.preventDefault();
      document.querySelector('#composer-form [data-key="Mod+Enter"]')?.click();
      return;
    }
    if (event.key === "Escape" && target.matches(typing) && !target.closest("dialog")) {
      target.blur();
      return;
    }
    if (modifier || (event.altKey && !writes) || types || document.querySelector("dialog[open]") || paletteComes() || switchedOff()) return;
    // What is pressed while another case or page is on its way is meant for that one, and would be done to this one.
    if (event.key.length === 1 && (isLeaving() || (isFetching() && !"jk".includes(event.key)))) {
      event.preventDefault();
      return;
    }

    const now = performance.now();
    const name = named(event);
    const pair = first && now - firstAt < SEQUENCE_MS ? `${first} ${name}` : "";
    first = "";
    if (pair && find(pair)) {
      event.preventDefault();
      use(find(pair));
      return;
    }
    if (name === "g" && !pair) {
      first = "g";
      firstAt = now;
      return;
    }
    if (name.length === 1 && name !== " " && press(name)) event.preventDefault();
  });

  // The switch stands in the sheet, which is fetched when somebody opens it.
  function wireSwitch() {
    const box = document.getElementById("keys-off");
    if (!box || box.dataset.wired) return;
    box.dataset.wired = "yes";
    box.checked = stored();
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

  // The palette's script comes with its first use. Who types on meanwhile means its field, not the keys of the page.
  function paletteComes() {
    return Boolean(document.querySelector('script[src*="/palette.js"]') && !document.getElementById("palette"));
  }

  function openPalette() {
    if (window.onbrandPalette) return window.onbrandPalette.toggle();
    if (paletteComes()) return undefined;
    const script = document.createElement("script");
    script.src = source.replace("keys.js", "palette.js");
    script.addEventListener("error", () => script.remove()); // the keys act again, and the next press asks again
    return document.head.append(script);
  }

  document.addEventListener("click", (event) => {
    if (event.ctrlKey || event.metaKey || event.shiftKey || !event.target.closest?.(PALETTE)) return;
    event.preventDefault();
    openPalette();
  });

  window.onbrandKeys = { rowAt, visible, find, press };
  document.documentElement.classList.toggle("no-keys", switchedOff());
  document.addEventListener("htmx:afterSwap", wireSwitch);
  wireSwitch();
})();
