"""Is a benchmark in here: contamination, index."""

from pathlib import Path
from typing import Annotated

import typer

from okinst.cli.options import DataDir, Json, MirrorDir, Sample, door_of
from okinst.cli.printing import counted, print_json, print_table
from okinst.cli.program import app

PANEL = "Check"


@app.command(rich_help_panel=PANEL)
def contamination(
    names: Annotated[
        list[str],
        typer.Argument(
            metavar="NAME_OR_PATH...",
            help="names of `okinst list`, recipes, built folders, Parquet or JSON Lines files",
        ),
    ],
    against: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME_OR_FILE", help="An evaluation set; may be given several times. Default: all of them."
        ),
    ] = None,
    index_file: Annotated[
        Path | None,
        typer.Option("--index", metavar="FILE", help="An index that `okinst index` made, in place of --against."),
    ] = None,
    threshold: Annotated[
        float | None, typer.Option(metavar="SHARE", help="The share of an item's n-grams that makes a hit.")
    ] = None,
    show_hits: Annotated[int, typer.Option("--show", min=0, metavar="N", help="Print the first N hits of a set.")] = 20,
    mirror: MirrorDir = None,
    sample: Sample = False,
    data_dir: DataDir = None,
    num_proc: Annotated[int, typer.Option(min=1, metavar="N", help="Processes.")] = 1,
    as_json: Json = False,
) -> None:
    """Report which rows of some sets hold which items of the evaluation sets. Nothing is changed."""
    from okinst.builders import WrongCall
    from okinst.cli import contamination
    from okinst.curation.contamination import THRESHOLD, Index
    from okinst.curation.passages import said
    from okinst.curation.values import share as checked
    from okinst.publishing.reading import check, tables

    if index_file and against:
        raise WrongCall("--index and --against exclude each other: an index says itself what it holds.")
    share = THRESHOLD if threshold is None else checked(threshold, f"threshold = {threshold}")
    door = door_of(mirror, sample, data_dir)
    for name in (*names, *(against or ())):  # an index of all sets takes minutes
        check(name, **door)
    index = (
        Index.load(index_file)
        if index_file
        else contamination.index(against or (), "--against NAME, once for each", **door)
    )
    reports = []
    for name in names:
        for split, rows in tables(name, **door).items():
            hits = index.search(said(rows), threshold=share, processes=num_proc)
            reports.append(contamination.report(name, split, rows, hits))
    if as_json:
        print_json({"threshold": share, "against": index.coverage(), "sets": reports})
        return
    for report in reports:
        if report["hits"] and show_hits:
            print_table(
                ("row", "item", "part", ">score", "evidence"),
                (
                    (hit["id"], hit["item"], hit["part"], f"{hit['score']:.2f}", " ".join(hit["evidence"].split())[:80])
                    for hit in report["hits"][:show_hits]
                ),
            )
            if len(report["hits"]) > show_hits:
                print(f"... and {len(report['hits']) - show_hits:,} more: --show, or --json for all")
            print()
    print_table(
        ("set", "split", ">rows", ">flagged", ">share", "of these with items of"),
        (
            (
                report["name"],
                report["split"],
                counted(report["rows"]),
                counted(report["flagged"]),
                f"{100 * report['flagged'] / max(1, report['rows']):.3f} %",
                ", ".join(f"{name} {count:,}" for name, count in report["rows by evaluation set"].items()),
            )
            for report in reports
        ),
    )
    print(f"\nagainst {covered(index.coverage())}")


@app.command("index", rich_help_panel=PANEL)
def index_(
    output: Annotated[Path, typer.Option("-o", "--output", metavar="FILE", help="The file to write.")],
    names: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[NAME_OR_FILE]...", help="evaluation sets; without any, all of `okinst list --room eval_sets`"
        ),
    ] = None,
    mirror: MirrorDir = None,
    sample: Sample = False,
    data_dir: DataDir = None,
    as_json: Json = False,
) -> None:
    """Build the index of evaluation items once, for `okinst contamination --index`: it holds hashes, no texts."""
    from okinst.cli import contamination

    index = contamination.index(names or (), **door_of(mirror, sample, data_dir))
    index.save(output)
    if as_json:
        print_json({"file": str(output), "against": index.coverage()})
        return
    print(f"{output}: {covered(index.coverage())}")


def covered(coverage: dict[str, dict[str, int]]) -> str:
    """What an index holds, and what of it no search can find."""
    from okinst.mixtures.evaluation_sets import short

    told = [
        ", ".join([f"{name} {count['items'] - count['not searchable']:,} items", *short(count)])
        for name, count in coverage.items()
    ]
    return "; ".join(told) or "nothing"
