// What is in the set, by source, language, licence, making and split; and what may be done with it.

const LISTED = 12;

function composition() {
  const columns = Object.entries(told.composition);
  if (!told.total) return [el("p", { class: "muted" }, t("nothing to count"))];
  if (!columns.length) return [el("p", { class: "notice quiet" }, t("no columns"))];
  const panels = columns.map(([column, lines]) => bars(t(`by ${column}`), lines.map(([name, ...counts]) => [shown(column === "license" || column === "source" ? name : term(column, name)), total(counts), counts])));
  const splits = Object.entries(told.rows);
  if (splits.length > 1) panels.push(bars(t("by split"), splits.map(([split, count]) => [split, count, null])));
  return [el("div", { class: "grid" }, panels)];
}

function total(counts) {
  return counts.reduce((sum, each) => sum + each, 0);
}

/** Names, a bar, rows and their share: a table, so that it is read out as it is seen. */
function bars(title, lines) {
  const whole = Math.max(1, total(lines.map(([, count]) => count)));
  const most = Math.max(1, ...lines.map(([, count]) => count));
  const row = ([name, count, counts]) =>
    el("tr", { title: counts && counts.length > 1 ? Object.keys(told.rows).map((split, at) => `${split} ${n(counts[at])}`).join(" · ") : null },
      el("th", { scope: "row" }, name), el("td", {}, meter(count / most)), el("td", { class: "num" }, n(count)),
      el("td", { class: "num muted" }, percent(count / whole)));
  const rest = lines.slice(LISTED);
  return el("div", { class: "panel" }, el("h3", {}, title),
    el("table", { class: "bars" }, el("tbody", {}, lines.slice(0, LISTED).map(row))),
    rest.length ? el("details", {}, el("summary", {}, t("show more", { count: rest.length })),
      el("table", { class: "bars" }, el("tbody", {}, rest.map(row)))) : null);
}

function licences() {
  const found = told.licences;
  if (!found) return null;
  const answer = (value) => el("span", { class: value }, term("answer", value));
  return [
    el("div", { class: "panel stack" },
      el("ul", { class: "plainly" },
        el("li", {}, t("commercial use"), ": ", answer(found.commercial), ". ", t("passing on short"), ": ", answer(found.redistributable), "."),
        found["share alike"].length ? el("li", {}, t("share alike", { licences: found["share alike"].join(", ") })) : null,
        found.providers.length ? el("li", {}, t("terms besides", { providers: found.providers.map((name) => term("provider", name)).join(", ") })) : null),
      found.conflicts.length ? el("details", {}, el("summary", {}, t("what does not go together", { count: found.conflicts.length })),
        el("ul", { lang: "en", class: "small" }, found.conflicts.map((text) => el("li", {}, text)))) : null,
      table([t("source"), t("licence"), t("making"), `>${t("rows")}`, t("commercial use"), t("passing on short"), t("why")],
        found.lots.map((lot) => [lot.source, lot.license, term("making", lot.making), n(lot.rows), answer(lot.commercial), answer(lot.redistributable),
          el("span", { class: "prose small muted", lang: "en" }, lot.why.join("; "))]), { label: t("licences") }),
      found.attribution.length ? el("details", {}, el("summary", {}, t("attribution")),
        el("ul", { class: "small" }, found.attribution.map((text) => el("li", {}, text)))) : null,
      el("p", { class: "small muted" }, t("not advice"))),
  ];
}
