"""Few good rows from many: curate, score, scores, grid."""

from pathlib import Path
from typing import Annotated

import typer

from okinst.cli.funnels import print_built
from okinst.cli.options import (
    AcceptDrift,
    Address,
    DataDir,
    Device,
    EngineName,
    Gpus,
    Json,
    MirrorDir,
    Sample,
    StoreDir,
    compute_of,
    door_of,
    flags,
)
from okinst.cli.printing import counted, figure, print_json, print_table
from okinst.cli.program import app

PANEL = "Curate"


@app.command(rich_help_panel=PANEL)
def curate(
    name: Annotated[
        str,
        typer.Argument(metavar="NAME_OR_RECIPE.toml", help="koquality, koquality-exact, or a recipe with \\[select]"),
    ],
    output: Annotated[
        Path, typer.Option("-o", "--output", metavar="DIR", help="A folder that is not there yet, or empty.")
    ],
    mirror: MirrorDir = None,
    sample: Sample = False,
    data_dir: DataDir = None,
    scorer: Annotated[
        str | None, typer.Option(metavar="MODEL[@COMMIT]", help="A language model, or embedded; else the recipe's.")
    ] = None,
    embedder: Annotated[
        str | None, typer.Option(metavar="MODEL[@COMMIT]", help="A sentence encoder, or embedded; else the recipe's.")
    ] = None,
    rule: Annotated[str | None, typer.Option(help="stride, budget, high, low, middle or random")] = None,
    share: Annotated[
        float | None, typer.Option(metavar="N", help="The share of the rows that is chosen (0.01).")
    ] = None,
    rows: Annotated[int | None, typer.Option(metavar="N", help="How many rows are chosen.")] = None,
    engine: EngineName = "local",
    device: Device = None,
    address: Address = None,
    gpus: Gpus = 0.0,
    store: StoreDir = None,
    num_proc: Annotated[int, typer.Option(min=1, metavar="N", help="Processes.")] = 1,
    accept_drift: AcceptDrift = False,
    as_json: Json = False,
) -> None:
    """Choose the rows worth training on: filter, deduplicate, score, cluster and sample, as the recipe says; written like a build."""
    from tqdm.contrib.logging import logging_redirect_tqdm

    from okinst.cli import curating
    from okinst.publishing import build

    chosen = curating.curated(name, scorer, embedder, share, rows, rule)
    compute = compute_of(engine, device, address, gpus, store)
    with logging_redirect_tqdm():
        built = build(
            chosen,
            output,
            num_proc=num_proc,
            compute=compute,
            **flags(accept_drift=accept_drift),
            **door_of(mirror, sample, data_dir),
        )
    clusters = curating.clusters(built.folder)
    if as_json:
        print_json({**built.as_json(), "clusters": clusters})
        return
    print_built(built, as_json=False)
    print()
    print_table(
        (
            "length group",
            ">rows",
            ">characters",
            ">clusters",
            ">of rows",
            f">median {clusters[0]['median of']}" if clusters else ">median",
            ">chosen",
            ">their median",
        ),
        (
            (
                str(each["group"]) if each["group"] >= 0 else "no score",
                counted(each["rows"]),
                f"{each['shortest']:,} to {each['longest']:,}",
                counted(each["clusters"]),
                f"{each['smallest']:,} to {each['largest']:,}" if each["clusters"] else "",
                figure(each["median"]),
                counted(each["chosen"]),
                figure(each["median chosen"]),
            )
            for each in clusters
        ),
    )
    if sample:
        print(
            "The sample is small: it is scored by the embedded models, in fewer clusters. See the recipe for the real ones."
        )


@app.command(rich_help_panel=PANEL)
def score(
    name: Annotated[
        str, typer.Argument(metavar="NAME_OR_RECIPE.toml", help="a name of `okinst list`, or a recipe.toml")
    ],
    of: Annotated[
        str | None,
        typer.Option(
            help="The perplexity of the instruction, the answer, the answer given it, or ifd; else the recipe's, or given."
        ),
    ] = None,
    scorer: Annotated[
        str | None,
        typer.Option(
            metavar="MODEL[@COMMIT]",
            help="A language model (Hub id or folder), or embedded; else the recipe's, or embedded.",
        ),
    ] = None,
    output: Annotated[
        Path | None, typer.Option("-o", "--output", metavar="FILE.parquet", help="Write the scores row by row, too.")
    ] = None,
    mirror: MirrorDir = None,
    sample: Sample = False,
    data_dir: DataDir = None,
    engine: EngineName = "local",
    device: Device = None,
    address: Address = None,
    gpus: Gpus = 0.0,
    store: StoreDir = None,
    num_proc: Annotated[int, typer.Option(min=1, metavar="N", help="Processes.")] = 1,
    accept_drift: AcceptDrift = False,
    as_json: Json = False,
) -> None:
    """Score all rows of a set, into the store; of a recipe with \\[select] those it chooses from, with all that it needs to choose.

    Run again after an interruption: it goes on.
    """
    from okinst.cli import curating

    compute = compute_of(engine, device, address, gpus, store)
    told = curating.score(
        name,
        of,
        scorer,
        compute,
        output,
        num_proc,
        **flags(accept_drift=accept_drift),
        **door_of(mirror, sample, data_dir),
    )
    if as_json:
        print_json(told)
        return
    by = ", ".join(f"{count:,} by {name}" for name, count in told["scorers"].items())
    print(f"{told['name']}: {told['scored']:,} of {told['rows']:,} rows scored ({by}), {told['tokens']:,} tokens")
    for flag, count in told["flags"].items():
        print(f"  {count:,} rows: {flag}")
    what = "an IFD" if told["of"] == "ifd" else f"a perplexity ({told['of']})"
    for part, value in told["quantiles"].items():
        print(f"  {float(part):4.0%} of the rows have {what} up to {figure(value)}")
    print(f"in the store {told['store']}{f', and row by row in {output}' if output else ''}")


@app.command(rich_help_panel=PANEL)
def scores(
    remove: Annotated[str | None, typer.Option(metavar="NAME", help="Remove what is stored under a name.")] = None,
    store: StoreDir = None,
    as_json: Json = False,
) -> None:
    """Say what the store of scores holds, and what it cost."""
    from okinst.cli import curating

    compute = compute_of("local", None, None, 0.0, store)
    if remove:
        compute.kept_in().remove(remove)
    found = curating.contents(compute)
    if as_json:
        print_json(found)
        return
    print_table(
        ("name", "model", ">rows", ">tokens", ">MB", ">seconds", "last used"),
        (
            (
                each["name"],
                str(each["settings"].get("model", "")),
                counted(each["rows"]),
                counted(each["tokens"]),
                f"{each['bytes'] / 1e6:,.1f}",
                f"{each['seconds']:,.1f}",
                each["used"],
            )
            for each in found
        ),
    )
    for each in found:
        if each["problem"]:
            print(f"{each['name']}: {each['problem']}")
        elif each["damaged"]:
            print(
                f"{each['name']}: {each['damaged']:,} shards are damaged; their rows are scored again when they are asked for"
            )
    folder = compute.kept_in().folder
    print(f"{folder}: {len(found)} scorers{'' if folder.is_dir() else ' (there is no such folder yet)'}")


@app.command(rich_help_panel=PANEL)
def grid(
    name: Annotated[
        str,
        typer.Argument(metavar="NAME_OR_RECIPE.toml", help="a mixture with \\[select]: koquality, or a recipe.toml"),
    ],
    output: Annotated[
        Path, typer.Option("-o", "--output", metavar="DIR", help="A folder that is not there yet, or empty.")
    ],
    groups: Annotated[str, typer.Option(metavar="L,...", help="Length groups to try.")] = "1,5,10,20",
    clusters: Annotated[str, typer.Option(metavar="K,...", help="Clusters in each group to try.")] = "10,20,50,100",
    share: Annotated[str, typer.Option(metavar="N,...", help="Shares of the rows to try.")] = "0.1,0.05,0.01",
    rule: Annotated[
        str | None,
        typer.Option(metavar="RULE,...", help="stride, budget, high, low, middle, random. Default: the recipe's."),
    ] = None,
    mirror: MirrorDir = None,
    sample: Sample = False,
    data_dir: DataDir = None,
    store: Annotated[Path | None, typer.Option("--store", metavar="DIR", help="Where scores are kept.")] = None,
    engine: Annotated[str, typer.Option(help="local, or ray: a cluster")] = "local",
    device: Annotated[
        str | None,
        typer.Option(help="cpu, cuda or cuda:1, for the local engine. Default: all GPUs there are, or the CPU."),
    ] = None,
    address: Annotated[str | None, typer.Option(help="The Ray cluster's. Default: one is started here.")] = None,
    gpus: Annotated[float, typer.Option(min=0, help="Of each Ray actor; 0.5 lets two share one.")] = 0.0,
    num_proc: Annotated[int, typer.Option(min=1, metavar="N", help="Processes.")] = 1,
    accept_drift: AcceptDrift = False,
    as_json: Json = False,
) -> None:
    """Try length groups, clusters, shares and rules of a selection side by side: rows are scored once, and chosen many times."""
    from okinst.cli import gridding
    from okinst.curation.scoring.compute import Compute

    compute = Compute(engine, device, store and str(store), address, gpus)  # type: ignore[arg-type]  # which checks it
    axes = gridding.axes(groups, clusters, share, rule)
    options = {"num_proc": num_proc, "compute": compute, **flags(accept_drift=accept_drift)}
    found = gridding.make(name, output, axes, **options, **door_of(mirror, sample, data_dir))
    if as_json:
        print_json(found.as_json())
        return
    print_table(found.heads, found.rows())
    for note in found.notes:
        print(note)
    print(f"{found.name}: {len(found.lines):,} choices among {len(found.ids):,} rows, in {output}")
