"""The program that the commands are of."""

import logging
import os
import sys
from typing import Annotated

import typer

from okinst.version import VERSION

app = typer.Typer(
    name="okinst",
    help="Open Korean and Chinese instruction sets, and Korean evaluation sets, as Hugging Face datasets.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)


def _version(wanted: bool) -> None:
    if wanted:
        print(f"okinst {VERSION}")
        raise typer.Exit


@app.callback()
def options(
    debug: Annotated[bool, typer.Option("--debug", help="Show tracebacks and the log.")] = False,
    version: Annotated[bool, typer.Option("--version", callback=_version, is_eager=True, help="Say which.")] = False,
) -> None:
    if not sys.stderr.isatty():  # progress bars are for terminals; both libraries read these when they are imported
        for library in ("HF_DATASETS", "HF_HUB"):
            os.environ.setdefault(f"{library}_DISABLE_PROGRESS_BARS", "1")
    logging.basicConfig(level=logging.DEBUG if debug else logging.WARNING, format="%(message)s", stream=sys.stderr)
