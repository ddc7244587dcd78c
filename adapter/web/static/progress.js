// Keeps a run's progress fresh: fetches the fragment that [data-poll] names until it says that it is finished.
// And shows the tab that one is on, where tabs don't all fit.
"use strict";

function follow(box) {
  const again = () => window.setTimeout(look, 1000);
  async function look() {
    try {
      const answer = await fetch(box.dataset.poll, { headers: { Accept: "text/html" } });
      if (!answer.ok || answer.redirected) return;
      box.innerHTML = await answer.text();
    } catch {
      return again();
    }
    if (!box.querySelector("[data-finished]")) return again();
    box.removeAttribute("aria-busy");
    if ("whole" in box.dataset) window.location.reload(); // what came of it stands on the rest of the page
  }
  if (!box.querySelector("[data-finished]")) again();
}

// Adds to a run's log what has come since its last line, until the run has ended; stays at the end if one reads there.
function listen(log) {
  const again = () => window.setTimeout(look, 1000);
  const box = log.parentElement;
  async function look() {
    const ended = !document.querySelector("[data-poll] .progress:not([data-finished])");
    const last = log.lastElementChild ? log.lastElementChild.dataset.line : 0;
    const atEnd = box.scrollHeight - box.scrollTop - box.clientHeight < 40;
    try {
      const answer = await fetch(`${log.dataset.log}?after=${last}`, { headers: { Accept: "text/html" } });
      if (!answer.ok || answer.redirected) return;
      log.insertAdjacentHTML("beforeend", await answer.text());
    } catch {
      return again();
    }
    if (atEnd) box.scrollTop = box.scrollHeight;
    if (!ended) again();
  }
  again();
}

// A text to be copied is selected whole as soon as it is reached.
const choose = (box) => box.addEventListener("focus", () => box.select());

document.querySelectorAll("[data-poll]").forEach(follow);
for (const here of document.querySelectorAll(".tabs [aria-current], .subtabs [aria-current]")) here.scrollIntoView({ inline: "center", block: "nearest" });
document.querySelectorAll("[data-log]").forEach(listen);
document.querySelectorAll("[data-copy]").forEach(choose);
