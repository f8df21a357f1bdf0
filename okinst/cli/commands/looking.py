"""What there is, what is in it, and what may be done with it: list, show, lineage, licence, diff, overlap."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from okinst.cli.options import DataDir, Json, MirrorDir, Sample, door_of
from okinst.cli.printing import NARROWEST, counted, print_json, print_table
from okinst.cli.program import app

if TYPE_CHECKING:
    from okinst.publishing.compare import Diff

PANEL = "Look"


@app.command("list", rich_help_panel=PANEL)
def list_(
    language: Annotated[str | None, typer.Option(help="ko, zh-Hans or en")] = None,
    license: Annotated[str | None, typer.Option(help="a licence id, such as apache-2.0 or unstated")] = None,
    shape: Annotated[str | None, typer.Option(help="conversation, preference, prompt, choice, ...")] = None,
    room: Annotated[
        str | None, typer.Option(help="mixtures, korean_instructions, chinese_instructions, eval_sets")
    ] = None,
    as_json: Json = False,
) -> None:
    """List everything that can be loaded."""
    from okinst.cli import listing

    entries = listing.entries(language=language, license=license, shape=shape, room=room)
    if as_json:
        print_json(entries)
        return
    print_table(
        ("name", "shape", "language", "licence", ">rows", "what"),
        (
            (
                entry["name"],
                entry["shape"],
                ", ".join(entry["languages"]),
                ", ".join(entry["licenses"]),
                counted(sum(entry["rows"].values()) or None, entry["rows_exact"]),
                entry["description"],
            )
            for entry in entries
        ),
    )


@app.command(rich_help_panel=PANEL)
def show(
    name: Annotated[str, typer.Argument(help="a name of `okinst list`, or a recipe.toml")],
    mirror: MirrorDir = None,
    sample: Sample = False,
    data_dir: DataDir = None,
    as_json: Json = False,
) -> None:
    """Show a card: what it is, its licence, its quirks, its counts, how to cite it."""
    from okinst.cli import listing

    door = door_of(mirror, sample, data_dir)
    card = listing.card(name, **door)
    if as_json:
        print_json(card)
        return
    for line in listing.card_lines(card):
        print(line)
    if "parts" in card:
        print()
        print_table(
            ("part", ">expected", ">built here", "why not all of it"),
            (
                (part["source"], counted(part["expected"], part["expected_exact"]), counted(part["built"]), part["why"])
                for part in card["parts"]
            ),
        )
    print(f"\n{card['citation']}")


@app.command(rich_help_panel=PANEL)
def lineage(
    names: Annotated[
        list[str] | None, typer.Argument(metavar="[NAME]...", help="names of `okinst list`, or works outside okinst")
    ] = None,
    format: Annotated[str, typer.Option(help="text, or mermaid: a flowchart")] = "text",
    as_json: Json = False,
) -> None:
    """Show what sets were made from, and what was made from them: of some names, or all there is."""
    from okinst import lineage
    from okinst.builders import WrongCall

    formats = ("text", "mermaid")
    if format not in formats:
        raise WrongCall(f"--format {format}: there is no such format. There are {', '.join(formats)}, and --json.")
    if as_json and format != "text":
        raise WrongCall(f"--json and --format {format} exclude each other: name one.")
    graph = lineage.whole()
    if names:
        graph = lineage.around(graph, names)
    if as_json:
        print_json(lineage.as_json(graph))
        return
    for line in lineage.as_mermaid(graph) if format == "mermaid" else lineage.as_text(graph, names or ()):
        print(line)


@app.command("licence", rich_help_panel=PANEL)
@app.command("license", hidden=True)
def licence(
    names: Annotated[
        list[str], typer.Argument(metavar="NAME...", help="names of `okinst list`, recipes, or folders that were built")
    ],
    mirror: MirrorDir = None,
    sample: Sample = False,
    data_dir: DataDir = None,
    as_json: Json = False,
) -> None:
    """Say what may be done with a set: licences and terms per source, what they add up to, and what may be used commercially."""
    from okinst.cli import licensing
    from okinst.publishing import lots

    door = door_of(mirror, sample, data_dir)
    reports = [lots.report(name, **door) for name in names]
    if as_json:
        print_json(reports)
        return
    for number, told in enumerate(reports):
        print(f"{chr(10) if number else ''}{told['name']}: {told['told']}\n")
        print_table(licensing.HEADS, licensing.table(told), narrow=NARROWEST, folding=licensing.FOLDING)
        print("\nTogether:")
        print_table(("", ""), licensing.result(told), narrow=NARROWEST)
        print(f'\nlicense = "commercial" would keep {licensing.kept_rows(told)}:')
        print_table(("", "", ""), licensing.kept(told), narrow=NARROWEST)
        print(f"\n{told['note']}")


@app.command(rich_help_panel=PANEL)
def diff(
    one: Annotated[Path, typer.Argument(metavar="DIR1", help="a folder that okinst build wrote")],
    other: Annotated[Path, typer.Argument(metavar="DIR2", help="another, such as this week's")],
    show_rows: Annotated[int, typer.Option("--show", min=0, metavar="N", help="Print the first N rows.")] = 20,
    as_json: Json = False,
) -> None:
    """Say which rows came and went between two built folders, and why. Exit code 0: the same; 1: they differ."""
    from okinst.publishing.compare import compare

    found = compare(one, other)
    if as_json:
        print_json(found.as_json())
    else:
        print_diff(found, show_rows)
    if not found.same:
        raise typer.Exit(1)


@app.command(rich_help_panel=PANEL)
def overlap(
    names: Annotated[list[str], typer.Argument(metavar="NAME...", help="names of `okinst list`, or recipe.toml files")],
    on: Annotated[str, typer.Option(help="instruction, answer or both")] = "instruction",
    near: Annotated[bool, typer.Option("--near/--exact", help="Near-duplicates, too, or exact ones only.")] = True,
    heatmap: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Draw the matrix into FILE.svg or FILE.html, which needs no network."),
    ] = None,
    mirror: MirrorDir = None,
    sample: Sample = False,
    data_dir: DataDir = None,
    as_json: Json = False,
) -> None:
    """Show how many rows of each set have a duplicate in each other set, and in their own."""
    from okinst.cli import overlapping

    if heatmap:
        overlapping.check_drawing(heatmap)
    found = overlapping.find(names, on, near=near, **door_of(mirror, sample, data_dir))
    if heatmap:
        overlapping.draw(found, heatmap)
    told = found.as_json()
    if as_json:
        print_json(told)
        return
    rows = {each["name"]: each["rows"] for each in told["sets"]}
    print_table(
        ("rows of", ">rows", "with a duplicate in", ">exact", *((">near",) if near else ()), ">share"),
        (
            (
                pair["of"],
                counted(rows[pair["of"]]),
                pair["in"] if pair["in"] != pair["of"] else "itself",
                counted(pair["exact"]),
                *((counted(pair["near"]),) if near else ()),
                f"{pair['share']:.2%}",
            )
            for pair in told["pairs"]
        ),
    )
    if heatmap:
        print(f"\n{heatmap}: the heat map")


def print_diff(found: "Diff", show_rows: int) -> None:
    print(f"{found.one.path}: {len(found.one.rows):,} rows. {found.other.path}: {len(found.other.rows):,} rows.")
    if found.same:
        print("The same rows in the same order, of the same recipe, files and libraries.")
        return
    if found.same_rows:
        print("The same rows in the same order.")
    for split in found.reordered:
        print(f"{split}: the same rows in another order.")
    if counts := found.by_source():
        print()
        print_table(
            ("source", "what", ">rows", "why"),
            ((source, what, counted(count), why) for source, what, why, count in counts),
            narrow=NARROWEST,
            folding="why",
        )
    rows = [
        *(("went", id, why) for id, why in found.went.items()),
        *(("came", id, why) for id, why in found.came.items()),
        *(("changed", id, "") for id in found.changed),
        *(("moved", id, why) for id, why in found.moved.items()),
    ]
    if rows and show_rows:
        print()
        print_table(("row", "id", "why"), rows[:show_rows], narrow=NARROWEST, folding="why")
        if len(rows) > show_rows:
            print(f"... and {len(rows) - show_rows:,} more: --show, or --json for all")
    for what, changes in (("key", found.recipe), ("file", found.inputs), ("library", found.versions)):
        if changes:
            print()
            heads = ({"key": "recipe", "file": "input", "library": "library"}[what], "DIR1", "DIR2")
            print_table(heads, ((each[what], _short(each["one"]), _short(each["other"])) for each in changes))


def _short(value: Any) -> str:
    told = "-" if value is None else value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return told[:12] if len(told) == 64 and " " not in told else told
