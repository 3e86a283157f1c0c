"use strict";
(() => {
  const form = document.getElementById("rubric");
  const text = document.getElementById("text");
  const lines = form.querySelector(".lines");
  const faults = document.getElementById("faults");
  const verdict = document.getElementById("verdict");
  const explained = document.getElementById("explained");
  const token = form.elements.csrf_token.value;
  let faulty = new Set([...faults.querySelectorAll("a")].map((a) => Number(a.dataset.line)));
  let asked = 0;
  let timer = 0;
  let saved = text.value;

  function number() {
    const count = text.value.split("\n").length;
    while (lines.childElementCount > count) lines.lastElementChild.remove();
    while (lines.childElementCount < count) {
      const line = document.createElement("div");
      line.textContent = lines.childElementCount + 1;
      lines.append(line);
    }
    [...lines.children].forEach((line, index) => line.classList.toggle("faulty", faulty.has(index + 1)));
    lines.scrollTop = text.scrollTop;
  }

  function place(line, column) {
    const before = text.value.split("\n").slice(0, line - 1);
    const at = before.reduce((sum, one) => sum + one.length + 1, 0) + Math.max(0, column - 1);
    text.focus();
    text.setSelectionRange(at, at);
    text.scrollTop = Math.max(0, (line - 6) * parseFloat(getComputedStyle(text).lineHeight));
    number();
  }

  function show(said) {
    faulty = new Set(said.faults.map((fault) => fault.line));
    faults.replaceChildren(...said.faults.slice(0, 200).map((fault) => {
      const item = document.createElement("li");
      const link = document.createElement("a");
      link.href = "#text";
      link.textContent = `Line ${fault.line}`;
      link.dataset.line = fault.line;
      link.dataset.column = fault.column;
      item.append(link, " ", fault.sentence);
      return item;
    }));
    const count = said.faults.length;
    const words = count
      ? `${count} ${count === 1 ? "mistake" : "mistakes"}. Nothing can be saved before they are mended.`
      : `${said.title}: ${said.checks} checks, ${said.points} points. No mistake.`;
    if (verdict.textContent !== words) verdict.textContent = words;
    verdict.classList.toggle("wrong", count > 0);
    text.toggleAttribute("aria-invalid", count > 0);
    if (!count) explained.textContent = said.explained;
    number();
  }

  async function check() {
    const turn = ++asked;
    const body = new FormData();
    body.set("csrf_token", token);
    body.set("text", text.value);
    try {
      const answer = await fetch(form.dataset.check, { method: "POST", body });
      if (answer.ok && turn === asked) show(await answer.json());
    } catch { /* the network is away for a moment: the next key asks again */ }
  }

  faults.addEventListener("click", (event) => {
    const link = event.target.closest("a");
    if (!link) return;
    event.preventDefault();
    place(Number(link.dataset.line), Number(link.dataset.column));
  });
  text.addEventListener("scroll", () => { lines.scrollTop = text.scrollTop; });
  text.addEventListener("input", () => {
    number();
    clearTimeout(timer);
    timer = setTimeout(check, 250);
  });
  text.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.isComposing) return;  // the next line begins below this one
    const begin = text.value.lastIndexOf("\n", text.selectionStart - 1) + 1;
    const indent = /^ */.exec(text.value.slice(begin, text.selectionStart))[0];
    if (!indent) return;
    event.preventDefault();
    text.setRangeText(`\n${indent}`, text.selectionStart, text.selectionEnd, "end");
    text.dispatchEvent(new Event("input"));
  });
  form.addEventListener("submit", () => { saved = text.value; });
  addEventListener("beforeunload", (event) => { if (text.value !== saved) event.preventDefault(); });
  number();

  // Trying a text: the report stands on this page, and what is typed stays as it is.
  const button = document.getElementById("try-it");
  const outcome = document.getElementById("outcome");
  async function watch(address) {
    const answer = await fetch(address, { headers: { "X-Requested-With": "fetch" } });
    outcome.innerHTML = await answer.text();
    const pending = outcome.querySelector("[data-again]");
    if (pending) return new Promise((done) => { setTimeout(done, 500); }).then(() => watch(address));
    return null;
  }
  if (button) {
    button.addEventListener("click", async (event) => {
      event.preventDefault();
      button.disabled = true;
      outcome.textContent = "It is tried …";
      try {
        const answer = await fetch(form.dataset.try, { method: "POST", body: new FormData(form), headers: { "X-Requested-With": "fetch" } });
        outcome.innerHTML = await answer.text();
        const pending = outcome.querySelector("[data-again]");
        if (pending) await watch(pending.dataset.again);
        outcome.scrollIntoView({ block: "start" });
      } catch {
        outcome.textContent = "The server could not be reached. Try again.";
      } finally {
        button.disabled = false;
      }
    });
  }
})();
