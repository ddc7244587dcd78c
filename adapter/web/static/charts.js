// Draws what [data-chart] says with Chart.js, in the page's own colours, and again when day turns to night.
"use strict";

const style = (name) => getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();

function looks() {
  Chart.defaults.color = style("soft");
  Chart.defaults.borderColor = style("line");
  Chart.defaults.font.family = getComputedStyle(document.body).fontFamily;
  Chart.defaults.animation = false;
}

function datasets(told) {
  if (told.kind === "bars") {
    return told.series.map(([label, colour, data]) => ({ label, data, backgroundColor: style(colour), borderRadius: 2 }));
  }
  const wash = { borderWidth: 0, pointRadius: 0, backgroundColor: style("kept") };
  const edges = [
    { label: "Usual, from", data: told.low, ...wash },
    { label: "Usual, to", data: told.high, ...wash, fill: "-1" },
  ];
  const lines = told.series.map(([label, colour, data]) => ({ label, data, borderColor: style(colour), backgroundColor: style(colour), pointRadius: 0, borderWidth: 3, tension: 0.2 }));
  return [...lines, ...edges];
}

function draw(canvas) {
  Chart.getChart(canvas)?.destroy();
  const told = JSON.parse(canvas.dataset.chart);
  const stacked = told.kind === "bars";
  const unit = (value) => told.unit + new Intl.NumberFormat("en").format(value);
  new Chart(canvas, {
    type: stacked ? "bar" : "line",
    data: { labels: told.labels, datasets: datasets(told) },
    options: {
      maintainAspectRatio: false,
      interaction: { mode: "index", intersect: false },
      scales: { x: { stacked, grid: { display: false } }, y: { stacked, beginAtZero: true, ticks: { callback: unit, maxTicksLimit: 6 } } },
      plugins: { legend: { position: "bottom", labels: { boxWidth: 12, boxHeight: 12 } } },
    },
  });
}

function all() {
  looks();
  document.querySelectorAll("[data-chart]").forEach(draw);
}

all();
window.matchMedia("(prefers-color-scheme: dark)").addEventListener("change", all);
