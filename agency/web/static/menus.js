// Menus, dialogs, toasts: what floats can be closed, and what needs script shows itself. Everything opens without this file.
"use strict";

(() => {
  const TOAST_SECONDS = 20;
  const FIRST = "input:not([type=hidden]), select, a, button, textarea";

  function showWhatScriptCanDo(root) {
    for (const element of root.querySelectorAll(".with-script[hidden]")) element.hidden = false;
    for (const element of root.querySelectorAll(".no-script:not([hidden])")) element.hidden = true;
  }

  function closeMenus(except) {
    for (const menu of document.querySelectorAll("details.menu[open]")) {
      if (!except || !menu.contains(except)) menu.open = false;
    }
  }

  function watchToast(toast) {
    // The clock stands while the mouse or the keyboard is on it, so that nobody loses the way to undo.
    let left = TOAST_SECONDS;
    const clock = setInterval(() => {
      if (toast.matches(":hover, :focus-within") || document.hidden) return;
      left -= 1;
      if (left <= 0) {
        clearInterval(clock);
        toast.remove();
      }
    }, 1000);
  }

  function say(words) {
    const place = document.getElementById("toasts");
    if (!place || !words) return;
    const toast = document.createElement("div");
    toast.className = "toast";
    toast.textContent = words;
    place.replaceChildren(toast);
    watchToast(toast);
  }

  document.addEventListener("click", (event) => {
    closeMenus(event.target);
    const opener = event.target.closest("[data-opens]");
    const opened = opener && document.getElementById(opener.dataset.opens);
    if (opened) {
      event.preventDefault(); // a link leads to the same on a page of its own
      opened.showModal();
    }
    if (event.target.closest("[data-print]")) window.print();
    if (event.target instanceof HTMLDialogElement) event.target.close();
  });

  // Whoever goes on by Tab leaves the menu, which would lie over what comes next. A click closes it only once it is done:
  // what is pressed must not move away beneath it.
  let isTabbing = false;
  document.addEventListener("keydown", (event) => { isTabbing = event.key === "Tab"; }, true);
  document.addEventListener("pointerdown", () => { isTabbing = false; }, true);
  document.addEventListener("focusin", (event) => { if (isTabbing) closeMenus(event.target); });

  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    const menu = document.activeElement?.closest?.("details.menu[open]");
    if (menu) menu.querySelector("summary").focus();
    closeMenus();
  });

  document.addEventListener("toggle", (event) => {
    const menu = event.target;
    if (!(menu instanceof HTMLDetailsElement) || !menu.open) return;
    if (menu.matches(".menu")) {
      const box = menu.querySelector(".menu-box");
      box?.scrollIntoView({ block: "nearest" }); // one at a column's end would open out of its sight
      const first = box?.querySelector(FIRST);
      first?.focus({ preventScroll: true });
      first?.scrollIntoView({ block: "nearest" }); // below the fold of a box that is higher than its column
    }
    if (menu.matches(".add-note")) menu.querySelector("textarea")?.focus();
  }, true);

  // What a menu fetched takes the keyboard over. On a narrow screen the rail is a drawer: following one of its links closes it.
  document.addEventListener("htmx:afterSwap", (event) => {
    showWhatScriptCanDo(event.target);
    event.target.closest(".menu[open] .menu-box")?.querySelector(FIRST)?.focus();
    document.querySelector(".rail:popover-open")?.hidePopover();
  });
  document.addEventListener("htmx:sendError", () => say(document.getElementById("toasts")?.dataset.offline));

  showWhatScriptCanDo(document);
  for (const toast of document.querySelectorAll(".toast")) watchToast(toast);
})();
