// Nothing typed is lost: kept in this browser at every stroke, on the server as the draft when the hands rest.
// What the server may not save into the draft (a colleague changed it, has the case, it was handed in) it keeps beside
// it as this person's own version. In the browser the words lie sealed under a key that only this person's pages get,
// so that whoever signs in here next cannot read them. Without this file the buttons save.
"use strict";

window.onbrandDrafts = (() => {
  const SAVE_MS = 2000;
  const RETRY_MS = 3000;
  const LONGEST_RETRY_MS = 60000;
  const BY_HAND_MS = 120000; // words typed longer ago than this are kept, and take no case that nobody has
  const LATEST_TURN = 999999; // of a form that is gone nothing newer comes
  const KEPT_MS = 30 * 24 * 3600 * 1000;
  const STORE = "draft:";
  const SENT = "sent:";
  const BESIDE = "beside:"; // when words were last kept beside a draft: a page drawn before that does not show them
  const JUST_NOW_MS = 60000;
  const subtle = window.crypto?.subtle; // absent where a page comes over plain http from another machine

  // --- In this browser ------------------------------------------------------------------------------------------
  const bytes = (text) => Uint8Array.from(atob(text), (char) => char.charCodeAt(0));
  const word = (buffer) => btoa(Array.from(new Uint8Array(buffer), (byte) => String.fromCharCode(byte)).join(""));

  // A place for each open form: two windows at one case do not write over each other.
  function storage(key, seal, form) {
    let turn = 0;
    const own = `${STORE}${key}:${form}`;
    const isOfCase = (place) => place === STORE + key || place.startsWith(`${STORE}${key}:`);
    const secret = seal && subtle?.importKey("raw", bytes(seal), "AES-GCM", false, ["encrypt", "decrypt"]);
    const name = new TextEncoder().encode(key);

    async function sealed(record) {
      if (!secret) return JSON.stringify(record);
      const iv = crypto.getRandomValues(new Uint8Array(12));
      const box = await subtle.encrypt({ name: "AES-GCM", iv, additionalData: name }, await secret, new TextEncoder().encode(JSON.stringify(record)));
      return JSON.stringify({ at: record.at, iv: word(iv), box: word(box) });
    }

    async function opened(place) {
      try {
        const found = JSON.parse(localStorage.getItem(place));
        if (!found?.box) return typeof found?.text === "string" ? { ...found, place } : null;
        const open = await subtle.decrypt({ name: "AES-GCM", iv: bytes(found.iv), additionalData: name }, await secret, bytes(found.box));
        return { ...JSON.parse(new TextDecoder().decode(open)), place };
      } catch { return null; }
    }

    return {
      async set(text, base) {
        const mine = ++turn;
        try {
          const made = await sealed({ at: Date.now(), text, base });
          if (mine === turn) localStorage.setItem(own, made);
        } catch { /* The server's draft remains. */ }
      },
      async all() { // the newest first
        let places = [];
        try { places = Object.keys(localStorage).filter(isOfCase); } catch { /* Nothing was kept. */ }
        const found = await Promise.all(places.map(opened));
        return found.filter(Boolean).sort((one, other) => other.at - one.at);
      },
      isOwn: (place) => place === own,
      formOf: (place) => place.slice(STORE.length + key.length + 1),
      drop(place = own) {
        if (place === own) turn += 1;
        try { localStorage.removeItem(place); } catch { /* Nothing was kept. */ }
      },
    };
  }

  // Old ones go, and what lies there unsealed goes as soon as somebody else is signed in.
  function tidy(key) {
    const person = key?.split(":")[0];
    try {
      for (const name of Object.keys(localStorage)) {
        if (!name.startsWith(STORE)) continue;
        let found = null;
        try { found = JSON.parse(localStorage.getItem(name)); } catch { /* Of an earlier release: words as they are. */ }
        const old = found && Date.now() - found.at > KEPT_MS;
        const open = !found?.box && person && !name.startsWith(`${STORE}${person}:`);
        if (old || open) localStorage.removeItem(name);
      }
    } catch { /* Nothing is kept. */ }
  }

  // --- What became of a form that was sent ------------------------------------------------------------------------
  const plain = (text) => text.trim().replaceAll("\r\n", "\n");

  function shown(text) {
    return [...document.querySelectorAll(".answer .pre, .msg.ours .msg-text")].some((part) => part.textContent.trim() === plain(text));
  }

  function sentAndCame(key) {
    let sent = null;
    try {
      sent = sessionStorage.getItem(SENT + key);
      sessionStorage.removeItem(SENT + key);
    } catch { /* Without storage there is nothing to forget. */ }
    return document.querySelector("#toasts .toast") !== null ? sent : null;
  }

  function say(place, icon, text, link) {
    if (!place || place.dataset.said === `${icon}${text}`) return;
    place.dataset.said = `${icon}${text}`;
    const drawing = document.createElementNS("http://www.w3.org/2000/svg", "svg");
    drawing.setAttribute("class", "i");
    drawing.setAttribute("aria-hidden", "true");
    const use = document.createElementNS("http://www.w3.org/2000/svg", "use");
    use.setAttribute("href", `/static/icons.svg#${icon}`);
    drawing.append(use);
    place.className = icon === "check" ? "" : "unsaved";
    place.replaceChildren(...(text ? [drawing, `${text} `] : []), ...(link ? [link] : []));
  }

  function now(timeZone) {
    const moment = new Date();
    const how = { hour: "2-digit", minute: "2-digit" };
    try {
      return moment.toLocaleTimeString(document.documentElement.lang, { ...how, timeZone });
    } catch { // a zone this browser does not know
      return moment.toLocaleTimeString(document.documentElement.lang, how);
    }
  }

  function linkTo(address, label) {
    const link = document.createElement("a");
    link.href = address;
    link.textContent = label;
    return link;
  }

  // --- One open form ----------------------------------------------------------------------------------------------
  function wire(form, area, { put, changed }) {
    const key = form.dataset.keep;
    const here = storage(key, form.dataset.seal, form.elements.idempotency_key.value);
    const place = form.querySelector("#saved");
    const given = area.defaultValue; // not value: on a slow line somebody writes before this file is here
    let kept = given;
    let turn = 0;
    let timer = 0;
    let wait = RETRY_MS;
    let busy = false;
    let typedAt = -Infinity;
    tidy(key);

    function later(ms) {
      clearTimeout(timer);
      timer = setTimeout(save, ms);
    }

    function send(text, base, leaving) {
      const body = new FormData(form);
      body.set("text", text);
      body.set("based_on", base);
      turn += 1;
      form.elements.turn.value = turn;
      body.set("turn", turn);
      if (leaving === true || Date.now() - typedAt > BY_HAND_MS) body.set("left", "1"); // given back is given back
      return fetch(form.dataset.autosave, {
        method: "POST", body, keepalive: leaving === true, redirect: "manual", headers: { Accept: "application/json" },
      });
    }

    async function save(leaving) {
      clearTimeout(timer);
      const text = area.value;
      if (text === kept || area.readOnly || !form.isConnected) return;
      if (busy && leaving !== true) return; // whoever is at it looks again when it is done
      const was = busy;
      busy = true;
      try {
        await heard(await send(text, form.elements.based_on.value, leaving), text);
        wait = RETRY_MS;
      } catch {
        say(place, "alert", form.dataset.offline);
        later(wait);
        wait = Math.min(wait * 2, LONGEST_RETRY_MS);
      }
      busy = was;
      if (!was && area.value !== text && area.value !== kept) later(SAVE_MS);
    }

    async function heard(answer, text) {
      const hash = answer.headers.get("X-Text-Hash");
      if (answer.status === 204 && hash) {
        kept = text;
        form.elements.based_on.value = hash;
        if (area.value === text) here.drop();
        say(place, "check", form.dataset.saved.replace("{time}", now(form.dataset.zone)));
      } else if (answer.status === 409) {
        const told = await answer.json();
        if (told.kept) {
          kept = text;
          try { sessionStorage.setItem(BESIDE + key, Date.now()); } catch { /* They are there when the page is loaded again. */ }
          if (area.value === text) here.drop();
          refresh();
        }
        say(place, "alert", told.message);
      } else if (answer.type === "opaqueredirect" || answer.status === 401) { // only the door sends away from here
        const way = linkTo(`/sign-in?next=${encodeURIComponent(location.pathname + location.search)}`, form.dataset.signIn);
        say(place, "alert", form.dataset.signedOut, way);
      } else if (answer.status === 204) {
        say(place, "check", ""); // an empty field is no draft: the server keeps the words of before
      } else if (answer.status === 400) {
        say(place, "alert", form.dataset.tooOld, linkTo(location.href, form.dataset.reload));
      } else {
        say(place, "alert", form.dataset.trouble);
        later(LONGEST_RETRY_MS);
      }
    }

    async function refresh() {
      if (!form.dataset.versions) return;
      try {
        const answer = await fetch(form.dataset.versions, { headers: { "HX-Request": "true" } });
        const versions = answer.ok ? await answer.text() : null;
        const box = document.getElementById("draft-versions"); // only now: the case may have been drawn anew meanwhile
        if (box && versions !== null) box.innerHTML = versions;
      } catch { /* They are there when the page is loaded again. */ }
    }

    // Words of a window that is gone, where another's came back already: they become a version beside the draft.
    async function setBeside({ text, base, place }) {
      const body = new FormData(form);
      const way = { text, based_on: base ?? "", idempotency_key: here.formOf(place), turn: LATEST_TURN, left: "1" };
      for (const [field, value] of Object.entries(way)) body.set(field, value);
      try {
        const answer = await fetch(form.dataset.autosave, { method: "POST", body, redirect: "manual", headers: { Accept: "application/json" } });
        if (answer.status !== 204 && !(answer.status === 409 && (await answer.json()).kept)) return;
        here.drop(place);
        refresh();
      } catch { /* They stay here, for the next time. */ }
    }

    async function bringBack() {
      const early = area.value === given ? "" : area.value;
      const came = sentAndCame(key);
      const [backup, ...others] = (await here.all()).filter(({ text, place: at }) => {
        const isNeeded = text.trim() && text !== given && text !== came && !shown(text);
        if (!isNeeded) here.drop(at);
        return isNeeded;
      });
      if (!backup) return early.trim() ? typed() : undefined;
      const { text, base } = backup;
      if (area.readOnly || (base !== form.elements.based_on.value && base !== undefined)) {
        // Somebody else has the case, or has gone on with the draft: these words become a version beside it.
        for (const one of [backup, ...others]) await setBeside(one);
        return undefined;
      }
      const now = area.value === given ? "" : area.value;
      area.value = !now.trim() || text.includes(now) ? text : now.includes(text) ? now : `${text}\n${now}`;
      const back = document.createElement("button");
      back.type = "button";
      back.className = "link-button";
      back.textContent = form.dataset.discard;
      back.addEventListener("click", () => {
        here.drop();
        put(given);
        say(place, "check", "");
        area.focus();
      });
      say(place, "info", form.dataset.restored, back);
      changed();
      await here.set(area.value, form.elements.based_on.value);
      if (!here.isOwn(backup.place)) here.drop(backup.place); // a page shown again from the browser's own copy has one place
      if (!others.length) return later(SAVE_MS);
      await save();
      for (const one of others) if (one.text !== text) await setBeside(one); else here.drop(one.place);
      return undefined;
    }

    function typed() {
      here.set(area.value, form.elements.based_on.value);
      changed();
      later(SAVE_MS);
    }

    area.addEventListener("input", () => {
      typedAt = Date.now();
      typed();
    });
    area.addEventListener("blur", () => save());
    document.addEventListener("visibilitychange", () => { if (document.hidden) save(true); });
    window.addEventListener("pagehide", () => save(true));
    window.addEventListener("pageshow", (event) => { if (event.persisted) { kept = null; later(SAVE_MS); } });
    window.addEventListener("online", () => save());
    document.addEventListener("htmx:beforeSwap", (event) => { if (event.detail.target?.contains(form)) save(true); });
    // The claim went to somebody else: the words are kept as one's own version before anything else happens.
    document.addEventListener("htmx:afterSettle", (event) => { if (event.target.id === "claim" && !event.target.hasAttribute("data-mine")) save(); });
    try { if (Date.now() - sessionStorage.getItem(BESIDE + key) < JUST_NOW_MS) refresh(); } catch { /* As it was drawn. */ }
    bringBack();
    return {
      save,
      sending() { // a button was pressed: what the server answers says whether the words arrived
        clearTimeout(timer);
        turn += 1;
        form.elements.turn.value = turn;
        here.set(area.value, form.elements.based_on.value);
        kept = area.value;
        try { sessionStorage.setItem(SENT + key, area.value); } catch { /* The words come back once more than needed. */ }
      },
    };
  }

  document.addEventListener("submit", (event) => {
    if (!(event.submitter?.getAttribute("formaction") ?? event.target.action)?.endsWith("/sign-out") || subtle) return;
    try {
      for (const name of Object.keys(localStorage)) if (name.startsWith(STORE)) localStorage.removeItem(name);
    } catch { /* Nothing was kept. */ }
  });

  return { wire };
})();
