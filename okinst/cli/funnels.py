"""What was built, and what became of every row on the way."""

from typing import TYPE_CHECKING, Any

from okinst.cli.printing import NARROWEST, counted, print_json, print_table

if TYPE_CHECKING:
    from okinst.publishing import Built


def print_built(built: "Built", as_json: bool) -> None:
    if as_json:
        print_json(built.as_json())
        return
    print_table(
        ("source", "split", ">read", ">left out", ">ruled out", ">kept", ">taken", "why"),
        (
            (
                step["source"],
                step["split"],
                counted(step["read"]),
                counted(sum(step["left_out"].values())),
                counted(sum(step["ruled_out"].values())),
                counted(step["kept"]),
                counted(step["taken"]),
                _why(step),
            )
            for step in built.funnel
        ),
    )
    if built.steps:
        print_steps(built.steps)
    for drift in dict.fromkeys(file["drift"] for step in built.funnel for file in step["files"] if file["drift"]):
        print(f"accepted: {drift}")
    for reason, count in built.set_aside.items():
        print(f"set aside, in set-aside.jsonl: {count:,} rows the view cannot hold: {reason}")
    rows = ", ".join(f"{split} {count:,} rows" for split, count in built.rows.items())
    print(f"{built.name}: {rows}, in {built.folder}")


def print_steps(steps: list[dict[str, Any]]) -> None:
    """The funnel by step: what came in and went out, and why the rest went; only sources in which something happened."""
    unit = next((unit for unit in ("tokens", "characters") if f"{unit}_in" in steps[0]), None)
    rows = []
    for step in steps:
        if step["step"] == "take" and step["rows_in"] == step["rows_out"] and "asked" not in step:
            continue  # nothing was asked for
        whole = {**step, "reasons": {}}
        rows.append((step["step"], "all", *_in_and_out(whole, unit), _step_told(step)))
        for source, line in step["sources"].items():
            inner = {f"{source}/{place}": each for place, each in line.get("sources", {}).items()}
            rows += [
                ("", place, *_in_and_out(each, unit), _went(each))
                for place, each in (inner or {source: line}).items()
                if each["rows_in"] != each["rows_out"]
            ]
    if not rows:
        return
    print()
    weighed = (f">{unit} out",) if unit else ()
    heads = ("step", "source", ">rows in", ">out", *weighed, "why")
    print_table(heads, rows, narrow=NARROWEST, folding="why")


def _in_and_out(line: dict[str, Any], unit: str | None) -> tuple[str, ...]:
    """Rows in and out, and what those weigh; where nothing was to be weighed, rows alone."""
    return counted(line["rows_in"]), counted(line["rows_out"]), *((counted(line[f"{unit}_out"]),) if unit else ())


def _went(line: dict[str, Any]) -> str:
    reasons = {**line["reasons"], **line.get("added", {})}
    return ", ".join(f"{count:,} {reason}" for reason, count in reasons.items())


def _step_told(step: dict[str, Any]) -> str:
    told = [f"{count:,} {kind} masked" for kind, count in step.get("changed", {}).items()]
    if "set aside" in step:
        told.append(f"{step['set aside']:,} rows set aside")
    if "asked" in step:
        told.append(f"{step['asked']} were asked for: the sample has no more")
    if notes := step.get("select", {}).get("notes"):
        told.append("; ".join(notes))
    if "searched for" in step:
        from okinst.mixtures.evaluation_sets import told as searched_for

        told.append(searched_for(step["searched for"]))
    return ", ".join(told)


def _why(step: dict[str, Any]) -> str:
    reasons = {**step["left_out"], **step["ruled_out"], **step["mended"]}
    told = [f"{count:,} {reason}" for reason, count in reasons.items()]
    if own := [f"{count:,} {reason}" for reason, count in step.get("dropped", {}).items()]:
        told.append(f"its own steps: {', '.join(own)}")
    there = max(step["read"], step["kept"])
    if step["upstream_rows"] and there < step["upstream_rows"] and step["door"] != "sample":
        told.append(f"these files hold {there:,} of upstream's {step['upstream_rows']:,} rows")
    if isinstance(step.get("asked"), int) and step["asked"] > step["taken"]:
        told.append(f"{step['asked']:,} were asked for: the sample has no more")
    return ", ".join(told)
