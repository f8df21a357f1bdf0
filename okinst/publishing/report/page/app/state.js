// The data, the words, the language, the scheme.

const told = JSON.parse(document.getElementById("told").textContent);
const words = JSON.parse(document.getElementById("words").textContent);
/** Texts of rows; null until they are unpacked. */
let texts = null;
let language = remembered("okinst-language", Object.keys(words)) ?? (navigator.language.startsWith("ko") ? "ko" : "en");

/** What the page says, with values in the places of {names}. */
function t(key, values = {}) {
  return (words[language][key] ?? key).replace(/\{(\w+)\}/g, (whole, name) => {
    const value = values[name];
    return value === undefined ? whole : typeof value === "number" ? n(value) : value;
  });
}

/** A word of the data that has a translation, or the word itself. */
function term(kind, word) {
  return words[language][`${kind}.${word}`] ?? word;
}

function n(value, digits = 0) {
  return value === null || value === undefined ? "" : value.toLocaleString(language, { maximumFractionDigits: digits });
}

function percent(share) {
  if (share === null || share === undefined || Number.isNaN(share)) return "";
  const digits = share > 0 && share < 0.001 ? 2 : 1;
  return share.toLocaleString(language, { style: "percent", minimumFractionDigits: digits === 1 && share !== 1 ? 1 : 0, maximumFractionDigits: digits });
}

function reasonsTold(reasons) {
  return Object.entries(reasons).map(([reason, count]) => t("counted", { count, what: term("reason", reason) })).join(", ");
}

async function unpack() {
  const packed = Uint8Array.from(atob(document.getElementById("texts").textContent), (char) => char.charCodeAt(0));
  const stream = new Blob([packed]).stream().pipeThrough(new DecompressionStream("gzip"));
  texts = JSON.parse(await new Response(stream).text());
}

// A page on disk may have no storage: then a choice holds for as long as the page is open.
function remembered(key, allowed) {
  try {
    const value = localStorage.getItem(key);
    return allowed.includes(value) ? value : null;
  } catch {
    return null;
  }
}

function remember(key, value) {
  try {
    localStorage.setItem(key, value);
  } catch { /* see above */ }
}

function isDark() {
  const set = document.documentElement.dataset.theme;
  return set ? set === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
}

function turnScheme() {
  const scheme = isDark() ? "light" : "dark";
  document.documentElement.dataset.theme = scheme;
  remember("okinst-scheme", scheme);
}

/** A colour of the style sheet, as the charts need it. */
function colour(name) {
  const probe = document.getElementById("top");
  const before = probe.style.color;
  probe.style.color = `var(--${name})`;
  const found = getComputedStyle(probe).color;
  probe.style.color = before;
  return found;
}

const SERIES = 8;
function seriesColour(at) {
  return colour(`s${Math.min(at, SERIES - 1)}`);
}
