"""What is done with a built set: card, report, push, export."""

from pathlib import Path
from typing import Annotated

import typer

from okinst.cli.options import DataDir, Json, MirrorDir, Sample, door_of
from okinst.cli.printing import print_json, print_table
from okinst.cli.program import app

PANEL = "Publish and train"


@app.command(rich_help_panel=PANEL)
def card(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="a folder that okinst build or okinst curate wrote")],
    language: Annotated[str, typer.Option(metavar="en|ko|zh", help="The language of the card.")] = "en",
    measures: Annotated[
        bool, typer.Option("--measures/--no-measures", help="Measure weaknesses and draw, or keep what is known.")
    ] = True,
    rows: Annotated[
        int, typer.Option(min=1, metavar="N", help="Rows that are measured, where there are more.")
    ] = 50_000,
    seed: Annotated[int, typer.Option(min=0, metavar="N", help="Which rows, where there are more.")] = 0,
    index: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Look for the evaluation sets in a file of okinst index.")
    ] = None,
    mirror: MirrorDir = None,
    sample: Sample = False,
    data_dir: DataDir = None,
    as_json: Json = False,
) -> None:
    """Write README.md of a built set anew, in English, Korean or Chinese: with weaknesses measured on its own rows, and pictures.

    Overlap with evaluation sets is measured where --index names them, or a door (--mirror, --sample, --data-dir) has their files.
    """
    from okinst.cli import carding
    from okinst.publishing.card import write

    door = door_of(mirror, sample, data_dir)
    told = write(folder, language, measures, looked_at=rows, seed=seed, index=index, door=door)
    if as_json:
        print_json(told.as_json())
        return
    if measures:
        print_table(carding.HEADS, carding.table(told))
    for line in carding.lines(told):
        print(line)


@app.command(rich_help_panel=PANEL)
def report(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="a folder that okinst build or okinst curate wrote")],
    output: Annotated[
        Path | None,
        typer.Option("-o", "--output", metavar="FILE.html", help="The file to write; else DIR/report.html."),
    ] = None,
    grid: Annotated[
        Path | None, typer.Option(metavar="GRIDDIR", help="A folder of okinst grid, to show its choices side by side.")
    ] = None,
    rows: Annotated[int, typer.Option(min=1, metavar="N", help="Rows that can be read in the page.")] = 5_000,
    seed: Annotated[int, typer.Option(min=0, metavar="N", help="Which rows, where there are more.")] = 0,
    of_the_set: Annotated[
        bool, typer.Option("--of-the-set", help="No text of dropped or unchosen rows: a page to pass on.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Write one HTML page to look at a built set: what is in it, what became of every row, charts, a map, and the rows to search in.
    It needs no network."""
    from okinst.publishing.report import FILE, write

    told = write(folder, output or folder / FILE, grid=grid, rows=rows, seed=seed, of_the_set=of_the_set)
    if as_json:
        print_json(told.as_json())
        return
    shown = "all" if told.rows_shown == told.rows else f"{told.rows_shown:,} of"
    print(f"{told.path}: {told.bytes / 1e6:.1f} MB, with {shown} {told.rows:,} rows to read. Open it in a browser.")
    if told.dropped > told.dropped_shown and not of_the_set:
        print(
            f"Of the {told.dropped:,} rows in dropped.parquet {told.dropped_shown:,} can be read: of every step and reason."
        )
    if told.texts_cut:
        print(f"{told.texts_cut:,} texts are cut after {told.cut_at:,} characters; fewer --rows leave them longer.")


@app.command(rich_help_panel=PANEL)
def push(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="a folder that okinst build or okinst curate wrote")],
    repo_id: Annotated[str, typer.Argument(metavar="REPO_ID", help="owner/name of a dataset on the Hub")],
    private: Annotated[bool, typer.Option("--private", help="Into a private repository.")] = False,
    config: Annotated[
        str | None, typer.Option(metavar="NAME", help="What the set is called there; else its own name.")
    ] = None,
    revision: Annotated[
        str | None, typer.Option(metavar="BRANCH", help="A branch; made where it is not there.")
    ] = None,
    card_language: Annotated[
        str | None, typer.Option(metavar="en|ko|zh", help="The language of the card; else that of DIR/README.md.")
    ] = None,
    message: Annotated[str | None, typer.Option("-m", "--message", help="Of the commit.")] = None,
    i_have_the_rights: Annotated[
        bool,
        typer.Option("--i-have-the-rights", help="Push what licences do not permit to pass on; you answer for it."),
    ] = False,
    with_dropped: Annotated[
        bool,
        typer.Option(
            "--with-dropped", help="Send dropped.parquet and clusters.parquet, too, and report.html as it is."
        ),
    ] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would be done, and send nothing.")] = False,
    as_json: Json = False,
) -> None:
    """Push a built set to the Hub: one commit; other sets of the repository stay. The same again makes no commit."""
    from okinst.cli import pushing
    from okinst.publishing import hub

    done = hub.push(
        folder,
        repo_id,
        private=private,
        config=config,
        revision=revision,
        card_language=card_language,
        message=message,
        i_have_the_rights=i_have_the_rights,
        with_dropped=with_dropped,
        dry_run=dry_run,
    )
    if as_json:
        print_json(done.as_json())
        return
    for line in pushing.lines(done):
        print(line)


@app.command(rich_help_panel=PANEL)
def export(
    trainer: Annotated[str, typer.Argument(metavar="TRAINER", help="trl, axolotl, llama-factory or ms-swift")],
    name: Annotated[
        str, typer.Argument(metavar="DIR_OR_REPO_ID", help="a folder that was built, or a dataset on the Hub")
    ],
    output: Annotated[
        Path, typer.Option("-o", "--output", metavar="DIR", help="A folder that is not there yet, or empty.")
    ],
    config: Annotated[str | None, typer.Option(metavar="NAME", help="Which config, where there are several.")] = None,
    as_json: Json = False,
) -> None:
    """Write the config files that a trainer takes as they are, for a set that was built or one on the Hub."""
    from okinst.publishing import trainers

    exported = trainers.export(trainer, name, output, config)
    if as_json:
        print_json(exported.as_json())
        return
    for reason, count in exported.set_aside.items():
        print(f"set aside, in set-aside.jsonl: {count:,} rows not to train on: {reason}")
    for note in exported.notes:
        print(note)
    rows = ", ".join(f"{split} {count:,} rows" for split, count in exported.rows.items())
    print(f"{exported.source.config}: {rows}, for {exported.stage}, in {exported.folder}\n\n  {exported.command}")
