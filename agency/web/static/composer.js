// The composer: asks the style guide while somebody types and underlines what it found; drafts.js keeps every word.
// Without this file the buttons do the same.
"use strict";

(() => {
  const CHECK_MS = 400;
  const wired = new WeakSet();

  function wire(form) {
    if (wired.has(form)) return;
    wired.add(form);
    const area = form.querySelector("textarea[name=text]");
    const underlay = form.querySelector(".underlay");
    let checkTimer = 0;
    let asked = null;
    let checked = null; // the words which the findings shown are about

    // --- Findings ---------------------------------------------------------------------------------------------
    function underline() {
      underlay.replaceChildren();
      const points = Array.from(area.value);
      const items = [...form.querySelectorAll(".finding")]
        .map((item) => ({ start: Number(item.dataset.start), end: Number(item.dataset.end), level: item.dataset.level }))
        .filter((item) => item.end > item.start)
        .sort((one, other) => one.start - other.start);
      let at = 0;
      for (const item of items) {
        if (item.start < at || item.end > points.length) continue;
        underlay.append(points.slice(at, item.start).join(""));
        const mark = document.createElement("mark");
        mark.className = `u-${item.level}`;
        mark.textContent = points.slice(item.start, item.end).join("");
        underlay.append(mark);
        at = item.end;
      }
      underlay.append(points.slice(at).join("") + "\u200b");
      underlay.scrollTop = area.scrollTop;
      for (const button of form.querySelectorAll("[data-apply], [data-jump]")) button.hidden = area.readOnly;
    }

    async function check() {
      asked?.abort();
      asked = new AbortController();
      const text = area.value;
      try {
        const answer = await fetch(form.dataset.check, {
          method: "POST", body: new FormData(form), signal: asked.signal, headers: { "HX-Request": "true", "HX-Target": "findings" },
        });
        if (!answer.ok || area.value !== text) return;
        const box = document.createElement("template");
        box.innerHTML = await answer.text();
        const fresh = box.content.getElementById("findings");
        if (fresh && area.value === text) {
          form.querySelector("#findings").replaceWith(fresh);
          checked = text;
          underline();
        }
      } catch (problem) {
        if (problem.name !== "AbortError") checked = null; // what is kept says that the line is cut
      }
    }

    // --- Keeping words ----------------------------------------------------------------------------------------
    const draft = window.onbrandDrafts?.wire(form, area, {
      put(words) { change(area, 0, area.value.length, words); },
      changed() {
        underline();
        clearTimeout(checkTimer);
        checkTimer = setTimeout(check, CHECK_MS);
      },
    });
    form.querySelector("input[name=private]")?.addEventListener("change", () => { // messages are counted otherwise
      checked = null;
      check();
    });
    area.addEventListener("scroll", () => { underlay.scrollTop = area.scrollTop; });
    form.addEventListener("submit", (event) => {
      const stop = form.querySelector(".finding[data-level=stop]");
      if (checked === area.value && stop && ["submit", "release"].includes(event.submitter?.value)) {
        event.preventDefault(); // the server would say just this, on another page
        show(current(), stop);
        draft?.save();
        return;
      }
      draft?.sending(); // whoever is signed out meanwhile lands on another page
    });
    underline();
  }

  // execCommand keeps the browser's own undo working; setRangeText is the way where it is gone.
  function change(area, start, end, words) {
    area.focus();
    area.setSelectionRange(start, end);
    if (!document.execCommand?.("insertText", false, words)) {
      area.setRangeText(words, start, end, "end");
      area.dispatchEvent(new Event("input", { bubbles: true }));
    }
  }

  // The server counts code points, the browser UTF-16 units.
  const units = (text, points) => Array.from(text).slice(0, points).join("").length;

  function current() {
    const form = document.getElementById("composer-form");
    const area = form?.querySelector("textarea[name=text]");
    return form && area && !area.readOnly ? { form, area, items: [...form.querySelectorAll(".finding")] } : null;
  }

  function show(here, item) {
    for (const other of here.items) other.classList.toggle("here", other === item);
    item.scrollIntoView({ block: "nearest" });
    here.area.focus();
    here.area.setSelectionRange(units(here.area.value, Number(item.dataset.start)), units(here.area.value, Number(item.dataset.end)));
  }

  function apply(here, item) {
    if (!item || item.dataset.suggestion === undefined) return false;
    change(here.area, units(here.area.value, Number(item.dataset.start)), units(here.area.value, Number(item.dataset.end)), item.dataset.suggestion);
    return true;
  }

  function go(step) {
    const here = current();
    if (!here || here.items.length === 0) return false;
    const at = here.items.findIndex((item) => item.classList.contains("here"));
    const next = at < 0 ? (step > 0 ? 0 : here.items.length - 1) : (at + step + here.items.length) % here.items.length;
    show(here, here.items[next]);
    return true;
  }

  window.onbrandFindings = { go };

  document.addEventListener("keydown", (event) => {
    if (!(event.target instanceof Element) || !event.target.closest("#composer-form")) return;
    if (event.altKey && (event.key === "ArrowUp" || event.key === "ArrowDown") && go(event.key === "ArrowDown" ? 1 : -1)) event.preventDefault();
    if ((event.ctrlKey || event.metaKey) && event.key === ".") {
      const here = current();
      const chosen = here?.items.find((item) => item.classList.contains("here") && item.dataset.suggestion !== undefined);
      if (here && apply(here, chosen ?? here.items.find((item) => item.dataset.suggestion !== undefined))) event.preventDefault();
    }
  });

  document.addEventListener("click", (event) => {
    const here = current();
    if (!here || !(event.target instanceof Element)) return;
    const item = event.target.closest(".finding");
    if (event.target.closest("[data-apply]")) apply(here, item);
    if (event.target.closest("[data-jump]")) show(here, item);
    if (event.target.closest("[data-private]")) {
      document.querySelector(".drawer:popover-open")?.hidePopover();
      const box = here.form.querySelector("input[name=private]");
      if (!box.checked) box.click();
      here.area.focus();
    }
    const insert = event.target.closest("[data-insert]");
    if (insert) {
      document.querySelector(".drawer:popover-open")?.hidePopover();
      const { savedReply = "", earlierAnswer = "" } = insert.dataset; // what the words began from last
      if (savedReply || earlierAnswer) {
        here.form.elements.saved_reply.value = savedReply;
        here.form.elements.earlier_answer.value = earlierAnswer;
      }
      change(here.area, here.area.selectionStart, here.area.selectionEnd, insert.dataset.insert);
    }
  });

  function wireAll() {
    for (const form of document.querySelectorAll("#composer-form")) wire(form);
  }
  document.addEventListener("htmx:afterSettle", wireAll);
  wireAll();
})();
