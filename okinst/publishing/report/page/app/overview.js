// The head of the page: what it is, how much of it, and what to know before reading on.

function overview() {
  const sources = told.names.source?.length ?? 0;
  const splits = Object.entries(told.rows);
  const gone = told.steps.reduce((sum, step) => sum + step.in - step.out, 0);
  const read = told.funnel.filter((part) => !part.inside).reduce((sum, part) => sum + (part.read || 0), 0);
  const tiles = [
    tile(t("rows"), n(told.total), splits.length > 1 ? splits.map(([split, count]) => `${split} ${n(count)}`).join(" · ") : splits.map(([split]) => split).join("")),
    sources ? tile(t("sources"), n(sources), list(told.names.source)) : null,
    read ? tile(t("read"), n(read), t("read of", { share: percent(told.total / read) })) : null,
    told.selection
      ? tile(t("chosen"), percent(told.selection.chosen / Math.max(1, told.selection.rows)), t("chosen of", { rows: told.selection.rows }))
      : gone > 0 ? tile(t("went in steps"), n(gone), t("went in steps of")) : null,
    told.licences ? tile(t("commercial use"), el("span", { class: told.licences.commercial }, term("answer", told.licences.commercial)),
      t("passing on", { answer: term("answer", told.licences.redistributable) })) : null,
  ];
  return el("div", { class: "intro" },
    el("h1", {}, told.name),
    told.description ? el("p", {}, ...shown(told.description)) : null,
    el("ul", { class: "facts" },
      el("li", {}, t("built by", { version: told.okinst })),
      told.door ? el("li", {}, t(`door.${told.door}`)) : null,
      told.view !== "okinst" ? el("li", {}, t("view of", { view: told.view })) : null),
    el("dl", { class: "tiles" }, tiles),
    notices());
}

function tile(name, value, more) {
  return el("div", {}, el("dt", {}, name), el("dd", {}, value, more ? el("small", {}, more) : null));
}

function list(names) {
  return names.slice(0, 2).join(", ") + (names.length > 2 ? ` ${t("and more", { count: names.length - 2 })}` : "");
}

function notices() {
  const found = [];
  if (!told.total) found.push(["", t("empty set")]);
  if (told.door === "sample") found.push(["", t("of sample")]);
  if (told.shown < told.total) found.push(["quiet", t("rows shown", { shown: told.shown, total: told.total })]);
  if (told.cut) found.push(["quiet", t("texts cut", { cut: told.cut, at: told["cut at"] })]);
  return found.map(([kind, text]) => el("p", { class: `notice ${kind}` }, text));
}
