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
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from statistics import mean
from typing import Any

import numpy as np
import numpy.typing as npt

from okinst.builders import DamagedFile, SourceBuilder, WrongCall, doors
from okinst.curation.scoring import models
from okinst.publishing.harness import tasks
from okinst.publishing.harness.folder import write
from okinst.publishing.naming import builder_of
from okinst.publishing.place import PROVENANCE, put
from okinst.version import VERSION

#: of the bootstrap that macro F1's standard error comes from
DRAWS = 10_000
#: sequences at a time, where there is no GPU whose memory could be tried
BATCH = 8
RESULTS = "results.json"
#: where rows come from, in words
_DOORS = {
    "sample": "the sample",
    "mirror": "a mirror",
    "network": "the network",
    "folder": "files placed by hand",
}


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
    okinst: str
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
    #: one sha256 of the rows that were asked and drawn from, and one of the upstream files that they were made of
    rows: str
    inputs: str
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
    progress: Callable[[str], None] = lambda line: None,
    **options: Any,
) -> Evaluation:
    """Score a model (a folder, or a Hub id) on some sets or families with each number of examples, and write the scores to a folder.

    What the folder has already is not run again. `options` are the builders': mirror, sample, accept_drift, cache_dir, token.
    Raises WrongCall where lm-eval is missing, for names that are none, for more examples than there are rows, and for a folder of
    other settings, of tasks that another okinst wrote, or of tasks over other rows than those that are asked for now.
    """
    for library in ("lm_eval", "torch", "transformers", "accelerate"):
        if importlib.util.find_spec(library) is None:
            raise WrongCall(f"okinst evaluate needs {library.replace('_', '-')}: pip install 'okinst[eval]'")
    names, folder = tasks.chosen(sets), Path(folder).expanduser().resolve()
    if any(count < 0 for count in shots):
        raise WrongCall(f"shots {', '.join(map(str, shots))}: a number of examples is 0 or more.")
    model, revision = models.identified(model, revision)
    door = doors.choose(
        data_dir=options.get("data_dir"), mirror=options.get("mirror"), sample=options.get("sample", False)
    ).name
    settings = Settings(
        models.title(model, revision),
        revision,
        dtype,
        chat_template,
        limit,
        door,
        VERSION,
        importlib.metadata.version("lm_eval"),
    )
    found = Evaluation(folder, settings, _results(folder, settings))
    ready = {name: _task(folder / "tasks" / name, name, door, options) for name in names}
    wanted = [(name, count) for count in dict.fromkeys(shots) for name in names]
    for name, count in wanted:
        _check_examples(name, ready[name], count)
    for run in found.runs:
        if run.set in ready and run.rows != ready[run.set].rows:
            raise WrongCall(
                f"{folder}: {run.task} was asked other rows before. Name another folder, or remove its results."
            )
    done = {(run.set, run.shots) for run in found.runs}
    left = [each for each in wanted if each not in done]
    if len(left) < len(wanted):
        progress(f"{len(wanted) - len(left)} of {len(wanted)} runs are in {folder} already")
    if left:
        with _quietly():
            opened = _opened(model, revision, dtype, models.chosen_device(device, model), batch_size)
            for number, (name, count) in enumerate(left, 1):
                progress(f"{ready[name].name}, {count}-shot ({number} of {len(left)})")
                run = _run(opened, ready[name], count, settings)
                _save(_place(folder, run), {"settings": asdict(settings), "run": asdict(run)})
                found.runs.append(run)
    order = {name: number for number, name in enumerate(name for sets in tasks.families().values() for name in sets)}
    found.runs.sort(key=lambda run: (order[run.set], run.shots))
    _save(folder / RESULTS, found.as_json())
    return found


@dataclass(frozen=True)
class _Task:
    """A set's task in its folder, ready to be asked."""

    folder: Path
    name: str
    set: str
    #: how many there are, by split
    counts: dict[str, int]
    #: one sha256 of the files of rows, and one of the upstream files that they were made of
    rows: str
    inputs: str


def _task(folder: Path, name: str, door: str, options: dict[str, Any]) -> _Task:
    """The task in a folder, which is written where it is not there yet.

    Raises WrongCall where its rows are not those that would be written now.
    """
    new = not (folder / PROVENANCE).is_file()
    if new:
        folder.parent.mkdir(parents=True, exist_ok=True)
        write(folder, [name], **options)
    try:
        provenance = json.loads((folder / PROVENANCE).read_text(encoding="utf-8"))
        (task,) = provenance["tasks"]
        files = [(file["path"], file["sha256"]) for file in provenance["files"]]
        inputs = {file["sha256"] for file in provenance["inputs"]}
        rows = _digest(file for file in files if file[0].endswith(".parquet"))
        found = _Task(folder, task["task"], task["set"], task["rows"], rows, _digest(inputs))
        version, written_from = provenance["okinst"], _DOORS[provenance["door"]]
    except (ValueError, TypeError, KeyError) as error:
        raise DamagedFile(
            f"{folder} cannot be read as a task ({error!r}). Remove it, and it is written again."
        ) from error
    if not new:
        _check_task(folder, version, written_from, _DOORS[door])
        _check_inputs(folder, name, inputs, door, options)
    return found


def _digest(parts: Iterable[Any]) -> str:
    return hashlib.sha256(repr(sorted(parts)).encode()).hexdigest()


def _check_task(folder: Path, version: str, written_from: str, door: str) -> None:
    """Raise WrongCall for the task of another okinst, which may ask in other words, and for rows from elsewhere."""
    if version != VERSION:
        raise WrongCall(
            f"{folder} was written by okinst {version}, and this is {VERSION}. Remove it and what was scored on it, or name "
            f"another folder."
        )
    if written_from != door:
        raise WrongCall(
            f"{folder}: its rows come from {written_from}, and those asked for from {door}. Name another "
            f"folder, or the same source of rows (--sample, --mirror DIR or {doors.MIRROR_VARIABLE}, or none for the network)."
        )


def _check_inputs(folder: Path, name: str, inputs: set[str], door: str, options: dict[str, Any]) -> None:
    """Raise WrongCall for a task whose upstream files are not those that are there now."""
    if door == "network":  # where each okinst asks for one commit of each: it is not asked again
        return
    builder = builder_of(name, **options)
    assert isinstance(builder, SourceBuilder), name
    located = (file for files in builder.config.files.values() for file in builder.locate(files))
    if {doors.sha256(file.place) for file in located} != inputs:
        raise WrongCall(
            f"{folder} was written from other files of {name} than those in {_DOORS[door]} now. Name another folder, or "
            f"remove it and what was scored on it."
        )


def _results(folder: Path, settings: Settings) -> list[Run]:
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


def _check_examples(name: str, task: _Task, count: int) -> None:
    """Raise WrongCall where there are fewer rows to draw examples from."""
    config = tasks.config(name, task.name)
    split = config.get("fewshot_split") or config.get("training_split") or config["test_split"]
    drawable = task.counts[split] - ("fewshot_split" in config)
    if count > drawable:
        raise WrongCall(f"{task.name}: {count} examples were asked for, and its {split} rows can give {drawable:,}.")


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


def _run(model: Any, task: _Task, count: int, settings: Settings) -> Run:
    from lm_eval import simple_evaluate
    from lm_eval.tasks import TaskManager

    began = time.monotonic()
    manager = TaskManager(include_path=str(task.folder), include_defaults=False)
    ran = simple_evaluate(
        model,
        tasks=[task.name],
        num_fewshot=count,
        task_manager=manager,
        limit=settings.limit,
        apply_chat_template=settings.chat_template,
    )
    results, samples = ran["results"][task.name], ran["samples"][task.name]
    scores: dict[str, tuple[float, float | None]] = {}
    for metric in tasks.metrics(task.set):
        error = results.get(f"{metric}_stderr,none")  # "N/A" for a macro F1, and for a single question
        if metric == "f1" and not isinstance(error, float) and len(samples) > 1:
            error = macro_f1_error([sample["f1"] for sample in samples])
        scores[metric] = (float(results[f"{metric},none"]), float(error) if isinstance(error, float) else None)
    cut = sum(_is_cut(model, sample["arguments"]) for sample in samples)
    seconds = round(time.monotonic() - began, 1)
    reads = model.max_length
    return Run(task.name, task.set, count, len(samples), scores, cut, reads, task.rows, task.inputs, seconds)


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
    drawn_at_all = counted > 0  # a label that was not drawn counts for nothing, as it does in scikit-learn
    f1 = np.divide(2 * np.diagonal(drawn, axis1=1, axis2=2), counted, out=np.zeros(counted.shape), where=drawn_at_all)
    return float((f1.sum(axis=1) / drawn_at_all.sum(axis=1)).std(ddof=1))


def _place(folder: Path, run: Run) -> Path:
    return folder / "results" / f"{run.task}-{run.shots}shot.json"


def _save(path: Path, value: dict[str, Any]) -> None:
    put(path, (json.dumps(value, ensure_ascii=False, indent=2) + "\n").encode())


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
