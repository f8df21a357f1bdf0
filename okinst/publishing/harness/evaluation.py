"""A model's scores on the evaluation sets: a thin wrapper over `lm_eval.simple_evaluate`, one task and number of examples at a time.

DIR/results.json                      all there is, and the means of each family
DIR/results/<task>-<shots>shot.json   one each: what was interrupted goes on with those that are missing
DIR/tasks/<set>/                      the tasks, as `okinst harness` writes them
"""

import hashlib
import importlib.metadata
import importlib.util
import json
import logging
import os
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from statistics import mean
from typing import Any

import numpy as np
import numpy.typing as npt

from okinst.builders import DamagedFile, WrongCall
from okinst.curation.scoring import models
from okinst.publishing.harness import tasks
from okinst.publishing.harness.folder import write
from okinst.publishing.place import PROVENANCE
from okinst.version import VERSION

#: of the bootstrap that macro F1's standard error comes from
DRAWS = 10_000
#: sequences at a time, where there is no GPU whose memory could be tried
BATCH = 8
RESULTS = "results.json"


@dataclass(frozen=True)
class Settings:
    """All that decides a score but the task: runs of other settings do not go into one folder."""

    model: str
    revision: str
    dtype: str
    chat_template: bool
    #: only the first so many questions: to try it out
    limit: int | None
    door: str
    lm_eval: str


@dataclass(frozen=True)
class Run:
    """The scores of one task with one number of examples, from 0 to 1."""

    task: str
    set: str
    shots: int
    questions: int
    #: the score and its standard error, by metric
    scores: dict[str, tuple[float, float | None]]
    #: questions whose prompt is longer than the model reads: the harness cuts them at their beginning
    cut: int
    #: tokens that the model reads
    reads: int
    #: the sha256 of the rows that were asked and drawn from
    rows: str
    seconds: float


@dataclass
class Evaluation:
    """All runs of a folder."""

    folder: Path
    settings: Settings
    runs: list[Run] = field(default_factory=list)

    def means(self) -> list[dict[str, Any]]:
        """The plain mean over the tasks of a family, where it has several and all of them were run with that many examples."""
        found = []
        for family, sets in tasks.families().items():
            scores: dict[tuple[int, str], list[float]] = defaultdict(list)
            for run in self.runs:
                if run.set in sets:
                    for metric, (score, _) in run.scores.items():
                        scores[run.shots, metric].append(score)
            found += [
                {"family": family, "shots": shots, "metric": metric, "mean": mean(each), "tasks": len(each)}
                for (shots, metric), each in scores.items()
                if len(each) == len(sets) > 1
            ]
        return found

    def as_json(self) -> dict[str, Any]:
        return {
            "okinst": VERSION,
            "settings": asdict(self.settings),
            "runs": [asdict(run) for run in self.runs],
            "means": self.means(),
        }


def evaluate(
    model: str,
    folder: Path,
    sets: Sequence[str] = ("kobest",),
    shots: Sequence[int] = (0,),
    *,
    revision: str | None = None,
    device: str | None = None,
    dtype: str = "auto",
    batch_size: int | None = None,
    limit: int | None = None,
    chat_template: bool = False,
    told: Callable[[str], None] = lambda line: None,
    **options: Any,
) -> Evaluation:
    """Score a model (a folder, or a Hub id) on some sets or families with each number of examples, and write the scores to a folder.

    What the folder has already is not run again. `options` are the builders': mirror, sample, accept_drift, cache_dir, token.
    Raises WrongCall where lm-eval is missing, for names that are none, for more examples than there are rows, and for a folder of
    other settings.
    """
    for library in ("lm_eval", "torch", "transformers", "accelerate"):
        if importlib.util.find_spec(library) is None:
            raise WrongCall(f"okinst evaluate needs {library.replace('_', '-')}: pip install 'okinst[eval]'")
    names, folder = tasks.chosen(sets), Path(folder).expanduser().resolve()
    if any(count < 0 for count in shots):
        raise WrongCall(f"shots {', '.join(map(str, shots))}: a number of examples is 0 or more.")
    model, revision = models.identified(model, revision)
    written = [_written(folder / "tasks" / name, name, options) for name in names]
    doors = {task["door"] for task in written}
    if len(doors) > 1:
        raise WrongCall(f"{folder}: its tasks come from {' and '.join(sorted(doors))}. Name another folder.")
    settings = Settings(
        models.title(model, revision),
        revision,
        dtype,
        chat_template,
        limit,
        doors.pop(),
        importlib.metadata.version("lm_eval"),
    )
    found = Evaluation(folder, settings, _there(folder, settings))
    there = {(run.set, run.shots) for run in found.runs}
    wanted = [(name, task, count) for count in dict.fromkeys(shots) for name, task in zip(names, written, strict=True)]
    for name, task, count in wanted:
        _check_examples(name, task, count)
    for run in found.runs:
        if run.set in names and run.rows != written[names.index(run.set)]["digest"]:
            raise WrongCall(
                f"{folder}: {run.task} was asked other rows before. Name another folder, or remove its results."
            )
    left = [each for each in wanted if (each[0], each[2]) not in there]
    if len(left) < len(wanted):
        told(f"{len(wanted) - len(left)} of {len(wanted)} runs are in {folder} already")
    if left:
        with _quietly():
            opened = _opened(model, revision, dtype, models.chosen_device(device, model), batch_size)
            for number, (name, task, count) in enumerate(left, 1):
                told(f"{task['task']}, {count}-shot ({number} of {len(left)})")
                run = _run(opened, folder / "tasks" / name, task, count, settings)
                _save(_place(folder, run), {"settings": asdict(settings), "run": asdict(run)})
                found.runs.append(run)
    order = {name: number for number, name in enumerate(name for sets in tasks.families().values() for name in sets)}
    found.runs.sort(key=lambda run: (order[run.set], run.shots))
    _save(folder / RESULTS, found.as_json())
    return found


def _written(folder: Path, name: str, options: dict[str, Any]) -> dict[str, Any]:
    """What a task's folder tells of it; it is written where it is not there yet."""
    if not (folder / PROVENANCE).is_file():
        folder.parent.mkdir(parents=True, exist_ok=True)
        write(folder, [name], **options)
    told = json.loads((folder / PROVENANCE).read_text(encoding="utf-8"))
    wanted = "sample" if options.get("sample") else "mirror" if options.get("mirror") else None
    if wanted and told["door"] != wanted:
        raise WrongCall(
            f"{folder}: its rows come from {told['door']}, not {wanted}. Name another folder, or remove it."
        )
    rows = sorted((file["path"], file["sha256"]) for file in told["files"] if file["path"].endswith(".parquet"))
    return {**told["tasks"][0], "door": told["door"], "digest": hashlib.sha256(repr(rows).encode()).hexdigest()}


def _there(folder: Path, settings: Settings) -> list[Run]:
    """The runs that the folder has. Raises WrongCall where they are of other settings."""
    found = []
    for path in sorted((folder / "results").glob("*.json")):
        try:
            saved = json.loads(path.read_text(encoding="utf-8"))
            theirs = Settings(**saved["settings"])
            run = saved["run"]
            run["scores"] = {metric: tuple(score) for metric, score in run["scores"].items()}
            found.append(Run(**run))
        except (ValueError, TypeError, KeyError, AttributeError) as error:
            raise DamagedFile(
                f"{path} cannot be read as a result ({error}). Remove it, and it is run again."
            ) from error
        for key, ours in asdict(settings).items():
            if (other := getattr(theirs, key)) != ours:
                raise WrongCall(
                    f"{folder} holds scores with {key} {other!r}, and this is {ours!r}: they would stand in one table. Name another folder."
                )
    return found


def _check_examples(name: str, task: dict[str, Any], count: int) -> None:
    """Raise WrongCall where there are fewer rows to draw examples from."""
    config = tasks.config(name, task["task"])
    split = config.get("fewshot_split") or config.get("training_split") or config["test_split"]
    there = task["rows"][split] - ("fewshot_split" in config)
    if count > there:
        raise WrongCall(f"{task['task']}: {count} examples were asked for, and its {split} rows can give {there:,}.")


def _opened(model: str, revision: str, dtype: str, device: str, batch_size: int | None) -> Any:
    folder = models.folder_of(model, revision)
    models.configuration(folder, model)
    models.tokenizer(folder, model)
    from lm_eval.models.huggingface import HFLM

    with models.in_words(model, "the model"):
        return HFLM(
            pretrained=str(folder),
            device=device,
            dtype=dtype,
            batch_size=batch_size or ("auto" if device.startswith("cuda") else BATCH),
        )


def _run(model: Any, folder: Path, written: dict[str, Any], count: int, settings: Settings) -> Run:
    from lm_eval import simple_evaluate
    from lm_eval.tasks import TaskManager

    began, task, name = time.monotonic(), written["task"], written["set"]
    manager = TaskManager(include_path=str(folder), include_defaults=False)
    ran = simple_evaluate(
        model,
        tasks=[task],
        num_fewshot=count,
        task_manager=manager,
        limit=settings.limit,
        apply_chat_template=settings.chat_template,
    )
    results, samples = ran["results"][task], ran["samples"][task]
    scores: dict[str, tuple[float, float | None]] = {}
    for metric in tasks.metrics(name):
        error = results.get(f"{metric}_stderr,none")
        if metric == "f1" and not isinstance(error, float):  # the harness knows none for a macro F1
            error = macro_f1_error([sample["f1"] for sample in samples])
        scores[metric] = (float(results[f"{metric},none"]), float(error) if error is not None else None)
    cut = sum(_is_cut(model, sample["arguments"]) for sample in samples)
    seconds = round(time.monotonic() - began, 1)
    return Run(task, name, count, len(samples), scores, cut, model.max_length, written["digest"], seconds)


def _is_cut(model: Any, arguments: Sequence[tuple[Any, ...]]) -> bool:
    """Whether a question's longest request is longer than the model reads."""
    prompt, rest = max(arguments, key=lambda each: len(each[1]) if isinstance(each[1], str) else 0)
    if isinstance(rest, str):  # the last token is predicted, not read
        return bool(len(model.tok_encode(prompt + rest)) > model.max_length + 1)
    return bool(len(model.tok_encode(prompt)) > model.max_length - rest["max_gen_toks"])


def macro_f1_error(pairs: Sequence[tuple[int, int]], draws: int = DRAWS, seed: int = 0) -> float:
    """The standard error of a macro F1, from pairs of (right, given) drawn again and again (bootstrap).

    Drawing n questions again is drawing n times from the table of right and given answers: so it is done at once.

    >>> round(macro_f1_error([(0, 0)] * 40 + [(0, 1)] * 10 + [(1, 1)] * 50), 2)
    0.03
    """
    labels = sorted({int(label) for pair in pairs for label in pair})
    table: npt.NDArray[np.float64] = np.zeros((len(labels), len(labels)))
    for right, given in pairs:
        table[labels.index(int(right)), labels.index(int(given))] += 1
    rng = np.random.default_rng(seed)
    drawn = rng.multinomial(len(pairs), table.ravel() / len(pairs), size=draws).reshape(draws, *table.shape)
    counted = drawn.sum(axis=2) + drawn.sum(axis=1)
    there = counted > 0  # a label that was not drawn counts for nothing, as it does in scikit-learn
    f1 = np.divide(2 * np.diagonal(drawn, axis1=1, axis2=2), counted, out=np.zeros(counted.shape), where=there)
    return float((f1.sum(axis=1) / there.sum(axis=1)).std(ddof=1))


def _place(folder: Path, run: Run) -> Path:
    return folder / "results" / f"{run.task}-{run.shots}shot.json"


def _save(path: Path, value: dict[str, Any]) -> None:
    """Whole, or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        partial.write_text(json.dumps(value, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)


@contextmanager
def _quietly() -> Iterator[None]:
    """Without what the libraries log, unless --debug asks for all: they warn of what was asked for, and of what is counted here."""
    from transformers.utils import logging as theirs

    logger = logging.getLogger("lm_eval")
    before, before_theirs = logger.level, theirs.get_verbosity()
    if logging.getLogger().getEffectiveLevel() > logging.DEBUG:
        logger.setLevel(logging.ERROR)
        theirs.set_verbosity(logging.ERROR)
    try:
        yield
    finally:
        logger.setLevel(before)
        theirs.set_verbosity(before_theirs)
