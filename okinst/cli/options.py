"""Options that several commands have, and what becomes of them."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from okinst.curation.scoring.compute import Compute

Json = Annotated[bool, typer.Option("--json", help="Machine-readable JSON on standard output.")]
MirrorDir = Annotated[
    Path | None, typer.Option("--mirror", metavar="DIR", help="Read files from DIR/<owner>/<repo>/<path>.")
]
Sample = Annotated[bool, typer.Option("--sample", help="Read the sample corpus that comes with okinst.")]
DataDir = Annotated[Path | None, typer.Option("--data-dir", metavar="DIR", help="Read files placed by hand in DIR.")]
EngineName = Annotated[str, typer.Option("--engine", metavar="local|ray", help="This machine, or Ray.")]
Device = Annotated[str | None, typer.Option(metavar="DEVICE", help="cpu, cuda, cuda:1; else the best there is.")]
Address = Annotated[str | None, typer.Option(metavar="HOST:PORT", help="Of a Ray cluster; else one is started here.")]
Gpus = Annotated[float, typer.Option(min=0, metavar="N", help="With Ray: what each actor gets of GPUs, such as 0.5.")]
StoreDir = Annotated[Path | None, typer.Option("--store", metavar="DIR", help="Where scores are kept.")]
AcceptDrift = Annotated[
    bool, typer.Option("--accept-drift", help="Go on, and record it, when a file differs from what was measured.")
]


def door_of(mirror: Path | None, sample: bool, data_dir: Path | None) -> dict[str, Any]:
    from okinst.builders import WrongCall

    if sum((mirror is not None, sample, data_dir is not None)) > 1:
        raise WrongCall("--mirror, --sample and --data-dir exclude each other: name one.")
    return flags(mirror=mirror and str(mirror), sample=sample, data_dir=data_dir and str(data_dir))


def compute_of(engine: str, device: str | None, address: str | None, gpus: float, store: Path | None) -> "Compute":
    from okinst.curation.scoring.compute import Compute

    return Compute(engine, device, str(store) if store else None, address, gpus)  # type: ignore[arg-type]  # which it checks


def pairs(given: list[str] | None, option: str) -> dict[str, str]:
    """FOUND=KNOWN, as the builders take it."""
    from okinst.builders import WrongCall

    for pair in given or ():
        if "=" not in pair.strip("="):
            raise WrongCall(
                f"{option} {pair}: it should be FOUND=KNOWN, the word in the file and the one of the catalogue."
            )
    return dict(pair.split("=", 1) for pair in given or ())


def flags(**flags: Any) -> dict[str, Any]:
    """The options that were given."""
    return {name: value for name, value in flags.items() if value}
