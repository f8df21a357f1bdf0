// The row browser: search, filters, and rows of every shape.

const PAGE = 20;
const COLUMNS = ["split", "source", "language", "license", "making"];
const browse = { of: "rows", wanted: "", page: 0, filters: {}, open: new Set() };
const hay = new WeakMap();

function rowBrowser() {
  const controls = el("div", { class: "controls", role: "search" });
  const count = el("p", { class: "small muted", role: "status", "aria-live": "polite" });
  const results = el("div", { class: "stack", id: "results" }, el("p", { class: "muted" }, t("unpacking")));
  const pager = el("div", { class: "pager" });
  const draw = () => drawRows(count, results, pager);
  whenUnpacked.push(() => { drawControls(controls, draw); draw(); });
  return [el("div", { class: "panel stack" }, controls, count), results, pager];
}

function drawControls(box, draw) {
  const change = (changes) => { Object.assign(browse, { page: 0, open: new Set() }, changes); draw(); };
  let waiting;
  const search = el("input", { type: "search", id: "search", value: browse.wanted, placeholder: t("search for"), autocomplete: "off", spellcheck: "false",
    input: () => { clearTimeout(waiting); waiting = setTimeout(() => change({ wanted: search.value.normalize("NFC").toLowerCase() }), 120); } });
  const kinds = [["rows", t("rows of set", { rows: told.shown })]];
  if (told["dropped shown"]) kinds.push(["dropped", t("rows dropped", { rows: told["dropped shown"], of: told.dropped })]);
  const filter = (key, options) => options.length > 1
    ? choice(t(key), [["", t("all")], ...options], browse.filters[key] ?? "", (value) => change({ filters: { ...browse.filters, [key]: value } })) : null;
  const distinct = (at) => [...new Set(texts.dropped.map((row) => row[at]))].sort();
  const filters = browse.of === "rows"
    ? Object.keys(told.names).map((key) => filter(key, told.names[key].map((name, at) => [at, key === "source" || key === "license" ? name : term(key, name)])))
    : [filter("step", distinct(1).map((step) => [step, term("step", step)])), filter("reason", distinct(2).map((reason) => [reason, term("reason", reason)])), filter("source", distinct(4).map((name) => [name, name]))];
  fill(box, el("label", { class: "search" }, t("search"), search),
    kinds.length > 1 ? choice(t("show"), kinds, browse.of, (value) => { change({ of: value, filters: {} }); drawControls(box, draw); }) : null, filters);
}

/** What a row says, in small letters, once. */
function hayOf(row) {
  if (!hay.has(row)) hay.set(row, `${row[0]}\n${row.at(-1).map((block) => block[2]).join("\n")}`.normalize("NFC").toLowerCase());
  return hay.get(row);
}

function matching() {
  const keys = Object.keys(told.names);
  const place = browse.of === "rows" ? (key) => 2 + keys.indexOf(key) : (key) => ({ step: 1, reason: 2, source: 4 })[key];
  const asked = Object.entries(browse.filters).filter(([, value]) => value !== "");
  return texts[browse.of].filter((row) => asked.every(([key, value]) => String(row[place(key)]) === value) && (!browse.wanted || hayOf(row).includes(browse.wanted)));
}

function drawRows(count, results, pager) {
  const found = matching();
  const pages = Math.max(1, Math.ceil(found.length / PAGE));
  browse.page = Math.min(browse.page, pages - 1);
  fill(count, t("found", { found: found.length, rows: texts[browse.of].length }));
  fill(results, found.length ? found.slice(browse.page * PAGE, (browse.page + 1) * PAGE).map((row) => (browse.of === "rows" ? rowOfSet(row) : rowDropped(row))) : el("p", { class: "muted" }, t("nothing found")));
  const turn = (by) => { browse.page += by; drawRows(count, results, pager); document.getElementById("rows").scrollIntoView(); };
  fill(pager, pages > 1 ? [
    el("button", { type: "button", disabled: browse.page === 0, click: () => turn(-1) }, t("previous")),
    el("span", { class: "muted small" }, t("page of", { page: browse.page + 1, pages })),
    el("button", { type: "button", disabled: browse.page === pages - 1, click: () => turn(1) }, t("next")),
  ] : "");
}

function rowOfSet(row) {
  const keys = Object.keys(told.names);
  const named = (key) => told.names[key]?.[row[2 + keys.indexOf(key)]];
  const split = named("split");
  const place = row[1] - Object.entries(told.rows).slice(0, keys.includes("split") ? row[2] : 0).reduce((sum, [, rows]) => sum + rows, 0);
  return card(row, [
    row[0] ? el("code", {}, shown(row[0])) : null, el("span", {}, t("place", { split, row: place + 1 })),
    ...["source", "language", "license", "making"].filter((key) => told.names[key]?.length > 1).map((key) => el("span", { class: "tag" }, key === "source" || key === "license" ? named(key) : term(key, named(key)))),
  ], t("whole row", { name: told.name, split, row: String(place) }));
}

function rowDropped(row) {
  const [id, step, reason, part, source] = row;
  return card(row, [
    id ? el("code", {}, shown(id)) : null, el("span", { class: "tag warn" }, `${term("step", step)}: ${term("reason", reason)}`),
    el("span", { class: "tag" }, source || part), source && part !== source ? el("span", {}, part) : null,
  ], t("whole dropped"));
}

function card(row, head, whole) {
  const blocks = row.at(-1);
  const long = blocks.length > 4 || blocks.reduce((sum, block) => sum + block[2].length + 60 * (block[2].match(/\n/g)?.length ?? 0), 0) > 900;
  const body = el("div", { class: `blocks ${long && !browse.open.has(row) ? "clamped" : ""}` }, blocks.map((each) => block(each, whole)));
  const more = el("button", { type: "button", class: "plain", "aria-expanded": String(browse.open.has(row)), click: () => {
    const open = body.classList.toggle("clamped");
    more.setAttribute("aria-expanded", String(!open));
    more.textContent = t(open ? "show whole" : "show less");
    browse.open[open ? "delete" : "add"](row);
  } }, t(browse.open.has(row) ? "show less" : "show whole"));
  return el("article", { class: "row" }, el("header", {}, head), body, long ? more : null);
}

function block([kind, label, text, marks = [], missing = 0], whole) {
  if (kind === "more") return el("p", { class: "missing" }, t("more blocks", { count: Number(label) }), " ", whole);
  const stretches = browse.wanted ? stretchesOf(text, browse.wanted) : marks;
  const known = ["user", "assistant", "system", "chosen", "rejected", "right", "choice", "context", "evidence"].includes(kind) ? kind : "field";
  return el("div", { class: `block ${known}` },
    el("div", { class: "who" }, kind === "choice" || kind === "right" ? t(`block.${kind}`, { number: label }) : shown(term("block", label))),
    el("div", {}, el("p", { class: "said", dir: "auto" }, shown(text, stretches)),
      missing ? el("span", { class: "missing" }, t("characters more", { count: missing }), " ", whole) : null));
}
