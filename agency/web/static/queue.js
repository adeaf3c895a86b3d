// The queue: marks the open case, asks every few seconds what moved, changes rows where they stand, and never moves
// the list by itself. Without this file the list is as it was made, and every link makes it anew.
"use strict";

(() => {
  const LOOK_MS = 20000;
  const PULSE_MS = 3800; // with the jitter below at most 4.2 s, so that a change is seen within five
  const HIDDEN_MS = 60000;
  const MOST_WAIT_MS = 30000;
  const EVERYTHING_AFTER = 20; // pulses: what only time changes, such as the count of the late
  const TYPING_MS = 5000;
  const CODE = 6;
  const MOST_ROWS = 60;
  const MOST_COUNTED = 100; // the pulse counts no further

  const queue = document.querySelector("[data-pulse]");
  const talk = () => document.getElementById("talk");
  const rows = () => document.querySelectorAll(".row");
  const idOf = (row) => row.getAttribute("href").match(/[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}/)?.[0] ?? "";
  const codeOf = (id) => id.slice(-CODE);

  function markOpen() {
    const open = talk();
    if (!open) return;
    const here = location.pathname + location.search;
    for (const row of rows()) {
      if (row.getAttribute("href") === here) row.setAttribute("aria-current", "true");
      else row.removeAttribute("aria-current");
    }
    if (open.dataset.title) document.title = open.dataset.title;
  }

  // The newest words are what is answered; where the page itself scrolls, reading starts at the top.
  function showNewest() {
    const body = document.querySelector(".talk-body");
    const newest = body && [...body.querySelectorAll(".msg")].at(-1);
    if (newest && getComputedStyle(body).overflowY === "auto") body.scrollTop = newest.offsetTop - body.offsetTop - 16;
  }

  document.addEventListener("htmx:afterSettle", (event) => {
    if (event.target.id !== "conversation") return;
    markOpen();
    const open = talk();
    const held = document.activeElement;
    // One column only: the row that was pressed is gone from sight, so reading goes on at the case.
    if (open && (!held || held === document.body || !held.checkVisibility?.())) {
      open.tabIndex = -1;
      open.focus({ preventScroll: true });
    }
    showNewest();
    if (!queue) return;
    showPeople();
    pulse();
  });
  document.addEventListener("htmx:pushedIntoHistory", markOpen);

  // A row's exact times are said when somebody points at them: fifty rows carry them once, for machines.
  let exact = null;
  document.addEventListener("pointerover", (event) => {
    const time = event.target.closest?.(".row time:not([title])");
    if (!time) return;
    const timeZone = document.getElementById("rows")?.dataset.zone;
    exact ??= new Intl.DateTimeFormat(document.documentElement.lang, { dateStyle: "medium", timeStyle: "short", timeZone });
    time.title = exact.format(new Date(time.dateTime));
  });

  // Why a row stands where it does is asked for when somebody points at its score, and kept for a minute.
  document.addEventListener("pointerover", async (event) => {
    const score = event.target.closest?.(".row > p:last-child > b");
    if (!score || Date.now() - (score.asked ?? 0) < HIDDEN_MS) return;
    score.asked = Date.now();
    const answer = await fetch(`/inbox/${idOf(score.closest(".row"))}/why`).catch(() => null);
    if (answer?.ok) score.title = await answer.text();
  });

  showNewest();
  setInterval(() => {
    if (document.hidden || !window.htmx) return;
    for (const element of document.querySelectorAll('[hx-trigger~="look"]')) window.htmx.trigger(element, "look");
  }, LOOK_MS);

  // Looking on one's own never leads away from somebody who types: that the session ended is said where words are kept.
  document.addEventListener("htmx:beforeOnLoad", (event) => {
    const { elt, xhr } = event.detail;
    if (xhr.status === 401 && elt.matches('[hx-trigger~="look"]')) event.preventDefault();
  });

  if (!queue) return;
  const line = document.getElementById("off-line");

  // --- The pulse ------------------------------------------------------------------------------------------------
  const made = Number(new URL(queue.dataset.pulse, location).searchParams.get("made"));
  const heard = new Map(); // code of a row: when it changed last, as far as we know
  let heardAll = made; // up to here we know that more changed than we were told
  let told = "";
  let people = "";
  let there = [];
  let typedAt = -Infinity;
  let open = ""; // the case this page last said it has open
  let asked = 0;
  let failed = 0;
  let cutAt = null;
  let timer = 0;
  let running = null;

  function address(left) {
    const url = new URL(queue.dataset.pulse, location);
    const shown = [...rows()].map((row) => codeOf(idOf(row)));
    const id = left || talk()?.dataset.id || "";
    if (id) {
      url.searchParams.set("case", id);
      shown.push(codeOf(id));
    }
    if (left) url.searchParams.set("left", "1");
    else {
      if (told && asked % EVERYTHING_AFTER) url.searchParams.set("at", told);
      else if (told) url.searchParams.set("at", `0-${told.split("-")[1]}`);
      if (people) url.searchParams.set("who", people);
      if (id && performance.now() - typedAt < TYPING_MS) url.searchParams.set("typing", "1");
    }
    url.searchParams.set("rows", shown.slice(-400).join(""));
    return url;
  }

  function say(words) {
    if (line.textContent !== words) line.textContent = words;
  }

  // One question at a time; whoever asks meanwhile gets the answer under way.
  function pulse() {
    running ??= ask().finally(() => {
      running = null;
      plan();
    });
    return running;
  }

  async function ask() {
    const id = talk()?.dataset.id || "";
    if (open && open !== id) leave(open);
    open = id;
    let answer = null;
    try {
      answer = await fetch(address(""), { headers: { "HX-Request": "true" }, signal: AbortSignal.timeout(10000) });
      if (answer.status >= 500) throw new Error(String(answer.status));
    } catch {
      failed += 1;
      cutAt ??= new Date();
      if (failed > 1) {
        [people, there] = ["", []]; // nobody knows who is there now
        showPeople();
        const time = cutAt.toLocaleTimeString(document.documentElement.lang, { hour: "2-digit", minute: "2-digit", timeZone: zone() });
        say(line.dataset.cut.replace("{}", time));
      }
      return;
    }
    failed = 0;
    cutAt = null;
    if (answer.status === 401 || answer.status === 403) {
      failed = 8;
      say(line.dataset.out);
      return;
    }
    say("");
    asked += 1;
    if (answer.status !== 200) return;
    const news = await answer.json();
    if ("who" in news) {
      people = news.who;
      there = news.there;
      showPeople();
    }
    if (news.at) await take(news);
  }

  async function take(news) {
    const isFirst = !told;
    const before = told;
    told = news.at;
    showCounts(news.n);
    showBell(news.bell);
    countNew(news.new);
    if (!isFirst) showViews();
    const heardBefore = heardAll;
    const all = news.all > heardAll;
    heardAll = Math.max(heardAll, news.all ?? 0);
    const wanted = new Map();
    const came = new Map(); // rows that a colleague's page fetched a moment ago come along
    for (const [code, at, row] of news.rows ?? []) {
      if (heard.get(code) >= at) continue;
      heard.set(code, at);
      if (isFirst && at <= made) continue;
      wanted.set(code, at);
      if (row) came.set(code, row);
    }
    // What the case itself asks for now and then, such as who holds it, it asks for at once.
    if ((wanted.has(codeOf(talk()?.dataset.id ?? "")) || all) && window.htmx) {
      for (const element of document.querySelectorAll('#conversation [hx-trigger="look"]')) window.htmx.trigger(element, "look");
    }
    const ids = [...rows()].map(idOf).filter((id) => all || wanted.has(codeOf(id)));
    const known = ids.filter((id) => came.has(codeOf(id)));
    if (known.length) show(known, known.map((id) => came.get(codeOf(id))).join(""));
    const rest = ids.filter((id) => !came.has(codeOf(id)));
    for (let first = 0; first < rest.length; first += MOST_ROWS) {
      const some = rest.slice(first, first + MOST_ROWS);
      if (await change(some)) continue;
      for (const id of some) heard.delete(codeOf(id)); // the line was cut between the two: asked for again
      heardAll = heardBefore;
      told = before || `0-${news.at.split("-")[1]}`;
    }
  }

  // Counts of saved views are asked for at most so often, however much happens.
  const VIEWS_MS = 20000;
  let viewsAt = 0;
  function showViews() {
    const strip = document.querySelector(".saved-views");
    if (!strip || !strip.childElementCount || performance.now() - viewsAt < VIEWS_MS) return;
    viewsAt = performance.now();
    window.htmx?.trigger(strip, "changed");
  }

  // Rows change where they stand: what has the focus keeps it, what is scrolled to stays.
  async function change(ids) {
    const url = new URL(queue.dataset.rows, location);
    url.searchParams.set("look", new URL(queue.dataset.pulse, location).searchParams.get("look"));
    url.searchParams.set("ids", ids.map((id) => `${id}~${heard.get(codeOf(id)) ?? 0}`).join(","));
    try {
      const answer = await fetch(url, { headers: { "HX-Request": "true" }, signal: AbortSignal.timeout(10000) });
      if (!answer.ok) return false;
      show(ids, await answer.text());
      return true;
    } catch {
      return false;
    }
  }

  function show(ids, text) {
    const came = document.createElement("template");
    came.innerHTML = text;
    const fresh = new Map([...came.content.querySelectorAll(".row")].map((row) => [idOf(row), row]));
    for (const row of rows()) {
      const id = idOf(row);
      if (!ids.includes(id)) continue;
      if (fresh.has(id)) swap(row, fresh.get(id));
      else grey(row);
    }
    showPeople();
  }

  const written = (row) => row.querySelector("p time")?.dateTime;

  function swap(row, now) {
    const wroteAgain = written(row) !== written(now);
    row.className = now.className;
    row.replaceChildren(...now.childNodes);
    row.classList.add("fresh");
    row.addEventListener("animationend", () => row.classList.remove("fresh"), { once: true });
    if (wroteAgain && talk()?.dataset.id === idOf(row)) sayNews();
  }

  function grey(row) {
    row.classList.add("gone");
    const last = row.querySelectorAll("p")[2];
    const word = last.querySelector("strong") ?? last.insertBefore(document.createElement("strong"), last.firstChild);
    word.textContent = line.dataset.gone;
  }

  function sayNews() {
    const place = document.getElementById("talk-news");
    if (!place || place.firstChild) return;
    const link = document.createElement("a");
    link.href = location.href;
    link.textContent = place.dataset.show;
    place.append(`${place.dataset.words} `, link);
  }

  function showCounts(counts) {
    for (const tab of document.querySelectorAll(".queue .tabs a")) {
      const asks = new URL(tab.href).searchParams;
      const number = counts[asks.get("view") ?? "team"];
      const place = tab.querySelector(".count");
      if (!place || number === undefined || asks.has("saved") || place.textContent === String(number)) continue;
      place.textContent = number;
      if (asks.get("view") === "late") place.className = `count ${number ? "bad" : "plain"}`;
    }
  }

  // Unread notices, as the page that was made anew would show them.
  function showBell(unread) {
    const words = unread > 99 ? "99+" : String(unread || "");
    for (const bell of document.querySelectorAll("[data-bell]")) {
      const place = bell.querySelector(".count");
      if (place.textContent !== words) place.textContent = words;
      place.hidden = !unread;
      if (bell.dataset.bell === "only") bell.hidden = !unread;
    }
  }

  // A list of a part of the queue asks how many of the new ones it would show; of all, the pulse has told.
  async function countNew(number) {
    const bar = document.getElementById("new-bar");
    if (!bar?.dataset.count || !number) return showNew(number);
    if (bar.dataset.of === String(number)) return undefined;
    const answer = await fetch(bar.dataset.count, { headers: { "HX-Request": "true" } }).catch(() => null);
    if (!answer?.ok) return undefined;
    if (number < MOST_COUNTED) bar.dataset.of = number;
    return showNew(Number(await answer.text()));
  }

  function showNew(number) {
    const bar = document.getElementById("new-bar");
    if (!bar?.dataset.words || !number) return;
    const [one, few, many] = bar.dataset.words.split("|");
    const kind = new Intl.PluralRules(document.documentElement.lang).select(number);
    const words = { one, few }[kind] ?? many;
    let link = bar.querySelector("a");
    if (!link) {
      link = document.createElement("a");
      link.className = "new-bar";
      link.href = bar.dataset.url;
      bar.append(link);
    }
    const text = words.replace(/\d+/, number > 99 ? "99+" : number);
    if (link.textContent === text) return;
    link.innerHTML = '<svg class="i" aria-hidden="true"><use href="/static/icons.svg#up"/></svg>';
    link.append(text);
  }

  // --- Who is looking and who is typing -------------------------------------------------------------------------
  function words(name, isTyping) {
    return (isTyping ? line.dataset.typing : line.dataset.looking).replace("{}", name);
  }

  function showPeople() {
    const at = new Map();
    for (const [code, letters, name, isTyping] of there) at.set(code, [...(at.get(code) ?? []), { letters, name, isTyping }]);
    for (const row of rows()) {
      const here = at.get(codeOf(idOf(row))) ?? [];
      const last = row.querySelectorAll("p")[2];
      const key = JSON.stringify(here);
      const shown = [...last.querySelectorAll(".seen")];
      if ((last.dataset.seen ?? "[]") === key && shown.length === Math.min(here.length, 3)) continue;
      last.dataset.seen = key;
      for (const mark of shown) mark.remove();
      for (const { letters, name, isTyping } of here.slice(0, 3)) {
        const mark = document.createElement("span");
        mark.className = isTyping ? "seen typing" : "seen";
        mark.title = words(name, isTyping);
        mark.setAttribute("role", "img");
        mark.setAttribute("aria-label", mark.title);
        mark.textContent = letters;
        last.insertBefore(mark, last.querySelector("time"));
      }
    }
    const place = document.getElementById("others");
    if (!place) return;
    const here = at.get(codeOf(talk()?.dataset.id ?? "")) ?? [];
    const text = here.slice(0, 4).map(({ name, isTyping }) => words(name, isTyping)).join(" · ");
    if (place.textContent !== text) place.textContent = text;
  }

  function leave(id) {
    fetch(address(id), { headers: { "HX-Request": "true" }, keepalive: true }).catch(() => {});
  }

  document.addEventListener("input", (event) => {
    if (!event.target.closest?.("#composer-form")) return;
    const began = performance.now() - typedAt > TYPING_MS;
    typedAt = performance.now();
    if (began) pulse();
  });

  // --- When -----------------------------------------------------------------------------------------------------
  const zone = () => document.getElementById("rows")?.dataset.zone;

  function plan() {
    clearTimeout(timer);
    const wait = document.hidden ? HIDDEN_MS : Math.min(MOST_WAIT_MS, PULSE_MS * 2 ** Math.min(failed, 4));
    timer = setTimeout(pulse, wait * (0.9 + Math.random() * 0.2));
  }

  document.addEventListener("visibilitychange", () => (document.hidden ? plan() : pulse()));
  window.addEventListener("online", pulse);
  window.addEventListener("pagehide", () => open && leave(open));
  window.addEventListener("pageshow", (event) => event.persisted && pulse());

  window.onbrandPulse = pulse;
  setTimeout(pulse, 200 + Math.random() * 400);
})();
