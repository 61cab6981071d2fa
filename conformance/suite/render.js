"use strict";
// Without this script the page shows everything; it only hides what is not looked for.
(() => {
  const words = document.querySelector("input[type=search]");
  const levels = [...document.querySelectorAll(".find input[type=checkbox]")];
  const said = document.querySelector(".find output");
  const clauses = [...document.querySelectorAll("article[data-level]")];
  const text = new Map(clauses.map((a) => [a, a.textContent.toLowerCase()]));
  function find() {
    const wanted = words.value.toLowerCase().split(/\s+/).filter(Boolean);
    const shown = new Set(levels.filter((box) => box.checked).map((box) => box.value));
    let count = 0;
    for (const a of clauses) {
      a.hidden = !shown.has(a.dataset.level) || !wanted.every((w) => text.get(a).includes(w));
      count += !a.hidden;
    }
    const filtered = count < clauses.length;
    for (const section of document.querySelectorAll("section.chapter"))
      section.hidden = filtered && !section.querySelector("article:not([hidden])");
    said.textContent = filtered ? `${count} of ${clauses.length} clauses` : "";
  }
  document.querySelector(".find").hidden = false;
  words.addEventListener("input", find);
  levels.forEach((box) => box.addEventListener("change", find));
  addEventListener("hashchange", () => {
    const target = document.getElementById(decodeURIComponent(location.hash.slice(1)));
    if (target && target.hidden) {
      words.value = "";
      levels.forEach((box) => (box.checked = true));
      find();
      target.scrollIntoView();
    }
  });
  find();
})();
