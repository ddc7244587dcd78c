// Keeps a run's progress fresh: fetches the fragment that [data-poll] names until it says that it is finished.
// And shows the tab that one is on, where tabs don't all fit.
"use strict";

// Only what has changed is put in its place: what is read aloud is what is new, and who stands on a link stays there.
function show(box, html) {
  const fresh = document.createElement("template");
  fresh.innerHTML = html;
  const shown = box.querySelector(".progress"), next = fresh.content.querySelector(".progress");
  if ("finished" in next.dataset || shown.children.length !== next.children.length) return shown.replaceWith(next);
  [...next.children].forEach((one, at) => {
    if (!shown.children[at].isEqualNode(one)) shown.children[at].replaceWith(one);
  });
}

function follow(box) {
  const again = () => window.setTimeout(look, 1000);
  async function look() {
    try {
      const answer = await fetch(box.dataset.poll, { headers: { Accept: "text/html" } });
      if (!answer.ok || answer.redirected) return;
      show(box, await answer.text());
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
