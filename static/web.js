"use strict";
// Times in the reader's own zone; the page says UTC where this does not run.
for (const time of document.querySelectorAll("time[datetime]")) {
  const at = new Date(time.dateTime);
  if (Number.isNaN(at.getTime())) continue;
  time.title = time.textContent;
  time.textContent = at.toLocaleString(undefined, { dateStyle: "medium", timeStyle: "short" });
}
// Times that are typed: shown and sent in the reader's zone. Without this they are UTC, and the page says so.
for (const label of document.querySelectorAll("[data-moment]")) {
  const input = label.querySelector("input[type=datetime-local]");
  const offset = label.querySelector("input[type=hidden]");
  if (input.value && "utc" in input.dataset) {
    const at = new Date(input.value + "Z");
    if (!Number.isNaN(at.getTime())) input.value = new Date(at - at.getTimezoneOffset() * 60000).toISOString().slice(0, 16);
  }
  const tell = () => { // the offset at that very time, for summer differs from winter
    const at = input.value ? new Date(input.value) : new Date();
    offset.value = at.getTimezoneOffset();
  };
  input.addEventListener("input", tell);
  input.form.addEventListener("submit", tell);
  tell();
}
for (const told of document.querySelectorAll("[data-zone]")) {
  told.textContent = `in your zone, ${Intl.DateTimeFormat().resolvedOptions().timeZone.replaceAll("_", " ")}`;
}
// A field that one choice of a list needs.
for (const select of document.querySelectorAll("select[data-shows]")) {
  const shown = document.querySelector(select.dataset.shows);
  const tell = () => { shown.hidden = select.value !== ""; };
  select.addEventListener("change", tell);
  tell();
}
// A link or a token that is shown once.
for (const button of document.querySelectorAll("button[data-copy]")) {
  if (!navigator.clipboard) continue;
  button.hidden = false;
  button.addEventListener("click", async () => {
    await navigator.clipboard.writeText(document.querySelector(button.dataset.copy).textContent);
    button.textContent = "Copied";
  });
}
// The link that `grade serve` prints leads in by itself, unless the browser only looks ahead.
const door = document.querySelector("form[data-enter]");
if (door) {
  const enter = () => door.requestSubmit();
  if (document.prerendering) document.addEventListener("prerenderingchange", enter, { once: true });
  else if (document.visibilityState === "visible") enter();
}
// What cannot be undone is asked once more.
document.addEventListener("submit", (event) => {
  const question = (event.submitter && event.submitter.dataset.confirm) || event.target.dataset.confirm;
  if (question && !window.confirm(question)) event.preventDefault();
});
