// A quiz by keyboard: 1 to 4 choose an answer of the question one is at, and go on to the next without one.
"use strict";

(() => {
  const form = document.getElementById("quiz-form");
  if (!form) return;
  const questions = [...form.querySelectorAll("[data-question]")];
  const options = (question) => [...question.querySelectorAll("input[type=radio]")];
  const isOpen = (question) => !options(question).some((option) => option.checked);

  function switchedOff() {
    try {
      return document.body.dataset.keys !== "on" || localStorage.getItem("keys-off") === "1";
    } catch {
      return document.body.dataset.keys !== "on";
    }
  }

  if (!switchedOff()) {
    for (const hint of form.querySelectorAll(".with-script")) hint.hidden = false;
  }

  document.addEventListener("keydown", (event) => {
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || !/^[1-4]$/.test(event.key)) return;
    if (switchedOff() || document.querySelector("dialog[open]")) return;
    const here = document.activeElement?.closest("[data-question]") ?? questions.find(isOpen);
    const option = here && options(here)[Number(event.key) - 1];
    if (!option) return;
    event.preventDefault();
    option.checked = true;
    const after = questions.slice(questions.indexOf(here) + 1).find(isOpen) ?? questions.find(isOpen);
    const next = after ? options(after)[0] : form.querySelector("button.main");
    next.focus({ preventScroll: true });
    (after ?? next).scrollIntoView({ block: "nearest" });
  });
})();
