"""The command line: each command is a few lines that call the rooms. Rooms are imported inside, so that --help is quick.

Exit codes: 0 done, 1 the work failed, 2 the call was wrong, 130 interrupted.
"""

import io
import json
import logging
import os
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NoReturn

import typer

from okinst.cli import generating
from okinst.cli.generating import Common
from okinst.version import VERSION

if TYPE_CHECKING:
    from okinst.curation.scoring.compute import Compute
    from okinst.generation.engine import Plan
    from okinst.publishing import Built
    from okinst.publishing.compare import Diff

app = typer.Typer(
    name="okinst",
    help="Open Korean and Chinese instruction sets, and Korean evaluation sets, as Hugging Face datasets.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)

generate = typer.Typer(
    help="Make new data with a model: what is asked, what is answered and what it cost is kept, and no row is lost or paid for twice.",
    no_args_is_help=True,
)
app.add_typer(generate, name="generate")

#: what the shell calls an end by Ctrl-C
INTERRUPTED = 130
#: of a table that nobody looks at, and the least that a table can be read at
WIDE, NARROW = 200, 100
#: what a table of few columns, or of sentences, fits into
NARROWEST = 80

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


def main() -> None:
    """Run the command line, and turn every expected error into one message and an exit code."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")  # a terminal that knows no Hangul is no reason to stop
    words = [word for word in sys.argv[1:] if word != "--debug"]
    debug = len(words) < len(sys.argv) - 1
    try:
        app(args=["--debug", *words] if debug else words)
    except SystemExit as end:
        if end.code == INTERRUPTED:
            print(
                "okinst: interrupted; nothing half-written is left. Run the same again: what is cached stays.",
                file=sys.stderr,
            )
        raise
    except BrokenPipeError:
        # the reader, such as head, has seen enough; stdout must not be flushed into it once more
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(0)
    except Exception as error:  # all that a user can meet ends here as one message; --debug shows the traceback instead
        if debug:
            raise
        _fail(error)


def _fail(error: Exception) -> NoReturn:
    from okinst.builders import OkinstError, WrongCall

    if isinstance(error, OkinstError):
        text = str(error)
    elif isinstance(error, OSError) and error.strerror:
        where = f" {error.filename}" if error.filename else ""
        text = f"the system refused{where}: {error.strerror}. Name another place: -o or --to, or HF_HOME for the cache."
    else:
        text = f"{type(error).__name__}: {error}. Run it again with --debug to see where, and please report it."
    print(f"okinst: {text}", file=sys.stderr)
    sys.exit(2 if isinstance(error, WrongCall) else 1)


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


@app.command("list")
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
        _print_json(entries)
        return
    _print_table(
        ("name", "shape", "language", "licence", ">rows", "what"),
        (
            (
                entry["name"],
                entry["shape"],
                ", ".join(entry["languages"]),
                ", ".join(entry["licenses"]),
                _rows(sum(entry["rows"].values()) or None, entry["rows_exact"]),
                entry["description"],
            )
            for entry in entries
        ),
    )


@app.command()
def show(
    name: Annotated[str, typer.Argument(help="a name of `okinst list`, or a recipe.toml")],
    mirror: MirrorDir = None,
    sample: Sample = False,
    data_dir: DataDir = None,
    as_json: Json = False,
) -> None:
    """Show a card: what it is, its licence, its quirks, its counts, how to cite it."""
    from okinst.cli import listing

    door = _door(mirror, sample, data_dir)
    card = listing.card(name, **door)
    if as_json:
        _print_json(card)
        return
    for line in listing.card_lines(card):
        print(line)
    if "parts" in card:
        print()
        _print_table(
            ("part", ">expected", ">built here", "why not all of it"),
            (
                (part["source"], _rows(part["expected"], part["expected_exact"]), _rows(part["built"]), part["why"])
                for part in card["parts"]
            ),
        )
    print(f"\n{card['citation']}")


@app.command()
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
        _print_json(lineage.as_json(graph))
        return
    for line in lineage.as_mermaid(graph) if format == "mermaid" else lineage.as_text(graph, names or ()):
        print(line)


@app.command("licence")
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

    door = _door(mirror, sample, data_dir)
    reports = [lots.report(name, **door) for name in names]
    if as_json:
        _print_json(reports)
        return
    for number, told in enumerate(reports):
        print(f"{chr(10) if number else ''}{told['name']}: {told['told']}\n")
        _print_table(licensing.HEADS, licensing.table(told), narrow=NARROWEST, folding=licensing.FOLDING)
        print("\nTogether:")
        _print_table(("", ""), licensing.result(told), narrow=NARROWEST)
        print(f'\nlicense = "commercial" would keep {licensing.kept_rows(told)}:')
        _print_table(("", "", ""), licensing.kept(told), narrow=NARROWEST)
        print(f"\n{told['note']}")


@app.command()
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
            **_flags(
                raw=raw, accept_drift=accept_drift, rename=_pairs(rename, "--rename"), roles=_pairs(role, "--role")
            ),
            **_door(mirror, sample, data_dir),
        )
    _print_built(built, as_json)


@app.command()
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

    door = _door(mirror, sample, data_dir)
    told = write(folder, language, measures, looked_at=rows, seed=seed, index=index, door=door)
    if as_json:
        _print_json(told.as_json())
        return
    if measures:
        _print_table(carding.HEADS, carding.table(told))
    for line in carding.lines(told):
        print(line)


@app.command()
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
        _print_json(done.as_json())
        return
    for line in pushing.lines(done):
        print(line)


@app.command()
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
        _print_json(told.as_json())
        return
    shown = "all" if told.rows_shown == told.rows else f"{told.rows_shown:,} of"
    print(f"{told.path}: {told.bytes / 1e6:.1f} MB, with {shown} {told.rows:,} rows to read. Open it in a browser.")
    if told.dropped > told.dropped_shown and not of_the_set:
        print(
            f"Of the {told.dropped:,} rows in dropped.parquet {told.dropped_shown:,} can be read: of every step and reason."
        )
    if told.texts_cut:
        print(f"{told.texts_cut:,} texts are cut after {told.cut_at:,} characters; fewer --rows leave them longer.")


@app.command()
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
        _print_json(exported.as_json())
        return
    for reason, count in exported.set_aside.items():
        print(f"set aside, in set-aside.jsonl: {count:,} rows not to train on: {reason}")
    for note in exported.notes:
        print(note)
    rows = ", ".join(f"{split} {count:,} rows" for split, count in exported.rows.items())
    print(f"{exported.source.config}: {rows}, for {exported.stage}, in {exported.folder}\n\n  {exported.command}")


@app.command()
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
        _print_json(found.as_json())
    else:
        _print_diff(found, show_rows)
    if not found.same:
        raise typer.Exit(1)


@app.command()
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
    found = overlapping.find(names, on, near=near, **_door(mirror, sample, data_dir))
    if heatmap:
        overlapping.draw(found, heatmap)
    told = found.as_json()
    if as_json:
        _print_json(told)
        return
    rows = {each["name"]: each["rows"] for each in told["sets"]}
    _print_table(
        ("rows of", ">rows", "with a duplicate in", ">exact", *((">near",) if near else ()), ">share"),
        (
            (
                pair["of"],
                _rows(rows[pair["of"]]),
                pair["in"] if pair["in"] != pair["of"] else "itself",
                _rows(pair["exact"]),
                *((_rows(pair["near"]),) if near else ()),
                f"{pair['share']:.2%}",
            )
            for pair in told["pairs"]
        ),
    )
    if heatmap:
        print(f"\n{heatmap}: the heat map")


@app.command()
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
    compute = _compute(engine, device, address, gpus, store)
    with logging_redirect_tqdm():
        built = build(
            chosen,
            output,
            num_proc=num_proc,
            compute=compute,
            **_flags(accept_drift=accept_drift),
            **_door(mirror, sample, data_dir),
        )
    clusters = curating.clusters(built.folder)
    if as_json:
        _print_json({**built.as_json(), "clusters": clusters})
        return
    _print_built(built, as_json=False)
    print()
    _print_table(
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
                _rows(each["rows"]),
                f"{each['shortest']:,} to {each['longest']:,}",
                _rows(each["clusters"]),
                f"{each['smallest']:,} to {each['largest']:,}" if each["clusters"] else "",
                _figure(each["median"]),
                _rows(each["chosen"]),
                _figure(each["median chosen"]),
            )
            for each in clusters
        ),
    )
    if sample:
        print(
            "The sample is small: it is scored by the embedded models, in fewer clusters. See the recipe for the real ones."
        )


@app.command()
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

    compute = _compute(engine, device, address, gpus, store)
    told = curating.score(
        name,
        of,
        scorer,
        compute,
        output,
        num_proc,
        **_flags(accept_drift=accept_drift),
        **_door(mirror, sample, data_dir),
    )
    if as_json:
        _print_json(told)
        return
    by = ", ".join(f"{count:,} by {name}" for name, count in told["scorers"].items())
    print(f"{told['name']}: {told['scored']:,} of {told['rows']:,} rows scored ({by}), {told['tokens']:,} tokens")
    for flag, count in told["flags"].items():
        print(f"  {count:,} rows: {flag}")
    what = "an IFD" if told["of"] == "ifd" else f"a perplexity ({told['of']})"
    for part, value in told["quantiles"].items():
        print(f"  {float(part):4.0%} of the rows have {what} up to {_figure(value)}")
    print(f"in the store {told['store']}{f', and row by row in {output}' if output else ''}")


@app.command()
def scores(
    remove: Annotated[str | None, typer.Option(metavar="NAME", help="Remove what is stored under a name.")] = None,
    store: StoreDir = None,
    as_json: Json = False,
) -> None:
    """Say what the store of scores holds, and what it cost."""
    from okinst.cli import curating

    compute = _compute("local", None, None, 0.0, store)
    if remove:
        compute.kept_in().remove(remove)
    found = curating.contents(compute)
    if as_json:
        _print_json(found)
        return
    _print_table(
        ("name", "model", ">rows", ">tokens", ">MB", ">seconds", "last used"),
        (
            (
                each["name"],
                str(each["settings"].get("model", "")),
                _rows(each["rows"]),
                _rows(each["tokens"]),
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


@app.command()
def demo(
    output: Annotated[Path, typer.Option("-o", "--output", metavar="DIR")] = Path("okinst-demo"),
) -> None:
    """Build aulm-0809 from the sample corpus, with no network, load it back, and curate koquality."""
    from okinst.publishing import build

    built = build("aulm-0809", output, sample=True, replace="aulm-0809")
    _print_built(built, as_json=False)
    from datasets import load_dataset

    rows = load_dataset(str(built.folder), built.name, split="train")
    row = next(row for row in rows if row["source"] == "koalpaca-v1.1")
    print(f'\nload_dataset("{output}", "{built.name}") gives back {len(rows):,} rows. One of them, {row["id"]}:')
    for message in row["messages"]:
        print(f"  {message['role']}: {message['content']}")
    print("\nFrom three sets, the rows worth training on:\n")
    curated = output.with_name(f"{output.name}-koquality")
    _print_built(build("koquality", curated, sample=True, replace="koquality"), as_json=False)


@app.command()
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
    door = _door(mirror, sample, data_dir)
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
        _print_json({"threshold": share, "against": index.coverage(), "sets": reports})
        return
    for report in reports:
        if report["hits"] and show_hits:
            _print_table(
                ("row", "item", "part", ">score", "evidence"),
                (
                    (hit["id"], hit["item"], hit["part"], f"{hit['score']:.2f}", " ".join(hit["evidence"].split())[:80])
                    for hit in report["hits"][:show_hits]
                ),
            )
            if len(report["hits"]) > show_hits:
                print(f"... and {len(report['hits']) - show_hits:,} more: --show, or --json for all")
            print()
    _print_table(
        ("set", "split", ">rows", ">flagged", ">share", "of these with items of"),
        (
            (
                report["name"],
                report["split"],
                _rows(report["rows"]),
                _rows(report["flagged"]),
                f"{100 * report['flagged'] / max(1, report['rows']):.3f} %",
                ", ".join(f"{name} {count:,}" for name, count in report["rows by evaluation set"].items()),
            )
            for report in reports
        ),
    )
    print(f"\nagainst {_covered(index.coverage())}")


@app.command("index")
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

    index = contamination.index(names or (), **_door(mirror, sample, data_dir))
    index.save(output)
    if as_json:
        _print_json({"file": str(output), "against": index.coverage()})
        return
    print(f"{output}: {_covered(index.coverage())}")


@app.command()
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
        _print_json({"fetched": fetched, "failed": failed})
    elif not failed:
        print(f"{to} is ready: okinst build {names[0]} -o OUT --mirror {to}")
    for message in failed:
        print(f"okinst: {message}", file=sys.stderr)
    if failed:
        raise typer.Exit(1)


@app.command(hidden=True)
def measure(
    names: Annotated[list[str], typer.Argument(metavar="NAME...", help="sources")],
    mirror: MirrorDir = None,
) -> None:
    """For maintainers: read whole upstream files and write what was found to measured.tsv."""
    from okinst.cli import fetching

    for name in names:
        for measured in fetching.measure(name, **_door(mirror, False, None)):
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


@app.command()
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
    options = {"num_proc": num_proc, "compute": compute, **_flags(accept_drift=accept_drift)}
    found = gridding.make(name, output, axes, **options, **_door(mirror, sample, data_dir))
    if as_json:
        _print_json(found.as_json())
        return
    _print_table(found.heads, found.rows())
    for note in found.notes:
        print(note)
    print(f"{found.name}: {len(found.lines):,} choices among {len(found.ids):,} rows, in {output}")


@app.command()
def harness(
    output: Annotated[
        Path, typer.Option("-o", "--output", metavar="DIR", help="A folder that is not there yet, or empty.")
    ],
    sets: Annotated[
        str, typer.Option(metavar="NAME,...", help="kobest, haerae, haerae-1.0, csat-qa, korquad, or names of sets.")
    ] = "kobest,haerae,haerae-1.0,csat-qa,korquad",
    mirror: MirrorDir = None,
    sample: Sample = False,
    accept_drift: AcceptDrift = False,
    as_json: Json = False,
) -> None:
    """Write evaluation sets as tasks of lm-evaluation-harness: YAML files and rows that need no network and no okinst."""
    from okinst.cli import evaluating
    from okinst.publishing.harness import write

    written = write(
        output, evaluating.listed(sets), **_flags(accept_drift=accept_drift), **_door(mirror, sample, data_dir=None)
    )
    if as_json:
        _print_json(written.as_json())
        return
    _print_table(evaluating.TASK_HEADS, evaluating.task_rows(written), narrow=NARROWEST)
    print(f"\n{len(written.tasks)} tasks in {written.folder}. Groups: {', '.join(written.groups) or 'none'}")
    print(
        f"lm_eval --include_path {written.folder} --model hf --model_args pretrained=MODEL --tasks {written.tasks[0].name}"
    )


@app.command()
def evaluate(
    model: Annotated[str, typer.Argument(metavar="MODEL", help="a model's folder, or its Hub id: owner/name[@COMMIT]")],
    tasks: Annotated[
        str, typer.Option("--tasks", metavar="NAME,...", help="kobest, haerae, haerae-1.0, csat-qa, korquad, or sets.")
    ] = "kobest",
    shots: Annotated[str, typer.Option(metavar="N,...", help="Numbers of examples before each question.")] = "0",
    output: Annotated[
        Path | None,
        typer.Option("-o", "--output", metavar="DIR", help="Where scores are kept. Default: MODEL-evaluation, here."),
    ] = None,
    mirror: MirrorDir = None,
    sample: Sample = False,
    device: Device = None,
    dtype: Annotated[str, typer.Option(help="float32, bfloat16 or float16. Default: what the model says.")] = "auto",
    batch_size: Annotated[
        int | None, typer.Option(min=1, metavar="N", help="Default: what fits on a GPU; 8 on a CPU.")
    ] = None,
    limit: Annotated[
        int | None, typer.Option(min=1, metavar="N", help="Only the first N questions of each task: to try it out.")
    ] = None,
    chat_template: Annotated[bool, typer.Option("--chat-template", help="Ask through the model's template.")] = False,
    accept_drift: AcceptDrift = False,
    as_json: Json = False,
) -> None:
    """Score a model by lm-evaluation-harness. Run again after an interruption: tasks that are done are not run again."""
    from okinst.cli import evaluating
    from okinst.publishing.harness.evaluation import RESULTS
    from okinst.publishing.harness.evaluation import evaluate as run

    name, revision = evaluating.model_and_revision(model)
    found = run(
        name,
        output or evaluating.default_folder(name),
        evaluating.listed(tasks),
        evaluating.shots(shots),
        revision=revision,
        device=device,
        dtype=dtype,
        batch_size=batch_size,
        limit=limit,
        chat_template=chat_template,
        told=lambda line: print(line, file=sys.stderr),
        **_flags(accept_drift=accept_drift),
        **_door(mirror, sample, data_dir=None),
    )
    if as_json:
        _print_json(found.as_json())
        return
    _print_table(evaluating.heads(found), evaluating.score_rows(found))
    for note in evaluating.notes(found):
        print(note)
    print(f"{found.settings.model}: {len(found.runs)} runs, in {found.folder / RESULTS}")


@generate.command()
@generating.with_common
def translate(
    source: Annotated[
        str, typer.Argument(metavar="SOURCE", help="a name of `okinst list` with conversations, a recipe, or a file")
    ],
    to: Annotated[str, typer.Option(metavar="LANGUAGE", help="ko, zh-Hans, en, ...")],
    from_: Annotated[
        str | None, typer.Option("--from", metavar="LANGUAGE", help="Else each row's own is found out.")
    ] = None,
    format: Annotated[
        str | None,
        typer.Option(help="oig-smallchip2-ko (one exchange a row) or sharegpt-deepl-ko; else what all rows fit into."),
    ] = None,
    *,
    common: Common,
) -> None:
    """Translate conversations: each turn by its key; code, formulas, addresses and placeholders come through untouched."""
    from okinst.generation.translating import Translating

    rows = generating.source(source, "conversation", common)
    job = Translating(rows, to, from_, format, common.prompt)
    _generate(generating.plan(job, common, target=to, spoken=from_), common)


@generate.command()
@generating.with_common
def dialogue(
    source: Annotated[
        str,
        typer.Argument(metavar="SOURCE", help="a name of `okinst list` with passages, such as korquad-1.0, or a file"),
    ],
    language: Annotated[str, typer.Option(metavar="LANGUAGE", help="Of the passages, and of what is said.")] = "ko",
    *,
    common: Common,
) -> None:
    """Make dialogues about passages: A asks, B answers from the passage alone, which is checked. As korquad-chat is."""
    from okinst.generation.dialogue import Dialogue

    rows = generating.source(source, "passage", common)
    _generate(generating.plan(Dialogue(rows, language, common.prompt), common), common)


@generate.command()
@generating.with_common
def answers(
    source: Annotated[
        str,
        typer.Argument(metavar="SOURCE", help="a name of `okinst list`, whose first questions are taken, or a file"),
    ],
    format: Annotated[str, typer.Option(help="koalpaca-v1.1 or kochatgpt-sft")] = "koalpaca-v1.1",
    language: Annotated[str, typer.Option(metavar="LANGUAGE", help="Of the answers.")] = "ko",
    *,
    common: Common,
) -> None:
    """Answer instructions, each once. As koalpaca-v1.1 and kochatgpt-sft are."""
    from okinst.generation.answering import Answering

    rows = generating.source(source, "instruction", common)
    _generate(generating.plan(Answering(rows, format, language, common.prompt), common), common)


@generate.command()
@generating.with_common
def evolve(
    source: Annotated[
        str,
        typer.Argument(metavar="SOURCE", help="a name of `okinst list`, whose first questions are taken, or a file"),
    ],
    rounds: Annotated[
        int, typer.Option(min=1, metavar="N", help="How often an instruction is evolved, before it is answered.")
    ] = 1,
    *,
    common: Common,
) -> None:
    """Make instructions harder, or others of their kind, and answer them: Evol-Instruct, in Korean. --seed chooses the mutations."""
    from okinst.generation.evolving import Evolving

    rows = generating.source(source, "instruction", common)
    _generate(generating.plan(Evolving(rows, rounds, common.seed or 0, common.prompt), common), common)


def _generate(plan: "Plan", common: Common) -> None:
    """Run it, or tell what it would ask; and say what became of it."""
    from tqdm.contrib.logging import logging_redirect_tqdm

    from okinst.builders import NotGenerated
    from okinst.generation import engine

    if common.dry_run:
        told = generating.expected(plan)
        if common.as_json:
            _print_json(told)
        else:
            print("\n".join(generating.expected_lines(told)))
        return
    with logging_redirect_tqdm():
        run = engine.run(plan)
    left_out = generating.left_out(plan.job)
    if common.as_json:
        _print_json({**run.as_json(), "left_out": left_out})
    else:
        _print_table(generating.HEADS, generating.table(run), narrow=NARROWEST)
        print("\n".join(generating.lines(run, left_out)))
    if run.stopped == engine.INTERRUPTED:
        raise typer.Exit(INTERRUPTED)
    if run.stopped == engine.HALTED:
        raise NotGenerated(run.why)


def _door(mirror: Path | None, sample: bool, data_dir: Path | None) -> dict[str, Any]:
    from okinst.builders import WrongCall

    if sum((mirror is not None, sample, data_dir is not None)) > 1:
        raise WrongCall("--mirror, --sample and --data-dir exclude each other: name one.")
    return _flags(mirror=mirror and str(mirror), sample=sample, data_dir=data_dir and str(data_dir))


def _compute(engine: str, device: str | None, address: str | None, gpus: float, store: Path | None) -> "Compute":
    from okinst.curation.scoring.compute import Compute

    return Compute(engine, device, str(store) if store else None, address, gpus)  # type: ignore[arg-type]  # which it checks


def _pairs(given: list[str] | None, option: str) -> dict[str, str]:
    """FOUND=KNOWN, as the builders take it."""
    from okinst.builders import WrongCall

    for pair in given or ():
        if "=" not in pair.strip("="):
            raise WrongCall(
                f"{option} {pair}: it should be FOUND=KNOWN, the word in the file and the one of the catalogue."
            )
    return dict(pair.split("=", 1) for pair in given or ())


def _flags(**flags: Any) -> dict[str, Any]:
    """The options that were given."""
    return {name: value for name, value in flags.items() if value}


def _print_json(value: Any) -> None:
    print(json.dumps(value, ensure_ascii=False, indent=2))


def _print_built(built: "Built", as_json: bool) -> None:
    if as_json:
        _print_json(built.as_json())
        return
    _print_table(
        ("source", "split", ">read", ">left out", ">ruled out", ">kept", ">taken", "why"),
        (
            (
                step["source"],
                step["split"],
                _rows(step["read"]),
                _rows(sum(step["left_out"].values())),
                _rows(sum(step["ruled_out"].values())),
                _rows(step["kept"]),
                _rows(step["taken"]),
                _why(step),
            )
            for step in built.funnel
        ),
    )
    if built.steps:
        _print_steps(built.steps)
    for drift in dict.fromkeys(file["drift"] for step in built.funnel for file in step["files"] if file["drift"]):
        print(f"accepted: {drift}")
    for reason, count in built.set_aside.items():
        print(f"set aside, in set-aside.jsonl: {count:,} rows the view cannot hold: {reason}")
    rows = ", ".join(f"{split} {count:,} rows" for split, count in built.rows.items())
    print(f"{built.name}: {rows}, in {built.folder}")


def _print_steps(steps: list[dict[str, Any]]) -> None:
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
    _print_table(heads, rows, narrow=NARROWEST, folding="why")


def _in_and_out(line: dict[str, Any], unit: str | None) -> tuple[str, ...]:
    """Rows in and out, and what those weigh; where nothing was to be weighed, rows alone."""
    return _rows(line["rows_in"]), _rows(line["rows_out"]), *((_rows(line[f"{unit}_out"]),) if unit else ())


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


def _print_diff(found: "Diff", show_rows: int) -> None:
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
        _print_table(
            ("source", "what", ">rows", "why"),
            ((source, what, _rows(count), why) for source, what, why, count in counts),
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
        _print_table(("row", "id", "why"), rows[:show_rows], narrow=NARROWEST, folding="why")
        if len(rows) > show_rows:
            print(f"... and {len(rows) - show_rows:,} more: --show, or --json for all")
    for what, changes in (("key", found.recipe), ("file", found.inputs), ("library", found.versions)):
        if changes:
            print()
            heads = ({"key": "recipe", "file": "input", "library": "library"}[what], "DIR1", "DIR2")
            _print_table(heads, ((each[what], _short(each["one"]), _short(each["other"])) for each in changes))


def _short(value: Any) -> str:
    told = "-" if value is None else value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return told[:12] if len(told) == 64 and " " not in told else told


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


def _covered(coverage: dict[str, dict[str, int]]) -> str:
    """What an index holds, and what of it no search can find."""
    from okinst.mixtures.evaluation_sets import short

    told = [
        ", ".join([f"{name} {count['items'] - count['not searchable']:,} items", *short(count)])
        for name, count in coverage.items()
    ]
    return "; ".join(told) or "nothing"


def _figure(value: float | None) -> str:
    """A score: some are beyond all reading.

    >>> _figure(5.1234), _figure(5e303), _figure(None)
    ('5.123', '5.0e+303', '')
    """
    if value is None:
        return ""
    return f"{value:,.3f}" if value < 1e6 else f"{value:.1e}"


def _rows(count: int | None, exact: bool = True) -> str:
    return "" if count is None else f"{'' if exact else '~'}{count:,}"


def _print_table(
    heads: tuple[str, ...], rows: Iterable[tuple[str, ...]], narrow: int = NARROW, folding: str = ""
) -> None:
    """A table as wide as the terminal, or as it needs to be in a pipe. A head that begins with > is of numbers.

    Without heads there is no line for them. `narrow` is the least width it can be read at; `folding` the one column that gives
    way where that is too little, otherwise all do but the first and the numbers.
    """
    from rich.console import Console
    from rich.table import Table

    table = Table(box=None, pad_edge=False, show_header=any(heads))
    for number, head in enumerate(heads):
        numbers = head.startswith(">")
        table.add_column(
            head.lstrip(">"),
            justify="right" if numbers else "left",
            no_wrap=head != folding if folding else numbers or not number,
            overflow="fold",
        )
    for row in rows:
        table.add_row(*row)
    width = max(Console().width, narrow) if sys.stdout.isatty() else WIDE
    Console(width=width, markup=False, highlight=False).print(table)


if __name__ == "__main__":
    main()
