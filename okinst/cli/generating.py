"""What `okinst generate` does: opens source and backend, runs the job or tells what it would ask, and says what became of it."""

import inspect
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, fields
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from okinst.builders.origin import Origin
    from okinst.generation.engine import Plan, Run
    from okinst.generation.job import Job
    from okinst.generation.sources import Source, Wanted

#: of a file; koalpaca-v1.1 is a folder
ENDING = re.compile(r"\.[A-Za-z]\w*")
#: prompts that --dry-run prints
SHOWN = 3


@dataclass
class Common:
    """What all of `okinst generate` take; the fields are the options, in the order of --help."""

    output: Annotated[
        Path,
        typer.Option(
            "-o",
            "--output",
            metavar="FILE",
            help="The file to write; or a folder (a name without an ending), to write it there under upstream's name.",
        ),
    ]
    model: Annotated[
        str | None,
        typer.Option(
            metavar="NAME", help="gpt-4o-mini, or whatever the server calls it; with local a folder or Hub id."
        ),
    ] = None
    backend: Annotated[
        str,
        typer.Option(
            metavar="openai|deepl|google|local", help="Any OpenAI-compatible server, a translator, this machine."
        ),
    ] = "openai"
    base_url: Annotated[
        str | None, typer.Option(metavar="URL", help="Of the server; else OPENAI_BASE_URL, or the provider's own.")
    ] = None
    prompt: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE", help="A prompt of your own, after the one that comes with okinst; of evolve a folder."
        ),
    ] = None
    max_items: Annotated[int | None, typer.Option(min=1, metavar="N", help="Only the first N items of the source.")] = (
        None
    )
    concurrency: Annotated[int, typer.Option(min=1, max=1024, metavar="N", help="Requests on their way at a time.")] = 8
    tries: Annotated[
        int,
        typer.Option(
            min=1, metavar="N", help="Answers to one request that may be rejected; then the item is set aside."
        ),
    ] = 3
    timeout: Annotated[float, typer.Option(min=0.1, metavar="S", help="Seconds that a request may take.")] = 120.0
    temperature: Annotated[
        float,
        typer.Option(
            min=0, metavar="T", help="0: the likeliest answer; a request that is asked again as it was gets some."
        ),
    ] = 0.0
    top_p: Annotated[float | None, typer.Option(min=0, max=1, metavar="P")] = None
    seed: Annotated[
        int | None, typer.Option(min=0, metavar="N", help="What is drawn, here and by servers that take one.")
    ] = None
    budget_requests: Annotated[
        int | None, typer.Option(min=1, metavar="N", help="The most requests, of all runs on FILE.")
    ] = None
    budget_tokens: Annotated[
        int | None, typer.Option(min=1, metavar="N", help="The most tokens, read and written.")
    ] = None
    budget_usd: Annotated[float | None, typer.Option(min=0, metavar="X", help="The most dollars; needs prices.")] = None
    usd_in: Annotated[float | None, typer.Option(metavar="X", help="The price of a million tokens that are read.")] = (
        None
    )
    usd_out: Annotated[float | None, typer.Option(metavar="X", help="And of a million that are written.")] = None
    usd_per_million_characters: Annotated[float | None, typer.Option(metavar="X", help="A translator's price.")] = None
    device: Annotated[str | None, typer.Option(metavar="DEVICE", help="Of a local model: cpu, cuda, cuda:1.")] = None
    license: Annotated[
        str | None, typer.Option(metavar="ID", help="Of a file whose rows do not say it: the rows made of it bear it.")
    ] = None
    making: Annotated[
        str | None, typer.Option(metavar="HOW", help="The same: human, generated, human and generated, ...")
    ] = None
    split: Annotated[str | None, typer.Option(metavar="NAME", help="Of a set; else train.")] = None
    layout: Annotated[
        str | None,
        typer.Option(metavar="NAME", help="Of a file: messages, alpaca, sharegpt, koalpaca; else found out."),
    ] = None
    column: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME", help="Of a file: what is worked on; may be given twice, for question and answer."),
    ] = None
    mirror: Annotated[Path | None, typer.Option(metavar="DIR", help="Read files from DIR/<owner>/<repo>/<path>.")] = (
        None
    )
    sample: Annotated[bool, typer.Option("--sample", help="Read the sample corpus that comes with okinst.")] = False
    data_dir: Annotated[Path | None, typer.Option(metavar="DIR", help="Read files placed by hand in DIR.")] = None
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Print the first prompts and an estimate; ask nothing, write nothing.")
    ] = False
    as_json: Annotated[bool, typer.Option("--json", help="Machine-readable JSON on standard output.")] = False


def with_common(command: Callable[..., None]) -> Callable[..., None]:
    """A command whose parameter `common` becomes the options of Common, behind its own."""
    own = [each for each in inspect.signature(command).parameters.values() if each.name != "common"]
    shared = [
        inspect.Parameter(
            field.name,
            inspect.Parameter.KEYWORD_ONLY,
            annotation=field.type,
            default=inspect.Parameter.empty if field.name == "output" else field.default,
        )
        for field in fields(Common)
    ]

    @wraps(command)
    def called(**given: Any) -> None:
        common = Common(**{each.name: given.pop(each.name) for each in shared})
        command(**given, common=common)

    parameters = [each.replace(kind=inspect.Parameter.KEYWORD_ONLY) for each in own] + shared
    called.__dict__["__signature__"] = inspect.Signature(parameters)
    called.__annotations__ = {each.name: each.annotation for each in parameters}
    del called.__dict__["__wrapped__"]
    return called


def source(place: str, wanted: "Wanted", common: Common) -> "Source":
    """The rows to work on."""
    from okinst.builders import WrongCall
    from okinst.generation import sources

    if sum((common.mirror is not None, common.sample, common.data_dir is not None)) > 1:
        raise WrongCall("--mirror, --sample and --data-dir exclude each other: name one.")
    return sources.opened(
        place,
        wanted,
        split=common.split,
        layout=common.layout,
        columns=tuple(common.column or ()),
        data_dir=str(common.data_dir) if common.data_dir else None,
        mirror=str(common.mirror) if common.mirror else None,
        sample=common.sample,
        license=common.license,
        making=common.making,
    )


def plan(job: "Job", common: Common, *, target: str | None = None, spoken: str | None = None) -> "Plan":
    """What is to be run. Raises WrongCall. `target` and `spoken` are the languages of a translation."""
    from okinst.builders import WrongCall
    from okinst.generation import ledger
    from okinst.generation.backends import Options, opened
    from okinst.generation.budget import Budget, Prices
    from okinst.generation.engine import Plan

    if common.backend in ("deepl", "google") and target is None:
        raise WrongCall(
            f"--backend {common.backend} translates, and does nothing else: take --backend openai or local for `okinst generate {job.name}`."
        )
    output = common.output
    if output.is_dir() or not (ENDING.fullmatch(output.suffix) or output.exists()):
        output = output / job.file().name
        for other in job.others() if not ledger.place(output).exists() else ():
            there = ledger.place(output.parent / Path(other.name).name)
            if ledger.source_of(there) == job.settings["source"]:
                raise WrongCall(
                    f"{there} is of an earlier run on {job.settings['source']}, whose rows all had the format of {other.set_name}; now they "
                    f"have that of {job.file().set_name}. To go on there, and set aside what does not fit: --format {other.set_name}. To "
                    f"translate all of it anew: --format {job.file().set_name}."
                )
    options = Options(
        model=common.model,
        base_url=common.base_url,
        source=spoken,
        target=target,
        temperature=common.temperature,
        top_p=common.top_p,
        seed=common.seed,
        timeout=common.timeout,
        concurrency=common.concurrency,
        device=common.device,
        asking=not common.dry_run,
    )
    return Plan(
        job,
        opened(common.backend, options),
        output,
        common.concurrency,
        common.tries,
        common.max_items,
        Budget(common.budget_requests, common.budget_tokens, common.budget_usd),
        Prices(common.usd_in, common.usd_out, common.usd_per_million_characters),
    )


def expected(plan: "Plan") -> dict[str, Any]:
    """What a run would ask: its first prompts, and an estimate of the requests that every item takes at least."""
    from okinst.generation.budget import Cost, Estimates

    estimates, whole = Estimates(plan.prices, plan.backend.translator), Cost()
    shown: list[dict[str, Any]] = []
    items, aside = 0, dict[str, int]()
    for course in plan.courses():
        items += 1
        if course.ask is None:
            reason = course.aside.reason if course.aside else "nothing to ask"
            aside[reason] = aside.get(reason, 0) + 1
            continue
        for _ in range(plan.job.steps):
            whole += estimates.of(course.ask, plan.backend.requests(course.ask))
        if len(shown) < SHOWN:
            asked = (
                {"texts": dict(course.ask.texts)}
                if plan.backend.translator
                else {"messages": list(course.ask.messages)}
            )
            shown.append({"key": course.item.key, **asked})
    return {
        "prompts": shown,
        "items": items,
        "set_aside": aside,
        "requests": whole.requests,
        "tokens_in": whole.tokens_in,
        "tokens_out": whole.tokens_out,
        "characters": whole.characters,
        "usd": None if whole.unpriced else round(whole.usd, 4),
        "backend": plan.backend.told,
        "file": str(plan.file),
    }


def expected_lines(told: dict[str, Any]) -> Iterator[str]:
    """--dry-run, in words."""
    for each in told["prompts"]:
        yield f"--- {each['key']}"
        for message in each.get("messages", ()):
            yield f"[{message['role']}]\n{message['content']}\n"
        for key, text in each.get("texts", {}).items():
            yield f"[{key}]\n{text}\n"
    for reason, count in told["set_aside"].items():
        yield f"{count:,} items would be set aside: {reason}"
    cost = (
        f"{told['characters']:,} characters"
        if told["characters"]
        else (f"about {told['tokens_in']:,} tokens to read and up to {told['tokens_out']:,} to write")
    )
    money = "the price is not known (--usd-in, --usd-out)" if told["usd"] is None else f"about ${told['usd']:,.2f}"
    if told["characters"] and told["usd"] is None:
        money = "the price is not known (--usd-per-million-characters)"
    yield (
        f"{told['items']:,} items, {told['requests']:,} requests to {told['backend']}: {cost}, {money}; more where an answer is rejected, "
        f"or too long for one. Nothing was asked or written."
    )


HEADS = ("what", ">items", ">share")


def table(run: "Run") -> Iterator[tuple[str, str, str]]:
    """The funnel."""
    written = run.written
    every = max(written.items, 1)
    for what, count in (
        ("items", written.items),
        ("done", written.done),
        *((f"set aside: {reason}", count) for reason, count in written.set_aside.items()),
        *((("not asked yet", written.left),) if written.left else ()),
    ):
        yield what, f"{count:,}", f"{count / every:.1%}"


def lines(run: "Run", left_out: Mapping[str, int]) -> Iterator[str]:
    """What the table does not say: the cost, where it all is, and the line that loads it."""
    for name, cost in (("this run", run.cost), *((("all runs", run.spent),) if run.spent != run.cost else ())):
        used = (
            f"{cost.characters:,} characters" if cost.characters else f"{cost.tokens_in:,} + {cost.tokens_out:,} tokens"
        )
        money = f", ${cost.usd:,.4f}" if cost.usd else ""
        if cost.unpriced and cost.usd:
            money += f" and {cost.unpriced:,} answers without a price"
        speed = f" in {run.seconds:,.1f} s" if name == "this run" else ""
        yield f"{name}: {cost.requests:,} requests{speed}, {used}{money}"
        if cost.guessed:
            yield (
                f"  {cost.guessed:,} of these requests are charged what was put by for them: the server did not count, or its answer never came "
                f"whole."
            )
    if run.priced_later.requests:
        yield (
            f"  ${run.priced_later.usd:,.4f} of that is for {run.priced_later.requests:,} requests of earlier runs, which knew no price: they are "
            f"charged at the prices of this call."
        )
    written = run.written
    for reason, count in left_out.items():
        yield f"{count:,} rows of the source are no items: {reason}"
    if written.set_aside:
        told = f"{written.set_aside_file}: what was set aside, with every reason and answer."
        if tries := written.helps["tries"]:
            told += f" More --tries ask {tries:,} of them again."
        if no_answer := written.helps["run"]:
            told += f" {no_answer:,} came to no answer: the same command asks them again."
        yield told
    yield f"{written.file}: {written.done:,} rows"
    if written.done:
        yield from standing(written.origin)
        yield from loading(written.file, written.upstream.set_name, written.upstream.name)
    if run.stopped in ("budget", "interrupted"):
        yield f"okinst: {run.why}"


def loading(file: Path, name: str, upstream: str) -> Iterator[str]:
    """The line that loads a file, or how it has to be called for that; and the one that takes it into a recipe."""
    from okinst.builders import origin

    if file.name == Path(upstream).name:
        yield f'  load_dataset("okinst", "{name}", data_dir="{file.parent}")'
    else:
        yield f"  {name} reads it with data_dir= where it is called {Path(upstream).name}: name a folder with -o, or rename both files."
    yield f'  in a recipe, with what stands in {origin.place(file).name}: [[parts]] file = "{file}"'


def standing(whose: "Origin") -> Iterator[str]:
    """Whose the rows are."""
    from okinst.builders.origin import UNSTATED

    licences = ", ".join(dict.fromkeys(license for license, _ in whose.standings))
    did = [f"generated by {', '.join(whose.generators)}"] * bool(whose.generators)
    did += [f"translated by {', '.join(whose.translators)}"] * bool(whose.translators)
    yield f"Their source is {whose.name}, their licence that of what was worked on ({licences}); {' and '.join(did)}."
    if any(license == UNSTATED for license, _ in whose.standings):
        yield "Nobody has stated a licence of some: they may not be passed on. --license says it of a file of your own; nothing is asked again."
