// How long, how many turns, which score: of every row of the set.

let ofSource = "all";

function distributions() {
  const { lines, others, "of rows": found, scores } = told.distributions;
  if (!told.total) return [el("p", { class: "muted" }, t("nothing to count"))];
  const names = [...lines, ...(others > 0 ? [t("other sources", { count: others })] : [])];
  const panels = found.map((each) => {
    const box = el("div");
    const stats = el("p", { class: "stat" });
    const rows = el("details");
    const panel = el("div", { class: "panel" }, el("div", { class: "head" }, el("h3", {}, t(`histogram.${each.key}`)), stats), box, rows);
    panel.draw = () => histogram(box, stats, rows, each, names, ofSource === "all" ? null : Number(ofSource), seriesColour);
    return panel;
  });
  for (const each of scores) {
    const box = el("div");
    const stats = el("p", { class: "stat" });
    const rows = el("details");
    const panel = el("div", { class: "panel" },
      el("div", { class: "head" }, el("h3", {}, t("histogram.score", { score: term("score", told.selection.how.score ?? ""), scorer: each.scorer })), stats),
      el("ul", { class: "legend small" }, el("li", {}, dot("var(--s1)"), t("in the set")), el("li", {}, dot("var(--s7)"), t("not chosen"))), box, rows);
    panel.draw = () => histogram(box, stats, rows, each, [t("not chosen"), t("in the set")], null, (at) => colour(at ? "s1" : "s7"));
    panels.push(panel);
  }
  const draw = () => panels.forEach((panel) => panel.draw());
  afterwards.push(draw);
  const legend = names.length > 1
    ? el("div", { class: "head" },
        el("ul", { class: "legend" }, names.map((name, at) => el("li", {}, dot(`var(--s${Math.min(at, SERIES - 1)})`), name))),
        el("div", { class: "controls" }, choice(t("source"), [["all", t("all sources")], ...names.map((name, at) => [at, name])], ofSource, (value) => { ofSource = value; draw(); })))
    : null;
  return [el("div", { class: "stack" }, legend), el("div", { class: "grid" }, panels)];
}

/** Stacked bars, one colour a line; the last open bin says so. */
function histogram(box, stats, rows, each, names, only, colourOf) {
  const edges = each.edges;
  const bins = edges.slice(0, -1).map((edge, at) => binTold(each.kind, edge, edges[at + 1], at === 0, at === edges.length - 2));
  const lines = names.map((name, at) => ({ name, at, counts: each.counts[at] ?? [] })).filter(({ at, counts }) => counts.length && (only === null || only === at));
  const last = lines.length - 1;
  chart(box, 210, t(`histogram.${each.key}`, { score: "", scorer: each.scorer ?? "" }), {
    grid: { left: 4, right: 6, top: 14, bottom: 2, containLabel: true },
    tooltip: tooltip({ trigger: "axis", axisPointer: { type: "shadow", shadowStyle: { color: colour("sunk"), opacity: 0.6 } },
      formatter: (points) => [points[0].name, ...points.filter((point) => point.value).map((point) => `${oneLine(point.seriesName, 32)}: ${n(point.value)}`)].join("\n") }),
    xAxis: axis({ type: "category", data: bins, splitLine: { show: false }, axisLabel: { hideOverlap: true, formatter: (_, at) => n(edges[at], edges[at] < 10 && each.kind !== "count" ? 1 : 0) } }),
    yAxis: axis({ type: "value", splitNumber: 3, minInterval: 1, axisLine: { show: false }, axisLabel: { formatter: (value) => n(value) } }),
    series: lines.map(({ name, at, counts }, place) => ({ name, type: "bar", stack: "rows", data: counts, barCategoryGap: "14%", barMaxWidth: 64,
      itemStyle: { color: colourOf(at), borderRadius: place === last ? [2, 2, 0, 0] : 0 } })),
  });
  const stat = each.stats[only === null ? 0 : only + 1];
  const chosen = each.scorer ? each.stats[2] : null;
  const digits = each.kind === "ratio" || each.kind === "number" ? 1 : 0;
  fill(stats, stat.rows ? [el("span", {}, t("median"), " ", el("b", {}, n(stat.median, digits))), el("span", {}, t("most of them"), " ", el("b", {}, `${n(stat.low, digits)}–${n(stat.high, digits)}`)),
    chosen?.rows ? el("span", {}, t("median chosen"), " ", el("b", {}, n(chosen.median, digits))) : el("span", {}, t("longest"), " ", el("b", {}, n(stat.most, digits)))] : "");
  fill(rows, el("summary", {}, t("as a table")),
    table([t("bin"), ...lines.map(({ name }) => `>${name}`)], bins.map((bin, at) => [bin, ...lines.map(({ counts }) => n(counts[at]))]), { label: t(`histogram.${each.key}`) }));
}

/** What a bin holds. The outermost of scores, and the last of turns, are open. */
function binTold(kind, from, to, first, last) {
  if (kind === "count") return last && from >= 20 ? `≥ ${n(from)}` : n(from);
  if (kind === "length") return to - from <= 1 ? n(from) : `${n(from)}–${n(to - 1)}`;
  if (first || last) return first ? `< ${n(to, 2)}` : `≥ ${n(from, 2)}`;
  return `${n(from, 2)}–${n(to, 2)}`;
}
