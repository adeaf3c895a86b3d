// Several cases at once: x, Shift with j, k or a click, or the boxes before the rows. Without this file the link leads
// to a page with boxes. The boxes belong to the bar's form, which is fetched when the first case is chosen.
"use strict";

(() => {
  const opener = document.getElementById("choose");
  const place = document.getElementById("bulk");
  if (!opener || !place) return;
  const chosen = new Set();
  let from = null;
  let on = false;

  const rows = () => [...document.querySelectorAll("#rows .row")];
  const idOf = (row) => new URL(row.href).pathname.split("/").at(-1);
  const boxOf = (row) => row.parentElement.querySelector(":scope > .choose-box");

  function draw() {
    for (const row of rows()) {
      let box = boxOf(row);
      if (on && !box) {
        box = document.createElement("input");
        box.type = "checkbox";
        box.className = "choose-box";
        box.name = "case";
        box.value = idOf(row);
        box.setAttribute("form", "bulk-form");
        box.setAttribute("aria-label", `${opener.title.replace(/ \(.*/, "")}: ${row.textContent.trim().replace(/\s+/g, " ").slice(0, 80)}`);
        box.addEventListener("click", (event) => {
          event.stopPropagation();
          set(row, box.checked, event.shiftKey);
        });
        row.before(box);
      }
      if (!on) box?.remove();
      else box.checked = chosen.has(idOf(row));
      row.classList.toggle("chosen", chosen.has(idOf(row)));
    }
    const count = document.getElementById("bulk-count");
    if (count) count.textContent = count.dataset.words.replace("{n}", String(chosen.size));
  }

  async function begin() {
    if (on) return;
    on = true;
    draw();
    try {
      const answer = await fetch(opener.href, { headers: { "HX-Request": "true" } });
      if (!answer.ok || !on) throw new Error(String(answer.status));
      place.innerHTML = await answer.text();
      window.htmx?.process(place);
      for (const part of place.querySelectorAll(".with-script[hidden]")) part.hidden = false;
      place.querySelector("#bulk-clear").addEventListener("click", (event) => {
        event.preventDefault();
        end();
      });
      draw();
    } catch {
      if (on) location.assign(opener.href); // the page with boxes says what is wrong
    }
  }

  function end() {
    on = false;
    from = null;
    chosen.clear();
    place.replaceChildren();
    draw();
  }

  function set(row, yes, isRange) {
    const all = rows();
    const start = isRange && from ? all.findIndex((one) => idOf(one) === from) : -1;
    const at = all.indexOf(row);
    const run = start < 0 ? [row] : all.slice(Math.min(start, at), Math.max(start, at) + 1);
    for (const one of run) {
      if (yes) chosen.add(idOf(one));
      else chosen.delete(idOf(one));
    }
    from = idOf(row);
    begin();
    draw();
  }

  function press(name) {
    if (!["x", "J", "K"].includes(name)) return false;
    const all = rows();
    if (!all.length || !window.onbrandKeys.visible(all[0])) return false;
    const at = Math.max(0, window.onbrandKeys.rowAt(all));
    if (name === "x") {
      all[at].focus();
      set(all[at], !chosen.has(idOf(all[at])), false);
      return true;
    }
    set(all[at], true, false);
    const next = all[Math.min(all.length - 1, Math.max(0, at + (name === "J" ? 1 : -1)))];
    set(next, true, false);
    next.focus();
    next.scrollIntoView({ block: "nearest" });
    return true;
  }

  opener.addEventListener("click", (event) => {
    event.preventDefault();
    if (on) end();
    else begin();
  });
  document.addEventListener("click", (event) => {
    const row = event.target.closest?.("#rows .row");
    if (!row || !event.shiftKey) return;
    event.preventDefault();
    event.stopPropagation();
    set(row, true, true);
  }, true);
  // Before anybody else hears of it: Escape closes what floats first, and only then ends the choosing.
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || !on || document.querySelector("dialog[open], details.menu[open]")) return;
    if (!event.target.closest?.("input:not([type=checkbox]), textarea, select")) end();
  }, true);
  document.addEventListener("htmx:afterSwap", () => { if (on) draw(); });
  window.onbrandChoosing = { press };
})();
