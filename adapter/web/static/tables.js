"use strict";
// Every table of records can be sorted by its heads, by mouse and by keyboard, and downloaded as CSV.
// A table that says data-as-is stays as it is; so do columns of times, which are in order as they come.
{ // of its own: every script of a page shares one room
  const TIME = /\bago$|^[A-Z][a-z]{2}, [A-Z][a-z]{2} \d/;
  const FORMULA = /^[=+\-@\t\r]/; // a spreadsheet would take it for one
  const NUMBER = /^-?[\d.,\s]+%?$/;

  const text = (cell) => (cell ? cell.textContent.trim().replace(/\s+/g, " ") : "");
  const plain = (said) => said.replace(/−/g, "-");
  const amount = (said) => {
    const digits = plain(said).replace(/[^\d.\-]/g, "");
    return digits === "" || digits === "-" ? -Infinity : parseFloat(digits);
  };

  function sort(table, head, rising) {
    const at = head.cellIndex, number = head.classList.contains("num"), body = table.tBodies[0];
    const rows = [...body.rows].map((row) => [text(row.cells[at]), row]);
    const order = new Intl.Collator(document.documentElement.lang, { numeric: true });
    rows.sort(([a], [b]) => (number ? amount(a) - amount(b) : order.compare(a, b)) * (rising ? 1 : -1));
    body.append(...rows.map(([, row]) => row));
    for (const other of table.tHead.rows[0].cells) other.removeAttribute("aria-sort");
    head.setAttribute("aria-sort", rising ? "ascending" : "descending");
  }

  function sortable(table, head) {
    const first = text(table.tBodies[0].rows[0].cells[head.cellIndex]);
    if (!text(head) || head.querySelector(".hidden") || TIME.test(first)) return;
    const button = document.createElement("button");
    button.type = "button";
    button.className = "sort";
    button.append(...head.childNodes);
    head.append(button);
    button.addEventListener("click", () => sort(table, head, head.getAttribute("aria-sort") !== "ascending"));
  }

  function quoted(said) {
    const safe = FORMULA.test(said) && !NUMBER.test(plain(said)) ? `'${said}` : plain(said);
    return `"${safe.replace(/"/g, '""')}"`;
  }

  function download(table) {
    const lines = [...table.rows].map((row) => [...row.cells].map((cell) => quoted(text(cell))).join(","));
    const file = new Blob(["\ufeff" + lines.join("\r\n") + "\r\n"], { type: "text/csv" });
    const link = document.createElement("a");
    link.href = URL.createObjectURL(file);
    link.download = `${document.title.split(" · ")[0]}.csv`;
    link.click();
    URL.revokeObjectURL(link.href);
  }

  for (const table of document.querySelectorAll(".scroll > table.plain:not([data-as-is])")) {
    const body = table.tBodies[0];
    const whole = body && [...body.rows].every((row) => row.cells.length === table.tHead.rows[0].cells.length);
    if (!table.tHead || !whole || body.rows.length < 2) continue;
    for (const head of [...table.tHead.rows[0].cells]) sortable(table, head);
    const offer = document.getElementById("as-csv").content.cloneNode(true);
    offer.querySelector("button").addEventListener("click", () => download(table));
    table.parentElement.after(offer);
  }
}
