// Elements without markup: every text becomes a text node, so that what a row says is never HTML.

/** An element. `attributes` that are functions listen to the event they are named after; null and false leave one out. */
function el(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (typeof value === "function") made.addEventListener(name, value);
    else made.setAttribute(name, value === true ? "" : String(value));
  }
  made.append(...children.flat(Infinity).filter((child) => child !== null && child !== undefined && child !== false));
  return made;
}

/** A child of `parent` in place of what is there. */
function fill(parent, ...children) {
  parent.replaceChildren(...children.flat(Infinity).filter((child) => child !== null && child !== undefined && child !== false));
  return parent;
}

// What no reader sees, or what turns the order of other text around: control characters, direction marks, soft hyphens, zero-width
// spaces, tags. Joiners stay: emoji and Persian need them.
const UNSEEN = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u00ad\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u2069\ufeff\ufff9-\ufffb\u{e0000}-\u{e007f}]/gu;

/** A text as it is to be read: unseen characters are named in a sign, and stretches ([start, end]) are highlighted. */
function shown(text, stretches = []) {
  const parts = [];
  let at = 0;
  for (const [start, end] of stretches) {
    if (start < at || end > text.length) continue;
    parts.push(...signed(text.slice(at, start)), el("mark", {}, ...signed(text.slice(start, end))));
    at = end;
  }
  parts.push(...signed(text.slice(at)));
  return parts;
}

function signed(text) {
  const parts = [];
  let at = 0;
  for (const found of text.matchAll(UNSEEN)) {
    const code = `U+${found[0].codePointAt(0).toString(16).toUpperCase().padStart(4, "0")}`;
    parts.push(text.slice(at, found.index), el("span", { class: "sign" }, code));
    at = found.index + found[0].length;
  }
  parts.push(text.slice(at));
  return parts.filter((part) => part !== "");
}

/** Where a search stands in a text, as stretches. */
function stretchesOf(text, wanted) {
  const low = text.toLowerCase();
  if (!wanted || low.length !== text.length) return [];
  const found = [];
  for (let at = low.indexOf(wanted); at >= 0 && found.length < 200; at = low.indexOf(wanted, at + wanted.length)) {
    found.push([at, at + wanted.length]);
  }
  return found;
}

/** A table in a box that scrolls by itself. Heads that begin with ">" are of numbers. `sort` makes heads buttons. */
function table(heads, rows, { label, sorted, sort, kind = "" } = {}) {
  const numbers = heads.map((head) => head.startsWith(">"));
  const head = heads.map((text, at) => {
    const name = text.replace(/^>/, "");
    const order = sorted && sorted.at === at ? (sorted.down ? "descending" : "ascending") : null;
    return el("th", { scope: "col", class: numbers[at] ? "num" : null, "aria-sort": order },
      sort && name ? el("button", { type: "button", click: () => sort(at) }, name) : name);
  });
  const body = rows.map((row) => {
    const cells = row.cells ?? row;
    return el("tr", { class: row.class },
      cells.map((cell, at) => (at ? el("td", { class: numbers[at] ? "num" : null }, cell) : el("th", { scope: "row" }, cell))));
  });
  return el("div", { class: `scroll ${kind}`, tabindex: 0, role: "region", "aria-label": label },
    el("table", {}, el("thead", {}, el("tr", {}, head)), el("tbody", {}, body)));
}

/** A labelled choice. `options` are [value, text]. */
function choice(label, options, value, change) {
  const list = el("select", { change: () => change(list.value) },
    options.map(([each, text]) => el("option", { value: each, selected: String(each) === String(value) }, text)));
  return el("label", {}, label, list);
}

function meter(share, colour) {
  const bar = el("i");
  bar.style.width = `${Math.max(0, Math.min(1, share)) * 100}%`;
  if (colour) bar.style.background = colour;
  return el("div", { class: "meter", "aria-hidden": "true" }, bar);
}

function dot(colour) {
  const made = el("span", { class: "dot", "aria-hidden": "true" });
  made.style.background = colour;
  return made;
}
