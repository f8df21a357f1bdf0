// The selection: every row it could choose from as a point, near to those that ask alike; and its clusters.

const view = { colour: "source", chosenOnly: false, cluster: null, point: null, clusters: 10, sort: { at: 2, down: true } };

function selection() {
  const of = told.selection;
  if (!of) return [el("p", { class: "muted" }, t("no selection"))];
  const how = of.how;
  const facts = [
    how.rule ? t("rule of", { rule: term("rule", how.rule) }) : null,
    how.groups ? t("groups of", { groups: how.groups, clusters: how.clusters }) : null,
    how.score ? t("score of", { score: term("score", how.score) }) : null,
    of["duplicate groups"] ? t("near among", { groups: of["duplicate groups"], rows: of["in duplicate groups"] }) : null,
  ].filter(Boolean);
  view.point ??= of.taken.indexOf(1) < 0 ? null : of.taken.indexOf(1);
  const box = el("div", { tabindex: 0 });
  const aside = el("aside", { "aria-live": "polite", tabindex: 0, "aria-label": t("point") });
  const legend = el("ul", { class: "legend" });
  const draw = () => { drawMap(box, legend); showPoint(aside); };
  const choose = (change) => { Object.assign(view, change); draw(); };
  const check = el("input", { type: "checkbox", checked: view.chosenOnly, change: () => choose({ chosenOnly: check.checked }) });
  box.addEventListener("keydown", (event) => {
    const step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
    if (!step) return;
    event.preventDefault();
    const there = visible().sort((one, other) => of.x[one] - of.x[other]);
    const at = there.indexOf(view.point);
    choose({ point: there[(at + step + there.length) % there.length] ?? null });
  });
  const clusterBox = el("div", { class: "stack" });
  const toMap = (cluster) => { choose({ cluster }); box.scrollIntoView({ block: "center" }); };
  afterwards.push(() => {
    draw();
    const made = drawn.get(box);
    made.on("click", (event) => choose({ point: event.data[2] }));
    made.getZr().on("click", (event) => { if (!event.target && view.cluster !== null) choose({ cluster: null }); });
  });
  whenUnpacked.push(() => { drawClusters(clusterBox, toMap); showPoint(aside); });
  return [
    el("ul", { class: "facts" }, facts.map((fact) => el("li", {}, fact))),
    el("div", { class: "panel stack" },
      el("div", { class: "head" },
        el("div", {}, el("h3", {}, t("map")), el("p", { class: "small muted" }, t("map of", { drawn: of.x.length, rows: of.rows, chosen: of["drawn chosen"] }))),
        el("div", { class: "controls" },
          choice(t("colour by"), [["source", t("source")], ["group", t("length group")], ["score", t("score")]], view.colour, (value) => choose({ colour: value })),
          el("label", { class: "check" }, check, t("chosen only")))),
      el("div", { class: "map" }, el("div", {}, box, legend), aside)),
    el("div", { class: "panel stack" }, el("h3", {}, t("clusters")), clusterBox),
  ];
}

function visible() {
  const of = told.selection;
  return of.x.map((_, at) => at).filter((at) => (!view.chosenOnly || of.taken[at]) && (view.cluster === null || of.cluster[at] === view.cluster));
}

function drawMap(box, legend) {
  const of = told.selection;
  const there = visible();
  const kinds = mapKinds();
  const series = [];
  kinds.forEach(({ name, colour: fillColour }, kind) => {
    for (const taken of [0, 1]) {
      const data = there.filter((at) => of.taken[at] === taken && kindOf(at) === kind).map((at) => [of.x[at], of.y[at], at]);
      series.push({ name, type: "scatter", data, z: taken ? 3 : 2, symbolSize: taken ? 6.5 : 4.5,
        itemStyle: { color: fillColour, opacity: taken ? 0.95 : 0.28, borderColor: colour("surface"), borderWidth: taken ? 0.6 : 0 }, emphasis: { scale: 1.5 } });
    }
  });
  if (view.point !== null) {
    series.push({ type: "scatter", silent: true, z: 4, symbolSize: 15, data: [[of.x[view.point], of.y[view.point], view.point]],
      itemStyle: { color: "transparent", borderColor: colour("ink"), borderWidth: 2 } });
  }
  const hidden = { show: false, min: ({ min, max }) => min - (max - min) * 0.03, max: ({ min, max }) => max + (max - min) * 0.03 };
  chart(box, 440, t("map label"), {
    grid: { left: 6, right: 6, top: 6, bottom: 6 }, xAxis: { type: "value", ...hidden }, yAxis: { type: "value", ...hidden },
    dataZoom: [{ type: "inside", xAxisIndex: 0, zoomOnMouseWheel: "ctrl", filterMode: "none" }, { type: "inside", yAxisIndex: 0, zoomOnMouseWheel: "ctrl", filterMode: "none" }],
    tooltip: tooltip({ formatter: ({ data }) => pointLine(data[2]) }), series,
  });
  fill(legend, kinds.map(({ name, colour: fillColour }) => el("li", {}, dot(fillColour), name)), el("li", {}, t("solid is chosen")));
}

function mapKinds() {
  const of = told.selection;
  if (view.colour === "source") {
    const names = of.sources.slice(0, SERIES - 1);
    const found = names.map((name, at) => ({ name, colour: seriesColour(placeOf(name, at)) }));
    return of.sources.length > names.length ? [...found, { name: t("other sources", { count: of.sources.length - names.length }), colour: colour("s7") }] : found;
  }
  const ramp = [0.2, 0.4, 0.6, 0.8, 1].map((share) => `color-mix(in srgb, ${colour("s1")} ${share * 100}%, ${colour("s0")})`).map(resolved);
  if (view.colour === "score") return ramp.map((each, at) => ({ name: t("fifth", { at: at + 1 }), colour: each }));
  const groups = Math.max(...of.group) + 1;
  return Array.from({ length: groups }, (_, at) => ({ name: t("length group of", { group: at + 1 }), colour: ramp[Math.round((at / Math.max(1, groups - 1)) * 4)] }));
}

/** A source has the colour it has in the histograms. */
function placeOf(name, at) {
  const place = told.names.source?.indexOf(name) ?? -1;
  return place >= 0 ? place : at;
}

function resolved(value) {
  const probe = document.getElementById("foot");
  probe.style.color = value;
  const found = getComputedStyle(probe).color;
  probe.style.color = "";
  // the charts read rgb(); a mix comes as color(srgb r g b)
  const mixed = found.match(/^color\(srgb ([\d.]+) ([\d.]+) ([\d.]+)/);
  return mixed ? `rgb(${mixed.slice(1).map((each) => Math.round(each * 255)).join(",")})` : found;
}

let fifths = null;
function kindOf(at) {
  const of = told.selection;
  if (view.colour === "source") return Math.min(of.source[at], SERIES - 1);
  if (view.colour === "group") return Math.max(0, of.group[at]);
  fifths ??= [0.2, 0.4, 0.6, 0.8].map((share) => quantile(of.value.filter((value) => value !== null), share));
  return of.value[at] === null ? 0 : fifths.filter((edge) => of.value[at] > edge).length;
}

function quantile(values, share) {
  const sorted = [...values].sort((one, other) => one - other);
  return sorted[Math.floor(share * (sorted.length - 1))];
}

function pointLine(at) {
  const of = told.selection;
  const said = texts?.points[at]?.[0];
  return [said ? oneLine(said, 44) : texts ? oneLine(texts["point ids"][at]) : "", `${of.sources[of.source[at]]} · ${of.taken[at] ? t("in the set") : t("not chosen")}`].filter(Boolean).join("\n");
}

function showPoint(aside) {
  const of = told.selection;
  const at = view.point;
  if (at === null) return fill(aside, el("p", { class: "muted" }, t("choose a point")));
  const id = texts?.["point ids"][at] ?? "";
  const [asked, answered] = texts?.points[at] ?? [];
  const cluster = texts?.clusters.find((each) => each.cluster === of.cluster[at]);
  return fill(aside,
    asked !== undefined
      ? [el("h3", {}, t("asked")), el("p", { class: "said", dir: "auto" }, shown(asked)), answered ? [el("h3", {}, t("answered")), el("p", { class: "said", dir: "auto" }, shown(answered))] : null]
      : [el("p", { class: "muted small" }, t("not chosen text")),
         cluster ? [el("h3", {}, t("examples of cluster")), cluster.examples.map(([, text]) => el("p", { class: "said small", dir: "auto" }, shown(text)))] : null],
    el("dl", { class: "pairs" },
      pair("id", el("code", {}, shown(id))), pair(t("source"), of.sources[of.source[at]]), pair(t("chosen state"), of.taken[at] ? t("yes") : t("no")),
      pair(t("score"), of.value[at] === null ? t("no score") : n(of.value[at], 2)), pair(t("characters"), n(of.length[at])),
      pair(t("length group"), of.group[at] < 0 ? "" : n(of.group[at] + 1)), pair(t("cluster"), of.cluster[at] < 0 ? "" : n(of.cluster[at]))));
}

function pair(name, value) {
  return [el("dt", {}, name), el("dd", {}, value)];
}

function drawClusters(box, toMap) {
  const keys = ["cluster", "group", "size", "chosen", "mean"];
  const { at, down } = view.sort;
  const sorted = [...texts.clusters].sort((one, other) => ((one[keys[at]] ?? -Infinity) - (other[keys[at]] ?? -Infinity)) * (down ? -1 : 1));
  const rows = sorted.slice(0, view.clusters).map((each) => [
    el("button", { type: "button", class: "plain", click: () => toMap(each.cluster), "aria-label": t("show cluster", { cluster: each.cluster }) }, String(each.cluster)),
    n(each.group + 1), n(each.size), n(each.chosen), n(each.mean, 2),
    el("details", {}, el("summary", {}, shown(oneLine(each.examples[0]?.[1] ?? "", 90))),
      each.examples.map(([id, text]) => el("p", { class: "said small", dir: "auto" }, shown(text), " ", el("code", { class: "muted" }, shown(id))))),
  ]);
  const sort = (place) => {
    if (place >= keys.length) return;
    view.sort = { at: place, down: view.sort.at === place ? !view.sort.down : true };
    drawClusters(box, toMap);
  };
  fill(box,
    table([t("cluster"), `>${t("length group")}`, `>${t("rows")}`, `>${t("chosen rows")}`, `>${t(`mean ${told.selection.mean}`)}`, t("examples")], rows, { label: t("clusters"), sorted: view.sort, sort }),
    sorted.length > view.clusters ? el("button", { type: "button", click: () => { view.clusters += 40; drawClusters(box, toMap); } }, t("show more", { count: sorted.length - view.clusters })) : null);
}
