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
    document.querySelector(".talk-body")?.scrollTo(0, 0);
  });
  document.addEventListener("htmx:pushedIntoHistory", markOpen);

  setInterval(() => {
    if (document.hidden || !window.htmx) return;
    for (const element of document.querySelectorAll('[hx-trigger="look"]')) window.htmx.trigger(element, "look");
  }, LOOK_MS);
})();
