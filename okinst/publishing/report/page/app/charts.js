// Apache ECharts, with what all charts of the page have in common. Text in charts is drawn, never parsed.

const drawn = new Map();
const resized = new ResizeObserver((entries) => {
  for (const entry of entries) drawn.get(entry.target)?.resize();
});

/** A chart into a box of so many pixels. `label` says to those who do not see it what it shows. */
function chart(box, height, label, option) {
  box.classList.add("chart");
  box.style.height = `${height}px`;
  box.setAttribute("role", "img");
  box.setAttribute("aria-label", label);
  const made = drawn.get(box) ?? echarts.init(box);
  drawn.set(box, made);
  resized.observe(box);
  made.setOption({ animation: false, textStyle: { fontFamily: getComputedStyle(document.body).fontFamily }, ...option }, true);
  return made;
}

/** Forget the charts of a page that is about to be drawn anew. */
function clearCharts() {
  for (const [box, made] of drawn) {
    resized.unobserve(box);
    made.dispose();
  }
  drawn.clear();
}

function axis(more = {}) {
  const line = colour("line");
  return {
    axisLine: { lineStyle: { color: line } },
    axisTick: { show: false },
    splitLine: { lineStyle: { color: line } },
    ...more,
    axisLabel: { color: colour("muted"), fontSize: 11.5, ...more.axisLabel },
  };
}

function tooltip(more) {
  return {
    renderMode: "richText",
    confine: true,
    backgroundColor: colour("surface"),
    borderColor: colour("strong"),
    textStyle: { color: colour("ink"), fontSize: 12.5 },
    ...more,
  };
}

/** A text of data in one line, for a tooltip: richText has marks of its own, which are taken out. */
function oneLine(text, most = 60) {
  const plain = text.replace(UNSEEN, "").replace(/[{}|]/g, " ").replace(/\s+/g, " ").trim();
  return plain.length > most ? `${plain.slice(0, most)}…` : plain;
}
