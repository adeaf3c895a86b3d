// The brand switcher: the rail's brands again, narrowed by what is typed. Enter opens the first.
"use strict";

(() => {
  const dialog = document.getElementById("brand-switcher");
  if (!dialog) return;
  const search = document.getElementById("brand-search");
  const list = document.getElementById("brand-list");
  const plain = (text) => text.normalize("NFD").replace(/\p{M}/gu, "").replaceAll("ł", "l").replaceAll("Ł", "L").toLowerCase();

  function fillFromRail() {
    for (const link of document.querySelectorAll(".rail-brands a")) {
      const item = document.createElement("li");
      const copy = link.cloneNode(true);
      copy.removeAttribute("title");
      copy.removeAttribute("aria-current");
      item.append(copy);
      list.append(item);
    }
  }

  // The rail holds the busiest brands; the whole list comes when somebody asks for it, once per page.
  async function fill() {
    if (!list.dataset.url || list.dataset.filled) return;
    list.dataset.filled = "yes";
    const answer = await fetch(list.dataset.url, { headers: { "HX-Request": "true" } });
    if (!answer.ok) return;
    list.innerHTML = await answer.text();
    narrow();
  }

  function narrow() {
    const wanted = plain(search.value.trim());
    let first = null;
    for (const item of list.children) {
      const link = item.firstElementChild;
      item.hidden = !plain(link.textContent).includes(wanted);
      link.classList.remove("first");
      if (!first && !item.hidden) first = link;
    }
    if (first) first.classList.add("first");
    return first;
  }

  search.addEventListener("input", narrow);
  search.addEventListener("keydown", (event) => {
    if (event.key === "Enter") narrow()?.click();
    if (event.key === "ArrowDown") list.querySelector("li:not([hidden]) a")?.focus();
  });
  search.addEventListener("focus", () => fill().catch(() => delete list.dataset.filled));
  dialog.addEventListener("close", () => {
    search.value = "";
    narrow();
  });
  fillFromRail();
  narrow();
})();
