// The brand switcher: every brand, narrowed by what is typed. Enter opens the first; Space marks several, then Enter shows them.
"use strict";

(() => {
  const dialog = document.getElementById("brand-switcher");
  if (!dialog) return;
  const form = document.getElementById("brand-form");
  const search = document.getElementById("brand-search");
  const list = document.getElementById("brand-list");
  const show = document.getElementById("brand-set");
  const plain = (text) => text.normalize("NFD").replace(/\p{M}/gu, "").replaceAll("ł", "l").replaceAll("Ł", "L").toLowerCase();
  const links = () => [...list.querySelectorAll("li:not([hidden]) a")];
  const namesIn = (part) => plain([...part.querySelectorAll("a > :not(.count)")].map((one) => one.textContent).join(" "));
  const boxOf = (link) => link?.parentElement.querySelector("input");

  // What the rail holds stands there at once; the whole list comes when somebody asks for it, once per page.
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

  async function fill() {
    if (!list.dataset.url || list.dataset.filled) return;
    list.dataset.filled = "yes";
    const marked = new URLSearchParams(location.search).getAll("brand");
    const asked = marked.length > 1 ? `?${marked.map((id) => `brand=${encodeURIComponent(id)}`).join("&")}` : "";
    const answer = await fetch(list.dataset.url + asked, { headers: { "HX-Request": "true" } });
    if (!answer.ok) return;
    list.innerHTML = await answer.text();
    narrow();
    count();
  }

  function narrow() {
    const wanted = plain(search.value.trim());
    let first = null;
    for (const item of list.children) {
      const link = item.querySelector("a");
      item.hidden = !namesIn(item).includes(wanted);
      link.classList.remove("first");
      if (!first && !item.hidden) first = link;
    }
    if (first) first.classList.add("first");
    return first;
  }

  function count() {
    const marked = list.querySelectorAll("input:checked").length;
    show.hidden = marked === 0;
    show.lastElementChild.textContent = marked ? ` (${marked})` : "";
    return marked;
  }

  function mark(link) {
    const box = boxOf(link);
    if (!box) return false;
    box.checked = !box.checked;
    count();
    return true;
  }

  // A space belongs to a name as long as some name goes on with it; else it marks the first one, and the next is typed.
  function isMark() {
    const wanted = plain(search.value.trimStart());
    return wanted !== "" && ![...list.children].some((item) => namesIn(item).includes(`${wanted} `));
  }

  search.addEventListener("input", narrow);
  search.addEventListener("keydown", (event) => {
    if (event.key === "Enter") {
      event.preventDefault();
      if (count()) form.submit();
      else narrow()?.click();
    }
    if (event.key === "ArrowDown") {
      event.preventDefault();
      links()[0]?.focus();
    }
    if (event.key === " " && isMark() && mark(narrow())) {
      event.preventDefault();
      search.value = "";
      narrow();
    }
  });
  list.addEventListener("keydown", (event) => {
    const link = event.target.closest("li")?.querySelector("a");
    if (!link) return;
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      const all = links();
      const next = all[all.indexOf(link) + (event.key === "ArrowDown" ? 1 : -1)];
      (next || search).focus();
    }
    if (event.key === " " && event.target === link && mark(link)) event.preventDefault();
    if (event.key === "Enter" && count()) {
      event.preventDefault();
      form.submit();
    }
  });
  list.addEventListener("change", count);
  search.addEventListener("focus", () => fill().catch(() => delete list.dataset.filled));
  dialog.addEventListener("close", () => {
    search.value = "";
    narrow();
  });
  fillFromRail();
  narrow();
})();
