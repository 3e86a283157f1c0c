"use strict";
// Handing in by dropping a folder, a zip or files; with a bar while it is sent. Without this, the form does the same.
(() => {
  const form = document.getElementById("upload");
  if (!form) return;
  const [drop, chosen, wrong, bar, stop] = ["drop", "chosen", "wrong", "sent", "stop"].map((id) => document.getElementById(id));
  const send = form.querySelector("button.main");
  const inputs = [...form.querySelectorAll("input[type=file]")];
  const most = Number(form.dataset.most);
  const tools = /^(\.git|\.hg|\.svn|\.idea|\.vscode|__pycache__|__macosx|node_modules|site-packages|\.ds_store|thumbs\.db|\.tox|\.nox|\.cache|\.mypy_cache|\.pytest_cache|\.ruff_cache)$/i;
  const LISTED = 6, MOST_FILES = 2000;
  let files = [];  // {path, file}
  let sending = null;

  const NOTHING = Object.assign(document.createElement("p"), { className: "soft", textContent: "Nothing is chosen yet." });
  chosen.replaceChildren(NOTHING);

  const size = (count) => {
    let value = count;
    for (const unit of ["bytes", "KB", "MB"]) {
      if (value < 1024 || unit === "MB") return unit === "bytes" ? `${count} bytes` : `${value.toFixed(1)} ${unit}`;
      value /= 1024;
    }
    return "";
  };
  const plural = (count, what) => `${count} ${what}${count === 1 ? "" : "s"}`;
  const say = (...sentences) => {
    wrong.replaceChildren(...sentences.filter(Boolean).map((sentence) => {
      const line = document.createElement("p");
      line.textContent = sentence;
      return line;
    }));
  };

  // What tools leave beside the work is not sent: nobody grades it.
  const sorted = (found) => {
    const environments = found.filter(({ path }) => /(^|\/)pyvenv\.cfg$/i.test(path)).map(({ path }) => path.slice(0, -"pyvenv.cfg".length));
    const out = new Set();
    const work = found.filter(({ path }) => {
      const tool = path.split("/").find((part) => tools.test(part) || /\.py[co]$/i.test(part) || part.startsWith("._"));
      const environment = environments.find((folder) => folder && folder.split("/").length > 2 && path.startsWith(folder));
      if (tool || environment) out.add(tool || environment.replace(/\/$/, "").split("/").pop());
      return !(tool || environment);
    });
    return { work, out: [...out] };
  };

  const choose = (found) => {
    const { work, out } = sorted(found);
    files = work;
    say();
    const total = work.reduce((sum, { file }) => sum + file.size, 0);
    if (!work.length) {
      chosen.replaceChildren(NOTHING);
      if (found.length) say("Nothing in it belongs to a lab: there is only what tools leave beside one.", "Choose the folder that holds your main.py.");
      return;
    }
    const head = document.createElement("p");
    head.textContent = work.length === 1 ? `Chosen: ${work[0].path}, ${size(total)}.` : `Chosen: ${plural(work.length, "file")}, ${size(total)}.`;
    const list = document.createElement("ul");
    const lines = work.length === 1 ? [] : work.slice(0, LISTED).map(({ path }) => path);
    if (work.length > LISTED) lines.push(`and ${plural(work.length - LISTED, "more file")}`);
    if (out.length) lines.push(`left out: ${out.slice(0, LISTED).join(", ")}`);
    list.append(...lines.map((text) => Object.assign(document.createElement("li"), { textContent: text })));
    chosen.replaceChildren(head, ...(lines.length ? [list] : []));
    if (total > most) say(`This is ${size(total)}; at most ${size(most)} may be uploaded.`, "Leave out what the lab does not ask for, such as .venv or .git.");
    else if (work.length > MOST_FILES) say(`These are ${work.length} files; a lab has at most ${MOST_FILES}.`, "Choose the folder of the lab alone.");
    send.disabled = Boolean(wrong.childElementCount);
  };

  const chosenIn = (input) => choose([...input.files].map((file) => ({ path: file.webkitRelativePath || file.name, file })));
  for (const input of inputs) {
    input.addEventListener("change", () => {
      for (const other of inputs) if (other !== input) other.value = "";
      chosenIn(input);
    });
    if (input.files.length) chosenIn(input);  // before this was loaded
  }

  // A dropped folder is read as deep as it goes.
  const read = async (entry, above, found) => {
    const path = above + entry.name;
    if (found.length > 20000) return;
    if (entry.isFile) {
      found.push({ path, file: await new Promise((resolve, reject) => entry.file(resolve, reject)) });
    } else if (entry.isDirectory && !tools.test(entry.name)) {
      const reader = entry.createReader();
      for (;;) {
        const some = await new Promise((resolve, reject) => reader.readEntries(resolve, reject));
        if (!some.length) break;
        for (const inner of some) await read(inner, `${path}/`, found);
      }
    }
  };
  const over = (on) => (event) => { event.preventDefault(); drop.classList.toggle("over", on); };
  for (const name of ["dragenter", "dragover"]) drop.addEventListener(name, over(true));
  drop.addEventListener("dragleave", over(false));
  for (const name of ["dragover", "drop"]) window.addEventListener(name, (event) => event.preventDefault());  // a miss opens nothing
  drop.addEventListener("drop", async (event) => {
    over(false)(event);
    const items = [...event.dataTransfer.items].filter((item) => item.kind === "file");
    const entries = items.map((item) => (item.webkitGetAsEntry ? item.webkitGetAsEntry() : null));
    const plain = [...event.dataTransfer.files].map((file) => ({ path: file.name, file }));
    for (const input of inputs) input.value = "";
    try {
      const found = [];
      for (const entry of entries) if (entry) await read(entry, "", found);
      choose(found.length ? found : plain);
    } catch {
      say("The browser could not read what was dropped.", "Choose it with one of the buttons.");
    }
  });

  const idle = () => {
    sending = null;
    bar.hidden = stop.hidden = true;
    send.disabled = false;
    send.textContent = "Hand in";
  };
  const answered = () => {
    const answer = sending;
    let told = null;
    try { told = JSON.parse(answer.responseText); } catch { /* a page: its status says enough */ }
    if (answer.status === 201 && told) {
      location.assign(told.to);
      return;
    }
    idle();
    if (told && told.message) say(told.message, told.advice);
    else if (answer.status === 400) say("This page was open for too long.", "Load it again, and hand in once more.");
    else if (answer.status === 413) say("This is more than may be uploaded.", "Leave out what the lab does not ask for, such as .venv or .git.");
    else say("The server could not take it. Nothing was handed in.", "Try again; if it stays so, tell whoever teaches the course.");
  };

  form.addEventListener("submit", (event) => {
    event.preventDefault();
    if (sending) return;
    if (!files.length) {
      say("No file was chosen.", "Choose the zip, the folder or the files of your lab.");
      return;
    }
    const data = new FormData();
    for (const name of ["csrf_token", "once"]) data.append(name, form.elements[name].value);
    for (const { path, file } of files) data.append("files", file, path);
    say();
    sending = new XMLHttpRequest();
    sending.open("POST", form.action);
    sending.setRequestHeader("Accept", "application/json");
    sending.upload.addEventListener("progress", (moved) => {
      if (moved.lengthComputable) bar.value = moved.loaded / moved.total;
    });
    sending.upload.addEventListener("load", () => { stop.hidden = true; });
    sending.addEventListener("load", answered);
    sending.addEventListener("error", () => {
      idle();
      say("The connection broke.", "Hand in once more: what has arrived already is not taken twice.");
    });
    sending.addEventListener("abort", () => { idle(); say("Stopped. Nothing was handed in."); });
    bar.value = 0;
    bar.hidden = stop.hidden = false;
    send.disabled = true;
    send.textContent = "Sending…";
    sending.send(data);
  });
  stop.addEventListener("click", () => sending && sending.abort());
  window.addEventListener("pageshow", (event) => { if (event.persisted) idle(); });
})();
