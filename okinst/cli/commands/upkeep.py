"""What keeps this repository true: measure, document. Hidden from --help."""

from pathlib import Path
from typing import Annotated

import typer

from okinst.cli.options import MirrorDir, door_of
from okinst.cli.program import app


@app.command(hidden=True)
def measure(
    names: Annotated[list[str], typer.Argument(metavar="NAME...", help="sources")],
    mirror: MirrorDir = None,
) -> None:
    """For maintainers: read whole upstream files and write what was found to measured.tsv."""
    from okinst.cli import fetching

    for name in names:
        for measured in fetching.measure(name, **door_of(mirror, False, None)):
            print(
                f"{measured.config} {measured.split}: {measured.file}, {measured.rows:,} rows, {measured.kept:,} kept"
            )


@app.command(hidden=True)
def document(
    root: Annotated[Path, typer.Option("--root", metavar="DIR", help="A clone of okinst.")] = Path(),
) -> None:
    """For maintainers: write docs/SOURCES.md, docs/recipe.schema.json and the tables of the READMEs anew."""
    from okinst.cli import documents

    for name in documents.write(root):
        print(f"{root / name}: written")
