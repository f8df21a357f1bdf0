// Rows of the set that ask the same, exactly or nearly.

let groupsShown = 5;

function duplicates() {
  const found = told.repeats;
  if (!found) return [el("p", { class: "muted" }, t("not compared"))];
  const what = found.groups
    ? t("repeats", { groups: found.groups, exact: found.exact, near: found.near, compared: found.compared })
    : t("no repeats", { compared: found.compared });
  const box = el("div", { class: "stack" });
  whenUnpacked.push(() => drawGroups(box));
  return [
    el("p", { class: "lead" }, what),
    found.compared < found.of ? el("p", { class: "notice quiet" }, t("some compared", { compared: found.compared, rows: found.of })) : null,
    box,
  ];
}

function drawGroups(box) {
  const groups = texts.repeats;
  const one = (group) => el("div", { class: "panel" },
    el("h3", {}, t("group of", { size: group.size, exact: group.exact, near: group.near })),
    table([t("text"), t("source"), `>${t("row")}`, t("kind")],
      group.rows.map(([place, source, similarity, kind, text]) => [
        el("p", { class: "said", dir: "auto" }, shown(text)), source < 0 ? "" : told.names.source[source], n(place + 1),
        kind === "near" ? t("near of", { share: percent(similarity) }) : t(`kind.${kind}`),
      ]), { label: t("section.duplicates") }),
    group.size > group.rows.length ? el("p", { class: "small muted" }, t("and more", { count: group.size - group.rows.length })) : null);
  fill(box, groups.slice(0, groupsShown).map(one),
    groups.length > groupsShown ? el("button", { type: "button", click: () => { groupsShown += 20; drawGroups(box); } }, t("show more", { count: groups.length - groupsShown })) : null);
}
