"use strict";
// The page is whole without this: filters, the keyboard, and where the focus goes.
(() => {
  const form = document.getElementById("filters");
  const shown = document.getElementById("shown");
  const matrix = document.getElementById("matrix");
  const rows = [...matrix.querySelectorAll("tr.clause")].map((row) => ({
    row,
    level: row.dataset.level,
    words: row.textContent.toLowerCase(),
    cells: [...row.querySelectorAll("td[data-i]")],
  }));
  const checked = (name) => new Set([...form.querySelectorAll(`[name=${name}]:checked`)].map((box) => box.value));

  function wanted(entry, choice) {
    const found = entry.cells.filter((td) => choice.columns.has(td.dataset.i)).map((td) => td.dataset.v || "");
    const told = new Set(found.filter((verdict) => verdict && verdict !== "SKIP"));
    return choice.levels.has(entry.level)
      && choice.terms.every((term) => entry.words.includes(term))
      && (!choice.verdict || found.includes(choice.verdict))
      && (!choice.differ || told.size > 1);
  }

  function filter() {
    const choice = {
      levels: checked("level"),
      columns: checked("column"),
      terms: form.elements.text.value.toLowerCase().split(/\s+/).filter(Boolean),
      verdict: form.elements.verdict.value,
      differ: form.elements.differ.checked,
    };
    let count = 0;
    for (const entry of rows) {
      entry.row.hidden = !wanted(entry, choice);
      count += !entry.row.hidden;
    }
    for (const body of matrix.tBodies) {
      body.hidden = !body.querySelector("tr.clause:not([hidden])");
    }
    for (const cell of matrix.querySelectorAll("[data-i]")) {
      cell.hidden = !choice.columns.has(cell.dataset.i);
    }
    shown.textContent = `${count} of ${rows.length} clauses`;
  }

  // -- the drawer: Escape closes it, and the focus returns to where it came from --

  let from = null;

  function opened() {
    const target = document.getElementById(decodeURIComponent(location.hash.slice(1)));
    if (target && target.closest(".drawer")) {
      target.focus({ preventScroll: true });
    } else if (from) {
      from.focus({ preventScroll: true });
      from = null;
    }
  }

  const drawerIsOpen = () => document.querySelector(".drawer:target, .drawer:has(:target)") !== null;

  // -- arrows walk through the cells that are shown --

  function neighbour(link, key) {
    const cell = link.closest("td");
    if (key === "ArrowLeft" || key === "ArrowRight") {
      const side = key === "ArrowLeft" ? "previousElementSibling" : "nextElementSibling";
      let next = cell[side];
      while (next && (next.hidden || !next.querySelector("a"))) next = next[side];
      return next && next.dataset.i ? next.querySelector("a") : null;
    }
    const visible = rows.filter((entry) => !entry.row.hidden);
    const step = key === "ArrowUp" ? -1 : 1;
    let at = visible.findIndex((entry) => entry.row === cell.parentElement) + step;
    for (; at >= 0 && at < visible.length; at += step) {
      const next = visible[at].row.querySelector(`td[data-i="${cell.dataset.i}"] a`);
      if (next) return next;
    }
    return null;
  }

  function key(event) {
    if (event.ctrlKey || event.altKey || event.metaKey) return;
    if (event.key === "Escape" && drawerIsOpen()) {
      location.hash = "-";
      return;
    }
    if (event.key === "/" && !event.target.closest("input, select")) {
      event.preventDefault();
      form.elements.text.focus();
      return;
    }
    if (event.key.startsWith("Arrow") && event.target.matches("#matrix td[data-i] a")) {
      const next = neighbour(event.target, event.key);
      if (next) {
        event.preventDefault();
        next.focus();
      }
    }
  }

  matrix.addEventListener("click", (event) => {
    from = event.target.closest("a") || from;
  });
  form.addEventListener("input", filter);
  form.addEventListener("submit", (event) => event.preventDefault());
  form.addEventListener("reset", () => setTimeout(filter));
  window.addEventListener("hashchange", opened);
  document.addEventListener("keydown", key);
  form.hidden = false;
  filter();
  opened();
})();
