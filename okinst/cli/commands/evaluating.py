"""What a set did for a model: harness, evaluate."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from okinst.cli.options import AcceptDrift, Device, Json, MirrorDir, Sample, door_of, flags
from okinst.cli.printing import NARROWEST, print_json, print_table
from okinst.cli.program import app

PANEL = "Evaluate"


@app.command(rich_help_panel=PANEL)
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
        output, evaluating.listed(sets), **flags(accept_drift=accept_drift), **door_of(mirror, sample, data_dir=None)
    )
    if as_json:
        print_json(written.as_json())
        return
    print_table(evaluating.TASK_HEADS, evaluating.task_rows(written), narrow=NARROWEST)
    print(f"\n{len(written.tasks)} tasks in {written.folder}. Groups: {', '.join(written.groups) or 'none'}")
    print(
        f"lm_eval --include_path {written.folder} --model hf --model_args pretrained=MODEL --tasks {written.tasks[0].name}"
    )


@app.command(rich_help_panel=PANEL)
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
        **flags(accept_drift=accept_drift),
        **door_of(mirror, sample, data_dir=None),
    )
    if as_json:
        print_json(found.as_json())
        return
    print_table(evaluating.heads(found), evaluating.score_rows(found))
    for note in evaluating.notes(found):
        print(note)
    print(f"{found.settings.model}: {len(found.runs)} runs, in {found.folder / RESULTS}")
