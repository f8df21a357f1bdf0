// From what was read to what is there: every loss stands under a reason.

function funnel() {
  const stages = stagesOf();
  const most = Math.max(1, ...stages.map((stage) => Math.max(stage.in ?? 0, stage.out)));
  return [
    el("div", { class: "panel stack" }, el("ol", { class: "stages" }, stages.map((stage) => drawStage(stage, most)))),
    told.funnel.length ? el("div", { class: "panel stack" }, el("h3", {}, t("part by part")), parts()) : null,
  ];
}

function stagesOf() {
  const parts = told.funnel.filter((part) => !part.inside);
  const sum = (key) => parts.reduce((all, part) => all + (part[key] || 0), 0);
  const found = [{ name: t("read"), out: sum("read") }];
  const lost = {};
  for (const part of parts) for (const kind of ["left_out", "ruled_out", "dropped"]) {
    for (const [reason, count] of Object.entries(part[kind])) lost[reason] = (lost[reason] || 0) + count;
  }
  let now = sum("kept");
  found.push({ name: t("while reading"), in: found[0].out, out: now, reasons: lost,
    sources: parts.map((part) => [part.source, part.read, part.kept, { ...part.left_out, ...part.ruled_out, ...part.dropped }]) });
  const next = told.steps.length ? told.steps[0].in : sum("taken");
  if (next !== now) found.push({ name: t("step.take"), in: now, out: next, reasons: {} });
  now = next;
  for (const step of told.steps) {
    if (step.step === "take" && step.in === step.out) continue;
    found.push({ name: term("step", step.step), in: step.in, out: step.out, reasons: step.reasons, changed: step.changed, sources: step.sources, aside: step["set aside"], searched: step.searched });
    now = step.out;
  }
  const aside = total(Object.values(told["set aside"]));
  if (aside) found.push({ name: t("set aside by view"), in: now, out: now - aside, reasons: told["set aside"] });
  found.push({ name: t("in the set"), out: told.total, end: true });
  return found;
}

function drawStage(stage, most) {
  const lost = (stage.in ?? stage.out) - stage.out;
  const track = [stage.out, Math.max(0, lost)].filter((part, at) => part || !at).map((part) => {
    const bar = el("i");
    bar.style.width = `${(part / most) * 100}%`;
    return bar;
  });
  const why = [reasonsTold(stage.reasons ?? {}), reasonsTold(stage.changed ?? {}) && t("masked", { what: reasonsTold(stage.changed) }),
    stage.searched ? t("searched", { items: stage.searched[0], sets: stage.searched[1] }) : "", stage.aside ? t("aside", { rows: stage.aside }) : ""].filter(Boolean).join(" · ");
  const sources = (stage.sources ?? []).filter(([, before, after]) => before !== after);
  return el("li", { class: `stage ${stage.end ? "end" : ""}` },
    el("b", {}, stage.name), el("div", { class: "track", "aria-hidden": "true" }, track),
    el("b", { class: "num" }, n(stage.out)),
    el("span", { class: "num loss" }, lost > 0 ? `−${n(lost)}` : lost < 0 ? `+${n(-lost)}` : ""),
    why || sources.length ? el("div", { class: "why" }, shown(why),
      sources.length ? el("details", {}, el("summary", {}, t("by source of step")),
        table([t("source"), `>${t("rows in")}`, `>${t("rows out")}`, t("why")],
          sources.map(([source, before, after, reasons]) => [source, n(before), n(after), shown(reasonsTold(reasons))]),
          { label: stage.name })) : null) : null);
}

function parts() {
  const lost = (part, kind) => total(Object.values(part[kind]));
  return table([t("source"), t("split"), `>${t("read")}`, `>${t("left out")}`, `>${t("ruled out")}`, `>${t("kept")}`, `>${t("taken")}`, t("why")],
    told.funnel.map((part) => [
      part.source, part.split, n(part.read), n(lost(part, "left_out")), n(lost(part, "ruled_out")), n(part.kept), n(part.taken),
      el("span", { class: "prose small muted" }, shown([
        reasonsTold({ ...part.left_out, ...part.ruled_out, ...part.mended }),
        part.upstream_rows && part.read < part.upstream_rows && part.door !== "sample" ? t("of upstream", { read: part.read, rows: part.upstream_rows }) : "",
      ].filter(Boolean).join(" · "))),
    ]), { label: t("part by part") });
}
