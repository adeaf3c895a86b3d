// The composer: asks the style guide while somebody types, underlines what it found, and keeps every word:
// in this browser at once, on the server as a draft soon after. Without this file the buttons do the same.
"use strict";

(() => {
  const CHECK_MS = 400;
  const SAVE_MS = 2000;
  const STORE = "draft:";
  const SENT = "sent:";
  const wired = new WeakSet();

  const store = {
    get(key) { try { return localStorage.getItem(STORE + key); } catch { return null; } },
    set(key, text) { try { localStorage.setItem(STORE + key, text); } catch { /* The server's draft remains. */ } },
    drop(key) { try { localStorage.removeItem(STORE + key); } catch { /* Nothing was kept. */ } },
    clear() {
      try {
        for (const key of Object.keys(localStorage)) if (key.startsWith(STORE)) localStorage.removeItem(key);
      } catch { /* Nothing was kept. */ }
    },
  };

  // A form that was sent leaves its words here until a page says that it arrived: with a toast, or by showing the words.
  function shown(text) {
    const plain = text.trim().replaceAll("\r\n", "\n");
    return [...document.querySelectorAll(".answer .pre, .msg.ours .msg-text")].some((part) => part.textContent.trim() === plain);
  }

  function forgetWhatArrived() {
    try {
      for (const name of Object.keys(sessionStorage)) {
        if (!name.startsWith(SENT)) continue;
        const key = name.slice(SENT.length);
        if (document.querySelector("#toasts .toast") && store.get(key) === sessionStorage.getItem(name)) store.drop(key);
        sessionStorage.removeItem(name);
      }
    } catch { /* Without storage there is nothing to forget. */ }
  }

  function wire(form) {
    if (wired.has(form)) return;
    wired.add(form);
    const area = form.querySelector("textarea[name=text]");
    const underlay = form.querySelector(".underlay");
    const saved = form.querySelector("#saved");
    const key = form.dataset.keep;
    const given = area.defaultValue; // not value: on a slow line somebody writes before this file is here
    let checkTimer = 0;
    let saveTimer = 0;
    let asked = null;
    let kept = given;
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
        if (problem.name !== "AbortError" && saved) saved.textContent = form.dataset.offline;
      }
    }

    // --- Keeping words ----------------------------------------------------------------------------------------
    async function save(leaving) {
      clearTimeout(saveTimer);
      const text = area.value;
      if (text === kept || area.readOnly) return;
      try {
        const answer = await fetch(form.dataset.autosave, { method: "POST", body: new FormData(form), keepalive: leaving === true, headers: { Accept: "application/json" }, redirect: "manual" });
        const hash = answer.headers.get("X-Text-Hash");
        if (answer.status === 204 && hash) {
          kept = text;
          if (area.value === text) store.drop(key);
          form.elements.based_on.value = hash;
          const time = new Date().toLocaleTimeString(document.documentElement.lang, { hour: "2-digit", minute: "2-digit" });
          saved.textContent = form.dataset.saved.replace("{time}", time);
        } else if (answer.status === 409) {
          saved.textContent = (await answer.json()).message ?? form.dataset.offline;
        } else if (answer.type === "opaqueredirect" || answer.status === 401) {
          saved.textContent = form.dataset.signedOut; // only the door sends away from here
        } else if (answer.status === 204) {
          saved.textContent = ""; // an empty field is no draft: the server keeps the words of before
        } else {
          saved.textContent = form.dataset.offline;
        }
      } catch {
        saved.textContent = form.dataset.offline;
      }
    }

    area.addEventListener("input", () => {
      store.set(key, area.value);
      underline();
      clearTimeout(checkTimer);
      clearTimeout(saveTimer);
      checkTimer = setTimeout(check, CHECK_MS);
      saveTimer = setTimeout(save, SAVE_MS);
    });
    form.querySelector("input[name=private]")?.addEventListener("change", () => { // messages are counted otherwise
      checked = null;
      check();
    });
    area.addEventListener("scroll", () => { underlay.scrollTop = area.scrollTop; });
    form.addEventListener("submit", (event) => {
      clearTimeout(saveTimer);
      store.set(key, area.value); // before anything else: who is signed out meanwhile lands on another page
      const stop = form.querySelector(".finding[data-level=stop]");
      if (checked === area.value && stop && ["submit", "release"].includes(event.submitter?.value)) {
        event.preventDefault(); // the server would say just this, on another page
        show(current(), stop);
        save();
        return;
      }
      kept = area.value;
      try { sessionStorage.setItem(SENT + key, area.value); } catch { /* The words come back once more than needed. */ }
    });
    document.addEventListener("visibilitychange", () => { if (document.hidden && form.isConnected) save(true); });

    const early = area.value === given ? "" : area.value;
    let backup = store.get(key);
    if (early.trim() && !area.readOnly) {
      const before = backup !== null && backup !== given && !shown(backup) ? backup : "";
      if (before.trim() && !early.includes(before)) area.value = before.includes(early) ? before : `${before}\n${early}`;
      area.dispatchEvent(new Event("input"));
      backup = null;
    }
    if (backup !== null && (backup === given || shown(backup))) {
      store.drop(key);
    } else if (backup !== null && backup.trim() && !area.readOnly) {
      area.value = backup;
      saved.textContent = form.dataset.restored + " ";
      const back = document.createElement("button");
      back.type = "button";
      back.className = "link-button";
      back.textContent = form.dataset.discard;
      back.addEventListener("click", () => {
        store.drop(key);
        change(area, 0, area.value.length, given);
        saved.textContent = "";
        area.focus();
      });
      saved.append(back);
      check();
    }
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

  document.addEventListener("submit", (event) => { if (event.target.action?.endsWith("/sign-out")) store.clear(); });

  function wireAll() {
    for (const form of document.querySelectorAll("#composer-form")) wire(form);
  }
  document.addEventListener("htmx:afterSettle", wireAll);
  forgetWhatArrived();
  wireAll();
})();
