// The label picker: narrowed by what is typed, Enter puts the first one on or takes it off, and the next can be typed.
// Of many labels only some are there; others are asked for (data-asked: for what), and Enter waits for them.
// A filter's field that finds more to tick (data-find), and that of the bulk bar: Enter goes to what was found.
"use strict";

(() => {
  const plain = (text) => text.normalize("NFD").replace(/\p{M}/gu, "").replaceAll("ł", "l").replaceAll("Ł", "L").toLowerCase();
  const isAsked = (search) => search.dataset.asked !== undefined;

  function narrow(search) {
    const wanted = plain(search.value.trim());
    const list = document.getElementById("label-list");
    let first = null;
    for (const item of list.querySelectorAll("li")) {
      const button = item.querySelector("button");
      item.hidden = !isAsked(search) && !plain(button.textContent).includes(wanted);
      button.classList.remove("first");
      if (item.hidden || first) continue;
      // Of those asked for, what the case bears already stands first, whatever was typed.
      if (!isAsked(search) || wanted === "" || plain(button.textContent).includes(wanted)) first = button;
    }
    first?.classList.add("first");
    const nothing = document.getElementById("label-nothing");
    if (nothing) nothing.textContent = isAsked(search) ? list.dataset.told : first ? "" : nothing.dataset.words;
    return first;
  }

  function press(search) {
    if (isAsked(search) && search.value !== search.dataset.asked) search.dataset.waits = "yes";
    else narrow(search)?.click();
  }

  document.addEventListener("input", (event) => {
    const search = event.target;
    if (search.id !== "label-search") return;
    delete search.dataset.waits;
    narrow(search);
  });
  document.addEventListener("htmx:configRequest", (event) => {
    const search = event.target;
    if (search.id === "label-search" && isAsked(search)) search.dataset.sent = search.value;
  });
  document.addEventListener("keydown", (event) => {
    if (event.target.id === "label-search") {
      if (event.key === "Enter") {
        event.preventDefault();
        press(event.target);
      }
      if (event.key === "ArrowDown") {
        event.preventDefault();
        document.querySelector("#label-list > li:not([hidden]) button")?.focus();
      }
      return;
    }
    if (event.key === "Enter" && event.target.id === "bulk-find") {
      event.preventDefault();
      document.querySelector("#bulk-labels select").focus();
      return;
    }
    if (event.key === "Enter" && event.target.matches?.("[data-find]")) {
      event.preventDefault();
      (event.target.closest("fieldset").querySelector("input[type=checkbox]:not(:checked)") || event.target).focus();
      return;
    }
    const item = event.target.closest?.("#label-list > li");
    if (!item || (event.key !== "ArrowDown" && event.key !== "ArrowUp")) return;
    event.preventDefault();
    const all = [...document.querySelectorAll("#label-list > li:not([hidden]) button")];
    (all[all.indexOf(item.querySelector("button")) + (event.key === "ArrowDown" ? 1 : -1)] || document.getElementById("label-search")).focus();
  });

  // The list was made anew: the search shows itself and waits for the next label, or presses what Enter waited for.
  document.addEventListener("htmx:afterSettle", (event) => {
    const search = document.getElementById("label-search");
    if (!search) return;
    if (event.target.id === "label-list" && search.dataset.sent !== undefined) {
      search.dataset.asked = search.dataset.sent;
      const first = narrow(search);
      if (search.dataset.waits && search.value === search.dataset.asked) {
        delete search.dataset.waits;
        first?.click();
      }
    }
    if (search.dataset.ready) return;
    search.dataset.ready = "yes";
    search.closest(".field, .find").hidden = false;
    narrow(search);
    if (search.closest(".menu[open]")) search.focus();
  });
})();
