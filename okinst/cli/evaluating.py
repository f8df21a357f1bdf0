"""What `okinst harness` and `okinst evaluate` are called with, and what they print."""

from collections.abc import Iterator
from pathlib import Path

from okinst.builders import WrongCall
from okinst.publishing.harness import TaskFolder
from okinst.publishing.harness.evaluation import Evaluation


def listed(typed: str) -> list[str]:
    """Names between commas.

    >>> listed("kobest, haerae")
    ['kobest', 'haerae']
    """
    return [name.strip() for name in typed.split(",") if name.strip()]


def shots(typed: str) -> list[int]:
    """Numbers of examples between commas. Raises WrongCall.

    >>> shots("0,1,2")
    [0, 1, 2]
    """
    try:
        found = [int(each) for each in listed(typed)]
    except ValueError:
        found = []
    if not found or min(found) < 0:
        raise WrongCall(f"--shots {typed}: it should be numbers of examples, 0 or more: 0,1,2,5,10.")
    return found


def model_and_revision(typed: str) -> tuple[str, str | None]:
    """A folder as it stands, or a Hub id and what stands behind its @.

    >>> model_and_revision("EleutherAI/polyglot-ko-1.3b@main")
    ('EleutherAI/polyglot-ko-1.3b', 'main')
    """
    if Path(typed).expanduser().is_dir():
        return typed, None
    model, _, revision = typed.partition("@")
    return model, revision or None


def default_folder(model: str) -> Path:
    """Where scores go when nothing is said: a folder here, called after the model.

    >>> default_folder("EleutherAI/polyglot-ko-1.3b").name
    'polyglot-ko-1.3b-evaluation'
    """
    return Path(f"{Path(model.rstrip('/')).name or 'model'}-evaluation")


TASK_HEADS = ("task", "rows", ">left out", "as the harness's own")


def task_rows(written: TaskFolder) -> Iterator[tuple[str, ...]]:
    """The table of `okinst harness`."""
    for task in written.tasks:
        rows = ", ".join(f"{split} {count:,}" for split, count in task.rows.items())
        left = f"{sum(task.left_out.values()):,}"
        yield task.name, rows, left, "yes" if task.as_json()["as_the_harness"] else "it has none"


def heads(found: Evaluation) -> tuple[str, ...]:
    """task, metric, and a column for each number of examples."""
    return "task", "metric", *(f">{count}-shot" for count in _shots(found))


def score_rows(found: Evaluation) -> Iterator[tuple[str, ...]]:
    """The table of `okinst evaluate`: scores with their standard errors, then the means."""
    cells: dict[tuple[str, str], dict[int, str]] = {}
    for run in found.runs:
        for metric, (score, error) in run.scores.items():
            mark = "*" if run.cut else ""
            shown = f"{score:.4f}" + (f" ±{error:.4f}" if error is not None else "") + mark
            cells.setdefault((run.task, metric), {})[run.shots] = shown
    for each in found.means():
        name = f"{each['family']}: mean of {each['tasks']}"
        cells.setdefault((name, each["metric"]), {})[each["shots"]] = f"{each['mean']:.4f}"
    before = ""
    for (task, metric), by_shots in cells.items():
        shown = "macro f1" if metric == "f1" and "kobest" in task else metric
        yield "" if task == before else task, shown, *(by_shots.get(count, "") for count in _shots(found))
        before = task


def notes(found: Evaluation) -> Iterator[str]:
    """What the table does not show: prompts that were cut, and rows that are no benchmark."""
    for run in found.runs:
        if run.cut:
            yield (
                f"* {run.task}, {run.shots}-shot: {run.cut:,} of {run.questions:,} prompts are longer than the {run.reads:,} tokens that the "
                f"model reads, and were cut at their beginning"
            )
    if found.settings.limit:
        yield f"Only the first {found.settings.limit:,} questions of each task: no score to report."
    if found.settings.door == "sample":
        yield "The rows are those of the sample, which are invented: no score to report."


def _shots(found: Evaluation) -> list[int]:
    return sorted({run.shots for run in found.runs})
