"""Make new data with a model: generate translate, dialogue, answers, evolve."""

from typing import TYPE_CHECKING, Annotated

import typer

from okinst.cli import generating
from okinst.cli.generating import Common
from okinst.cli.printing import NARROWEST, print_json, print_table
from okinst.cli.program import app

if TYPE_CHECKING:
    from okinst.generation.engine import Plan

#: what the shell calls an end by Ctrl-C
INTERRUPTED = 130

generate = typer.Typer(
    help="Make new data with a model: what is asked, what is answered and what it cost is kept, and no row is lost or paid for twice.",
    no_args_is_help=True,
)
app.add_typer(generate, name="generate", rich_help_panel="Build")


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
            print_json(told)
        else:
            print("\n".join(generating.expected_lines(told)))
        return
    with logging_redirect_tqdm():
        run = engine.run(plan)
    left_out = dict(plan.job.left_out)
    if common.as_json:
        print_json({**run.as_json(), "left_out": left_out})
    else:
        print_table(generating.HEADS, generating.table(run), narrow=NARROWEST)
        print("\n".join(generating.lines(run, left_out)))
    if run.stopped == engine.INTERRUPTED:
        raise typer.Exit(INTERRUPTED)
    if run.stopped == engine.HALTED:
        raise NotGenerated(run.why)
