// The command palette: everything that is few comes with the dialog and narrows here; customers and cases are asked for while typing.
// Loaded by keys.js when somebody asks for it. Points are those of agency/web/palette_matching.py.
"use strict";

(() => {
  const ASK_AFTER_MS = 120;
  const MOST_OF_A_GROUP = 8;
  const MOST_RECENT = 6;
  const ASKED = ["customers", "cases"];
  const STORE = "palette-recent";
  const here = document.querySelector('script[src*="/palette.js"]');
  const LETTERS = { "ł": "l", "ø": "o", "đ": "d", "æ": "ae", "œ": "oe", "ı": "i", "ð": "d", "þ": "th", "ß": "ss" };
  let dialog = null;
  let input = null;
  let list = null;
  let shown = [];
  let at = 0;
  let timer = 0;
  let asked = 0;

  const plain = (text) => text.toLowerCase().normalize("NFKD").replace(/\p{M}/gu, "").replace(/[łøđæœıðþß]/g, (c) => LETTERS[c]);
  const group = (name) => list.querySelector(`[data-group="${name}"]`);
  const optionsOf = (part) => [...part.querySelectorAll('[role="option"]')];

  function pointsOf(whole, word) {
    if (whole.startsWith(word)) return 8;
    if (whole.includes(` ${word}`)) return 4;
    if (whole.includes(word)) return 2;
    if (word.length < 2) return 0;
    let place = 0;
    for (const letter of whole) if (letter === word[place]) place += 1;
    return place >= word.length ? 1 : 0;
  }

  function points(label, words) {
    if (words.length === 0) return 1;
    const whole = plain(label);
    let sum = 0;
    for (const word of words) {
      const one = pointsOf(whole, word);
      if (!one) return 0;
      sum += one;
    }
    return sum;
  }

  // What was chosen lately, in this tab alone and for this person alone.
  function recent() {
    try {
      const kept = JSON.parse(sessionStorage.getItem(STORE) || "{}");
      return kept.who === dialog.dataset.who && Array.isArray(kept.chosen) ? kept.chosen : [];
    } catch {
      return [];
    }
  }

  function remember(option) {
    const one = { label: option.dataset.said || option.querySelector(".palette-label").textContent, url: option.dataset.url || "", press: option.dataset.press || "" };
    const chosen = [one, ...recent().filter((other) => other.url !== one.url || other.press !== one.press)].slice(0, MOST_RECENT);
    try {
      sessionStorage.setItem(STORE, JSON.stringify({ who: dialog.dataset.who, chosen }));
    } catch {
      // Without storage nothing is remembered.
    }
  }

  function fillRecent() {
    const part = group("recent");
    for (const old of optionsOf(part)) old.remove();
    recent().forEach((one, number) => {
      if (one.url && !/^\/(?![/\\])/.test(one.url)) return;
      if (one.press && !window.onbrandKeys.find(one.press)) return;
      const option = document.createElement("div");
      option.className = "palette-option";
      option.setAttribute("role", "option");
      option.setAttribute("aria-selected", "false");
      option.id = `pr-${number}`;
      if (one.url) option.dataset.url = one.url;
      if (one.press) option.dataset.press = one.press;
      const label = document.createElement("span");
      label.className = "palette-label cut";
      label.textContent = String(one.label);
      option.append(label);
      part.append(option);
    });
  }

  function narrow() {
    const typed = input.value.trim();
    const words = plain(typed).split(/\s+/).filter(Boolean);
    shown = [];
    const counts = [];
    for (const part of list.querySelectorAll("[data-group]")) {
      const name = part.dataset.group;
      let fitting = optionsOf(part).map((option) => [points(option.querySelector(".palette-label").textContent, words), option]);
      if (ASKED.includes(name)) fitting = fitting.map(([, option]) => [typed ? 1 : 0, option]);
      if (name === "recent") fitting = fitting.map(([, option]) => [typed ? 0 : 1, option]);
      if (name === "search") fitting = fitting.map(([, option]) => [typed ? 1 : 0, searchFor(option, typed)]);
      if (name === "deeds") fitting = fitting.map(([score, option]) => [window.onbrandKeys.find(option.dataset.press) ? score : 0, option]);
      for (const [, option] of fitting) option.hidden = true;
      const best = fitting.filter(([score]) => score).sort((a, b) => b[0] - a[0]).slice(0, MOST_OF_A_GROUP);
      for (const [, option] of best) {
        option.hidden = false;
        if (words.length > 0 && !ASKED.includes(name) && name !== "search") part.append(option);
        shown.push(option);
      }
      part.hidden = best.length === 0;
      if (best.length > 0 && name !== "search") counts.push(`${part.querySelector(".palette-group").textContent} ${best.length}`);
    }
    at = 0;
    mark();
    const foot = dialog.querySelector(".palette-foot");
    foot.textContent = !typed ? "" : shown.length > 0 ? [foot.dataset.some.replace("{n}", shown.length), ...counts].join(" · ") : foot.dataset.none;
  }

  function searchFor(option, typed) {
    const query = new URLSearchParams({ q: typed });
    if (option.dataset.state) query.set("state", option.dataset.state);
    option.dataset.url = `${list.dataset.search}?${query}`;
    option.dataset.said = `${option.querySelector(".palette-label").textContent} · ${typed}`;
    option.querySelector(".palette-note").textContent = typed;
    return option;
  }

  function mark() {
    for (const option of optionsOf(list)) option.setAttribute("aria-selected", "false");
    const option = shown[at];
    if (!option) {
      input.removeAttribute("aria-activedescendant");
      return;
    }
    option.setAttribute("aria-selected", "true");
    input.setAttribute("aria-activedescendant", option.id);
    option.scrollIntoView({ block: "nearest" });
    if (at === 0) list.scrollTop = 0;
  }

  async function ask() {
    const typed = input.value.trim();
    asked += 1;
    const mine = asked;
    let found = "";
    if (typed.length > 1) {
      try {
        const answer = await fetch(`${list.dataset.found}?${new URLSearchParams({ q: typed })}`, { headers: { "HX-Request": "true" } });
        if (answer.ok) found = await answer.text();
      } catch {
        found = "";
      }
    }
    if (mine !== asked) return;
    const held = shown[at];
    const came = document.createElement("template");
    came.innerHTML = found;
    for (const name of ASKED) {
      for (const old of optionsOf(group(name))) old.remove();
      group(name).append(...(came.content.querySelector(`[data-of="${name}"]`)?.children ?? []));
    }
    narrow();
    // What somebody stands on stays theirs, whatever comes in.
    if (held && shown.includes(held)) {
      at = shown.indexOf(held);
      mark();
    }
  }

  function choose(option) {
    if (!option) return;
    remember(option);
    const { url, press } = option.dataset;
    dialog.close();
    if (press) window.onbrandKeys.press(press);
    else if (url) location.assign(url);
  }

  function open() {
    if (!dialog || dialog.open || document.querySelector("dialog[open]")) return;
    input.value = "";
    fillRecent();
    for (const name of ASKED) for (const old of optionsOf(group(name))) old.remove();
    dialog.showModal();
    narrow();
  }

  function wire() {
    input.addEventListener("input", () => {
      narrow();
      clearTimeout(timer);
      timer = setTimeout(ask, ASK_AFTER_MS);
    });
    dialog.addEventListener("keydown", (event) => {
      if (event.isComposing) return;
      if (event.key === "ArrowDown" || event.key === "ArrowUp") {
        event.preventDefault();
        if (shown.length > 0) at = (at + (event.key === "ArrowDown" ? 1 : shown.length - 1)) % shown.length;
        mark();
      } else if (event.key === "Enter" && event.target === input) {
        event.preventDefault();
        choose(shown[at]);
      }
    });
    list.addEventListener("click", (event) => choose(event.target.closest('[role="option"]')));
    list.addEventListener("pointermove", (event) => {
      const option = event.target.closest('[role="option"]');
      if (option && shown.includes(option) && shown[at] !== option) {
        at = shown.indexOf(option);
        mark();
      }
    });
    // Pressing outside of it closes it.
    dialog.addEventListener("pointerdown", (event) => {
      if (event.target === dialog) dialog.close();
    });
  }

  async function begin() {
    const looks = document.createElement("link");
    looks.rel = "stylesheet";
    looks.href = here.src.replace("palette.js", "palette.css");
    document.head.append(looks);
    const answer = await fetch("/palette", { headers: { "HX-Request": "true" } });
    if (!answer.ok) return location.assign("/palette");
    document.body.insertAdjacentHTML("beforeend", await answer.text());
    dialog = document.getElementById("palette");
    [input, list] = [document.getElementById("palette-q"), document.getElementById("palette-list")];
    wire();
    open();
  }

  window.onbrandPalette = { toggle: () => (dialog?.open ? dialog.close() : open()) };
  begin().catch(() => location.assign("/palette"));
})();
