// A long list to tick: narrowed by what is typed, ticked at once where it is shown, counted on the button.
"use strict";

(() => {
  const form = document.querySelector(".picking");
  if (!form) return;
  const tools = form.querySelector(".picklist-tools");
  const search = form.querySelector("#picklist-search");
  const nothing = form.querySelector("#picklist-nothing");
  const picked = form.querySelector("[data-picked]");
  const rows = [...form.querySelectorAll(".picklist > li")];
  const box = (row) => row.querySelector("input");
  const plain = (text) => text.normalize("NFD").replace(/\p{M}/gu, "").replaceAll("ł", "l").replaceAll("Ł", "L").toLowerCase();

  function count() {
    const number = rows.filter((row) => box(row).checked).length;
    if (picked) picked.textContent = number ? ` (${number})` : "";
  }

  function narrow() {
    const wanted = plain(search.value.trim());
    for (const row of rows) row.hidden = !plain(row.textContent).includes(wanted);
    const shown = rows.filter((row) => !row.hidden).length;
    nothing.textContent = wanted ? `${shown} / ${rows.length}` : "";
  }

  form.addEventListener("change", count);
  if (tools) {
    tools.hidden = false;
    search.addEventListener("input", narrow);
    search.addEventListener("keydown", (event) => {
      if (event.key === "Enter") event.preventDefault();
    });
    tools.addEventListener("click", (event) => {
      const pick = event.target.dataset.pick;
      if (!pick) return;
      for (const row of rows) {
        if (!box(row).disabled && !(pick === "shown" && row.hidden)) box(row).checked = pick === "shown";
      }
      count();
    });
  }
  count();
})();
