"use strict";
// An import that is watched: numbers and rows change where they stand, nothing moves.
const watching = document.querySelector("[data-watch]");
if (watching) {
  const rows = new Map([...document.querySelectorAll("tr[data-place]")].map((row) => [Number(row.dataset.place), row]));
  const said = document.querySelector("[data-said]");
  const put = (element, text) => { if (element && element.textContent !== text) element.textContent = text; };
  let settled = -1;

  function show(row, now) {
    if (row.dataset.at === now.at) return;
    row.dataset.at = now.at;
    const badge = row.querySelector("[data-badge]");
    badge.className = `badge ${now.kind}`;
    put(badge, now.words);
    put(row.querySelector("[data-score]"), now.score);
    const why = row.querySelector("[data-why]");
    why.replaceChildren();
    if (now.reason) {
      const details = document.createElement("details");
      const summary = document.createElement("summary");
      const words = document.createElement("p");
      summary.textContent = "why";
      words.textContent = now.reason;
      details.append(summary, words);
      why.append(details);
    }
  }

  async function look() {
    if (document.hidden) return true;
    const places = [...rows].filter(([, row]) => ["reading", "queued", "running", "cancelled", "ungraded"].includes(row.dataset.at));
    const answer = await fetch(`${watching.dataset.watch}?rows=${places.map(([place]) => place).join(",")}`, { headers: { Accept: "application/json" } });
    if (!answer.ok) return answer.status >= 500;
    const now = await answer.json();
    if (String(now.total) !== watching.dataset.total || now.over) {
      location.reload();
      return false;
    }
    put(document.querySelector("[data-state]"), now.state);
    put(document.querySelector("[data-rate]"), now.rate);
    put(document.querySelector("[data-left]"), now.left);
    for (const element of document.querySelectorAll("[data-count]")) {
      put(element, String(now.counts[element.dataset.count]));
      element.toggleAttribute("data-zero", !now.counts[element.dataset.count]);
    }
    document.querySelector("[data-bar]").value = now.settled;
    for (const row of now.rows) if (rows.has(row.place)) show(rows.get(row.place), row);
    const tenth = Math.floor((now.settled * 10) / Math.max(1, now.total)); // a screen reader is not told of every one
    if (tenth !== settled) put(said, `${now.settled} of ${now.total} works are settled`);
    settled = tenth;
    return true;
  }

  (async () => {
    for (let on = true; on; ) {
      await new Promise((done) => setTimeout(done, 1000));
      try { on = await look(); } catch { on = true; } // the server may be starting anew
    }
  })();
}

// Statistics follow what is graded: all of them at once, unless somebody is in the middle of them.
const charts = document.querySelector("[data-since]");
if (charts) {
  const unfolded = () => [...charts.querySelectorAll("details")].map((one) => one.open);
  const scrolled = () => [...charts.querySelectorAll(".scroll")].map((one) => one.scrollLeft);

  async function follow() {
    if (document.hidden || charts.contains(document.activeElement) || String(getSelection())) return;
    const answer = await fetch(`${location.pathname}?since=${charts.dataset.since}`);
    if (answer.status !== 200 || answer.redirected) return;
    const now = new DOMParser().parseFromString(await answer.text(), "text/html").querySelector("[data-since]");
    if (!now) return;
    const open = unfolded();
    const left = scrolled();
    charts.replaceChildren(...now.childNodes);
    charts.dataset.since = now.dataset.since;
    charts.querySelectorAll("details").forEach((one, place) => { one.open = open[place] || false; });
    charts.querySelectorAll(".scroll").forEach((one, place) => { one.scrollLeft = left[place] || 0; });
    document.querySelector("[data-anew]").textContent = "The statistics are up to date again.";
  }

  (async () => {
    for (;;) {
      await new Promise((done) => setTimeout(done, 5000));
      try { await follow(); } catch { /* the server may be starting anew: the next time is soon */ }
    }
  })();
}

// A page that waits for something else to be done looks again, unless somebody is in the middle of choosing.
const waiting = document.querySelector("[data-reload]");
if (waiting) {
  setInterval(() => {
    const busy = document.querySelector("[data-book] input:checked, details[open]") || document.querySelector("form:focus-within");
    if (!busy && !document.hidden) location.reload();
  }, Number(waiting.dataset.reload) * 1000);
}

// Filters apply as soon as they are chosen; a search, when it is sent.
for (const form of document.querySelectorAll("[data-filter]")) {
  for (const select of form.querySelectorAll("select")) select.addEventListener("change", () => form.requestSubmit());
}

// All of a table at once, and a count of those that are ticked.
for (const form of document.querySelectorAll("[data-book]")) {
  const boxes = [...form.querySelectorAll("tbody input[type=checkbox]:not(:disabled)")];
  const head = form.querySelector("thead th:first-child");
  if (!boxes.length || !head) continue;
  const all = document.createElement("input");
  const around = document.createElement("span");
  const tick = document.createElement("label"); // as wide as a finger
  tick.className = "tick";
  all.type = "checkbox";
  tick.append(all);
  all.setAttribute("aria-label", "Choose all on this page");
  around.className = "who";
  around.append(tick, ...head.childNodes);
  head.append(around);
  all.addEventListener("change", () => { for (const box of boxes) box.checked = all.checked; });
  form.addEventListener("change", () => {
    const count = boxes.filter((box) => box.checked).length;
    all.checked = count === boxes.length;
    all.indeterminate = count > 0 && count < boxes.length;
  });
}

// What has the focus stands beside the first column, not beneath it: a browser takes for seen what is covered there.
for (const tall of document.querySelectorAll(".tall")) {
  tall.addEventListener("focusin", (event) => {
    const cell = event.target.closest("th, td");
    if (!cell || !cell.previousElementSibling) return;
    const box = event.target.getBoundingClientRect();
    const edge = cell.parentElement.cells[0].getBoundingClientRect().right + 8;
    const end = tall.getBoundingClientRect().left + tall.clientWidth - 8;
    if (box.left < edge) tall.scrollLeft -= edge - box.left;
    else if (box.right > end) tall.scrollLeft += box.right - end;
  });
}

// Where grades go decides whether a file of theirs is wanted.
const target = document.querySelector("[data-target]");
if (target) {
  const fields = document.querySelector("[data-template]");
  const follow = () => { fields.hidden = fields.disabled = !target.selectedOptions[0].dataset.fills; };
  target.addEventListener("change", follow);
  follow();
}

// A large upload says how far it is.
const upload = document.querySelector("form[data-upload]");
if (upload) {
  upload.addEventListener("submit", (event) => {
    if (event.defaultPrevented) return;
    event.preventDefault();
    const told = upload.querySelector(".upload-state");
    const button = upload.querySelector("button");
    const request = new XMLHttpRequest();
    told.hidden = false;
    button.disabled = true;
    request.open("POST", upload.action);
    request.upload.addEventListener("progress", (now) => {
      told.textContent = now.lengthComputable ? `Sending: ${Math.floor((now.loaded * 100) / now.total)} %` : "Sending";
    });
    request.addEventListener("load", () => {
      if (request.status < 400) location.assign(request.responseURL);
      else {
        const fault = new DOMParser().parseFromString(request.responseText, "text/html").querySelector(".fault, main h1");
        told.textContent = fault ? fault.textContent.trim() : "It was not taken.";
        told.className = "upload-state fault";
        button.disabled = false;
      }
    });
    request.addEventListener("error", () => { told.textContent = "It could not be sent. Try again."; button.disabled = false; });
    request.send(new FormData(upload));
  });
}
