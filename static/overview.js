"use strict";
const table = document.getElementById("table");
const body = table.tBodies[0];
const heads = [...table.tHead.rows[0].cells];
const rows = [...body.rows].filter((row) => row.dataset.status);
const first = 6; // column of the first check
const texts = new Intl.Collator(undefined, { numeric: true });

function value(row, column, by) {
  const cell = row.cells[column];
  const text = cell.dataset.value ?? cell.textContent.trim();
  if (by === "text") return text || null;
  if (text === "✓") return 1;
  if (text === "✗") return 0;
  const number = parseFloat(text);
  return Number.isNaN(number) ? null : number;
}

function sort(column, by, down) {
  const keyed = rows.map((row, place) => ({ row, place, key: value(row, column, by) }));
  keyed.sort((a, b) => {
    if (a.key === null || b.key === null) return (a.key === null) - (b.key === null) || a.place - b.place;
    const way = by === "text" ? texts.compare(a.key, b.key) : a.key - b.key;
    return (down ? -way : way) || a.place - b.place;
  });
  const sorted = document.createDocumentFragment();
  for (const one of keyed) sorted.append(one.row);
  body.append(sorted);
}

heads.forEach((head, column) => {
  const button = document.createElement("button");
  button.type = "button";
  button.append(...head.childNodes);
  head.append(button);
  button.addEventListener("click", () => {
    const down = head.getAttribute("aria-sort") === "ascending";
    for (const other of heads) other.removeAttribute("aria-sort");
    head.setAttribute("aria-sort", down ? "descending" : "ascending");
    sort(column, head.dataset.by, down);
  });
});

const find = document.getElementById("find");
const state = document.getElementById("status");
const lost = document.getElementById("lost");
const shown = document.getElementById("shown");
const fold = (text) => text.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase();
let searched = null;

function filter() {
  const words = fold(find.value).split(/\s+/).filter(Boolean);
  if (words.length && !searched) searched = rows.map((row) => fold([0, 1, 3].map((c) => row.cells[c].textContent).join(" ")));
  let count = 0;
  rows.forEach((row, place) => {
    const cell = lost.value === "" ? null : row.cells[first + Number(lost.value)];
    const fits = (!state.value || row.dataset.status === state.value)
      && (!cell || (cell.className !== "" && cell.className !== "p"))
      && words.every((word) => searched[place].includes(word));
    row.hidden = !fits;
    count += fits;
  });
  shown.textContent = `${count} of ${rows.length} shown`;
}
for (const control of [find, state, lost]) control.addEventListener("input", filter);
document.querySelector(".tools").hidden = false;
filter();
