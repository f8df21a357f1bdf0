// The page: sections in their order, drawn anew when the language or the scheme changes.

/** What can be done once the sections stand in the page (charts measure themselves), and once texts are unpacked. */
let afterwards = [];
let whenUnpacked = [];

const SECTIONS = [
  ["composition", composition],
  ["licences", licences],
  ["funnel", funnel],
  ["distributions", distributions],
  ["selection", () => (told.selection ? selection() : null)],
  ["side by side", sideBySide],
  ["duplicates", duplicates],
  ["rows", rowBrowser],
  ["making", making],
];
const idOf = (key) => key.replaceAll(" ", "-");

function draw() {
  clearCharts();
  [afterwards, whenUnpacked] = [[], []];
  document.documentElement.lang = language;
  const sections = SECTIONS.map(([key, make]) => [key, make()]).filter(([, made]) => made);
  fill(document.getElementById("top"), overview(), sections.map(([key, made]) =>
    el("section", { id: idOf(key), "aria-labelledby": `${idOf(key)}-head` },
      el("h2", { id: `${idOf(key)}-head` }, t(`section.${key}`)), words[language][`lead.${key}`] ? el("p", { class: "lead" }, t(`lead.${key}`)) : null, made)));
  fill(document.getElementById("brand"), told.name);
  fill(document.getElementById("skip"), t("skip"));
  const nav = document.getElementById("nav");
  nav.setAttribute("aria-label", t("sections"));
  fill(nav, sections.map(([key]) => el("a", { href: `#${idOf(key)}` }, t(`short.${key}`))));
  drawSwitches();
  fill(document.getElementById("foot"), t("foot", { version: told.okinst }));
  afterwards.forEach((each) => each());
  if (texts) whenUnpacked.forEach((each) => each());
  follow(sections.map(([key]) => idOf(key)));
}

const SUN = ["M12 8a4 4 0 1 0 0 8a4 4 0 1 0 0-8", "M12 3v1.5M12 19.5V21M3 12h1.5M19.5 12H21M5.6 5.6l1.1 1.1M17.3 17.3l1.1 1.1M5.6 18.4l1.1-1.1M17.3 6.7l1.1-1.1"];
const MOON = ["M20 14.5A8.5 8.5 0 1 1 9.5 4a6.8 6.8 0 0 0 10.5 10.5z"];

function icon(paths) {
  const space = "http://www.w3.org/2000/svg";
  const drawing = document.createElementNS(space, "svg");
  drawing.setAttribute("viewBox", "0 0 24 24");
  drawing.setAttribute("aria-hidden", "true");
  for (const each of paths) {
    const path = document.createElementNS(space, "path");
    path.setAttribute("d", each);
    drawing.append(path);
  }
  return drawing;
}

function drawSwitches() {
  const other = Object.keys(words).find((each) => each !== language);
  fill(document.getElementById("switches"),
    el("button", { type: "button", id: "language", lang: other, click: () => { language = other; remember("okinst-language", other); draw(); document.getElementById("language").focus(); } }, words[other].own),
    el("button", { type: "button", id: "scheme", class: "icon", "aria-label": t(isDark() ? "to light" : "to dark"), title: t(isDark() ? "to light" : "to dark"),
      click: () => { turnScheme(); draw(); document.getElementById("scheme").focus(); } }, icon(isDark() ? SUN : MOON)));
}

let following = null;
/** Mark in the bar where the reader is. */
function follow(ids) {
  following?.disconnect();
  following = new IntersectionObserver((entries) => {
    for (const entry of entries) {
      const link = document.querySelector(`nav a[href="#${entry.target.id}"]`);
      link?.setAttribute("aria-current", String(entry.isIntersecting));
    }
  }, { rootMargin: "-20% 0px -75% 0px" });
  ids.forEach((id) => following.observe(document.getElementById(id)));
}

const scheme = remembered("okinst-scheme", ["light", "dark"]);
if (scheme) document.documentElement.dataset.theme = scheme;
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", draw);
draw();
unpack().then(() => whenUnpacked.forEach((each) => each()), () => fill(document.getElementById("results"), el("p", { class: "notice" }, t("cannot unpack"))));
