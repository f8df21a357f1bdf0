// Selections of one recipe side by side: what okinst grid wrote.

const METRICS = [
  ["rows", 0], ["near_duplicates", 0], ["hangul_instruction", 3], ["hangul_answer", 3], ["no_hangul_instruction", 0], ["no_hangul_answer", 0],
  ["length_instruction", 1], ["length_answer", 1], ["coverage", "%"], ["score", 2], ["rank", 3], ["overlap", "%"],
];
const side = { metric: "score", sort: { at: -1, down: true } };

function sideBySide() {
  const grid = told.grid;
  if (!grid) return null;
  const bars = el("div");
  const heat = el("div");
  const tall = (box) => el("div", { class: "tall", tabindex: 0 }, box);
  const rows = el("div");
  const meaning = el("p", { class: "small muted" });
  const draw = () => { drawMetric(bars, meaning); };
  afterwards.push(() => { draw(); drawOverlaps(heat); });
  drawChoices(rows);
  return [
    grid.name !== told.name ? el("p", { class: "notice" }, t("another grid", { name: grid.name })) : null,
    grid.notes.map((note) => el("p", { class: "notice quiet", lang: "en" }, note)),
    el("div", { class: "grid" },
      el("div", { class: "panel" },
        el("div", { class: "head" }, el("h3", {}, t("one measure")), el("div", { class: "controls" }, choice(t("measure"), METRICS.map(([key]) => [key, t(`metric.${key}`)]), side.metric, (value) => { side.metric = value; draw(); }))),
        meaning, tall(bars),
        el("ul", { class: "legend" }, [["s1", "of recipe"], ["s0", "of grid"], ["s7", "by lot"]].map(([name, key]) => el("li", {}, dot(`var(--${name})`), t(key))))),
      el("div", { class: "panel" }, el("h3", {}, t("in common")), el("p", { class: "small muted" }, t("in common of")), tall(heat))),
    el("div", { class: "panel stack" }, rows),
  ];
}

function choiceName(line) {
  const rule = line.kind === "baseline" ? `${term("rule", line.rule)} ${n(line.rows)}` : term("rule", line.rule);
  return `${line.kind === "recipe" ? `★ ${rule}` : rule} L${line.groups} K${line.clusters}${line.share === null ? "" : ` ${n(line.share * 100, 2)}%`}`;
}

function measured(key, value) {
  if (value === null || value === undefined) return "";
  const digits = METRICS.find(([name]) => name === key)[1];
  return digits === "%" ? percent(value) : n(value, digits);
}

function drawMetric(box, meaning) {
  const lines = told.grid.choices;
  const key = side.metric;
  const colours = { recipe: colour("s1"), grid: colour("s0"), baseline: colour("s7") };
  fill(meaning, t(`meaning.${key}`));
  chart(box, Math.max(160, lines.length * 21 + 30), t("one measure"), {
    grid: { left: 16, right: 52, top: 4, bottom: 4, containLabel: true },
    tooltip: tooltip({ formatter: ({ dataIndex }) => `${choiceName(lines[dataIndex])}\n${t(`metric.${key}`)}: ${measured(key, lines[dataIndex][key])}` }),
    xAxis: axis({ type: "value", splitNumber: 3, axisLabel: { show: false }, axisLine: { show: false }, splitLine: { show: false } }),
    yAxis: axis({ type: "category", inverse: true, data: lines.map(choiceName), axisLine: { show: false }, splitLine: { show: false }, axisLabel: { interval: 0 } }),
    series: [{ type: "bar", barWidth: 11, data: lines.map((line) => ({ value: line[key], itemStyle: { color: colours[line.kind], borderRadius: [0, 2, 2, 0] } })),
      label: { show: true, position: "right", color: colour("muted"), fontSize: 11, formatter: ({ dataIndex }) => measured(key, lines[dataIndex][key]) } }],
  });
}

function drawOverlaps(box) {
  const { choices: lines, overlaps } = told.grid;
  const names = lines.map(choiceName);
  const low = colour("sunk");
  const high = colour("s0");
  const data = overlaps.flatMap((row, y) => row.map((value, x) => ({ value: [x, y, value ?? 0], itemStyle: { color: resolved(`color-mix(in srgb, ${high} ${Math.sqrt(value ?? 0) * 100}%, ${low})`) } })));
  chart(box, Math.max(220, lines.length * 19 + 40), t("in common"), {
    grid: { left: 16, right: 8, top: 8, bottom: 4, containLabel: true },
    tooltip: tooltip({ formatter: ({ value: [x, y, share] }) => `${names[y]}\n${names[x]}\n${percent(share)}` }),
    xAxis: axis({ type: "category", data: lines.map((_, at) => at + 1), splitLine: { show: false }, axisLabel: { hideOverlap: true } }),
    yAxis: axis({ type: "category", inverse: true, data: names.map((name, at) => `${name}  ${at + 1}`), splitLine: { show: false }, axisLabel: { interval: 0, fontSize: 10.5 } }),
    series: [{ type: "heatmap", data, itemStyle: { borderColor: colour("surface"), borderWidth: 1 } }],
  });
}

function drawChoices(box) {
  const { choices: all, all: whole } = told.grid;
  const { at, down } = side.sort;
  const keys = ["rule", ...METRICS.map(([key]) => key)];
  const sorted = at < 0 ? all : [...all].sort((one, other) => {
    const [left, right] = [one[keys[at]], other[keys[at]]];
    const order = typeof left === "string" ? left.localeCompare(right) : (left ?? -Infinity) - (right ?? -Infinity);
    return down ? -order : order;
  });
  const cells = (line, name) => [name, ...METRICS.map(([key]) => measured(key, line[key]))];
  const sort = (place) => { side.sort = { at: place, down: at === place ? !down : true }; drawChoices(box); };
  fill(box, table([t("choice"), ...METRICS.map(([key]) => `>${t(`metric.${key}`)}`)],
    [cells(whole, t("all candidates", { rows: told.grid.rows })), ...sorted.map((line) => ({ class: line.kind === "recipe" ? "own" : null, cells: cells(line, choiceName(line)) }))],
    { label: t("side by side"), kind: "wide tall", sorted: at < 0 ? null : side.sort, sort }));
}
