"""Sets from sources: build, demo, fetch."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from okinst.cli.funnels import print_built
from okinst.cli.options import AcceptDrift, DataDir, Json, MirrorDir, Sample, door_of, flags, pairs
from okinst.cli.printing import print_json
from okinst.cli.program import app

PANEL = "Build"


@app.command(rich_help_panel=PANEL)
def build(
    name: Annotated[
        str, typer.Argument(metavar="NAME_OR_RECIPE.toml", help="a name of `okinst list`, or a recipe.toml")
    ],
    output: Annotated[
        Path, typer.Option("-o", "--output", metavar="DIR", help="A folder that is not there yet, or empty.")
    ],
    mirror: MirrorDir = None,
    sample: Sample = False,
    data_dir: DataDir = None,
    view: Annotated[
        str | None,
        typer.Option(
            help="Write conversations as messages, alpaca, sharegpt, aulm, oki, prompt-completion or koalpaca."
        ),
    ] = None,
    raw: Annotated[bool, typer.Option("--raw", help="A source's upstream columns, untouched.")] = False,
    rename: Annotated[
        list[str] | None,
        typer.Option(metavar="FOUND=KNOWN", help="Read a column that upstream renamed; may be given several times."),
    ] = None,
    role: Annotated[
        list[str] | None,
        typer.Option(metavar="FOUND=KNOWN", help="Read a speaker that upstream renamed as user, assistant or system."),
    ] = None,
    num_proc: Annotated[int, typer.Option(min=1, metavar="N", help="Processes.")] = 1,
    accept_drift: AcceptDrift = False,
    as_json: Json = False,
) -> None:
    """Build a set, and write it as a folder that load_dataset and the Hub can read: Parquet, README.md, provenance.json."""
    from tqdm.contrib.logging import logging_redirect_tqdm

    from okinst.publishing import build

    with logging_redirect_tqdm():
        built = build(
            name,
            output,
            layout=view,
            num_proc=num_proc,
            **flags(raw=raw, accept_drift=accept_drift, rename=pairs(rename, "--rename"), roles=pairs(role, "--role")),
            **door_of(mirror, sample, data_dir),
        )
    print_built(built, as_json)


@app.command(rich_help_panel=PANEL)
def demo(
    output: Annotated[Path, typer.Option("-o", "--output", metavar="DIR")] = Path("okinst-demo"),
) -> None:
    """Build aulm-0809 from the sample corpus, with no network, load it back, and curate koquality."""
    from okinst.publishing import build

    built = build("aulm-0809", output, sample=True, replace="aulm-0809")
    print_built(built, as_json=False)
    from datasets import load_dataset

    rows = load_dataset(str(built.folder), built.name, split="train")
    row = next(row for row in rows if row["source"] == "koalpaca-v1.1")
    print(f'\nload_dataset("{output}", "{built.name}") gives back {len(rows):,} rows. One of them, {row["id"]}:')
    for message in row["messages"]:
        print(f"  {message['role']}: {message['content']}")
    print("\nFrom three sets, the rows worth training on:\n")
    curated = output.with_name(f"{output.name}-koquality")
    print_built(build("koquality", curated, sample=True, replace="koquality"), as_json=False)


@app.command(rich_help_panel=PANEL)
def fetch(
    names: Annotated[list[str], typer.Argument(metavar="NAME...", help="sources or mixtures")],
    to: Annotated[Path, typer.Option("--to", metavar="DIR", help="The mirror to fill.")],
    accept_drift: AcceptDrift = False,
    as_json: Json = False,
) -> None:
    """Fill a mirror with the upstream files of some sources. Run again after an interruption: it goes on."""
    from okinst.builders import OkinstError
    from okinst.cli import fetching

    entries = [entry for name in names for entry in fetching.sources(name)]  # all names first, then the first byte
    fetched, failed = [], []
    for entry in {entry.name: entry for entry in entries}.values():
        try:
            for path, size in fetching.fetch(entry, to.expanduser(), accept_drift=accept_drift):
                fetched.append({"source": entry.name, "path": str(path), "bytes": size})
                if not as_json:
                    print(f"{entry.name}: {path} ({size:,} bytes)")
        except OkinstError as error:  # the other sources may still be had
            failed.append(str(error))
    if as_json:
        print_json({"fetched": fetched, "failed": failed})
    elif not failed:
        print(f"{to} is ready: okinst build {names[0]} -o OUT --mirror {to}")
    for message in failed:
        print(f"okinst: {message}", file=sys.stderr)
    if failed:
        raise typer.Exit(1)
