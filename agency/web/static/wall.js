// The wall looks again by itself, and says so where it could not. Without this file it stays as it was made.
"use strict";

(() => {
  const AGAIN_MS = 20000;
  const MOST_WAIT_MS = 120000;
  let failed = 0;

  async function look() {
    const wall = document.getElementById("wall");
    if (!wall || document.hidden) return;
    const answer = await fetch(location.href).catch(() => null);
    const fresh = answer?.ok && !answer.redirected
      ? new DOMParser().parseFromString(await answer.text(), "text/html").getElementById("wall")
      : null;
    if (!fresh) {
      failed += 1;
      document.getElementById("wall-old").textContent = wall.dataset.old;
      return;
    }
    failed = 0;
    // What somebody has under the keyboard stays there.
    const held = wall.contains(document.activeElement) ? document.activeElement.getAttribute("href") : null;
    wall.replaceChildren(...fresh.childNodes);
    if (held) wall.querySelector(`a[href="${held.replaceAll('"', "")}"]`)?.focus({ preventScroll: true });
  }

  async function again() {
    await look();
    setTimeout(again, Math.min(AGAIN_MS * 2 ** failed, MOST_WAIT_MS));
  }

  setTimeout(again, AGAIN_MS);
  document.addEventListener("visibilitychange", look);
})();
