// How the set was made, and how to load it.

function making() {
  const { recipe, written, inputs, versions, files } = told.making;
  const first = Object.keys(told.rows)[0] ?? "train";
  const load = `from datasets import load_dataset\n\nrows = load_dataset("DIR", "${told.name}", split="${first}")`;
  return [
    el("div", { class: "grid" },
      el("div", { class: "panel" }, el("h3", {}, t("load it")), el("pre", { tabindex: 0, "aria-label": t("load it") }, load)),
      el("div", { class: "panel" }, el("h3", {}, t("versions")),
        el("dl", { class: "pairs" }, Object.entries(versions).filter(([, value]) => typeof value === "string").map(([name, value]) => pair(name, value))))),
    el("div", { class: "panel stack" }, el("h3", {}, t("recipe")),
      el("pre", { tabindex: 0, "aria-label": t("recipe") }, typeof written === "string" ? written : JSON.stringify(recipe, null, 2))),
    el("div", { class: "panel stack" },
      el("details", {}, el("summary", {}, t("inputs", { count: inputs.length })),
        table([t("for"), t("file"), t("revision"), `>${t("bytes")}`, "sha256"],
          inputs.map((each) => [each.for, [each.repo, each.path].filter(Boolean).join("/"), el("span", { class: "hash" }, (each.revision ?? "").slice(0, 12)), n(each.bytes), el("code", { class: "hash", title: each.sha256 }, (each.sha256 ?? "").slice(0, 12))]),
          { label: t("inputs", { count: inputs.length }) })),
      el("details", {}, el("summary", {}, t("files", { count: files.length })),
        table([t("file"), `>${t("bytes")}`, "sha256"], files.map((each) => [each.path, n(each.bytes), el("code", { class: "hash", title: each.sha256 }, (each.sha256 ?? "").slice(0, 12))]), { label: t("files", { count: files.length }) }))),
  ];
}
