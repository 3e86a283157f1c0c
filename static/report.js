"use strict";
for (const box of document.querySelectorAll(".copy")) {
  const button = box.querySelector("button");
  if (!navigator.clipboard) continue;
  button.hidden = false;
  button.addEventListener("click", () => {
    navigator.clipboard.writeText(box.querySelector("pre").textContent).then(() => {
      button.textContent = "copied";
      setTimeout(() => { button.textContent = "copy"; }, 1500);
    });
  });
}
// What a link leads to is open, and so is all around it.
function openTarget() {
  let part = document.getElementById(decodeURIComponent(location.hash.slice(1)));
  if (!part) return;
  const target = part;
  for (; part; part = part.parentElement) if (part instanceof HTMLDetailsElement) part.open = true;
  target.scrollIntoView();
  const summary = target.querySelector(":scope > summary");
  if (summary) summary.focus({ preventScroll: true });
}
addEventListener("hashchange", openTarget);
if (location.hash) openTarget();
// The list of checks stands open at the left, and is folded above where there is no room for it.
const narrow = matchMedia("(max-width: 52rem)");
for (const fold of document.querySelectorAll(".fold")) {
  const fit = () => { fold.open = !narrow.matches; };
  narrow.addEventListener("change", fit);
  fit();
}
let opened = [];
addEventListener("beforeprint", () => {
  opened = [...document.querySelectorAll("details:not([open], .in-full, .check.passed .exchange)")];
  for (const details of opened) details.open = true;
});
addEventListener("afterprint", () => { for (const details of opened) details.open = false; });
