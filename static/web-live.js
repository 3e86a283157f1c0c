"use strict";
// Follows the grading of an attempt: told by the server as it happens, or, where that is not to be had, by asking.
(() => {
  const root = document.querySelector("[data-live]");
  if (!root) return;
  const headline = root.querySelector("[data-live-headline]");
  const doing = root.querySelector("[data-live-now]");
  const said = root.querySelector("[data-live-said]");
  const rows = new Map([...root.querySelectorAll("[data-check]")].map((row) => [row.dataset.check, row]));
  const ends = new Set(["done", "failed", "cancelled"]);
  let seen = Number(root.dataset.seen);
  let spoken = 0;
  let pause = 1000;
  let over = false;

  // At most one sentence in a few seconds: a screen reader reads each to its end.
  function say(words, now) {
    if (!now && Date.now() - spoken < 4000) return;
    spoken = Date.now();
    if (said.textContent !== words) said.textContent = words;
  }

  function mark(row, status, words) {
    row.dataset.status = status;
    row.querySelector("[data-live-status]").textContent = words;
  }

  function apply(step) {
    if (step.kind === "state") {
      root.dataset.state = step.status;
      headline.textContent = step.text;
      doing.textContent = "";
      for (const row of rows.values()) if (!ends.has(step.status)) mark(row, "waiting", "waiting");
      say(step.text, true);
    } else if (step.kind === "check") {
      const row = rows.get(step.check);
      if (!row) return;
      mark(row, step.status, step.words);
      const judged = [...rows.values()].filter((one) => !["waiting", "looking"].includes(one.dataset.status)).length;
      if (judged) say(`${judged} of ${rows.size} checks judged.`);
    } else {
      doing.textContent = step.text;
      if (step.kind === "start") say(step.text);
    }
  }

  function end() {
    if (over) return;
    over = true;
    window.setTimeout(() => window.location.reload(), 250); // the page knows what to show now
  }

  async function ask() {
    if (over) return;
    try {
      const address = new URL(root.dataset.progress, window.location);
      address.searchParams.set("after", seen);
      const answer = await fetch(address, { headers: { Accept: "application/json" } });
      if (answer.redirected || answer.status === 404 || answer.status === 403) return window.location.reload();
      if (!answer.ok) throw new Error(answer.status);
      const told = await answer.json();
      told.steps.forEach(apply);
      seen = told.seen;
      if (told.state === "queued") doing.textContent = told.now;
      pause = 1000;
      if (told.ended) return end();
    } catch {
      pause = Math.min(2 * pause, 10000);
      say("The connection was lost. It is tried again.");
    }
    window.setTimeout(ask, pause);
    return undefined;
  }

  function listen() {
    const address = new URL(root.dataset.events, window.location);
    address.searchParams.set("after", seen);
    const source = new EventSource(address);
    source.addEventListener("step", (event) => {
      const number = Number(event.lastEventId);
      if (number <= seen) return;
      seen = number;
      apply(JSON.parse(event.data));
    });
    source.addEventListener("end", () => {
      source.close();
      end();
    });
    source.addEventListener("error", () => {
      if (source.readyState === EventSource.CLOSED && !over) ask(); // refused for good; else it comes again by itself
    });
    window.addEventListener("pagehide", () => source.close());
  }

  if (window.EventSource) listen();
  else ask();
})();
