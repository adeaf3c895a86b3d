// The label picker: narrowed by what is typed, Enter puts the first one on or takes it off, and the next can be typed.
"use strict";

(() => {
  const plain = (text) => text.normalize("NFD").replace(/\p{M}/gu, "").replaceAll("ł", "l").replaceAll("Ł", "L").toLowerCase();

  function narrow(search) {
    const wanted = plain(search.value.trim());
    let first = null;
    for (const item of document.querySelectorAll("#label-list > li")) {
      const button = item.querySelector("button");
      item.hidden = !plain(button.textContent).includes(wanted);
      button.classList.remove("first");
      if (!first && !item.hidden) first = button;
    }
    first?.classList.add("first");
    const nothing = document.getElementById("label-nothing");
    if (nothing) nothing.textContent = first ? "" : nothing.dataset.words;
    return first;
  }

  document.addEventListener("input", (event) => {
    if (event.target.id === "label-search") narrow(event.target);
  });
  document.addEventListener("keydown", (event) => {
    if (event.target.id === "label-search") {
      if (event.key === "Enter") {
        event.preventDefault();
        narrow(event.target)?.click();
      }
      if (event.key === "ArrowDown") {
        event.preventDefault();
        document.querySelector("#label-list > li:not([hidden]) button")?.focus();
      }
      return;
    }
    const item = event.target.closest?.("#label-list > li");
    if (!item || (event.key !== "ArrowDown" && event.key !== "ArrowUp")) return;
    event.preventDefault();
    const all = [...document.querySelectorAll("#label-list > li:not([hidden]) button")];
    (all[all.indexOf(item.querySelector("button")) + (event.key === "ArrowDown" ? 1 : -1)] || document.getElementById("label-search")).focus();
  });

  // The list was made anew: the search shows itself and waits for the next label.
  document.addEventListener("htmx:afterSettle", () => {
    const search = document.getElementById("label-search");
    if (!search || search.dataset.ready) return;
    search.dataset.ready = "yes";
    search.closest(".field").hidden = false;
    narrow(search);
    if (search.closest(".menu[open]")) search.focus();
  });
})();
