// The queue: marks the open case, asks whether newer ones came, and never moves the list by itself.
"use strict";

(() => {
  const LOOK_MS = 20000;

  function markOpen() {
    const talk = document.getElementById("talk");
    if (!talk) return;
    const here = location.pathname + location.search;
    for (const row of document.querySelectorAll(".row")) {
      if (row.getAttribute("href") === here) row.setAttribute("aria-current", "true");
      else row.removeAttribute("aria-current");
    }
    if (talk.dataset.title) document.title = talk.dataset.title;
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
    const talk = document.getElementById("talk");
    const held = document.activeElement;
    // One column only: the row that was pressed is gone from sight, so reading goes on at the case.
    if (talk && (!held || held === document.body || !held.checkVisibility?.())) {
      talk.tabIndex = -1;
      talk.focus({ preventScroll: true });
    }
    showNewest();
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

  showNewest();
  setInterval(() => {
    if (document.hidden || !window.htmx) return;
    for (const element of document.querySelectorAll('[hx-trigger="look"]')) window.htmx.trigger(element, "look");
  }, LOOK_MS);
})();
