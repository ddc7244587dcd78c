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
    if (box.querySelector("[data-finished]")) box.removeAttribute("aria-busy");
    else again();
  }
  if (!box.querySelector("[data-finished]")) again();
}

document.querySelectorAll("[data-poll]").forEach(follow);
document.querySelector(".tabs [aria-current]")?.scrollIntoView({ inline: "center", block: "nearest" });
